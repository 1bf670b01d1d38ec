"""An estate with a key store, a broker's folder and a file of networks, and `lilong provision` on them, in process."""

import contextlib
import json
import secrets
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from commands import SMALL_ESTATE, SMALL_TENANT
from lilong_protocol.pc.keystore import KeyStore, TenantKeys, load, save
from lilong_tools.broker_config import Wanted, write_folder
from lilong_tools.cli import app
from typer.testing import CliRunner

ESTATE_KEY = bytes(range(32))
MAC, EUI = "a4:cf:12:0b:3c:5d", "a4cf12fffe0b3c5d"
WIFI = {"networks": [{"ssid": "lane", "password": "correct horse"}, {"ssid": "lane-2", "password": "battery staple"}],
        "modem": {"apn": "iot.example", "pin": "4711"}}  # fmt: skip
CSV = """\
mac,device,kind,board,name,building,core,unit
A4-CF-12-0B-3C-5D,,smoke,esp32_c3,"Kitchen, left",b1,1,0101
,b000000000000002,door,esp32,,,,
,,gas,pico2_w,core1/01F/0101/gas,,,
a4cf120b3c5f,,manhole,esp32_ppp,cover 7,,,
,,streetlight,esp32_s3,lane/01/streetlight,,,
"""


def free_pair() -> int:
    """A port that is free, as is the one above it: for devices and for backends. Below those that others are given."""
    while True:
        first = 10_000 + secrets.randbelow(11_000) * 2
        with contextlib.suppress(OSError), socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", first))
            other.bind(("127.0.0.1", first + 1))
            return first


@dataclass
class Ended:
    code: int
    out: str
    error: str


class Bench:
    """`run` gives what the command says; `all` every file of the devices' folder, by path."""

    def __init__(self, folder: Path, tenant: str = SMALL_TENANT, port: int = 18883) -> None:
        self.folder = folder
        self.keys = folder / "keys.json"
        self.broker = folder / "broker"
        self.out = folder / "devices"
        self.networks = folder / "wifi.json"
        self.csv = folder / "devices.csv"
        save(KeyStore({tenant: TenantKeys(ESTATE_KEY)}), self.keys)
        wanted = Wanted(tenant, [], lambda _: b"", ["127.0.0.1", "broker.example"], self.broker, port, port + 1)
        write_folder(self.broker, wanted, datetime.now(UTC))
        self.networks.write_text(json.dumps(WIFI))
        self.networks.chmod(0o600)
        self.csv.write_text(CSV)

    @property
    def store(self) -> KeyStore:
        return load(self.keys)

    def run(self, *arguments: object, estate: object = SMALL_ESTATE) -> Ended:
        """With this bench's key store, broker and networks, unless the arguments say otherwise."""
        given = [str(argument) for argument in arguments]
        for option, path in (("--keys", self.keys), ("--broker", self.broker), ("--networks", self.networks),
                             ("--out", self.out)):  # fmt: skip
            if option not in given:
                given += [option, str(path)]
        return self.bare(*([estate] if estate else []), *given)

    def bare(self, *arguments: object) -> Ended:
        result = CliRunner().invoke(app, ["provision", *(str(argument) for argument in arguments)])
        error = result.exception
        if error is not None and not isinstance(error, (SystemExit, ValueError)):
            raise error
        code = 2 if isinstance(error, ValueError) else result.exit_code
        return Ended(code, result.stdout, str(error) if isinstance(error, ValueError) else result.stderr)

    def make(self, *more: object) -> Ended:
        ended = self.run("--csv", self.csv, *more)
        assert ended.code == 0, ended.error
        return ended

    def all(self, folder: Path | None = None) -> dict[str, bytes]:
        top = folder or self.folder
        return {str(path.relative_to(top)): path.read_bytes() for path in sorted(top.rglob("*")) if path.is_file()}

    def config(self, device: str) -> dict:
        return json.loads((self.out / device / "device.json").read_bytes())

    def secrets(self) -> set[bytes]:
        """Everything that nobody may see: as bytes and as the text that it would be shown as."""
        found = {one["password"].encode() for one in WIFI["networks"]} | {b"4711"}
        raw = {ESTATE_KEY, (self.out / EUI / "key.der").read_bytes() if (self.out / EUI / "key.der").exists() else b""}
        for folder in self.out.glob("*/"):
            raw.add(bytes.fromhex(self.config(folder.name)["root"]))
        return found | {one for secret in raw - {b""} for one in (secret, secret.hex().encode())}

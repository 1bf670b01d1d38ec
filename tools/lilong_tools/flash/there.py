"""What a board is and has on it, as a script on the board tells, and whether it is the one that was meant."""

import json
from dataclasses import dataclass

from lilong_firmware.boot import FOLDER

from ..boards import Board
from .errors import FlashError
from .remote import Remote

MPY = 6  # version of .mpy files without native code: mpy-cross 1.22 and later
OLDEST = (1, 25)  # (ours) before it asyncio's TLS streams and `vfs` differ from those that our tests run on
OLDEST_PPP = (1, 27)  # before it `network.PPP` of the ESP32 has other names, and waits for seconds when it is hung up
RECORDS = ("boot.0", "boot.1")

# A board whose firmware has started its watchdog keeps it over a soft reset: it is fed as long as there is no restart.
LOOK = """
import os, sys, json, hashlib, binascii
try:
    import machine
    _dog = machine.WDT(timeout=8000)
    _feeding = machine.Timer(0 if sys.platform == "esp32" else -1)
    _feeding.init(period=1000, callback=lambda _: _dog.feed())
except Exception:
    pass
def _hash(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while True:
            data = file.read(512)
            if not data:
                return str(binascii.hexlify(digest.digest()), "ascii")
            digest.update(data)
def _look():
    found = {}
    try:
        for entry in os.ilistdir(FOLDER):
            if entry[1] & 0x8000:
                found[FOLDER + "/" + entry[0]] = _hash(FOLDER + "/" + entry[0])
    except OSError:
        pass
    for path in MORE:
        try:
            found[path] = _hash(path)
        except OSError:
            pass
    records = []
    for name in RECORDS:
        try:
            with open(FOLDER + "/" + name, "rb") as file:
                records.append(str(binascii.hexlify(file.read()), "ascii"))
        except OSError:
            records.append("")
    there = os.statvfs("/")
    print(json.dumps({
        "machine": os.uname().machine if hasattr(os, "uname") else getattr(sys.implementation, "_machine", ""),
        "platform": sys.platform,
        "version": list(sys.implementation.version)[:3],
        "mpy": getattr(sys.implementation, "_mpy", 0),
        "free": there[0] * there[3],
        "block": there[0],
        "records": records,
        "files": found,
    }))
_look()
"""


@dataclass(frozen=True)
class There:
    """free, block: bytes of its file system. records: of the slots. files: SHA-256 in hex by path, in our folder and
    of what was asked for beside it."""

    machine: str
    platform: str
    version: tuple[int, ...]
    mpy: int
    free: int
    block: int
    records: tuple[bytes, bytes]
    files: dict[str, str]


def look(remote: Remote, more: tuple[str, ...]) -> There:
    """What is there, with the files of our folder and `more` ones."""
    names = f"FOLDER = {FOLDER!r}\nMORE = {more!r}\nRECORDS = {RECORDS!r}\n"
    said = remote.run(names + LOOK)
    try:
        told = json.loads(said.splitlines()[-1])
        first, second = map(bytes.fromhex, told["records"])
        return There(
            told["machine"], told["platform"], tuple(told["version"]), told["mpy"], told["free"], told["block"],
            (first, second), told["files"],
        )  # fmt: skip
    except (ValueError, KeyError, IndexError, TypeError):
        raise FlashError(f"{remote.port}: the board's answer is none of ours: {said[-200:]!r}") from None


def chip_id(machine: str) -> str:
    """The chip in `os.uname().machine`: "Generic ESP32C3 module with ESP32C3" has an "esp32c3"."""
    chip = machine.rpartition(" with ")[2].strip().lower().replace("-", "")
    return "rp2350" if chip.startswith("rp2350") else chip


def check(there: There, board: Board, port: str) -> None:
    """FlashError for a board of another chip, or one whose MicroPython cannot run this."""
    if chip_id(there.machine) != board.chip.id:
        raise FlashError(
            f"{port}: this is {there.machine or 'a board that does not say what it is'}, and {board.id} has "
            f"{board.chip.name}; plug the right board in, or give its --board"
        )
    version = ".".join(map(str, there.version))
    oldest = OLDEST_PPP if board.radio == "ppp" else OLDEST
    if there.version[:2] < oldest:
        raise FlashError(
            f"{port}: MicroPython {version} is too old; write {'.'.join(map(str, oldest))} or newer onto it, as with "
            "--firmware IMAGE.bin"
        )
    if there.mpy & 0xFF != MPY:
        raise FlashError(
            f"{port}: MicroPython {version} takes .mpy files of version {there.mpy & 0xFF}, and these are of {MPY}; "
            "write another MicroPython onto it"
        )

"""A device to flash that is small and quick: its bundle is one module that says it is online, and waits."""

import json
from pathlib import Path

from lilong_tools.flash.contents import romfs
from lilong_tools.flash.settings import CONFIG

DEVICE = "a4cf12fffe0b3c5d"
TENANT = "music_plaza"
ROOT = "11" * 32
ONLINE = """
import time
def main():
    print("lilong: online, connection {number}")
    while True:
        time.sleep(1)
"""
ENDS = """
def main():
    raise ValueError("no such sensor")
"""
SILENT = """
import time
def main():
    time.sleep(1000)
"""


def bundle(text: str) -> bytes:
    return romfs({"lilong.py": text.encode()})


def online(number: int = 1) -> bytes:
    return bundle(ONLINE.format(number=number))


def beside(starter: bytes, **changes: str) -> dict[str, bytes]:
    """What stands beside a bundle, but for changes of the configuration."""
    main = (Path(__file__).parents[2] / "boards" / "common" / "main.py").read_bytes()
    config = json.dumps({"device": DEVICE, **changes}).encode()
    return {"/lilong/lilong_boot.mpy": starter, "/main.py": main, CONFIG: config}


def configuration(folder: Path, port: int = 1883, **changes: object) -> Path:
    """A configuration file as `lilong provision` makes it."""
    (folder / "record").write_bytes(bytes(12))
    config = {
        "tenant": TENANT, "device": DEVICE, "kind": "smoke", "host": "127.0.0.1", "port": port, "root": ROOT,
        "data": {"record": "record"}, "networks": [{"ssid": "estate", "password": "secret of the Wi-Fi"}], **changes,
    }  # fmt: skip
    path = folder / "device.json"
    path.write_text(json.dumps(config))
    return path

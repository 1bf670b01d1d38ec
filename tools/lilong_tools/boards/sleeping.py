"""Which kinds of device sleep deeply: those that have their naps in `lilong_firmware.sleep_KIND`."""

from importlib.util import find_spec


def sleeps(kind: str) -> bool:
    return find_spec(f"lilong_firmware.sleep_{kind}") is not None

"""The radio of a board with a cellular modem: its serial line and power key as wired, PPP of MicroPython on it."""

import network
from lilong_firmware.cellular import Cellular, dialler
from lilong_firmware.session import DOWN
from wiring import modem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def new_radio(board: "Any", settings: "dict[str, Any]") -> Cellular:
    """What dials in with "modem" of a configuration, once it runs."""
    uart, pins = modem()

    def came() -> None:
        """What was tried while there was no link is tried anew, at once: a cover is awake for nothing else."""
        device = board.device
        session = device.session
        if session.state == DOWN and session._attempt:
            session._attempt = 0
            session._next_at = device.deadline = board.uptime_ms()
            board.wake()

    def told(what: str) -> None:
        print("lilong: modem: %s" % what)

    dial = dialler(uart, network.PPP)
    key = pins["power_key"]
    return Cellular(
        uart, key, dial, settings.get("modem"), board.uptime_ms, lambda: board.device.store, came, told
    )

"""While the network keeps the loop waiting: from a timer drivers are polled, rules decide and outputs are driven.

A timer's handler runs between any two steps of the program, where a device may be half changed. So it does something
only while the link is in the network's hands (`Link.apart`) and the loop has not gone on for LATE_MS. What else the
device wants done waits in `Device.out` for the loop. Within a call in C no such handler runs: `tls` has those short.

What must not even wait for that, a door's way out, is in an interrupt of its own where the port has one (rp2).
"""

import sys

from .effects import OUTPUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .board import Board

LATE_MS = 200  # (ours) no turn of the loop takes so long
TICK_MS = 50
REFLEX_MS = 10


class Standstill:
    """`turned`: told at each turn of the loop. moved: the device has been told something since. error: of a tick."""

    def __init__(self, board: "Board") -> None:
        self._board = board
        self._at = 0
        self.moved = False
        self.error: Exception | None = None

    def turned(self, now: int) -> None:
        self._at = now

    def tick(self, _timer: "Any") -> None:
        """The timer's."""
        board = self._board
        link = board.link
        if link is None or not link.apart or self.error:
            return
        try:
            now = board.uptime_ms()
            if now - self._at >= LATE_MS:
                board.look(now)
                self._go_on(now)
        except Exception as error:  # the loop raises it
            self.error = error

    def _go_on(self, now: int) -> None:
        board = self._board
        device = board.device
        channels = device.rules.CHANNELS
        while True:
            change = board.change()
            for at, (name, period, _) in enumerate(channels):
                if period:
                    value = board.read(name)
                elif change is not None and change[0] == name:
                    value = change[1]
                else:
                    continue
                if not period or value != device.sampling.values[at] or device.faults >> at & 1:
                    device.sense(now, at, value)
                    self._drive()
            if change is None:
                break
        while device.deadline <= now:
            device.step(now)
            self._drive()
        device.deadline = now  # for what is left
        self.moved = True

    def _drive(self) -> None:
        """Outputs, each once."""
        out = self._board.device.out
        at = 0
        while at < len(out):
            if out[at][0] == OUTPUT:
                effect = out.pop(at)
                self._board.output(effect[1], effect[2])
            else:
                at += 1


def begin(board: "Board", drivers: "list[Any]", outputs: "dict[str, Any]") -> Standstill:
    """With the port's timers, where it has any."""
    stands = Standstill(board)
    machine: Any = __import__("machine")
    if hasattr(machine, "Timer"):
        first, second = (0, 1) if sys.platform == "esp32" else (-1, -1)
        machine.Timer(first, period=TICK_MS, callback=stands.tick)
        for driver in drivers:
            if hasattr(driver, "tick") and "lock" in outputs:
                driver.frees = outputs["lock"]
                try:
                    machine.Timer(second, period=REFLEX_MS, callback=driver.tick, hard=True)
                except (TypeError, ValueError):  # ESP32: when the interpreter gets to it
                    machine.Timer(second, period=REFLEX_MS, callback=driver.tick)
    return stands

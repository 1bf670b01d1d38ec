"""A card reader or PIN pad on two Wiegand wires.

Each bit is a low pulse, on D0 for 0 and on D1 for 1; silence ends a frame. The interface has no supervision: only a
line that stays low is seen. A cut wire, a reader without power, and one that somebody else speaks for are not.
"""

from .card_reader import ENTER, SPLIT, CardReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

DATA_SHEET = {
    "chip": ("Security Industry Association", "Access control standard protocol, 26-bit Wiegand reader interface", ""),
    "measures": {
        "credential": ("number", 1, 0xFFFFFFFF, "26 bit: even parity, 8 facility, 16 card, odd parity"),
        "pin": ("digits after a 1", 10_000, 199_999_999, "4 bit or 8 bit bursts, one a key"),
        "tamper": ("bool", 0, 1, "(ours) a line low for longer than any pulse"),
        "reader": ("bool", 0, 1, "(ours) 0 while a line is stuck"),
    },
    "bus": "D0, D1: idle high, active low pulses",
    "timing_us": {"pulse": (20, 100), "interval": (200, 20_000)},
}
WIRING = {
    "class": "Wiegand",
    "takes": {"d0": "in", "d1": "in", "?bits": (26, 34), "?led": "out", "?buzzer": "out"},
    "gives": ("credential", "pin", "tamper", "reader"),
    "drives": ("led", "buzzer"),
}

GAP_US = 25_000  # (ours) the longest interval, 20 ms, and what an interrupt may come late
WRAP = (1 << 30) - 1  # a board's ticks begin again at 2**30
STORED = 40  # (ours) bits of a frame that are kept; what has more is refused anyway


class Wiegand(CardReader):
    """`lost`: frames that came too fast. D0 and D1 need pull-ups; `led` and `buzzer` are active low, as readers are."""

    POLL_MS = 20

    def __init__(self, d0: "Any", d1: "Any", bits: int = 26, led: "Any" = None, buzzer: "Any" = None,
                 ticks: "Any" = None) -> None:  # fmt: skip
        CardReader.__init__(self, bits)
        if ticks is None:
            from time import ticks_us  # type: ignore[attr-defined]  # noqa: PLC0415  CPython has none

            ticks = ticks_us
        self.lost = 0
        self._ticks_us = ticks
        self._d0 = d0
        self._d1 = d1
        self._outputs = {"led": led, "buzzer": buzzer}
        self._low = 0  # polls in a row that saw a line low
        # The handlers' own. `_frame` numbers the frames, so that `poll` never writes what they write.
        self._frame = 0
        self._bits = 0
        self._first = 0
        self._second = 0
        self._edge_us = 0
        # A frame that had ended, and was not yet looked at when the next one began.
        self._kept = 0
        self._kept_bits = 0
        self._kept_first = 0
        self._kept_second = 0
        self._seen = 0  # the last frame that was looked at
        for line in (led, buzzer):
            if line is not None:
                line(1)
        _listen(d0, self._zero)
        _listen(d1, self._one)

    def _zero(self, pin: "Any") -> None:
        self._bit(0)

    def _one(self, pin: "Any") -> None:
        self._bit(1)

    def _bit(self, bit: int) -> None:
        """In an interrupt: nothing here may allocate."""
        now = self._ticks_us()
        if self._seen == self._frame or now - self._edge_us & WRAP > GAP_US:
            if self._seen != self._frame:
                if self._kept != self._seen:
                    self.lost += 1
                self._kept_first = self._first
                self._kept_second = self._second
                self._kept_bits = self._bits
                self._kept = self._frame
            self._frame = (self._frame + 1) & 0xFFFF
            self._bits = 0
            self._first = 0
            self._second = 0
        self._edge_us = now
        self._bits += 1
        if self._bits <= SPLIT:
            self._first = self._first << 1 | bit
        elif self._bits <= STORED:
            self._second = self._second << 1 | bit

    def poll(self, now: int) -> None:
        self._low = 0 if self._d0() and self._d1() else min(self._low + 1, 2)
        kept = self._kept
        if kept != self._seen:
            bits, first, second = self._kept_bits, self._kept_first, self._kept_second
            if kept == self._kept:
                self._seen = kept
                self._decode(now, first, second, bits)
            return  # what came after it is for the next poll: one event at a time
        frame = self._frame
        if frame != self._seen and self._ticks_us() - self._edge_us & WRAP > GAP_US:
            bits, first, second = self._bits, self._first, self._second
            if frame == self._frame:  # else another one has just begun, and this one is kept
                self._kept = self._seen = frame
                self._decode(now, first, second, bits)

    def _decode(self, now: int, first: int, second: int, bits: int) -> None:
        if (bits == 4 or (bits == 8 and first >> 4 == ~first & 15)) and first & 15 <= ENTER:
            self._key(now, first & 15)
        else:
            self._card(first, second, bits)

    def read(self, channel: str) -> "int | None":
        """Channel "tamper" or "reader"."""
        if channel == "tamper":
            return 1 if self._low > 1 else 0
        return 0 if self._low > 1 else 1

    def drive(self, name: str, value: int) -> None:
        line = self._outputs.get(name)
        if line is not None:
            line(0 if value else 1)


def _listen(pin: "Any", handler: "Callable[[Any], None]") -> None:
    try:
        pin.irq(handler, pin.IRQ_FALLING, hard=True)
    except (TypeError, ValueError):  # a port without hard interrupts: a frame that it is late for is refused
        pin.irq(handler, pin.IRQ_FALLING)

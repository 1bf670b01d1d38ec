"""DALI-2 control gear of a lamp: level, system failure level, status, by an output of pulses and an input."""

import time

from .dali_frame import NOTHING, STOP_US, decode, encode, frame_end
from .dali_line import transmitter
from .edges import on_edges

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

DATA_SHEET = {
    "chip": ("DALI-2 control gear", "IEC 62386-101, -102", "ed. 2"),
    "measures": {"gear": ("bool", 0, 1, "102, QUERY STATUS: 1 it answers")},
    "bus": ("pulses out, edges in", "1200 bit/s, idle high; a transceiver that lets the own frames be heard", "101"),
    "timing_ms": {
        "forward": (16, "101: 16 bits, 38 half bits"),
        "answer": (10, "101: 5.5 to 10.5 after the forward frame"),
        "settling": (17, "101: 16.3 to 17.7 before a forward frame of priority 3"),
        "twice": (100, "101: both frames of a pair within"),
        "system_failure": (500, "102: a bus that is low for so long"),
        "start": (700, "(ours) until a gear that has just been fed is asked"),
    },
    "limits": {"short_address": (0, 63, "101"), "level": (0, 254, "102")},
}
WIRING = {
    "class": "Dali",
    "takes": {"tx": "out", "rx": "in", "?relay": "out", "?address": (0, 64), "?inverted": (0, 3)},
    "gives": ("gear",),
    "drives": ("lamp", "failure_level"),
}

# 102, tables 15 and 16.
SET_FAILURE_LEVEL, SET_POWER_ON_LEVEL = 0x2C, 0x2D  # of DTR0, each sent twice
QUERY_STATUS, QUERY_ACTUAL_LEVEL, QUERY_POWER_ON_LEVEL, QUERY_FAILURE_LEVEL = 0x90, 0xA0, 0xA3, 0xA4
DTR0 = 0xA3  # special command: in the place of the address
GEAR_FAILURE, LAMP_FAILURE, FADING, POWER_CYCLED = 0x01, 0x02, 0x10, 0x80  # QUERY STATUS
MASK = 255
BROADCAST = 64

COMMAND, TWICE, QUERY = 0, 1, 2
COMMAND_MS, QUERY_MS = 34, 54  # frame, answer, settling
TWICE_MS = 100
START_MS = 700
STATUS_MS = 1_000  # (ours)
TRIES = 3  # (ours)
ANSWER_LEAST_US, ANSWER_MOST_US = STOP_US, 13_000  # 101, with what edges are late by
SETTLING_US = 16_300
EDGES = 64  # a forward frame has up to 34, a backward frame 18

# 102 9.3: arc level 1 + 253 / 3 * (log10(percent) + 1) by percent of light.
LEVELS = (
    b"\x00\x55\x6f\x7e\x88\x90\x97\x9d\xa1\xa6\xaa\xad\xb0\xb3\xb6\xb9\xbb\xbd\xbf\xc1\xc3\xc5\xc7\xc8\xca\xcb\xcd\xce\xcf"
    b"\xd1\xd2\xd3\xd4\xd5\xd6\xd8\xd9\xda\xdb\xdc\xdc\xdd\xde\xdf\xe0\xe1\xe2\xe2\xe3\xe4\xe5\xe5\xe6\xe7\xe7\xe8\xe9\xe9"
    b"\xea\xeb\xeb\xec\xec\xed\xee\xee\xef\xef\xf0\xf0\xf1\xf1\xf2\xf2\xf3\xf3\xf4\xf4\xf5\xf5\xf6\xf6\xf7\xf7\xf8\xf8\xf8"
    b"\xf9\xf9\xfa\xfa\xfb\xfb\xfb\xfc\xfc\xfd\xfd\xfd\xfe\xfe"
)


class Dali:
    """`tx`: a pin, or what has `write_pulses(durations, 0)` as `esp32.RMT`. `rx` when idle. `relay` feeds the gear.

    `address` 64 is all gear on the bus; more than one then answers at once, and needs addresses of its own. `status` is
    the last answer to QUERY STATUS.
    """

    POLL_MS = 10

    def __init__(
        self,
        tx: "Any",
        rx: "Any",
        relay: "Any" = None,
        address: int = BROADCAST,
        inverted: int = 0,
        ticks_us: "Callable[[], int] | None" = None,
    ) -> None:
        if not 0 <= address <= BROADCAST:
            raise ValueError("Dali: address %d; it is 0 to 63, or 64 for all gear" % address)
        self._low = inverted & 1  # what the pin is at when it pulls the bus low
        self._tx = tx if hasattr(tx, "write_pulses") else transmitter(tx, self._low ^ 1)
        self._rx = rx
        self._rx_idle = inverted >> 1 ^ 1
        self._relay = relay
        self._address = 0xFE if address == BROADCAST else address << 1
        self._ticks_us: "Any" = ticks_us or time.ticks_us  # type: ignore[attr-defined]  # MicroPython
        self._times = [0] * EDGES
        self._edges = 0
        self._last: "Any" = self._ticks_us()  # edge
        self._queue: "list[int]" = []  # word << 2 | kind, the first is or goes on the line
        self._entry = -1  # on the line
        self._sent_at = self._pair_at = self._fed_at = self._ask_at = 0
        self._second = False  # of a pair
        self._tries = self._asked = 0
        self._level = self._failure_level = -1  # what is wanted; -1 is nothing yet
        self._fed = relay is None
        self._feeding = False
        self._answers = True
        self.status = 0
        on_edges(rx, self._edge, rx.IRQ_RISING | rx.IRQ_FALLING)

    def _edge(self, _pin: "Any") -> None:
        self._last = self._ticks_us()
        edges = self._edges
        if edges < EDGES:
            self._times[edges] = self._last
            self._edges = edges + 1

    # ---- the runtime's

    def drive(self, name: str, value: int) -> None:
        """Output `lamp` or `failure_level`, in percent of light."""
        if not 0 <= value <= 100:
            return
        if name == "lamp":
            self._level = LEVELS[value]
            if value and not self._fed and not self._feeding:
                self._feeding = True
                self._fed_at = -1
                self._relay(1)
            self._put_level()
        else:
            self._failure_level = LEVELS[value]
            self._put_failure_level()

    def read(self, channel: str) -> int:
        """1; 0 after three questions without an answer. Gear that is not fed is not asked."""
        return 1 if self._answers else 0

    def poll(self, now: int) -> None:
        if self._entry >= 0:
            if now - self._sent_at < (QUERY_MS if self._entry & 3 == QUERY else COMMAND_MS):
                return
            self._finish()
        if self._feeding and not self._started(now):
            return
        if self._fed:
            if not self._queue:
                self._ask(now)
            if self._queue:
                self._send(now)

    # ---- what to send

    def _started(self, now: int) -> bool:
        """The gear has had its time since it was fed."""
        if self._fed_at < 0:
            self._fed_at = now
        if now - self._fed_at < START_MS:
            return False
        self._feeding = False
        self._fed = True
        self._ask_at = now
        self._put_level()
        self._put_failure_level()
        return True

    def _ask(self, now: int) -> None:
        if self._level == 0 and self._relay is not None:  # it has been told
            self._relay(0)
            self._fed = False
            self._answers = True
        elif now >= self._ask_at:
            self._ask_at = now + STATUS_MS
            self._put(QUERY_STATUS, QUERY)
            self._asked += 1
            if self._asked % 3 == 0:
                self._put(QUERY_ACTUAL_LEVEL, QUERY)
            if self._asked % 30 == 0 and self._failure_level >= 0:
                self._put(QUERY_FAILURE_LEVEL, QUERY)
                self._put(QUERY_POWER_ON_LEVEL, QUERY)

    def _put(self, command: int, kind: int) -> None:
        self._queue.append((self._address << 8 | 0x100 | command) << 2 | kind)

    def _put_level(self) -> None:
        """Before all else but a pair that has begun, and instead of an older one."""
        if not self._fed or self._level < 0:
            return
        queue = [entry for entry in self._queue if entry >> 10 != self._address]
        at = 1 if self._second and queue else 0
        queue.insert(at, (self._address << 8 | self._level) << 2 | COMMAND)
        self._queue = queue

    def _put_failure_level(self) -> None:
        """Where the gear goes by itself when the bus or the mains has failed."""
        if self._fed and self._failure_level >= 0:
            self._queue.append((DTR0 << 8 | self._failure_level) << 2 | COMMAND)
            self._put(SET_FAILURE_LEVEL, TWICE)
            self._put(SET_POWER_ON_LEVEL, TWICE)

    # ---- the line

    def _send(self, now: int) -> None:
        idle = (self._ticks_us() - self._last) & 0x3FFFFFFF >= SETTLING_US
        if self._rx() != self._rx_idle:
            if idle:  # low for so long: no power on the bus
                self._answers = False
                self._queue = []
                self._ask_at = now + STATUS_MS
            return
        if not idle:
            return
        entry = self._entry = self._queue[0]
        if entry & 3 == TWICE and not (self._second and now - self._pair_at <= TWICE_MS):
            self._second = False
            self._pair_at = now
        self._edges = 0
        self._sent_at = now
        self._tx.write_pulses(encode(entry >> 2, 16), self._low)

    def _finish(self) -> None:
        """What came of the frame that was sent."""
        entry, edges, times = self._entry, self._edges, self._times
        kind, word = entry & 3, entry >> 2
        self._entry = -1
        end = frame_end(times, 0, edges)
        good = decode(times, 0, end, 16) == word  # else a collision, or no power
        answer = NOTHING
        if end < edges:
            gap_us = (times[end] - times[end - 1]) & 0x3FFFFFFF
            answer = decode(times, end, edges, 8)
            if kind != QUERY or not ANSWER_LEAST_US <= gap_us <= ANSWER_MOST_US:
                good = False  # somebody else
        if kind == TWICE and good and not self._second:
            self._second = True
            return
        self._second = False
        if not good or (kind == QUERY and answer < 0):
            self._tries += 1
            if self._tries < TRIES:
                return
            if kind == QUERY or not edges:
                self._answers = False
                self._queue = []
            good = False
        self._tries = 0
        if self._queue and self._queue[0] == entry:
            self._queue.pop(0)
        if good and kind == QUERY:
            self._answered(word & 0xFF, answer)

    def _answered(self, question: int, answer: int) -> None:
        back = not self._answers
        self._answers = True
        if question == QUERY_STATUS:
            self.status = answer
            if back or answer & POWER_CYCLED:
                self._put_level()
            if back:
                self._put_failure_level()
        elif question == QUERY_ACTUAL_LEVEL:
            if answer not in (MASK, self._level) and not self.status & (GEAR_FAILURE | LAMP_FAILURE | FADING):
                self._put_level()
        elif answer != self._failure_level:
            self._put_failure_level()

"""The call of an intercom panel: whom it rings, one after the other, and how it ends, always.

The unit controller of the building carries it, without any network beyond: the outputs "flat" and "ring" ask for a
side, and each value of the channel "callee" is an answer, side * 8 + what it says. One of a side that is not asked any
more counts for nothing.
"""

from lilong_protocol import codes

from .cards import place
from .effects import NEVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .device import Device

RINGS, ANSWERS, BUSY, HANGS_UP, OPENS = 1, 2, 3, 4, 5  # what an answer says
RING_MS, TALK_MS = 60_000, 120_000  # (domain practice) of all that is rung together, and of the talk
REACHED_MS = 5_000  # (ours) within that a side says that it rings
SIDE_MS = 20_000  # (ours) a third of the ringing for each


class Call:
    """idle > calling > ringing > talking > unlocked; what is not answered is transferred, flat > app > guard desk.

    `flat`: who is called, 0 for the desk alone; `side`: who is asked now; `at`: uptime in ms of what is next.
    """

    __slots__ = ("_device", "_limit", "_urgent", "at", "flat", "side", "state")

    def __init__(self, device: "Device") -> None:
        self._device = device
        self.state = codes.CALL_STATE_IDLE
        self.flat = self.side = 0
        self.at = self._limit = NEVER
        self._urgent = False
        device.output("ring", 0)  # a call of before the power cut is over

    def begin(self, now: int, flat: int, path: int) -> None:
        """A flat is called; `path`: a bit for each side that can be reached, flat lowest."""
        if self.state != codes.CALL_STATE_IDLE:
            self._tell(now, codes.CALL_STATE_BUSY, 0, flat)
            return
        self.flat = flat
        self._limit = now + RING_MS
        self._device.output("flat", flat)
        self._ring(now, codes.CALL_SIDE_FLAT, path)

    def help(self, now: int, path: int) -> None:
        """The panic button: what there was ends, and the desk is rung."""
        if self._urgent:
            return
        if self.state != codes.CALL_STATE_IDLE:
            self._end(now)
        self._urgent = True
        self._limit = now + RING_MS
        self._device.output("flat", 0)
        self._ring(now, codes.CALL_SIDE_DESK, path)

    def answer(self, now: int, value: int, path: int) -> bool:
        """What a side says; True when it opens the door to who calls it."""
        says = value & 7
        state = self.state
        if state == codes.CALL_STATE_IDLE or value >> 3 != self.side:
            return False
        ringing = state in (codes.CALL_STATE_CALLING, codes.CALL_STATE_RINGING, codes.CALL_STATE_EMERGENCY)
        if says == RINGS:
            if state == codes.CALL_STATE_CALLING:
                self._turn(now, codes.CALL_STATE_RINGING, now + SIDE_MS)
        elif says == ANSWERS:
            if ringing:
                self._limit = now + TALK_MS
                self._turn(now, codes.CALL_STATE_TALKING, self._limit)
        elif says == BUSY:
            if ringing:
                self._tell(now, codes.CALL_STATE_BUSY, self.side, self.flat)
                self._pass_on(now, path)
        elif says == HANGS_UP:
            self._end(now)
        elif says == OPENS and state != codes.CALL_STATE_CALLING:
            return True
        return False

    def unlocked(self, now: int, until: int) -> None:
        """The door is free for who called, until then; so long the call goes on, if it may."""
        self._turn(now, codes.CALL_STATE_UNLOCK, until)

    def reachable(self, now: int, path: int) -> None:
        """Other sides can be reached now."""
        if self.state == codes.CALL_STATE_IDLE or path >> self.side - 1 & 1:
            return
        if self.state in (codes.CALL_STATE_TALKING, codes.CALL_STATE_UNLOCK):
            self._end(now)
        else:
            self._pass_on(now, path)

    def cancel(self, now: int) -> None:
        """Who called goes away; nobody takes a call for help back."""
        if self.state != codes.CALL_STATE_IDLE and not self._urgent:
            self._end(now)

    def time(self, now: int, path: int) -> None:
        """`at` has come."""
        if now < self.at:
            return
        if self.state in (codes.CALL_STATE_TALKING, codes.CALL_STATE_UNLOCK):
            self._end(now)
        else:
            self._pass_on(now, path)

    # ---- inside

    def _ring(self, now: int, side: int, path: int) -> None:
        """Ask the first that can be reached, from `side` on."""
        while side <= codes.CALL_SIDE_DESK and not path >> side - 1 & 1:
            side += 1
        if side > codes.CALL_SIDE_DESK or now >= self._limit:
            self._tell(now, codes.CALL_STATE_NO_ANSWER, self.side, self.flat)
            self._end(now)
            return
        if self.side:
            self._tell(now, codes.CALL_STATE_TRANSFERRED, side, self.flat)
        self.side = side
        self._device.output("ring", side)
        if self._urgent:
            self._turn(now, codes.CALL_STATE_EMERGENCY, self._limit)
        else:
            self._turn(now, codes.CALL_STATE_CALLING, now + REACHED_MS)

    def _pass_on(self, now: int, path: int) -> None:
        self._ring(now, self.side + 1, path)

    def _turn(self, now: int, state: int, until: int) -> None:
        self.state = state
        self.at = min(until, self._limit)
        self._tell(now, state, self.side, self.flat)

    def _end(self, now: int) -> None:
        """Every call ends with this, and is told so once."""
        self._device.output("ring", 0)
        self._tell(now, codes.CALL_STATE_IDLE, self.side, self.flat)
        self.state = codes.CALL_STATE_IDLE
        self.flat = self.side = 0
        self.at = self._limit = NEVER
        self._urgent = False

    def _tell(self, now: int, state: int, side: int, flat: int) -> None:
        values = {codes.Q_CALL_STATE: state}
        if side:
            values[codes.Q_CALL_SIDE] = side
        self._device.event(now, codes.EVENT_CALL_STATE, self.named(flat, values))

    def named(self, flat: int, values: "dict[int, int]") -> "dict[int, int]":
        """`values` with the flat, unless its household wants its visitors to be nobody's business ("discreet")."""
        if flat and place(self._device.identity.data.get("discreet", b""), flat) < 0:
            values[codes.Q_FLAT] = flat
        return values

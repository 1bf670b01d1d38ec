"""New firmware on trial: how often it asks to be accepted, when it makes room for the old one, what is told of it.

A session counts when the backend has answered it, sealed for this device: that it could be reached shows that the new
firmware starts, keeps its rules, and is understood. `slots` says how a trial ends.
"""

from lilong_protocol import cbor, frame, topics
from lilong_protocol.codes import S_LOG_LEVEL, severity

from .device import SEVERE
from .effects import NEVER
from .lines import say
from .restart import Restart
from .session import DOWN
from .slot import FIRMWARE
from .slots import DAMAGED, EXHAUSTED, GIVEN_UP, NONE, OK, Slots

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .device import Device

PENDING = "upd"  # as `fetch` names it
WARNING = 4  # RFC 5424
AGAIN_MS, AGAIN_MAX_MS = 60_000, 480_000  # (ours) a turn is over within the hour that a sleeping kind stays awake
WHY = {EXHAUSTED: "its resets", GIVEN_UP: "not accepted by the backend", DAMAGED: "damaged"}


def attempt(slots: Slots) -> bool:
    """The backend is about to be asked whether it accepts what is on trial.

    True when it has been asked too often: it is the other one's turn, from the next boot on.
    """
    if slots.running == NONE or slots.running != slots.trial or slots.in_doubt():
        return False  # none is on trial, or it runs for want of anything else
    slots.left -= 1
    slots.kept()
    return slots.in_doubt()


class Trial:
    """Made at the start of new firmware that is on trial. Uptimes in ms.

    Each connection that is tried is an attempt, and so is each further question in it: a device that stays connected
    asks at every beat until it is answered, and one that sleeps is told to connect again.
    deadline: of `step`.
    """

    __slots__ = ("_again_ms", "_asked", "_connection", "_greeted", "_over", "_slots", "deadline")

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._connection = 0
        self._asked: int | None = None
        self._greeted = False  # the question of the birth is part of its connection
        self._again_ms = AGAIN_MS
        self._over = False
        self.deadline = NEVER

    def step(self, now: int, device: "Device") -> bool:
        """After whatever has happened to the device; True: restart, the old one has its turn.

        Not while a danger lasts, nor while an alarm would end with the power. One that waits in flash does not hold it
        up: who is not understood cannot tell it.
        """
        session = device.session
        if session._connection != self._connection:
            self._connection = session._connection
            self._asked = session.asked
            self._greeted = False
            self._over |= attempt(self._slots)
        elif session.asked is not None and session.asked != self._asked:
            self._asked = session.asked
            self._over |= self._greeted and attempt(self._slots)
            self._greeted = True
        if session.state != DOWN:
            self.deadline = NEVER
        elif now >= self.deadline:  # one that sleeps does not wait for its beat
            self.deadline = NEVER
            session.wake(now)
            device.deadline = now  # and planned anew
        elif self.deadline == NEVER:
            self.deadline = now + self._again_ms
            self._again_ms = min(2 * self._again_ms, AGAIN_MAX_MS)
        for code in device.episodes.codes() if self._over else ():
            if severity(code) >= SEVERE and device.active(code):
                return False
        return self._over and not (device.outbox.unstored and len(device.outbox))


def settle(device: "Device", now: int, slots: Slots) -> "Restart | None":
    """The backend has accepted this session: what runs is good, and how the update has ended that was tried is told.

    Something else is to be run than runs: new firmware has its first turn, or another one.
    """
    if slots.trial != NONE and not slots.confirm():
        return Restart(now)
    data = dict(device.store.items()).get(PENDING)
    if data is None:
        return None
    try:
        artifact, version, digest = cbor.decode(data)
        body = None
        if slots.slots[slots.running].digest == digest:
            device.store.put("u%x" % FIRMWARE, digest)
            body = {0: artifact, 1: frame.OK, 2: version}
        elif slots.ended != OK:
            body = {0: artifact, 1: frame.EXPIRED}
            if device.settings[S_LOG_LEVEL] >= WARNING:
                say(device, now, WARNING, "update %s rolled back: %s" % (version, WHY[slots.ended]))
        if body is not None:  # else it was cut short before it was staged, and will be offered again
            sealed = device.uplink.frame(now, frame.UPDATE_RESULT, topics.UPDATE, body)
            device.session.send(now, topics.UPDATE, sealed)
    except (ValueError, TypeError, OSError):
        pass  # a damaged record, or a flash that takes nothing: the offer will come again
    device.store.drop(PENDING)
    return None

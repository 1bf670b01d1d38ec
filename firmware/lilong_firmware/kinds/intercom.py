"""Intercom panel: calls a flat over the unit controller, opens by card or PIN as a door does, is free for fire.

It is given (`Identity.data`) what `cards` says, and "discreet": flats of which nothing is told, sorted 4-byte numbers.
Its lock is wired to the door's exit button, or to the lock itself where the door has no reader of its own.
"""

from lilong_protocol import codes, frame

from ..call import Call
from ..cards import Cards
from ..lock import Lock
from ..rules import Rules

# Channels. Each value of "call", a flat, is one call; of "callee" one answer, see `call`; "path" has a bit for each
# side that the unit controller can reach; each 1 of "cancel" is a press; credential and pin as a door's.
CALL, CALLEE, PATH, CANCEL, CREDENTIAL, PIN, PANIC, TAMPER = 0, 1, 2, 3, 4, 5, 6, 7
EVERYBODY = 7  # flat, app and desk
FLAT_MAX = 0xFFFFFFFF


class Intercom(Rules):
    """The call, the lock and the alarms go side by side: none waits for another, none stops another."""

    KIND = codes.KIND_INTERCOM
    HAS_LIST = True
    LOG_EVENTS = 1_000  # an unlock is an access event: GB 50396 class B and C
    CHANNELS = (
        ("call", 0, 0),
        ("callee", 0, 0),
        ("path", 0, EVERYBODY),
        ("cancel", 0, 0),
        ("credential", 0, 0),
        ("pin", 0, 0),
        ("panic", 0, 0),
        ("tamper", 0, 0),
    )

    __slots__ = ("_buzzing", "_call", "_cards", "_lock")

    def start(self, now: int) -> None:
        device = self.device
        values = device.sampling.values
        self._cards = Cards(now, device)
        self._lock = Lock(device)
        self._call = Call(device)
        self._buzzing = False
        device.restore(now, codes.ALARM_DOOR_ATTEMPTS, {})
        if not device.faults >> TAMPER & 1:
            self._tamper(now, values[TAMPER])
        self._buzz()
        if values[PANIC] and not device.faults >> PANIC & 1:  # still held down
            device.alarm(now, codes.ALARM_PANIC, {})
        self._answered(now)
        self._schedule()

    def sample(self, now: int, channel: int, value: int) -> None:
        device = self.device
        path = device.sampling.values[PATH]
        if channel == PANIC:
            if value:
                device.alarm(now, codes.ALARM_PANIC, {})
                self._call.help(now, path)
            else:
                self._answered(now)
        elif channel == TAMPER:
            self._tamper(now, value)
        elif channel == PATH:
            self._call.reachable(now, value)
        elif channel == CALLEE:
            if self._call.answer(now, value, path):
                self._open(now)
        elif value:
            if channel == CALL:
                if 0 < value <= FLAT_MAX:
                    self._call.begin(now, value, path)
            elif channel == CANCEL:
                self._call.cancel(now)
            elif channel == CREDENTIAL or now >= self._cards.deaf_until:
                self._read(now, value, channel == PIN)
        self._schedule()

    def timer(self, now: int) -> None:
        self._lock.time(now)
        self._call.time(now, self.device.sampling.values[PATH])
        if now >= self._cards.calm_at:
            self._forgive(now)
        if now >= self._cards.deadline:
            self._cards.age(now)
        self._schedule()

    def renewed(self, now: int) -> None:
        self._cards.load(now)
        self._schedule()

    def command(self, now: int, command: int, arguments: "dict[int, int]") -> int:
        device = self.device
        code = frame.OK
        if command == codes.CMD_UNLOCK:
            self._lock.free(now)
            device.event(now, codes.EVENT_DOOR_UNLOCKED, {})
        elif command == codes.CMD_FIRE_RELEASE:
            if self._lock.release():
                device.event(now, codes.EVENT_DOOR_RELEASED, {codes.Q_UNLOCKED: 1})
        elif command == codes.CMD_RESET:
            code = self._reset(now)
        elif command == codes.CMD_TEST:
            device.event(now, codes.EVENT_TESTED, self.report())
        elif command in (codes.CMD_CARDS_CONFIRM, codes.CMD_CARD_REVOKE):
            code = self._cards.command(now, command, arguments)
        else:
            code = frame.NOT_FOUND
        self._schedule()
        return code

    def acknowledged(self, now: int, code: int) -> None:
        """Somebody is coming: that ends a call for help."""
        if code == codes.ALARM_DOOR_DURESS:
            self.device.restore(now, code, {})
        elif code == codes.ALARM_PANIC:
            self._answered(now)

    def report(self) -> "dict[int, int]":
        return {
            codes.Q_CALL_STATE: self._call.state,
            codes.Q_UNLOCKED: self._lock.is_free(),
            codes.Q_CARDS_STAMP: self._cards.stamp,
        }

    def _answered(self, now: int) -> None:
        """A press of the panic button ends when somebody has acknowledged it, not when the button is let go."""
        device = self.device
        episode = device.episodes.get(codes.ALARM_PANIC)
        pressed = device.sampling.values[PANIC] or device.faults >> PANIC & 1
        if not pressed and episode is not None and episode.acknowledged:
            device.restore(now, codes.ALARM_PANIC, {})

    def _open(self, now: int) -> None:
        """Who is called opens: an access, and the flat is its operator."""
        call = self._call
        self._lock.free(now)
        values = call.named(call.flat, {codes.Q_CALL_SIDE: call.side})
        call.unlocked(now, self._lock.at)
        self.device.event(now, codes.EVENT_DOOR_UNLOCKED, values)

    def _reset(self, now: int) -> int:
        device = self.device
        if not self._lock.secure():
            return device.reset(now)
        device.event(now, codes.EVENT_DOOR_LOCKED, {codes.Q_UNLOCKED: self._lock.is_free()})
        device.reset(now)
        return frame.OK

    def _read(self, now: int, number: int, pin: bool) -> None:
        device = self.device
        denial, who, duress = self._cards.judge(number, pin)
        values = {} if who is None else {codes.Q_CREDENTIAL: who}
        if denial:
            if denial != codes.DENIAL_OUTDATED and self._cards.wrong(now):  # else the list is wrong, not the card
                self._sound(now, codes.ALARM_DOOR_ATTEMPTS)
            denied = dict(values)
            denied[codes.Q_DENIAL] = denial
            device.event(now, codes.EVENT_DOOR_DENIED, denied)
        else:
            self._lock.free(now)
            self._forgive(now)
            device.event(now, codes.EVENT_DOOR_GRANTED, values)
        if duress:  # nothing here shows it: who forces somebody to open looks on
            device.alarm(now, codes.ALARM_DOOR_DURESS, values)

    def _forgive(self, now: int) -> None:
        self._cards.forgive()
        self.device.restore(now, codes.ALARM_DOOR_ATTEMPTS, {})
        self._buzz()

    def _tamper(self, now: int, value: int) -> None:
        if value:
            self._sound(now, codes.ALARM_TAMPER)
        else:
            self.device.restore(now, codes.ALARM_TAMPER, {})
            self._buzz()

    def _sound(self, now: int, code: int) -> None:
        if not self._buzzing:
            self._buzzing = True
            self.device.output("buzzer", 1)
        self.device.alarm(now, code, {})

    def _buzz(self) -> None:
        """The buzzer sounds while somebody is at the panel who should not be."""
        buzzing = self.device.active(codes.ALARM_TAMPER) or self.device.active(codes.ALARM_DOOR_ATTEMPTS)
        if buzzing != self._buzzing:
            self._buzzing = buzzing
            self.device.output("buzzer", 1 if buzzing else 0)

    def _schedule(self) -> None:
        self.deadline = min(self._lock.at, self._call.at, self._cards.calm_at, self._cards.deadline)


RULES = Intercom

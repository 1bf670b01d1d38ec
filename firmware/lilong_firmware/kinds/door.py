"""Door reader and controller: decides by its own list of cards; a release for fire beats everything else."""

from lilong_protocol import codes, frame
from lilong_protocol.keys import MacKey

from ..effects import NEVER
from ..rules import Rules

CONTACT, CREDENTIAL, EXIT_BUTTON, TAMPER = 0, 1, 2, 3  # channels

UNLOCK_MS = 5_000  # (ours) or until the door has been opened and closed
HELD_MS = 30_000  # (ours) domain practice
# GB 50396 5.1: an alarm after at most five wrong attempts ...
ATTEMPTS = 5
ATTEMPTS_MS = 60_000  # ... (ours) in a row within a minute, and over after a minute without one
LOCKED, UNLOCKED = 0, 1  # output "lock"; without power the lock is free, so that nobody is shut in


class Door(Rules):
    """locked > unlocked for 5 s > locked; released for fire until a reset. Egress is mechanical, always."""

    KIND = codes.KIND_DOOR
    CHANNELS = (("contact", 0, 0), ("credential", 0, 0), ("exit_button", 0, 0), ("tamper", 0, 0))

    __slots__ = ("_buzzing", "_calm_at", "_held_at", "_open", "_pseudonym_key", "_released", "_relock_at", "_wrong")

    def start(self, now: int) -> None:
        device = self.device
        values = device.sampling.values
        key = device.identity.data.get("card_key")
        self._pseudonym_key = MacKey(key) if key else None
        self._open = values[CONTACT]
        self._released = device.kept("released")
        self._relock_at = NEVER
        self._held_at = NEVER
        self._calm_at = NEVER
        self._wrong: list[int] = []
        self._buzzing = False
        device.output("lock", UNLOCKED if self._released else LOCKED)
        device.restore(now, codes.ALARM_DOOR_ATTEMPTS, {})
        if not self._open:
            device.restore(now, codes.ALARM_DOOR_FORCED, {})
            device.restore(now, codes.ALARM_DOOR_HELD, {})
        elif not self._released and not device.active(codes.ALARM_DOOR_FORCED):
            self._held_at = now + HELD_MS
        self._tamper(now, values[TAMPER])
        self._buzz()
        self._schedule()

    def sample(self, now: int, channel: int, value: int) -> None:
        if channel == CONTACT:
            if value != self._open:
                self._open = value
                if value:
                    self._opened(now)
                else:
                    self._closed(now)
        elif channel == TAMPER:
            self._tamper(now, value)
        elif value and channel == EXIT_BUTTON:
            self._unlock(now)
            self.device.event(now, codes.EVENT_DOOR_EXIT, {})
        elif value:
            self._read(now, value)
        self._schedule()

    def timer(self, now: int) -> None:
        if now >= self._relock_at:
            self._lock()
        if now >= self._held_at:
            self._held_at = NEVER
            self._raise(now, codes.ALARM_DOOR_HELD, self.report())
        if now >= self._calm_at:
            self._forgive(now)
        self._schedule()

    def command(self, now: int, command: int, arguments: "dict[int, int]") -> int:
        device = self.device
        if command == codes.CMD_UNLOCK:
            self._unlock(now)
            device.event(now, codes.EVENT_DOOR_UNLOCKED, {})
        elif command == codes.CMD_FIRE_RELEASE:
            self._release(now)
        elif command == codes.CMD_RESET:
            return self._reset(now)
        elif command == codes.CMD_TEST:
            device.event(now, codes.EVENT_TESTED, self.report())
        else:
            return frame.NOT_FOUND
        self._schedule()
        return frame.OK

    def report(self) -> "dict[int, int]":
        unlocked = 1 if self._released or self._relock_at != NEVER else 0
        return {codes.Q_DOOR_OPEN: self._open, codes.Q_UNLOCKED: unlocked}

    # ---- credentials

    def _read(self, now: int, card: int) -> None:
        if self._known(card):
            self._unlock(now)
            self._forgive(now)
            self.device.event(now, codes.EVENT_DOOR_GRANTED, self._pseudonym(card))
            return
        self._wrong.append(now)
        self._calm_at = now + ATTEMPTS_MS
        if len(self._wrong) > ATTEMPTS:
            self._wrong.pop(0)
        if len(self._wrong) == ATTEMPTS and now - self._wrong[0] <= ATTEMPTS_MS:
            self._raise(now, codes.ALARM_DOOR_ATTEMPTS, {})
        self.device.event(now, codes.EVENT_DOOR_DENIED, self._pseudonym(card))

    def _known(self, card: int) -> bool:
        """Binary search in the sorted 4-byte numbers, without copying them."""
        cards = self.device.identity.data.get("cards", b"")
        low, high = 0, len(cards) // 4
        while low < high:
            middle = (low + high) // 2
            at = middle * 4
            number = cards[at] << 24 | cards[at + 1] << 16 | cards[at + 2] << 8 | cards[at + 3]
            if number == card:
                return True
            if number < card:
                low = middle + 1
            else:
                high = middle
        return False

    def _pseudonym(self, card: int) -> "dict[int, int]":
        """What may be told of a card: the number itself stays here, since 26 bits are soon enumerated."""
        if self._pseudonym_key is None or not 0 < card <= 0xFFFFFFFF:
            return {}
        return {codes.Q_CREDENTIAL: int.from_bytes(self._pseudonym_key.mac(card.to_bytes(4, "big"))[:4], "big")}

    def _forgive(self, now: int) -> None:
        """The row of wrong attempts has ended."""
        self._wrong = []
        self._calm_at = NEVER
        self.device.restore(now, codes.ALARM_DOOR_ATTEMPTS, {})
        self._buzz()

    # ---- lock

    def _unlock(self, now: int) -> None:
        self.device.output("lock", UNLOCKED)
        if not self._released:
            self._relock_at = now + UNLOCK_MS

    def _lock(self) -> None:
        self._relock_at = NEVER
        self.device.output("lock", LOCKED)

    def _release(self, now: int) -> None:
        device = self.device
        device.output("lock", UNLOCKED)
        if self._released:
            return
        self._released = 1
        device.keep("released", 1)  # a fire that takes the power must not lock the door when it returns
        self._relock_at = NEVER
        self._held_at = NEVER
        device.restore(now, codes.ALARM_DOOR_HELD, self.report())
        self._buzz()
        device.event(now, codes.EVENT_DOOR_RELEASED, self.report())

    def _reset(self, now: int) -> int:
        device = self.device
        if not self._released:
            return device.reset(now)
        self._released = 0
        device.keep("released", 0)
        self._lock()
        if self._open and not device.active(codes.ALARM_DOOR_FORCED):
            self._held_at = now + HELD_MS
        device.event(now, codes.EVENT_DOOR_LOCKED, self.report())
        device.reset(now)
        self._schedule()
        return frame.OK

    # ---- the door itself

    def _opened(self, now: int) -> None:
        if not self._released:
            if self._relock_at == NEVER:
                self._raise(now, codes.ALARM_DOOR_FORCED, self.report())
            else:
                self._held_at = now + HELD_MS
        self.device.event(now, codes.EVENT_DOOR_OPENED, {})

    def _closed(self, now: int) -> None:
        device = self.device
        self._held_at = NEVER
        if self._relock_at != NEVER:
            self._lock()
        device.restore(now, codes.ALARM_DOOR_FORCED, self.report())
        device.restore(now, codes.ALARM_DOOR_HELD, self.report())
        self._buzz()
        device.event(now, codes.EVENT_DOOR_CLOSED, {})

    def _tamper(self, now: int, value: int) -> None:
        if value:
            self._raise(now, codes.ALARM_TAMPER, {})
        else:
            self.device.restore(now, codes.ALARM_TAMPER, {})
            self._buzz()

    # ---- inside

    def _raise(self, now: int, code: int, values: "dict[int, int]") -> None:
        if not self._buzzing:
            self._buzzing = True
            self.device.output("buzzer", 1)
        self.device.alarm(now, code, values)

    def _buzz(self) -> None:
        """The buzzer sounds while a condition lasts."""
        active = self.device.active
        buzzing = (
            active(codes.ALARM_DOOR_FORCED)
            or active(codes.ALARM_DOOR_HELD)
            or active(codes.ALARM_TAMPER)
            or active(codes.ALARM_DOOR_ATTEMPTS)
        )
        if buzzing != self._buzzing:
            self._buzzing = buzzing
            self.device.output("buzzer", 1 if buzzing else 0)

    def _schedule(self) -> None:
        self.deadline = min(self._relock_at, self._held_at, self._calm_at)


RULES = Door

"""Door reader and controller: decides by its own list of cards; a release for fire beats everything else.

It is given (`Identity.data`) what `cards` says, and "two_way" when its card is read on both sides: where nobody can
tell in from out there is no anti-passback. With "asks" it asks its backend whether a card is elsewhere (`asking`).
"""

from lilong_protocol import codes, frame

from ..cards import Cards
from ..doorway import Doorway
from ..effects import NEVER
from ..passback import just_went_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..asking import Questions

# Channels. Each value of "credential" is one read, of "pin" one complete entry, a 1 before its digits; "reader" is 0
# while it does not answer.
CONTACT, CREDENTIAL, EXIT_BUTTON, TAMPER, PIN, READER = 0, 1, 2, 3, 4, 5

READER_MS = 8_000  # OSDP 2.2: offline after 8 s without a reply
# GB 50396 5.1: within 10 s a day, synchronised daily; (ours) lost an hour after that, and 5 min after a start.
CLOCK_MS = 90_000_000
FIRST_CLOCK_MS = 300_000


class Door(Doorway):
    """What the reader, the PIN pad, the button and the backend say is done to the doorway."""

    KIND = codes.KIND_DOOR
    HAS_LIST = True
    LOG_EVENTS = 1_000  # GB 50396 class B and C
    CHANNELS = (
        ("contact", 0, 0),
        ("credential", 0, 0),
        ("exit_button", 0, 0),
        ("tamper", 0, 0),
        ("pin", 0, 0),
        ("reader", 0, 1),
    )

    __slots__ = ("_asking", "_cards", "_clock_at", "_clock_lost", "_offline_at")

    def start(self, now: int) -> None:
        values = self.device.sampling.values
        self._cards = Cards(now, self.device)
        self._asking: Questions | None = None
        if "asks" in self.device.identity.data:
            from ..asking import Questions as Open  # noqa: PLC0415  it takes RAM

            self._asking = Open(self.device)
        self._offline_at = NEVER
        self._clock_at = now + FIRST_CLOCK_MS
        self._clock_lost = False
        self._begin(now, values[CONTACT])
        self.device.restore(now, codes.ALARM_DOOR_ATTEMPTS, {})
        for channel in (TAMPER, READER):
            if not self.device.faults >> channel & 1:
                self.sample(now, channel, values[channel])
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
        elif channel == READER:
            self._reader(now, value)
        elif value and channel == EXIT_BUTTON:
            self._unlock(now)
            self._went_out()
            self.device.event(now, codes.EVENT_DOOR_EXIT, {})
        elif value and (channel != PIN or now >= self._cards.deaf_until):
            self._read(now, value, channel == PIN)
        self._schedule()

    def timer(self, now: int) -> None:
        self._time(now)
        if now >= self._cards.calm_at:
            self._forgive(now)
        if now >= self._offline_at:
            self._offline_at = NEVER
            self.device.alarm(now, codes.ALARM_DOOR_READER_OFFLINE, {})
        if now >= self._clock_at:
            self._clock_at = NEVER
            self._clock_lost = True
            self.device.event(now, codes.EVENT_DOOR_CLOCK_LOST, {})
        if now >= self._cards.deadline:
            self._cards.age(now)
        if self._asking:
            self._decide(now, self._asking.overdue(now))
        self._schedule()

    def linked(self, now: int, up: bool) -> None:
        if self._asking:
            if up:
                self._asking.connected()
            self._decide(now, self._asking.given_up())
            self._schedule()

    def answered(self, now: int, message: "frame.Frame") -> None:
        elsewhere = message.body.get(0)
        boot, seq = message.ref
        if self._asking and isinstance(elsewhere, bool) and boot == self.device.uplink.boot:
            card = self._asking.answered(seq)
            if card:
                self._read(now, card, False, True, elsewhere)
                self._schedule()

    def timed(self, now: int) -> None:
        if self._clock_lost:
            self._clock_lost = False
            self.device.event(now, codes.EVENT_DOOR_CLOCK_SET, {})
        self._clock_at = now + CLOCK_MS
        self._schedule()

    def renewed(self, now: int) -> None:
        self._cards.load(now)
        self._schedule()

    def command(self, now: int, command: int, arguments: "dict[int, int]") -> int:
        device = self.device
        code = frame.OK
        if command == codes.CMD_UNLOCK:
            self._unlock(now)
            device.event(now, codes.EVENT_DOOR_UNLOCKED, {})
        elif command == codes.CMD_FIRE_RELEASE:
            self._release(now)
            if self._asking:
                self._decide(now, self._asking.given_up())
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

    def report(self) -> "dict[int, int]":
        report = self._state()
        report[codes.Q_CARDS_STAMP] = self._cards.stamp
        return report

    # ---- credentials

    def _decide(self, now: int, cards: "list[int]") -> None:
        """Nobody will answer in time, or nobody needs to: by itself."""
        for card in cards:
            self._read(now, card, False, True)

    def _read(self, now: int, number: int, pin: bool, asked: bool = False, elsewhere: bool = False) -> None:
        """`asked`: no answer is waited for, any more; `elsewhere`: what it was."""
        denial, who, duress = self._cards.judge(number, pin)
        values = {} if who is None else {codes.Q_CREDENTIAL: who}
        # A PIN is a whole flat's: another of the family may follow at once.
        if not denial and not pin and just_went_in(self._passages, now, number):
            denial = codes.DENIAL_PASSBACK
        if not denial and elsewhere:
            denial = codes.DENIAL_ELSEWHERE
        asking = self._asking
        if asking and not (denial or pin or asked or self._released or who is None) and asking.ask(now, number, who):
            return
        if denial:
            self._deny(now, denial, dict(values))
        else:
            self._unlock(now)
            self._entering = 0 if pin or "two_way" in self.device.identity.data else number
            self._forgive(now)
            self.device.event(now, codes.EVENT_DOOR_GRANTED, values)
        if duress:  # nothing here shows it: who forces somebody to open looks on
            self.device.alarm(now, codes.ALARM_DOOR_DURESS, values)

    def _deny(self, now: int, denial: int, values: "dict[int, int]") -> None:
        event = codes.EVENT_DOOR_DENIED
        if denial == codes.DENIAL_PASSBACK:
            event = codes.EVENT_DOOR_PASSBACK
        elif denial not in (codes.DENIAL_OUTDATED, codes.DENIAL_ELSEWHERE) and self._cards.wrong(now):
            # else the list is wrong, or its user, not the card
            self._raise(now, codes.ALARM_DOOR_ATTEMPTS, {})
        values[codes.Q_DENIAL] = denial
        self.device.event(now, event, values)

    def _forgive(self, now: int) -> None:
        """The row of wrong attempts has ended."""
        self._cards.forgive()
        self.device.restore(now, codes.ALARM_DOOR_ATTEMPTS, {})
        self._buzz()

    # ---- supervision

    def _tamper(self, now: int, value: int) -> None:
        if value:
            self._raise(now, codes.ALARM_TAMPER, {})
        else:
            self.device.restore(now, codes.ALARM_TAMPER, {})
            self._buzz()

    def _reader(self, now: int, answers: int) -> None:
        if answers:
            self._offline_at = NEVER
            self.device.restore(now, codes.ALARM_DOOR_READER_OFFLINE, {})
        elif self._offline_at == NEVER:
            self._offline_at = now + READER_MS

    def _schedule(self) -> None:
        cards = self._cards
        self.deadline = min(
            self._relock_at, self._held_at, cards.calm_at, self._offline_at, self._clock_at, cards.deadline,
            self._asking.deadline if self._asking else NEVER,
        )  # fmt: skip


RULES = Door

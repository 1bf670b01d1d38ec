"""Vehicle lane: a plate is read, the barrier opens or an attendant is asked, and each passage is told once.

It decides by its own list, with and without a network. It is given (`Identity.data`) the lists of plates that `cards`
says, as 32-bit numbers that the camera's front end makes of the text of a plate; "out" where vehicles leave by it; and
"paying" when strangers may come in who pay by the stay. Whoever is in may leave: what is due is settled by the
backend, from the records of both lanes (`stays`), whenever those come.
"""

from lilong_protocol import codes, frame

from ..barrier import CLOSED, DOWN, FIRE, FIRE_OPEN, LOOP, OPEN, OPENING, UP, Boom
from ..cards import U32, Cards, place
from ..duplicates import is_known, note
from ..effects import NEVER
from ..stays import NOBODY, Stays, told

# Channels. A read is three values: its confidence and the class of the vehicle, then the plate; each value of that
# which is not 0 is one read.
TAMPER, APPROACH, CONFIDENCE, VEHICLE_CLASS, PLATE = 4, 5, 6, 7, 8

SURE_PERCENT = 85  # (ours) below it a person looks
READ_MS = 5_000  # (ours) a vehicle that has not been read by then is not going to be
GONE_MS = 5_000  # (ours) neither before the barrier nor below it for so long: it has turned round
ASKED_MS = 120_000  # (ours) so long an attendant's word is about the vehicle that was asked for
DUPLICATE_MS = 10_000  # (ours) a camera tells a plate again while the vehicle is in its picture
CLASSES = 5
RESIDENT, VISITOR, TEMPORARY, ATTENDANT, FIRE_PERMIT = 1, 2, 3, 4, 5  # quantity permit; 0: none
PLATES = b"plate"  # before a number where its pseudonym is made
IN, OUT = 1, 2
FREE, TAKEN, UNKNOWN = 0, 1, 2  # the loop below the arm, as passages are counted by it


class VehicleLane(Boom):
    """plate > open, deny, or ask an attendant; a passage is a vehicle that has come on to the loop and left it."""

    KIND = codes.KIND_VEHICLE_LANE
    HAS_LIST = True
    LOG_EVENTS = 1_000  # (ours) a week of a busy lane
    CHANNELS = (
        ("loop", 0, 0),
        ("up", 0, 0),
        ("down", 0, 1),
        ("fire", 0, 0),
        ("tamper", 0, 0),
        ("approach", 0, 0),
        ("confidence", 0, 0),
        ("vehicle_class", 0, 0),
        ("plate", 0, 0),
    )

    __slots__ = (
        "_asked", "_asked_until", "_cards", "_direction", "_gone_at", "_on_loop", "_seen", "_stays", "_unread_at",
    )  # fmt: skip

    def start(self, now: int) -> None:
        device = self.device
        values = device.sampling.values
        self._direction = OUT if "out" in device.identity.data else IN
        self._cards = Cards(now, device, PLATES)
        self._seen: list[tuple[int, int]] = []  # see `duplicates`
        self._stays = Stays(device, self._direction)
        self._asked = NOBODY  # whom an attendant is asked about
        self._asked_until = self._unread_at = self._gone_at = NEVER
        self._on_loop = UNKNOWN if device.faults >> LOOP & 1 else TAKEN if values[LOOP] else FREE
        self._begin(now)
        self._stays.resume(now)
        if self._on_loop == FREE:  # who had been let through and is not there any more has passed
            self._passed(now, 1 if values[APPROACH] else 0)
        if self._stays.tickets:
            self._open(now)
        if not device.faults >> TAMPER & 1:
            self.sample(now, TAMPER, values[TAMPER])
        self._schedule()

    def sample(self, now: int, channel: int, value: int) -> None:
        device = self.device
        if channel == LOOP:
            self._below(now, value)
        elif channel <= DOWN:
            self._switches(now)
        elif channel == FIRE:
            if value:
                self._set_free(now)
        elif channel == TAMPER:
            if value:
                device.alarm(now, codes.ALARM_TAMPER, {})
            else:
                device.restore(now, codes.ALARM_TAMPER, {})
        elif channel == APPROACH:
            self._approach(now, value)
        elif channel == PLATE and value > 0:
            self._read(now, value)
        self._schedule()

    def silent(self, now: int, channel: int) -> None:
        if channel == LOOP:  # nobody sees them pass any more
            self._on_loop = UNKNOWN
            self._vehicle(now, True, False)
            self._passed(now, 0)
        elif channel == UP:
            if self._fire:
                self._lift(now)
        elif channel == APPROACH:
            self._unread_at = self._gone_at = NEVER
        self._schedule()

    def timer(self, now: int) -> None:
        self._arm_due(now)
        if now >= self._unread_at:
            self._say(now, codes.EVENT_LANE_MANUAL, NOBODY, 0)
        if now >= self._gone_at:
            self._gone_at = self._asked_until = NEVER
            if self._stays.tickets:
                self._stays.tickets.clear()
                self._stays.keep()
                self._vehicle(now, False, False)
        if now >= self._asked_until:
            self._asked_until = NEVER
        if now >= self._cards.deadline:
            self._cards.age(now)
        self._schedule()

    def renewed(self, now: int) -> None:
        self._cards = Cards(now, self.device, PLATES)
        self._schedule()

    def command(self, now: int, command: int, arguments: "dict[int, int]") -> int:
        code = frame.OK
        if command == codes.CMD_OPEN_BARRIER:
            if self._asked_until == NEVER and (self._fire or self._stays.tickets):
                self._open(now)  # for who may pass already
            else:
                asked = NOBODY if self._asked_until == NEVER else self._asked
                self._admit(now, asked, ATTENDANT)
        elif command == codes.CMD_CLOSE_BARRIER:
            code = self._close(now)
        elif command == codes.CMD_DENY_VEHICLE:
            if self._asked_until == NEVER:
                return frame.CONFLICT  # nobody has been asked about
            self._say(now, codes.EVENT_LANE_DENIED, self._asked, codes.DENIAL_ATTENDANT)
        elif command == codes.CMD_FIRE_RELEASE:
            self._set_free(now)
        elif command == codes.CMD_RESET:
            code = self._reset(now)
        elif command == codes.CMD_TEST:
            self.device.event(now, codes.EVENT_TESTED, self.report())
        elif command in (codes.CMD_CARDS_CONFIRM, codes.CMD_CARD_REVOKE):
            code = self._cards.command(now, command, arguments)
        else:
            code = frame.NOT_FOUND
        self._schedule()
        return code

    def report(self) -> "dict[int, int]":
        return {
            codes.Q_LANE_STATE: FIRE_OPEN if self._fire else self._arm,
            codes.Q_LOOP: 1 if self._occupied() else 0,
            codes.Q_STAY: self._stays.number,
            codes.Q_CARDS_STAMP: self._cards.stamp,
        }

    # ---- plates

    def _read(self, now: int, number: int) -> None:
        device = self.device
        values = device.sampling.values
        confidence = values[CONFIDENCE]
        if device.faults >> CONFIDENCE & 1 or not 0 < confidence <= 100:
            confidence = 0
        vehicle = values[VEHICLE_CLASS]
        denial, who, _ = self._cards.judge(number, False)
        given = device.identity.data
        permit = 0  # it may not pass
        if not denial:
            permit = RESIDENT if place(given.get("cards", b""), number) >= 0 else VISITOR
        elif denial != codes.DENIAL_REVOKED and (self._direction == OUT or "paying" in given):
            permit = TEMPORARY
        ticket = (
            number & U32 if who is None else who, permit, vehicle if 0 < vehicle < CLASSES else 0, confidence,
            0 if who is None else 1,
        )  # fmt: skip
        sure = confidence >= SURE_PERCENT
        key = ticket[0] * 2 + sure
        self._unread_at = NEVER
        for waiting in self._stays.tickets:
            if waiting[0] == ticket[0]:  # it is still there
                if not self._fire and self._arm not in (OPENING, OPEN):
                    self._open(now)
                return
        if is_known(self._seen, now, key):
            pass
        elif self._fire:
            self._admit(now, ticket, FIRE_PERMIT)
        elif sure and permit:
            self._admit(now, ticket, permit)
        else:
            note(self._seen, key, now + DUPLICATE_MS)
            asks = not sure or self._direction == OUT
            self._say(now, codes.EVENT_LANE_MANUAL if asks else codes.EVENT_LANE_DENIED, ticket, denial)

    def _admit(self, now: int, ticket: "tuple[int, int, int, int, int]", permit: int) -> None:
        """Up first: what is written about it may take a while. `permit`: where it has none of its own."""
        stays = self._stays
        ticket = (ticket[0], ticket[1] or permit, ticket[2], ticket[3], ticket[4])
        self._asked_until = self._unread_at = self._gone_at = NEVER
        self._open(now)
        del stays.tickets[1 if self._on_loop == TAKEN else 0 :]  # whoever waited in its place has gone
        stays.tickets.append(ticket)
        stays.keep()
        if not self._fire:
            self.device.event(now, codes.EVENT_LANE_OPENED, told(ticket, self._direction))
        if self._on_loop == UNKNOWN:
            self._passed(now, 0)

    def _say(self, now: int, event: int, ticket: "tuple[int, int, int, int, int]", denial: int) -> None:
        """It is denied, or an attendant is asked about it."""
        self._unread_at = NEVER
        self._asked = ticket
        self._asked_until = now + ASKED_MS if event == codes.EVENT_LANE_MANUAL else NEVER
        values = told(ticket, self._direction)
        if denial:
            values[codes.Q_DENIAL] = denial
        self.device.event(now, event, values)

    # ---- passages

    def _below(self, now: int, value: int) -> None:
        before = self._on_loop
        if value:
            self._gone_at = NEVER
            if before == FREE:
                self._on_loop = TAKEN
            self._vehicle(now, True, False)
            return
        self._on_loop = FREE
        stays = self._stays
        passed = before == TAKEN and self._arm != CLOSED
        self._vehicle(now, False, len(stays.tickets) > passed)
        if passed:
            if not stays.tickets:
                stays.tickets.append(NOBODY)
            self._passed(now, len(stays.tickets) - 1)
            if self.device.sampling.values[APPROACH]:
                self._approach(now, 1)  # the next one

    def _passed(self, now: int, left: int) -> None:
        """All that have been let through but `left` have passed."""
        stays = self._stays
        while len(stays.tickets) > left:
            who = stays.passed(now)
            note(self._seen, who * 2, now + DUPLICATE_MS)
            note(self._seen, who * 2 + 1, now + DUPLICATE_MS)

    def _approach(self, now: int, value: int) -> None:
        handled = bool(self._stays.tickets) or self._asked_until != NEVER
        self._unread_at = self._gone_at = NEVER
        if value and not handled:
            self._unread_at = now + READ_MS
        elif not value and handled and self._on_loop == FREE:
            self._gone_at = now + GONE_MS

    def _schedule(self) -> None:
        if self._arm == CLOSED and self._stays.tickets:
            self._stays.tickets.clear()  # the time to pass is over
            self._stays.keep()
        self.deadline = min(
            self._travel_at, self._close_at, self._odd_at, self._unread_at, self._gone_at, self._asked_until,
            self._cards.deadline,
        )  # fmt: skip


RULES = VehicleLane

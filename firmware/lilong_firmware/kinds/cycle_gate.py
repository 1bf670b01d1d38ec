"""Cycle gate: a tag at a gate, a shed or a lift lobby is one passage however often it is read.

It decides by its own list, with and without a network; out it lets everybody. It is given (`Identity.data`) the tags
that `cards` says, as 32-bit numbers that its reader makes of their ids; "lobby" where it stands before a lift, and then
"bicycles": the tags that may go in there, since all others are of e-bikes. A tag whose owner has reported it stolen is
one that has been revoked, at every gate. A restart forgets who has just passed.
"""

from lilong_protocol import codes, frame

from ..cards import Cards, place
from ..duplicates import is_known, note
from ..effects import NEVER
from ..rules import Rules

# Channels. A read is three values: how strong it was and in which direction, then the tag; each value of that which is
# not 0 is one read. "reader" is 0 while it does not answer.
TAMPER, READER, FIRE, EXIT_BUTTON, RSSI, DIRECTION, TAG = 0, 1, 2, 3, 4, 5, 6

IN, OUT = 1, 2
LOCKED, UNLOCKED = 0, 1  # output "lock"; without power the lock is free
DUPLICATE_MS = 5_000  # (ours) a tag is read again and again while it is near: one passage, until it has been away
FAINT_DBW = -105  # (ours) -75 dBm: farther away than the gate is wide
READER_MS = 8_000  # OSDP 2.2: offline after 8 s without a reply
LOBBY_MS = 30_000  # (ours) an e-bike that has not been read for so long has gone
STOLEN_MS = 30_000  # (ours) so long the buzzer sounds for a stolen one
TAGS = b"tag"  # before a number where its pseudonym is made


class CycleGate(Rules):
    """locked > unlocked for a while > locked; released for fire until a reset; before a lift it lets in no e-bike."""

    KIND = codes.KIND_CYCLE_GATE
    HAS_LIST = True
    LOG_EVENTS = 1_000  # (ours) as a door's
    CHANNELS = (
        ("tamper", 0, 0),
        ("reader", 0, 1),
        ("fire", 0, 0),
        ("exit_button", 0, 0),
        ("rssi", 0, -60),
        ("direction", 0, 0),
        ("tag", 0, 0),
    )

    __slots__ = (
        "_buzzing", "_cards", "_lobby_at", "_offline_at", "_released", "_relock_at", "_seen", "_stolen_at",
    )  # fmt: skip

    def start(self, now: int) -> None:
        device = self.device
        values = device.sampling.values
        self._cards = Cards(now, device, TAGS)
        self._seen: list[tuple[int, int]] = []  # see `duplicates`
        self._released = device.kept("released")
        self._relock_at = self._offline_at = self._stolen_at = NEVER
        # Nobody knows how long ago it was read.
        self._lobby_at = now + LOBBY_MS if device.active(codes.ALARM_GATE_EBIKE_IN_LOBBY) else NEVER
        self._buzzing = False
        device.output("lock", UNLOCKED if self._released else LOCKED)
        for channel in (TAMPER, READER, FIRE):
            if not device.faults >> channel & 1:
                self.sample(now, channel, values[channel])
        self._buzz()
        self._schedule()

    def sample(self, now: int, channel: int, value: int) -> None:
        device = self.device
        if channel == TAMPER:
            if value:
                self._raise(now, codes.ALARM_TAMPER, {})
            else:
                device.restore(now, codes.ALARM_TAMPER, {})
                self._buzz()
        elif channel == READER:
            if value:
                self._offline_at = NEVER
                device.restore(now, codes.ALARM_DOOR_READER_OFFLINE, {})
            elif self._offline_at == NEVER:
                self._offline_at = now + READER_MS
        elif channel == FIRE:
            if value:
                self._release(now)
        elif channel == EXIT_BUTTON:
            if value:
                self._unlock(now)
                device.event(now, codes.EVENT_DOOR_EXIT, {})
        elif channel == TAG and value > 0:
            self._read(now, value)
        self._schedule()

    def silent(self, now: int, channel: int) -> None:
        """A reader that nobody hears of is offline, and does not say that an e-bike has gone."""
        if channel == READER and self._offline_at == NEVER:
            self._offline_at = now + READER_MS
        self._schedule()

    def timer(self, now: int) -> None:
        device = self.device
        if now >= self._relock_at:
            self._relock_at = NEVER
            if not self._released:
                device.output("lock", LOCKED)
        if now >= self._offline_at:
            self._offline_at = NEVER
            device.alarm(now, codes.ALARM_DOOR_READER_OFFLINE, {})
        if now >= self._lobby_at:
            if device.active(codes.ALARM_DOOR_READER_OFFLINE) or device.faults & (1 << TAG | 1 << READER):
                self._lobby_at = now + LOBBY_MS  # nobody could tell
            else:
                self._lobby_at = NEVER
                device.restore(now, codes.ALARM_GATE_EBIKE_IN_LOBBY, {})
                self._buzz()
        if now >= self._stolen_at:
            self._stolen_at = NEVER
            self._buzz()
        if now >= self._cards.deadline:
            self._cards.age(now)
        self._schedule()

    def renewed(self, now: int) -> None:
        self._cards = Cards(now, self.device, TAGS)
        self._schedule()

    def command(self, now: int, command: int, arguments: "dict[int, int]") -> int:
        device = self.device
        code = frame.OK
        if command == codes.CMD_UNLOCK:
            self._unlock(now)
            device.event(now, codes.EVENT_DOOR_UNLOCKED, {})
        elif command == codes.CMD_FIRE_RELEASE:
            self._release(now)
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

    def report(self) -> "dict[int, int]":
        unlocked = 1 if self._released or self._relock_at != NEVER else 0
        return {codes.Q_UNLOCKED: unlocked, codes.Q_CARDS_STAMP: self._cards.stamp}

    # ---- tags

    def _read(self, now: int, number: int) -> None:
        device = self.device
        values = device.sampling.values
        if values[RSSI] < FAINT_DBW and not device.faults >> RSSI & 1:
            return
        direction = 0 if device.faults >> DIRECTION & 1 or values[DIRECTION] not in (IN, OUT) else values[DIRECTION]
        leaves = direction == OUT
        given = device.identity.data
        if "lobby" in given and not leaves and place(given.get("bicycles", b""), number) < 0:
            self._lobby_at = now + LOBBY_MS
            _, who, _ = self._cards.judge(number, False)
            self._raise(now, codes.ALARM_GATE_EBIKE_IN_LOBBY, {} if who is None else {codes.Q_CREDENTIAL: who})
            return
        if leaves:  # whoever it is, and however often it is read
            self._unlock(now)
        key = number * 4 + direction
        again = is_known(self._seen, now, key)
        note(self._seen, key, now + DUPLICATE_MS)
        if again:
            return
        denial, who, _ = self._cards.judge(number, False)
        told = {codes.Q_RSSI: max(-200, min(0, values[RSSI]))}
        if who is not None:
            told[codes.Q_CREDENTIAL] = who
        if direction:
            told[codes.Q_DIRECTION] = direction
        if not denial and not leaves:
            self._unlock(now)
        if denial == codes.DENIAL_REVOKED:
            self._stolen_at = now + STOLEN_MS
            self._buzz()
            device.event(now, codes.EVENT_GATE_STOLEN_TAG, told)
        elif denial == codes.DENIAL_UNKNOWN:
            device.event(now, codes.EVENT_GATE_UNKNOWN_TAG, told)
        elif denial and not leaves:
            told[codes.Q_DENIAL] = denial
            device.event(now, codes.EVENT_DOOR_DENIED, told)
        if leaves or not denial:
            device.event(now, codes.EVENT_GATE_PASSED, told)

    # ---- lock and buzzer

    def _unlock(self, now: int) -> None:
        self.device.output("lock", UNLOCKED)
        self._relock_at = now + self.device.settings[codes.S_UNLOCK_FOR]

    def _release(self, now: int) -> None:
        device = self.device
        device.output("lock", UNLOCKED)
        if not self._released:
            self._released = 1
            device.keep("released", 1)
            device.event(now, codes.EVENT_DOOR_RELEASED, self.report())

    def _reset(self, now: int) -> int:
        device = self.device
        if not self._released:
            return device.reset(now)
        if device.sampling.values[FIRE]:
            return frame.CONFLICT
        self._released = 0
        device.keep("released", 0)
        if self._relock_at == NEVER:  # not before who was just let through
            device.output("lock", LOCKED)
        device.event(now, codes.EVENT_DOOR_LOCKED, self.report())
        device.reset(now)
        return frame.OK

    def _raise(self, now: int, code: int, values: "dict[int, int]") -> None:
        if not self._buzzing:
            self._buzzing = True
            self.device.output("buzzer", 1)
        self.device.alarm(now, code, values)

    def _buzz(self) -> None:
        """The buzzer sounds while a condition lasts, and for a stolen one."""
        active = self.device.active
        buzzing = (
            self._stolen_at != NEVER or active(codes.ALARM_TAMPER) or active(codes.ALARM_GATE_EBIKE_IN_LOBBY)
        )
        if buzzing != self._buzzing:
            self._buzzing = buzzing
            self.device.output("buzzer", 1 if buzzing else 0)

    def _schedule(self) -> None:
        self.deadline = min(
            self._relock_at, self._offline_at, self._lobby_at, self._stolen_at, self._cards.deadline
        )


RULES = CycleGate

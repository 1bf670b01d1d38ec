"""Who may pass a door: the cards and PINs that it was given, what has been revoked since, how old that list is.

A door is given (`Identity.data`) sorted 4-byte big-endian numbers: "cards" of those whose door it is, "visitors" of
all others, and "pins", each with a 1 before its 4 to 8 digits (0042 is 10042). Without "card_key" no pseudonym is told
and nothing can be revoked; of "unnamed", some of those numbers, none is told either.
"""

from lilong_protocol import codes, frame
from lilong_protocol.keys import MacKey

from .effects import NEVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .device import Device

# (ours) Visitors' cards count for 72 h of power after the list was last confirmed. The age is kept in quarter-days, and
# each restart begins another one: a door that lost its age with the power would never come to an end of it.
QUARTER_MS = 21_600_000
QUARTERS = 12
REVOKED_MAX = 64  # (ours)
# GB 50396 5.1: an alarm after at most five wrong attempts ...
ATTEMPTS = 5
ATTEMPTS_MS = 60_000  # ... (ours) in a row within a minute, and over after one without; so long the PIN pad is deaf
U32 = 0xFFFFFFFF
PIN = b"pin"  # before a PIN where its pseudonym is made: the PIN 10042 and the card 10042 are strangers


def place(numbers: bytes, number: int) -> int:
    """Where a number stands in sorted 4-byte numbers, which are not copied; ~(where it belongs) if it does not."""
    low, high = 0, len(numbers) // 4
    while low < high:
        middle = (low + high) // 2
        at = middle * 4
        there = numbers[at] << 24 | numbers[at + 1] << 16 | numbers[at + 2] << 8 | numbers[at + 3]
        if there == number:
            return at
        if there < number:
            low = middle + 1
        else:
            high = middle
    return ~(low * 4)


class Cards:
    """`stamp`: how many revocations the list has taken; `deadline`: uptime in ms at which it ages by a quarter-day.

    `calm_at`: uptime in ms at which a row of wrong attempts is over; `deaf_until`: so long no PIN is looked at.

    The record "cards" holds the quarter-days begun (1 byte, with the file of the list in its upper half: `card_list`),
    the stamp (4) and the pseudonyms revoked (4 each, sorted).
    """

    __slots__ = (
        "_device", "_file", "_key", "_of", "_quarter", "_revoked", "_wrong", "calm_at", "deadline", "deaf_until",
        "stamp",
    )  # fmt: skip

    def __init__(self, now: int, device: "Device", of: bytes = b"") -> None:
        """`of`: what the numbers are of, where they are no cards: their pseudonyms are others then."""
        self._device = device
        self._of = of
        self.deaf_until = 0
        self.forgive()
        key = device.identity.data.get("card_key")
        self._key = MacKey(key) if key else None
        self.load(now)

    def load(self, now: int) -> None:
        """Take up the list in effect."""
        device = self._device
        self._file = 0  # 0: the list that the door was provisioned with
        self._quarter = 0
        self.stamp = 0
        self._revoked = b""
        record = device.store.get("cards")
        if len(record) >= 5:
            self._file = record[0] >> 4
            self._quarter = record[0] & 15
            self.stamp = int.from_bytes(record[1:5], "big")
            self._revoked = record[5:]
        if self._file:
            from .card_list import load  # noqa: PLC0415  most doors have had no update

            if not load(device, self._file):
                self._file = self.stamp = 0
                self._quarter = QUARTERS  # the list of before, and nobody knows how old it is
        self.age(now)

    def judge(self, number: int, pin: bool) -> "tuple[int, int | None, bool]":
        """(why a card or a PIN is denied or 0, its pseudonym, whether it is the duress form of a PIN).

        A PIN's duress form has its last digit one higher, 9 becoming 0, and is in all else that PIN.
        """
        given = self._device.identity.data
        denial = 0
        duress = False
        if pin:
            pins = given.get("pins", b"")
            if place(pins, number) < 0:
                true = number - 1 if number % 10 else number + 9
                if place(pins, true) < 0:
                    denial = codes.DENIAL_UNKNOWN
                else:
                    number = true
                    duress = True
        elif place(given.get("cards", b""), number) < 0:
            if place(given.get("visitors", b""), number) < 0:
                denial = codes.DENIAL_UNKNOWN
            elif self._quarter > QUARTERS:
                denial = codes.DENIAL_OUTDATED
        if self._key is None or not 0 < number <= U32:
            return denial, None, duress
        # The number itself stays here, since 26 bits are soon enumerated.
        message = (PIN if pin else self._of) + number.to_bytes(4, "big")
        who = int.from_bytes(self._key.mac(message)[:4], "big")
        if place(self._revoked, who) >= 0:
            denial = codes.DENIAL_REVOKED
        return denial, who if place(given.get("unnamed", b""), number) < 0 else None, duress

    def wrong(self, now: int) -> bool:
        """Another wrong attempt; True when it makes the row an alarm."""
        wrong = self._wrong
        wrong.append(now)
        self.calm_at = now + ATTEMPTS_MS
        if len(wrong) > ATTEMPTS:
            wrong.pop(0)
        if len(wrong) < ATTEMPTS or now - wrong[0] > ATTEMPTS_MS:
            return False
        self.deaf_until = self.calm_at
        return True

    def forgive(self) -> None:
        """The row of wrong attempts has ended: by a right one, or by time."""
        self._wrong: list[int] = []
        self.calm_at = NEVER

    def command(self, now: int, command: int, arguments: "dict[int, int]") -> int:
        """Confirm the list {0: stamp}, or revoke {0: pseudonym, 1: stamp}, in the order of the stamps."""
        revokes = command == codes.CMD_CARD_REVOKE
        who = arguments.get(0, -1)
        stamp = arguments.get(1, -1) if revokes else who
        if not (0 <= who <= U32 and revokes <= stamp <= U32):
            return frame.INVALID
        if not revokes:
            if stamp != self.stamp:
                return frame.CONFLICT
            if self._quarter == 1:  # as it is kept
                self.deadline = now + QUARTER_MS
                return frame.OK
        elif stamp <= self.stamp:
            return frame.OK
        elif stamp > self.stamp + 1:
            return frame.CONFLICT
        else:
            revoked = self._revoked
            at = ~place(revoked, who)
            if at >= 0:
                if len(revoked) >= 4 * REVOKED_MAX or self._key is None:
                    return frame.FORBIDDEN  # the door needs a new list
                self._revoked = revoked[:at] + who.to_bytes(4, "big") + revoked[at:]
            self.stamp = stamp
        self._quarter = 0
        self.age(now)
        return frame.OK

    def age(self, now: int) -> None:
        """Another quarter-day of the list's age begins; the 13th has no end."""
        self._quarter = min(self._quarter, QUARTERS) + 1
        self.deadline = now + QUARTER_MS if self._quarter <= QUARTERS else NEVER
        try:
            head = bytes([self._file << 4 | self._quarter])
            self._device.store.put("cards", head + self.stamp.to_bytes(4, "big") + self._revoked)
        except OSError:
            pass  # it holds until the power goes, and the stamp then tells the backend what is missing

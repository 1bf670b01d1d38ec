"""What a reader on Wiegand or OSDP says, as the door takes it: card numbers and whole PINs.

26 bits hold 24 of data (8 of facility, 16 of the card), 34 hold 32: these, as one number, are the credential. A door
takes one of the two lengths, so two cards never share a number. All other lengths are refused.
"""

SPLIT = 17  # so many first bits are in one small int, all later ones in another

CLEAR, ENTER = 10, 11  # keys * and #
ENTRY_MS = 10_000  # (ours) an entry is forgotten so long after its last key


class CardReader:
    """`bits`: the length of this door's cards.

    `refused_parity`, `refused_length`: what was no card of that length; `abandoned`: entries at the pad that were too
    short, too long or not ended.
    """

    def __init__(self, bits: int) -> None:
        if bits not in (26, 34):
            raise ValueError("%s: bits is %d; give 26 or 34, as this door's cards are" % (type(self).__name__, bits))
        self.refused_parity = 0
        self.refused_length = 0
        self.abandoned = 0
        self._length = bits
        self._digits = 0
        self._entry = 1
        self._until = 0
        self._credential = 0
        self._pin = 0

    def take(self) -> "tuple[str, int] | None":
        """A card or a PIN that has been read since."""
        if self._credential:
            number, self._credential = self._credential, 0
            return "credential", number
        if self._pin:
            number, self._pin = self._pin, 0
            return "pin", number
        return None

    def _card(self, first: int, second: int, bits: int) -> None:
        if bits != self._length:
            self.refused_length += 1
            return
        number = card_number(first, second, bits)
        if number > 0:
            self._credential = number
        else:
            self.refused_parity += 1

    def _key(self, now: int, key: int) -> None:
        """0 to 9, CLEAR or ENTER. An entry is 4 to 8 digits and ENTER; it goes out with a 1 before them."""
        if self._digits and now >= self._until:
            self._abandon()
        self._until = now + ENTRY_MS
        if key < CLEAR:
            self._digits += 1
            if self._digits <= 8:  # beyond that it is too long, whatever follows
                self._entry = self._entry * 10 + key
            return
        if key == ENTER and 4 <= self._digits <= 8:
            self._pin = self._entry
            self._digits = 0
        self._abandon()

    def _abandon(self) -> None:
        if self._digits:
            self.abandoned += 1
        self._digits, self._entry = 0, 1


def card_number(first: int, second: int, bits: int) -> int:
    """The credential; 0 for a blank card, -1 where a parity is wrong. `bits`: 26 or 34.

    `first`: the first 17 bits, `second`: the others. Even parity leads the first half, odd parity ends the second.
    """
    even, odd, data = first, second, 16
    if bits == 26:
        even, odd, data = first >> 4, (first & 15) << 9 | second, 12
    if _odd(even) or not _odd(odd):
        return -1
    return (even & (1 << data) - 1) << data | odd >> 1


def _odd(value: int) -> bool:
    odd = False
    while value:
        value &= value - 1
        odd = not odd
    return odd

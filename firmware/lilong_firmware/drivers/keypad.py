"""Keys of a PIN pad, gathered to the entries that a door judges: 4 to 8 digits and #."""

CLEAR, ENTER = 10, 11  # * and #
ENTRY_MS = 10_000  # (ours) an entry is forgotten so long after its last key


class Keypad:
    """`abandoned`: entries that were too short, too long or not ended."""

    def __init__(self) -> None:
        self.abandoned = 0
        self._digits = 0
        self._value = 1
        self._until = 0

    def key(self, now: int, key: int) -> int:
        """The entry that this key ends, a 1 before its digits; else 0. `key`: 0 to 9, CLEAR or ENTER."""
        if self._digits and now >= self._until:
            self._forget()
        self._until = now + ENTRY_MS
        if key < CLEAR:
            self._digits += 1
            if self._digits <= 8:  # beyond that it is too long, whatever follows
                self._value = self._value * 10 + key
            return 0
        if key == ENTER and 4 <= self._digits <= 8:
            value = self._value
            self._digits, self._value = 0, 1
            return value
        self._forget()
        return 0

    def _forget(self) -> None:
        if self._digits:
            self.abandoned += 1
        self._digits, self._value = 0, 1

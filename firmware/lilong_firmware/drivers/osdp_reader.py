"""What an OSDP reader tells a door, and what a door has it show."""

from .card_reader import CLEAR, ENTER, SPLIT, CardReader

LED, BUZ = 0x69, 0x6A
LSTATR, RAW, KEYPAD = 0x48, 0x50, 0x53


class OsdpReader(CardReader):
    """`power_failed`: the reader says so."""

    def __init__(self, bits: int) -> None:
        CardReader.__init__(self, bits)
        self.power_failed = 0
        self._answers = False
        self._tamper = 0
        self._outputs: "dict[int, int]" = {}  # command: value
        self._unsent: "list[int]" = []

    def read(self, channel: str) -> "int | None":
        """Channel "reader" or "tamper"; nobody knows of tampering while the reader does not answer."""
        if channel == "reader":
            return 1 if self._answers else 0
        return self._tamper if self._answers else None

    def drive(self, name: str, value: int) -> None:
        """Output "led" (1 green, 0 red) or "buzzer"; told again after each new session."""
        command = LED if name == "led" else BUZ
        if self._outputs.get(command) != value:
            self._outputs[command] = value
            if command not in self._unsent:
                self._unsent.append(command)

    def _order(self) -> "tuple[int, bytes]":
        """The command and the data of an output that is not told yet."""
        command = self._unsent.pop()
        on = self._outputs[command]
        if command == LED:  # reader 0, LED 0, for good: green or red
            return command, bytes((0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 2 if on else 1, 0))
        return command, b"\0\2\5\5\0" if on else b"\0\1\0\0\0"  # reader 0: half of each second, or off

    def _event(self, now: int, reply: int, data: bytes) -> None:
        if reply == LSTATR and len(data) >= 2:
            self._tamper = 1 if data[0] else 0
            self.power_failed = data[1]
        elif reply == RAW and len(data) >= 4:
            bits = data[2] | data[3] << 8
            value = int.from_bytes(data[4:], "big") >> -bits % 8
            short = max(bits - SPLIT, 0)
            self._card(value >> short, value & (1 << short) - 1, bits if len(data) == 4 + (bits + 7) // 8 else 0)
        elif reply == KEYPAD:
            for digit in data[2:]:
                if 0x30 <= digit <= 0x39:
                    self._key(now, digit - 0x30)
                else:  # # is 0x0D, on a few its ASCII; * is 0x7F
                    self._key(now, ENTER if digit in (0x0D, 0x23) else CLEAR)

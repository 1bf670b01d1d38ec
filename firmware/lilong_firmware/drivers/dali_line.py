"""What sends DALI's pulses from a pin while the processor does something else: RMT on ESP32, PIO on rp2."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HALF_BITS_HZ = 2_400
HALF_BIT_US = 417
WORDS = 2  # of 32 half bits: a forward frame has 34, the rest is the idle line


def transmitter(pin: "Any", idle: int) -> "Any":
    """What has `write_pulses(durations in us, level of the first)` on this port, and leaves the pin at `idle`."""
    try:
        esp32: "Any" = __import__("esp32")
    except ImportError:
        return StateMachine(pin, idle)
    return esp32.RMT(0, pin=pin, clock_div=80, idle_level=idle == 1)  # 80 MHz / 80: 1 us


class StateMachine:
    """A PIO program of one instruction: a half bit each cycle, the highest first; without more it stays at the last."""

    def __init__(self, pin: "Any", idle: int) -> None:
        rp2: "Any" = __import__("rp2")

        def half_bits() -> "Any":
            out(pins, 1)  # type: ignore[name-defined]  # noqa: F821  words of the assembler

        pio = rp2.PIO
        first = pio.OUT_HIGH if idle else pio.OUT_LOW
        assemble = rp2.asm_pio(out_init=first, out_shiftdir=pio.SHIFT_LEFT, autopull=True, pull_thresh=32)
        self._idle = idle
        self._machine = rp2.StateMachine(0, assemble(half_bits), freq=HALF_BITS_HZ, out_base=pin)
        self._machine.active(1)

    def write_pulses(self, durations: "list[int]", level: int) -> None:
        left = 32 * WORDS
        bits = 0
        for us in durations:
            for _ in range((us + HALF_BIT_US // 2) // HALF_BIT_US):
                bits = bits << 1 | level
                left -= 1
            level ^= 1
        bits <<= left
        if self._idle:
            bits |= (1 << left) - 1
        self._machine.put(bits >> 32)
        self._machine.put(bits & 0xFFFFFFFF)

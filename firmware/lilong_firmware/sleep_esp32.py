"""Deep sleep of ESP32, ESP32-S3 and ESP32-C3: `look.Power` by MicroPython's modules `machine` and `esp32`.

A pin that ends a sleep is an RTC pin (`lilong boards --check`), and its level that of the event. ESP32 and S3: one pin
by ext0, which may be low, those that are high by ext1. C3: all by its GPIOs, at one level for all: there the interrupts
of a chip that sleeps are low too, as buttons are.
"""

import time

import esp32  # type: ignore[import-not-found]  # the stubs of rp2 have none
import machine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# (ours) ROM and bootloader, which checks no image after a deep sleep (MicroPython 1.21 on). Measured by others, up to
# the first line of a program: 96 ms with an ESP32-S3 (esp32.com, t=30954), 45 of the bootloader alone with an ESP32.
BOOT_MS = 100
LONGEST_MS = 86_400_000


class Esp32:
    """wakes: (channel, level) by GPIO, as `wiring.WAKES` has it. What the ticks have counted has been awake too."""

    def __init__(self, wakes: "dict[int, tuple[str, int]]") -> None:
        self._wakes = wakes
        ticks: Any = time.ticks_ms()  # type: ignore[attr-defined]  # MicroPython's
        self.boot_ms: int = BOOT_MS + ticks
        self.woken = machine.reset_cause() == machine.DEEPSLEEP_RESET
        self._rtc = machine.RTC()

    def read(self) -> bytes:
        data: bytes = self._rtc.memory()
        return data

    def write(self, record: bytes) -> None:
        self._rtc.memory(record)

    def clock_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def pressed(self) -> "list[str]":
        """Of ext0 it is its one pin. Firmware that cannot say which of the others it was (`wake_pins`): any."""
        chip: Any = machine
        if not self.woken or chip.wake_reason() == chip.TIMER_WAKE:
            return []
        if chip.wake_reason() == chip.EXT0_WAKE:
            return [name for name, level in self._wakes.values() if not level]
        pins: Any = chip.wake_pins() if hasattr(chip, "wake_pins") else sorted(self._wakes)
        return [self._wakes[gpio][0] for gpio in pins if gpio in self._wakes]

    def sleep(self, ms: int) -> None:
        low = [gpio for gpio in sorted(self._wakes) if not self._wakes[gpio][1]]
        high = [gpio for gpio in sorted(self._wakes) if self._wakes[gpio][1]]
        if hasattr(esp32, "wake_on_ext1"):
            if low:
                esp32.wake_on_ext0(machine.Pin(low[0]), esp32.WAKEUP_ALL_LOW)
            if high:
                esp32.wake_on_ext1(tuple([machine.Pin(gpio) for gpio in high]), esp32.WAKEUP_ANY_HIGH)
        elif low or high:
            level = esp32.WAKEUP_ALL_LOW if low else esp32.WAKEUP_ANY_HIGH
            esp32.wake_on_gpio(tuple([machine.Pin(gpio) for gpio in low or high]), level)
        machine.deepsleep(min(ms, LONGEST_MS))

"""One waking of a sleeping band on MicroPython: chips in virtual time, and what the first look makes of it.

Arguments: the folder of tests, then words: "worn" (skin at the sensor), "charging", "press:AT:MS" (of the SOS button,
in ms of the ticks, for so long), "pin" (that button has ended the sleep), "fault" (no sensor answers), "known" (and
that is known), "built:FOLDER" (of `lilong_look` as it goes onto an ESP32-C3, in place of its source). Prints "slept MS
AWAKE_MS" or "starts NAMES AWAKE_MS".
"""

# ruff: noqa: E402  what stands in for the port's modules comes first

import sys

sys.path.insert(0, sys.argv[1])

from chips.buses import I2C
from chips.clock import Clock, ticks_diff
from chips.max30102 import MAX30102 as Chip
from chips.max30102 import Wrist
from chips.pins import Pin

WORDS = sys.argv[2:]
built = [word[6:] for word in WORDS if word.startswith("built:")]
FIRST_LINE_MS = 50  # after the ticks have begun, which is 100 ms after the end of the sleep
ASLEEP_MS = 30_000
UNTIL_LOADED_MS = 900  # (ours) the rest of the firmware

clock = Clock()


class Time:
    ticks_ms = clock.ticks_ms
    ticks_us = clock.ticks_us
    ticks_diff = ticks_diff
    sleep_ms = clock.sleep_ms
    sleep_us = clock.sleep_us

    def time_ns():
        return (1_000_000 + ASLEEP_MS) * 1_000_000 + clock.us * 1_000


class Slept(BaseException):
    pass


class RTC:
    data = b""

    def memory(self, data=None):
        if data is not None:
            RTC.data = data
        return RTC.data


class Machine:
    DEEPSLEEP_RESET, TIMER_WAKE, EXT0_WAKE = 4, 2, 3
    RTC = RTC

    class Pin:
        IN, PULL_UP = Pin.IN, Pin.PULL_UP

        def __new__(cls, gpio, *_):
            return {0: button, 3: interrupt, 4: charger}.get(gpio)

    def I2C(*_, **lines):
        return bus

    def reset_cause():
        return 4

    def wake_reason():
        return 3 if "pin" in WORDS else 2

    def deepsleep(ms):
        raise Slept(ms)


class Esp32:
    WAKEUP_ALL_LOW, WAKEUP_ANY_HIGH = 0, 1

    def wake_on_ext0(*_):
        pass

    wake_on_ext1 = wake_on_ext0


for name, module in (("time", Time), ("machine", Machine), ("esp32", Esp32)):
    sys.modules[name] = module

from lilong_firmware.drivers.charging import Charging
from lilong_firmware.drivers.max30102 import MAX30102
from lilong_firmware.drivers.push_button_sos import SosButton
from lilong_firmware.rtc import Kept, Watch, pack_record

button = Pin(clock, Pin.IN, Pin.PULL_UP)
charger = Pin(clock, Pin.IN, Pin.PULL_UP)
interrupt = Pin(clock, Pin.IN)
bus = I2C(clock)
wrist = Wrist()
wrist.worn = "worn" in WORDS
if "fault" not in WORDS and "known" not in WORDS:
    bus.chips[0x57] = Chip(clock, wrist)
charger.drive(0 if "charging" in WORDS else 1)


class Looking:
    CHANNELS = (("accel", 1_000), ("sos", 0), ("worn", 1), ("charging", 0))
    RECORDS = ()
    WAKES = {5: ("sos", 0)}

    def wire(data=None):
        sos, skin, charging = SosButton(button), MAX30102(bus), Charging(charger)
        return [sos, skin, charging], {"worn": skin, "charging": charging}, [sos], []


sys.modules["looking"] = Looking
for word in WORDS:
    if word.startswith("press:"):
        at, ms = [int(part) for part in word.split(":")[1:]]
        clock.after_us(at * 1_000, lambda: button.drive(0))
        clock.after_us((at + ms) * 1_000, lambda: button.drive(1))
kept = Kept()
kept.slept_at = 1_000_000
kept.start_at = 1_000_000 + 86_400_000
worn, charging = (6, 7) if built else (2, 3)  # a wristband's channels, and those of Looking
kept.watched = [Watch(worn, "known" in WORDS, 0, 0, 0, 0), Watch(charging, False, 0, 0, 0, 0)]
RTC.data = pack_record(kept)
clock.pass_ms(FIRST_LINE_MS)

if built:
    sys.path.insert(0, built[0])
    import lilong_look as early
else:
    from lilong_firmware import early

try:
    early.main()
    looked = clock.us // 1_000
    clock.pass_ms(UNTIL_LOADED_MS)
    print("starts", ",".join(sorted(set(early.seen_early()))) or "-", looked)
except Slept as slept:
    from lilong_firmware.rtc import unpack_record

    print("slept", slept.args[0], unpack_record(RTC.data).awake_ms)

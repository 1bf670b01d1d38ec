"""One waking of a device on real MicroPython: RTC memory is a file, the flash a folder, deep sleep the end of it.

Arguments: the kind, the folder, the clock (ms), whether it woke from deep sleep, the channel whose pin woke it or "-",
and what the sensors read, as channel=value. The backend is in this process (`harness`); its time is the device's. It
prints what became of it, each line with the clock, and ends with code 64 when it sleeps deeply: `sleep <clock> <ms>`.
"""

import sys

from harness import Host
from lilong_firmware.flash import FileStore
from lilong_firmware.sleep_board import Naps

SLEEPS = 64
AWAKE_AT_MOST_MS = 7_200_000


class Power:
    """RTC memory in a file. A sleep ends the process."""

    boot_ms = 300

    def __init__(self, folder, clock_ms, woken, pin):
        self._path = folder + "/rtc"
        self.now = clock_ms
        self.woken = woken
        self._pin = pin

    def read(self):
        try:
            with open(self._path, "rb") as file:
                return file.read()
        except OSError:
            return b""

    def write(self, record):
        with open(self._path, "wb") as file:
            file.write(record)

    def clock_ms(self):
        return self.now

    def pressed(self):
        return [self._pin] if self._pin else []

    def sleep(self, ms):
        print("sleep", self.now, ms)
        sys.exit(SLEEPS)


class Sensor:
    """Reads at once what the world has."""

    def __init__(self, value):
        self._value = value

    def poll(self, now):
        pass

    def read(self, channel):
        return self._value


class Link:
    busy = False


def main(kind, folder, clock_ms, woken, pin, readings):
    power = Power(folder, clock_ms, woken, pin)
    sensors = {name: Sensor(value) for name, value in readings.items()}
    rules = __import__("lilong_firmware.kinds." + kind, None, None, [kind]).RULES
    naps = Naps(power, rules, ([], sensors, {}), lambda: False)
    naps.look()
    host = Host(rules, values=readings, store=FileStore(folder + "/flash"), polls=True, beat_s=86_400)
    print("start", clock_ms, host.device.uplink.boot)
    for channel, value in naps.pressed:
        host.sense(channel, value)
    told = 0
    while host.now < AWAKE_AT_MOST_MS:
        power.now = clock_ms + host.now
        if naps.step(host.device, host.uptime(), Link, any(host.outputs.values())):
            host.run(0)
        for at, what, code in host.notes[told:]:
            print(what, clock_ms + at, code)
        told = len(host.notes)
        host.run(100)
    print("awake", clock_ms + host.now)


if __name__ == "__main__":
    _kind, _folder, _clock, _woken, _pin = sys.argv[1:6]
    _readings = {}
    for word in sys.argv[6:]:
        name, value = word.split("=")
        _readings[name] = None if value == "none" else int(value)
    main(_kind, _folder, int(_clock), _woken == "1", None if _pin == "-" else _pin, _readings)

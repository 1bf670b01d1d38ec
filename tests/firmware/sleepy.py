"""A host whose device sleeps deeply, as a board does it: power to RTC memory and clock only. MicroPython-safe."""

from harness import Host
from lilong_firmware import rtc, sentinel, sleep

PINS = {"manhole": ("shock",), "wristband": ("sos", "motion"), "smoke": ()}  # what ends a sleep at once
EVENTS = ("shock", "sos")  # told by the pin that woke, however short


class Sleeper(Host):
    """boot_ms: from the end of a sleep to the first line of the firmware; look_ms: what one look takes.

    wakes: world times of all wakings; starts: of those that made a device; awake_ms: how long it was awake in all.
    """

    def __init__(self, kind, boot_ms=300, look_ms=20, **options):
        self.name = kind
        self.boot_ms = boot_ms
        self.look_ms = look_ms
        self.memory = b""
        self.asleep = False
        self.wakes = []
        self.starts = []
        self.awake_ms = 0
        self._slept = 0  # how often; what was planned for an earlier sleep is void
        self._pressed = []  # (channel, value) that the pins have told since
        self._kept = None  # over the last sleep
        Host.__init__(self, kind, polls=kind != "wristband", **options)  # 50 samples a second

    # ---- power

    def power_on(self, boot=None):
        self._begin(None)

    def power_cycle(self, off_ms=1_000):
        self._lose()
        Host.power_cycle(self, off_ms)

    def power_cut(self):
        self._lose()
        Host.power_cut(self)

    def reset(self):
        """The watchdog, say: no sleep ends so, whatever stands in the memory."""
        self.device = None
        self.power_on()

    def _lose(self):
        self._slept += 1
        self.asleep = False
        self.memory = b""

    def _begin(self, kept):
        self._kept = kept
        self.asleep = False
        self._slept += 1
        self.starts.append(self.now)
        Host.power_on(self)
        if kept is not None:
            sleep.take_up(self.device, 0, self.now, kept)
            self._drain()

    # ---- the world

    def set(self, channel, value):
        before = self.values[channel]
        Host.set(self, channel, value)
        if self.asleep and channel in PINS[self.name]:
            pressed = channel in EVENTS and value and (channel != "shock" or value > 500)
            if pressed:
                self._pressed.append((channel, value))
            if pressed or (channel not in EVENTS and value != before):
                self._wake(self._slept)

    # ---- sleep

    def _steps(self):
        Host._steps(self)
        if self.device is None:
            return
        driven = any(self.outputs.values())
        now = self.uptime()
        if sleep.may_sleep(self.device, now, driven):
            kept = sleep.keep(self.device, now, self.now, self._kept, self.boot_ms)
            self.awake_ms += now + self.boot_ms
            self.device = None
            self._close()
            self._rest(kept)

    def _rest(self, kept):
        self.memory = rtc.pack_record(kept)
        self.asleep = True
        self._slept += 1
        self.at(max(self.now + 1, kept.next_at()), self._wake, self._slept)

    def _wake(self, slept):
        if slept != self._slept:
            return
        self._slept += 1
        self.wakes.append(self.now)
        self.at(self.now + self.boot_ms, self._look, self._slept)

    def _look(self, slept):
        if slept != self._slept:
            return
        kept = rtc.unpack_record(self.memory)
        names = [channel[0] for channel in self.kind.CHANNELS]
        if kept is not None and not sentinel.sane(kept, self.now):
            kept = None
        if kept is None or self._pressed or not sentinel.calm(kept, self.now, lambda at: self.values[names[at]]):
            self._begin(kept)
            for channel, value in self._pressed:
                self.device.sense(self.uptime(), self.slots[channel], value)
                self._drain()
            self._pressed = []
        else:
            self.awake_ms += self.boot_ms + self.look_ms
            kept.count(self.now, self.boot_ms + self.look_ms)
            self._rest(kept)

"""Whatever happens, a device that sleeps is as good as its twin that stays awake: no alarm missed, late or told twice.

What the sensors read lasts for longer than the time between two looks: what comes and goes between them neither has
to see.
"""

import pytest
from harness import HOUR, MINUTE, SECOND, Host, codes
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware.episodes import Episodes
from lilong_firmware.store import RamStore
from lilong_protocol import frame, topics
from sleepy import Sleeper

LASTS = 31 * SECOND  # the longest time between two looks, a boot, and the rules' own decision
LOOK = 30 * SECOND  # between two positions of a wristband, which sees longest apart
LIMIT = 30 * SECOND  # GB/T 41401-2022; for all kinds here
WORLD = {
    "manhole": {
        "tilt": (0, 20, 60, 100, 101, 150, None), "water": (2_000, 601, 600, 500, 501, 200, 100, 50, None),
        "gas": (0, 49, 60, 100, None), "h2s": (0, 49, 60, 70), "battery": (100, 24, 19), "shock": (900, 300),
    },
    "smoke": {"obscuration": (5, 115, 184, 230, 231, 400, None), "battery": (100, 14, 10), "tamper": (0, 1)},
    "wristband": {
        "worn": (0, 0, 0, 1), "charging": (0, 1), "outside": (0, 20, 50, 51, 80), "battery": (80, 24, 19), "sos": (1,),
        "motion": (0, 1),
    },
}  # fmt: skip
AT_FIRST = {"wristband": {"worn": 0, "motion": 0}}
MOMENTARY = ("shock", "sos")
WAITS = (1, SECOND, 3 * SECOND, LASTS, LASTS, MINUTE, 2 * MINUTE, 16 * MINUTE, 2 * HOUR)


@st.composite
def days(draw, kind):
    """[(ms to wait, what, arguments)]"""
    some = draw(st.lists(st.sampled_from(sorted(WORLD[kind])), min_size=1, max_size=3, unique=True))
    deeds = [
        st.tuples(st.just("set"), st.tuples(st.just(name), st.sampled_from(WORLD[kind][name]))) for name in some
    ] * 2
    deeds.append(st.tuples(st.sampled_from(("cut", "heal", "power", "reset", "torn", "operator")), st.just(())))
    wait = st.one_of(st.sampled_from(WAITS), st.integers(0, 40 * SECOND))
    return draw(st.lists(st.tuples(wait, st.one_of(deeds)), min_size=1, max_size=10))


def active(host):
    """Open alarms whose condition holds; of one that sleeps, as its flash has it."""
    if host.device is None:
        episodes = Episodes(RamStore())
        for name, data in host.store.items():
            if name[0] == "a":
                episodes.load(name, data)
    else:
        episodes = host.device.episodes
    return {code for code in episodes.codes() if not episodes.get(code).restored}


class Twins:
    """One that sleeps and one that does not, in the same world."""

    def __init__(self, kind):
        values = AT_FIRST.get(kind)
        self.kind = kind
        self.awake = Host(kind, values=values, beat_s=86_400)
        self.sleeper = Sleeper(kind, values=values, beat_s=86_400)
        self.both = (self.awake, self.sleeper)
        self.changed = {}
        self.cuts = 0

    def run(self, ms):
        for host in self.both:
            host.run(ms)

    def set(self, name, value):
        now = self.awake.now
        if name not in MOMENTARY and now - self.changed.get(name, -LASTS) < LASTS:
            return
        self.changed[name] = now
        for host in self.both:
            host.sense(name, value)
        if name in MOMENTARY:
            for host in self.both:
                host.sense(name, 0)

    def cut(self):
        for host in self.both:
            host.cut()

    def heal(self):
        for host in self.both:
            host.heal()

    def power(self):
        """The power goes; a press that only RTC memory knows of would go with it."""
        self.run(SECOND)
        self.cuts += 1
        for host in self.both:
            host.power_cut()

    def reset(self):
        """By its watchdog, while it is awake: what RTC memory holds counts for nothing then."""
        if self.sleeper.device is not None:
            self.sleeper.reset()
            self.cuts += 1
            self.awake.power_cut()

    def torn(self):
        """The record of the sleep is not what was written: that is a cold start, now as at the next waking."""
        self.run(SECOND)
        if self.sleeper.asleep:
            self.sleeper.memory = self.sleeper.memory[: len(self.sleeper.memory) // 2]
            self.sleeper._slept += 1
            self.sleeper._look(self.sleeper._slept)
            self.cuts += 1
            self.awake.power_cut()

    def operator(self):
        """Resets every alarm, when both can be reached."""
        if self.sleeper.device is not None and self.sleeper.link and self.sleeper._open and self.awake._open:
            for host in self.both:
                host.command(codes.CMD_RESET)
            self.run(100)

    def same(self):
        """Within LIMIT the sleeper has what its twin has, and nothing more than that had then or has now.

        But for its battery, which each start measures too, and which both sample seldom, each at its own times; and
        but for what must last, which the first to look sees out by up to LOOK before the other.
        """
        before = active(self.awake)
        self.run(LIMIT)
        now, sleeper = active(self.awake), active(self.sleeper)
        battery = {codes.ALARM_BATTERY_LOW}
        assert (before & now) - battery <= sleeper, "missed, or too late"
        ahead = sleeper - battery - before - now
        if ahead:
            self.run(LOOK)
        assert ahead <= active(self.awake), "an alarm that nobody else has"


@pytest.mark.spec("LIL-SESSION-003")
@pytest.mark.parametrize("kind", sorted(WORLD))
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_sleeper_misses_nothing_is_in_time_and_tells_nothing_twice(kind, data):
    twins = Twins(kind)
    twins.run(MINUTE)
    for wait, (what, arguments) in data.draw(days(kind)):
        twins.run(wait)
        getattr(twins, what)(*arguments)
        if wait >= LASTS:
            twins.run(LASTS)
            twins.same()
    twins.heal()
    twins.run(10 * MINUTE)
    twins.same()
    sleeper = twins.sleeper
    told = {(s.frame.boot, s.frame.seq) for s in sleeper.arrived if s.cls == topics.ALARM and s.kind == frame.RAISE}
    opened = {code: sum(s.body[0] == code for s in sleeper.once(frame.RAISE)) for code in active(sleeper)}
    assert all(count >= 1 for count in opened.values())
    for code in {s.body[0] for s in sleeper.once(frame.RAISE)} - {codes.ALARM_BATTERY_LOW}:
        assert len(sleeper.raised(code)) <= len(twins.awake.raised(code)) + twins.cuts, "told twice"
    assert len(told) == len(sleeper.once(frame.RAISE))
    boots = [birth.frame.boot for birth in sleeper.once(frame.BIRTH)]
    assert boots == sorted(boots)
    kept = dict(sleeper.store.items())["boot"]
    assert int.from_bytes(kept, "big") == len(sleeper.starts), "a waking that starts nothing uses no boot number"

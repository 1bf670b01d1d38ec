"""Skipping the samples that change nothing leaves the same trace as taking them all, byte for byte."""

import pytest
from harness import DAY, MINUTE, SECOND, Host, codes
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_simulator.kinds import KINDS
from scripts import SlowBand, play, scripts
from stories import GIVEN, VALUES, lamp


def same_trace(kind, script, **options):
    skipping, polling = Host(kind, polls=False, **options), Host(kind, polls=True, **options)
    play(skipping, script)
    play(polling, script)
    assert skipping.lines() == polling.lines()
    return skipping


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_same_trace(kind, data):
    same_trace(kind, data.draw(scripts(kind)), data=GIVEN.get(kind))


@settings(max_examples=100, deadline=None)
@given(script=scripts("wristband", "slow wristband"))
def test_same_trace_of_a_wristband_over_hours(script):
    same_trace(SlowBand, script)


@settings(max_examples=100, deadline=None)
@given(script=scripts("streetlight"))
def test_same_trace_of_a_streetlight_with_its_lamp(script):
    same_trace("streetlight", script, plant=lamp, data=GIVEN["streetlight"])


# What took a closer look to get right.
CLOSER = (
    ("smoke", "one sample above the trip level, then another much later", (
        (3 * SECOND, "set", ("obscuration", 900)),
        (2 * SECOND, "set", ("obscuration", 5)),
        (MINUTE, "set", ("obscuration", 900)),
    )),
    ("smoke", "the end of an alarm leaves a dusty reading behind, at a grid point", (
        (SECOND, "set", ("obscuration", 900)),
        (10 * SECOND, "set", ("obscuration", 150)),
        (DAY + 2 * MINUTE, "set", ("obscuration", 150)),
    )),
    ("smoke", "a cleaned chamber", (
        (SECOND, "set", ("obscuration", 115)),
        (DAY + MINUTE, "set", ("obscuration", 5)),
    )),
    ("smoke", "smoke grows behind a mute", (
        (SECOND, "set", ("obscuration", 240)),
        (10 * SECOND, "command", (codes.CMD_MUTE, {})),
        (MINUTE, "set", ("obscuration", 900)),
    )),
    ("gas", "gas grows behind a mute", (
        (3 * MINUTE, "set", ("gas", 120)),
        (MINUTE, "command", (codes.CMD_MUTE, {})),
        (MINUTE, "set", ("gas", 250)),
    )),
    ("gas", "carbon monoxide comes, goes for less than the hold, and comes back", (
        (3 * MINUTE, "set", ("co", 400)),
        (3 * MINUTE, "set", ("co", 0)),
        (50 * SECOND, "set", ("co", 31)),
        (MINUTE, "set", ("co", 0)),
        (2 * MINUTE, "set", ("co", 30)),
    )),
    ("manhole", "tilted a little, within the window of a shock", (
        (SECOND, "set", ("shock", 900)),
        (3 * SECOND, "set", ("tilt", 60)),
    )),
    ("manhole", "one gas falls before the other", (
        (SECOND, "set", ("gas", 200)),
        (SECOND, "set", ("h2s", 200)),
        (MINUTE, "set", ("gas", 0)),
        (4 * SECOND, "set", ("h2s", 0)),
    )),
    ("fence_zone", "somebody touches a disarmed fence, and it is armed", (
        (SECOND, "command", (codes.CMD_DISARM, {})),
        (SECOND, "set", ("pulse_return", 3_000)),
        (MINUTE, "command", (codes.CMD_ARM, {})),
    )),
    ("fence_zone", "the weather, and a pull in the very second in which it counts", (
        (SECOND, "set", ("tension", 180)),
        (598 * SECOND + 700, "set", ("tension", 400)),
        (300, "set", ("tension", 181)),
        (11 * MINUTE, "set", ("tension", 110)),
    )),
    ("fence_zone", "a cut that line and wires tell, and that ends one after the other", (
        (SECOND, "set", ("pulse_return", 0)),
        (SECOND, "set", ("tension", 0)),
        (MINUTE, "set", ("pulse_return", 6_200)),
        (MINUTE, "set", ("tension", 150)),
    )),
    ("fence_zone", "pulses that hurt, a reset, and pulses that hurt again", (
        (SECOND, "set", ("pulse_charge", 2_501)),
        (MINUTE, "command", (codes.CMD_RESET, {})),
        (MINUTE, "set", ("pulse_charge", 600)),
        (SECOND, "command", (codes.CMD_RESET, {})),
    )),
    ("wristband", "two impacts after one free fall, the first too late", (
        (SECOND, "set", ("accel", 100)),
        (100, "set", ("accel", 1_000)),
        (1_200, "set", ("accel", 4_000)),
        (40, "set", ("accel", 1_000)),
        (40, "set", ("motion", 0)),
        (40, "set", ("accel", 4_000)),
        (20 * SECOND, "set", ("accel", 1_000)),
    )),
    ("wristband", "taken off between free fall and impact", (
        (SECOND, "set", ("accel", 100)),
        (100, "set", ("worn", 0)),
        (100, "set", ("accel", 1_000)),
        (100, "set", ("worn", 1)),
        (0, "set", ("motion", 0)),
        (100, "set", ("accel", 4_000)),
        (20 * SECOND, "set", ("accel", 1_000)),
    )),
    ("wristband", "blood oxygen falls, and the band comes off before that counts", (
        (SECOND, "set", ("spo2", 80)),
        (MINUTE, "set", ("worn", 0)),
        (MINUTE, "set", ("worn", 1)),
        (90 * SECOND, "set", ("spo2", 80)),
    )),
)  # fmt: skip


@pytest.mark.parametrize(("kind", "story", "script"), CLOSER, ids=[story for _, story, _ in CLOSER])
def test_same_trace_where(kind, story, script):
    host = same_trace(kind, [(wait, (what, arguments)) for wait, what, arguments in script])
    assert host.trace, story


def test_the_scripts_know_every_channel():
    for kind, values in VALUES.items():
        assert set(values) == set(Host(kind).slots)

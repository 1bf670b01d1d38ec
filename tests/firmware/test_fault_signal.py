"""The local signal that an alarm has had no stored-ack for 100 s (EN 54-21 5.3)."""

import pytest
from harness import MINUTE, SECOND, Host, codes
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from lilong_firmware.outbox import LATE_MS
from stories import GIVEN, STORIES
from waiting_frames import waiting


def signals(host):
    return host.switched("fault")


@pytest.mark.parametrize("polls", [False, True], ids=["skipping", "polling"])
def test_it_comes_100_s_after_the_raise_and_goes_with_the_last_stored_ack(polls):
    host = Host("gas", polls=polls)
    host.run(10 * SECOND)
    host.acks = 0
    host.sense("tamper", 1)
    host.run(3 * MINUTE)
    assert signals(host) == [(10 * SECOND + LATE_MS, 1)]
    host.acks = 1
    host.run(10 * MINUTE)
    assert [value for _, value in signals(host)] == [1, 0]
    assert len(host.device.outbox) == 0


@pytest.mark.parametrize("kind", sorted(STORIES))
def test_every_kind_has_it_without_a_network_too(kind):
    host = Host(kind, data=GIVEN.get(kind), link=False)
    host.run(SECOND)
    host.sense(host.device.rules.CHANNELS[0][0], None)
    host.run(2 * MINUTE)
    assert signals(host) == [(SECOND + LATE_MS, 1)]
    host.run(20 * MINUTE)
    assert len(signals(host)) == 1


def test_an_alarm_that_is_stored_in_time_makes_none():
    host = Host("gas", latency=5 * SECOND)
    host.run(MINUTE)
    for value in (1, 0, 1, 0):
        host.sense("tamper", value)
        host.run(MINUTE)
    assert not signals(host)


@pytest.mark.parametrize("kind", sorted(STORIES))
def test_it_has_one_source_no_rules_of_a_kind_drive_it(kind):
    host = Host(kind, data=GIVEN.get(kind))
    host.run(10 * SECOND)
    for channel in host.kind.CHANNELS:
        host.sense(channel[0], None)
    host.run(10 * MINUTE)
    assert host.raised(codes.ALARM_SENSOR_FAULT)
    for channel in host.kind.CHANNELS:
        host.sense(channel[0], channel[2])
    for story in STORIES[kind]:
        for channel, value, wait_ms in story:
            host.set(channel, value)
            host.run(wait_ms)
    host.run(10 * MINUTE)
    assert not signals(host)
    host.acks = 0
    host.sense(host.kind.CHANNELS[0][0], None)
    host.run(3 * MINUTE)
    assert [value for _, value in signals(host)] == [1]


def test_after_a_restart_the_time_begins_anew():
    host = Host("gas", acks=0)
    host.sense("tamper", 1)
    host.run(90 * SECOND)
    host.power_cycle()
    back = host.now
    host.run(3 * MINUTE)
    assert signals(host) == [(back + LATE_MS, 1)]


def test_nobody_at_the_door_learns_by_it_of_a_call_under_duress():
    host = Host("door", data=GIVEN["door"], acks=0)
    host.run(SECOND)
    host.sense("pin", 10_043)
    host.run(10 * MINUTE)
    assert host.raised(codes.ALARM_DOOR_DURESS)
    assert not signals(host)


class Signal(RuleBasedStateMachine):
    """Alarms come and go, stored-acks come or not; the signal is what the age of the oldest frame says."""

    def __init__(self):
        super().__init__()
        self.host = Host("gas")
        self.host.run(SECOND)

    @rule(value=st.sampled_from([0, 1, None]))
    def tamper(self, value):
        self.host.sense("tamper", value)

    @rule(acks=st.sampled_from([0, 1]))
    def backend(self, acks):
        self.host.acks = acks

    @rule(ms=st.sampled_from([1, SECOND, 10 * SECOND, 50 * SECOND, LATE_MS - 1, LATE_MS, 10 * MINUTE]))
    def time(self, ms):
        self.host.run(ms)

    @rule()
    def power(self):
        self.host.power_cut()
        self.host.outputs["fault"] = 0  # no power, no signal

    @invariant()
    def it_is_on_while_one_is_late_and_until_none_waits(self):
        since = [entry.since for entry in waiting(self.host.device.outbox)]
        late = bool(since) and self.host.uptime() - min(since) >= LATE_MS
        on = self.host.outputs.get("fault", 0)
        assert on or not late
        assert since or not on

    @invariant()
    def it_changes_only_when_it_changes(self):
        values = [value for _, value in signals(self.host)]
        if self.host.device.uplink.boot == 1:
            assert values == [1, 0] * (len(values) // 2) + [1] * (len(values) % 2)


TestSignal = Signal.TestCase
TestSignal.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)

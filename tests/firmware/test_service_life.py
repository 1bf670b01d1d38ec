"""Smoke and gas detectors count the days that they serve, and say when they must be replaced."""

import pytest
from harness import DAY, HOUR, MINUTE, SECOND, FullStore, Host, codes
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware.effects import CLEARED, NOTE, OUTPUT, RAISED, RESTORED
from lilong_protocol import frame
from lilong_protocol.codes import latches
from scripts import play, scripts

END, DAYS = codes.ALARM_END_OF_LIFE, codes.Q_SERVICE_DAYS
LIFE_DAYS = {"smoke": 3_652, "gas": 1_826}  # ten and five years
DANGER = {
    "smoke": ("obscuration", 900, codes.ALARM_SMOKE_ALARM),
    "gas": ("gas", 300, codes.ALARM_GAS_LEAK),
}

pytestmark = pytest.mark.parametrize("kind", sorted(LIFE_DAYS))


def old(kind, days_left=1, **options):
    return Host(kind, kept={"days": LIFE_DAYS[kind] - days_left}, **options)


def days(host):
    return host.device.rules.report()[DAYS]


def kept_days(host):
    return [int.from_bytes(data, "big") for name, data in host.store.items() if name == "kdays"]


def test_days_are_counted_with_the_power_on_and_kept_once_a_day(kind):
    host = Host(kind)
    host.run(DAY - 1)
    assert (days(host), kept_days(host)) == (0, [])
    host.run(1)
    assert (days(host), kept_days(host)) == (1, [1])
    host.run(3 * DAY)
    assert (days(host), kept_days(host)) == (4, [4])


def test_the_count_goes_on_after_a_restart_and_a_day_that_was_broken_off_is_not_counted(kind):
    host = Host(kind)
    host.run(2 * DAY + 23 * HOUR)
    host.power_cycle()
    assert days(host) == 2
    host.run(DAY - SECOND)
    assert days(host) == 2
    host.run(SECOND)
    assert days(host) == 3


def test_the_days_are_told_in_the_birth_message(kind):
    host = old(kind, 100)
    host.run(SECOND)
    assert host.once(frame.BIRTH)[0].body[7][DAYS] == LIFE_DAYS[kind] - 100


def test_the_end_of_life_comes_when_the_years_are_full_and_not_a_day_earlier(kind):
    host = old(kind, 2)
    host.run(2 * DAY - 1)
    assert not host.notes
    host.run(MINUTE)
    assert host.notes[0] == (2 * DAY, "raised", END)
    assert host.raised(END)[0].body[4] == {DAYS: LIFE_DAYS[kind]}


def test_it_is_raised_once_and_stays_whatever_comes(kind):
    host = old(kind)
    host.run(DAY + MINUTE)
    name = host.ref(END)
    host.power_cycle()
    assert host.device.active(END)
    host.run(3 * DAY)
    host.acknowledge(name)
    host.run(SECOND)
    assert host.order(codes.CMD_RESET) == frame.NOT_FOUND
    host.power_cycle()
    host.run(2 * DAY)
    assert len(host.raised(END)) == 1
    assert host.device.active(END)
    assert not host.of(frame.CLEAR, END)


def test_it_asks_for_no_reset_and_no_sounder(kind):
    assert not latches(END)
    host = old(kind)
    host.run(DAY + HOUR)
    assert host.device.active(END)
    assert not host.switched("sounder")


def test_a_restart_alone_raises_nothing(kind):
    host = old(kind, 0)
    host.run(HOUR)
    host.power_cycle()
    host.run(HOUR)
    assert not host.notes


def test_a_store_that_fails_costs_only_the_count(kind):
    host = Host(kind, store=FullStore())
    host.run(3 * DAY + 10 * SECOND)
    assert days(host) == 3
    channel, value, code = DANGER[kind]
    host.set(channel, value)
    host.run(30 * SECOND)
    assert host.raised(code)
    assert host.outputs["sounder"] == 1
    host.power_cycle()
    assert days(host) == 0


def test_a_danger_in_the_very_moment_of_a_count_is_first(kind):
    channel, value, code = DANGER[kind]
    host = old(kind)
    early = {"smoke": 4 * SECOND, "gas": 20 * SECOND}[kind]  # so that the decision falls on the end of the day
    host.at(DAY - early, host.set, channel, value)
    host.run(DAY + MINUTE)
    at_count = [effect for at, effect in host.trace if at == DAY and effect[0] in (OUTPUT, NOTE)]
    assert at_count[0] == (OUTPUT, "sounder", 1)
    assert [effect[2] for effect in at_count if effect[:2] == (NOTE, RAISED)] == [code, END]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_age_changes_no_other_alarm_and_no_output(kind, data):
    script = [(DAY - MINUTE, ("set", ("tamper", 0))), *data.draw(scripts(kind))]
    young, aged = Host(kind), old(kind)
    for host in (young, aged):
        play(host, script)
        host.run(2 * MINUTE)
    if aged.device.uplink.boot == 1:  # no power cut broke the day off
        assert aged.device.active(END)
    assert deeds(young) == deeds(aged)


def deeds(host):
    """All that a device did but for its end of life: outputs, and what became of alarms by its own rules."""
    return [
        (at, effect[1:3])
        for at, effect in host.trace
        if (effect[0] == OUTPUT and effect[1] != "fault")  # its frame waits for its stored-ack too
        or (effect[0] == NOTE and effect[1] in (RAISED, RESTORED, CLEARED) and effect[2] != END)
    ]


@pytest.mark.parametrize("polls", [False, True])
def test_skipping_samples_changes_nothing_around_the_end_of_life(kind, polls):
    channel, value, _ = DANGER[kind]
    host, other = old(kind, polls=polls), old(kind)
    for one in (host, other):
        one.at(DAY - 2 * SECOND, one.set, channel, value)
        one.run(DAY + 5 * MINUTE)
    assert host.lines() == other.lines()

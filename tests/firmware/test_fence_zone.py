"""A zone of a perimeter fence: what is told apart, in which time, and what disarming and muting leave alone."""

import pytest
from harness import HOUR, MINUTE, SECOND, FullStore, Host, codes
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_protocol import frame
from scripts import play, scripts

CLIMB, TOUCH, SHORT, CUT = (
    codes.ALARM_FENCE_CLIMB,
    codes.ALARM_FENCE_TOUCH,
    codes.ALARM_FENCE_SHORT,
    codes.ALARM_FENCE_CUT,
)
EARTH, PULSE, PANIC = codes.ALARM_FENCE_EARTH_FAULT, codes.ALARM_FENCE_PULSE_FAULT, codes.ALARM_PANIC
PHASES = range(0, 1_000, 199)  # of what happens, against the second of the pulses
# What brings each alarm of an intruder about, and what ends it; ms that it takes, and that its end takes.
CAUSES = {
    TOUCH: (("pulse_return", 3_000, 6_200), 3 * SECOND, 3 * SECOND),
    SHORT: (("pulse_peak", 1_500, 6_500), 2 * SECOND, 3 * SECOND),
    CUT: (("pulse_return", 0, 6_200), 2 * SECOND, 3 * SECOND),
    CLIMB: (("tension", 300, 150), 3 * SECOND, 6 * SECOND),
}


def zone(values=None, **options):
    host = Host("fence_zone", values, **options)
    host.run(9_999)  # the next pulse is a ms away
    return host


def cause(host, code, end=False):
    """What an alarm is about is there, or over."""
    (channel, wrong, right), *waits = CAUSES[code]
    if code == SHORT and not end:
        host.set("pulse_return", 0)
    host.set(channel, right if end else wrong)
    if code == SHORT and end:
        host.set("pulse_return", 6_200)
    host.run(waits[end])


def raised(host):
    return {code for _, what, code in host.notes if what == "raised"}


# ---- a pulse line


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("code", CAUSES)
def test_each_is_told_by_its_own_name_within_its_time_and_nothing_else_is(code, phase):
    host = zone()
    host.run(phase)
    cause(host, code)
    assert raised(host) == {code}
    assert host.local_first("siren", 1, code)


def test_a_touch_of_one_or_two_pulses_is_a_branch():
    host = zone()
    for pulses in (1, 2):
        host.set("pulse_return", 3_000)
        host.run(pulses * SECOND)
        host.set("pulse_return", 6_200)
        host.run(MINUTE)
    assert not host.notes
    assert not host.switched("siren")


@pytest.mark.parametrize(("back", "loses"), [(4_550, False), (4_549, True), (650, True)])
def test_less_than_seven_tenths_that_come_back_are_a_touch(back, loses):
    host = zone()
    host.set("pulse_return", back)
    host.run(MINUTE)
    assert raised(host) == ({TOUCH} if loses else set())


@pytest.mark.parametrize(("peak", "code"), [(2_999, SHORT), (3_000, CUT)])
def test_when_nothing_comes_back_the_near_end_tells_a_short_from_a_cut(peak, code):
    host = zone()
    host.set("pulse_peak", peak)
    host.set("pulse_return", 0)
    host.run(MINUTE)
    assert raised(host) == {code}


def test_a_leak_to_earth_that_stays_is_an_earth_fault_and_no_touch():
    host = zone()
    host.set("earth_voltage", 600)
    host.run(9 * SECOND)
    assert not host.notes
    host.run(3 * SECOND)
    assert raised(host) == {EARTH}
    assert not host.switched("siren"), "nobody is there"
    host.set("earth_voltage", 100)
    host.run(2 * MINUTE)
    assert host.order(codes.CMD_RESET) == frame.OK


def test_a_climb_while_the_line_is_cut_and_the_case_opened_are_three_alarms():
    host = zone()
    cause(host, CUT)
    host.sense("tamper", 1)
    cause(host, CLIMB)
    cause(host, TOUCH)
    assert [code for _, what, code in host.notes if what == "raised"] == [CUT, codes.ALARM_TAMPER, CLIMB, TOUCH]
    host.run(SECOND)
    assert all(len(host.raised(code)) == 1 for code in raised(host))


# ---- tension wires


@pytest.mark.parametrize("phase", range(0, 500, 99))
@pytest.mark.parametrize("ms", [800, 1_500, 1_999])
def test_a_cat_is_no_climb(phase, ms):
    host = zone()
    host.run(phase)
    host.set("tension", 300)
    host.run(ms)
    host.set("tension", 150)
    host.run(MINUTE)
    assert not host.notes


@pytest.mark.parametrize("phase", range(0, 500, 99))
def test_a_pull_of_more_than_two_seconds_is_a_climb_told_within_three_seconds_of_it(phase):
    host = zone()
    host.run(phase)
    begin = host.now
    host.set("tension", 230)
    host.run(5 * SECOND)
    (at,) = [at for at, what, code in host.notes if (what, code) == ("raised", CLIMB)]
    assert 2 * SECOND <= at - begin <= 3 * SECOND


def test_wires_that_are_lifted_off_are_pulled_too():
    host = zone()
    host.set("tension", 70)
    host.run(5 * SECOND)
    assert raised(host) == {CLIMB}


@pytest.mark.parametrize("phase", range(0, 500, 99))
def test_wires_that_hang_slack_are_cut_within_two_seconds_and_nobody_climbs(phase):
    host = zone()
    host.run(phase)
    host.set("tension", 10)
    host.run(2 * SECOND)
    assert raised(host) == {CUT}
    host.run(MINUTE)
    assert raised(host) == {CUT}


def test_a_climb_says_where_it_is_when_the_wires_know():
    host = zone({"position": 123})
    cause(host, CLIMB)
    host.run(SECOND)
    assert host.raised(CLIMB)[0].body[4] == {codes.Q_TENSION: 300, codes.Q_POSITION: 123}
    other = zone()
    cause(other, CLIMB)
    other.run(SECOND)
    assert other.raised(CLIMB)[0].body[4] == {codes.Q_TENSION: 300}


def test_the_wires_follow_the_weather_and_keep_it_over_a_power_cut():
    host = zone()
    for tension in (180, 215, 250):
        host.set("tension", tension)
        host.run(11 * MINUTE)
    assert not host.notes
    host.power_cycle()
    host.set("tension", 170)
    host.run(5 * SECOND)
    assert raised(host) == {CLIMB}, "80 N below 250"


def test_nobody_pulls_the_wires_down_little_by_little():
    host = zone()
    for tension in range(150, 0, -20):
        host.set("tension", tension)
        host.run(11 * MINUTE)
    assert CUT in raised(host)
    assert host.device.kept("tension") == 70, "what they are compared with stays above 60 N"


def test_a_cut_is_over_when_line_and_wires_are_whole():
    host = zone()
    cause(host, CUT)
    host.set("tension", 0)
    host.run(5 * SECOND)
    cause(host, CUT, end=True)
    host.run(MINUTE)
    assert host.device.active(CUT)
    host.set("tension", 150)
    host.run(10 * SECOND)
    assert not host.device.active(CUT)
    assert len([1 for _, what, code in host.notes if (what, code) == ("raised", CUT)]) == 1


@pytest.mark.parametrize(("given", "judged"), [(b"\x01", {CUT}), (b"\x02", {CLIMB}), (b"\x03", {CUT, CLIMB})])
def test_a_zone_judges_what_it_was_given(given, judged):
    host = zone(data={"fence": given})
    host.set("pulse_return", 0)
    host.set("tension", 300)
    host.run(10 * SECOND)
    assert raised(host) == judged
    assert ("pulse" in host.outputs) == (given != b"\x02")
    report = host.device.rules.report()
    assert (codes.Q_TENSION in report, codes.Q_PULSE_PEAK in report) == (given != b"\x01", given != b"\x02")


@pytest.mark.parametrize("given", [b"\x01", b"\x02"])
def test_a_zone_of_one_sort_ends_its_cut_over_a_restart(given):
    host = zone(data={"fence": given})
    channel, right = ("pulse_return", 6_200) if given == b"\x01" else ("tension", 150)
    host.set(channel, 0)
    host.run(3 * SECOND)
    host.power_cycle()
    host.set(channel, right)
    host.run(10 * SECOND)
    assert host.order(codes.CMD_RESET) == frame.OK


# ---- what waits for a person


@pytest.mark.parametrize("code", CAUSES)
def test_it_stays_with_its_light_until_a_person_resets_it(code):
    host = zone()
    cause(host, code)
    assert host.order(codes.CMD_RESET) == frame.CONFLICT
    cause(host, code, end=True)
    host.run(HOUR)
    assert not host.once(frame.CLEAR)
    assert host.outputs["light"] == 1
    assert host.order(codes.CMD_RESET) == frame.OK
    assert (host.outputs["light"], host.outputs["siren"]) == (0, 0)
    assert len(host.once(frame.CLEAR, code)) == 1


def test_the_siren_falls_silent_after_a_quarter_of_an_hour_and_sounds_for_the_next():
    host = zone()
    cause(host, TOUCH)
    host.run(15 * MINUTE)
    assert (host.outputs["siren"], host.outputs["light"]) == (0, 1)
    cause(host, CLIMB)
    assert host.outputs["siren"] == 1


def test_muting_silences_the_siren_only_and_only_for_what_was():
    host = zone()
    assert host.order(codes.CMD_MUTE) == frame.CONFLICT
    cause(host, TOUCH)
    assert host.order(codes.CMD_MUTE) == frame.OK
    assert (host.outputs["siren"], host.outputs["light"]) == (0, 1)
    assert host.events(codes.EVENT_MUTED)
    cause(host, TOUCH, end=True)
    cause(host, TOUCH)
    assert host.outputs["siren"] == 1, "what comes back sounds again"


def test_a_muted_siren_sounds_again_when_a_sensor_falls_silent():
    host = zone()
    cause(host, CLIMB)
    host.order(codes.CMD_MUTE)
    host.sense("tension", None)
    assert host.outputs["siren"] == 1


# ---- armed and disarmed


@pytest.mark.parametrize("code", [TOUCH, CLIMB])
def test_disarmed_an_intrusion_is_none(code):
    host = zone()
    assert host.order(codes.CMD_DISARM) == frame.OK
    cause(host, code)
    host.run(MINUTE)
    assert not host.notes
    assert host.device.rules.report()[codes.Q_ARMED] == 0
    assert host.order(codes.CMD_ARM) == frame.OK
    host.run(4 * SECOND)
    assert raised(host) == {code}, "who is still there once it is armed is one"
    told = [sent.body[0] for sent in host.events()]
    assert told == [codes.EVENT_FENCE_DISARMED, codes.EVENT_FENCE_ARMED]


@pytest.mark.parametrize("code", [CUT, SHORT])
def test_disarmed_a_cut_and_a_short_are_told_all_the_same(code):
    host = zone()
    host.order(codes.CMD_DISARM)
    cause(host, code)
    assert raised(host) == {code}
    assert host.local_first("siren", 1, code)


@pytest.mark.parametrize("channel", ["tamper", "panic"])
def test_disarmed_a_call_for_help_and_an_opened_case_are_told_at_once(channel):
    host = zone()
    host.order(codes.CMD_DISARM)
    host.sense(channel, 1)
    assert host.notes[-1] == (host.now, "raised", codes.ALARM_TAMPER if channel == "tamper" else PANIC)
    assert host.outputs["siren"] == 1


def test_disarming_ends_an_intrusion_and_its_siren_but_no_other_alarm():
    host = zone()
    cause(host, TOUCH)
    host.order(codes.CMD_DISARM)
    assert (host.outputs["siren"], host.outputs["light"]) == (0, 1)
    assert not host.device.active(TOUCH)
    assert not host.once(frame.CLEAR), "it still waits for its reset"
    other = zone()
    cause(other, CUT)
    cause(other, CLIMB)
    other.order(codes.CMD_DISARM)
    assert other.outputs["siren"] == 1
    assert other.device.active(CUT)


def test_armed_and_disarmed_outlive_a_power_cut():
    host = zone()
    host.order(codes.CMD_DISARM)
    host.power_cycle()
    host.run(SECOND)
    cause(host, CLIMB)
    assert not host.notes
    host.order(codes.CMD_ARM)
    host.power_cycle()
    host.run(5 * SECOND)
    assert raised(host) == {CLIMB}


# ---- a call for help


def test_a_call_for_help_is_not_muted_and_lasts_until_somebody_has_acknowledged_it():
    host = zone()
    host.sense("panic", 1)
    host.sense("panic", 0)
    assert host.order(codes.CMD_MUTE) == frame.CONFLICT
    assert host.order(codes.CMD_RESET) == frame.CONFLICT
    assert host.outputs["siren"] == 1
    host.acknowledge(host.ref(PANIC))
    host.run(SECOND)
    assert host.order(codes.CMD_RESET) == frame.OK
    assert host.outputs["siren"] == 0


def test_a_button_that_is_held_down_calls_on():
    host = zone()
    host.sense("panic", 1)
    host.acknowledge_all()
    host.run(SECOND)
    assert host.device.active(PANIC)
    host.sense("panic", 0)
    assert not host.device.active(PANIC)


@pytest.mark.parametrize("full", [False, True], ids=["flash", "full flash"])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_nothing_that_was_before_keeps_the_panic_button_from_sounding_and_being_told(full, data):
    host = Host("fence_zone", store=FullStore() if full else None, times=data.draw(st.booleans()))
    play(host, data.draw(scripts("fence_zone")))
    host.set("panic", 0)
    host.heal()
    host.run(10 * MINUTE)
    host.acknowledge_all()
    for command in (codes.CMD_DISARM, codes.CMD_MUTE, codes.CMD_RESET):
        host.command(command)
        host.run(SECOND)
    before = len(host.sent)
    host.sense("panic", 1)
    assert host.device.active(PANIC)
    assert (host.outputs["siren"], host.outputs["light"]) == (1, 1)
    host.run(2 * MINUTE)
    assert [s for s in host.sent[before:] if s.kind in (frame.RAISE, frame.UPDATE) and s.body[0] == PANIC]
    assert len(host.device.outbox) == 0


# ---- its own pulses


@pytest.mark.parametrize(
    ("channel", "value"),
    [("pulse_peak", 10_001), ("pulse_interval", 749), ("pulse_charge", 2_501), ("pulse_energy", 5_001)],
)
def test_a_pulse_that_may_hurt_somebody_is_the_third_and_the_last(channel, value):
    host = zone()
    host.set(channel, value)
    host.run(2 * SECOND)
    assert host.outputs["pulse"] == 1
    host.run(SECOND)
    assert raised(host) == {PULSE}
    assert host.local_first("pulse", 0, PULSE)
    host.run(SECOND)
    host.power_cycle()
    assert host.outputs["pulse"] == 0, "power or no power"


@pytest.mark.parametrize(
    ("channel", "value"),
    [("pulse_peak", 10_000), ("pulse_interval", 750), ("pulse_charge", 2_500), ("pulse_energy", 5_000)],
)
def test_a_pulse_at_its_limit_is_right(channel, value):
    host = zone({"pulse_return": 8_000})
    host.set(channel, value)
    host.run(MINUTE)
    assert not host.notes


def test_a_reset_sends_pulses_again_and_they_show_whether_rightly():
    host = zone()
    host.set("pulse_energy", 6_000)
    host.run(5 * SECOND)
    assert host.order(codes.CMD_RESET) == frame.OK
    assert host.outputs["pulse"] == 1
    host.run(5 * SECOND)
    assert host.outputs["pulse"] == 0
    assert len(host.raised(PULSE)) == 2
    host.set("pulse_energy", 2_000)
    assert host.order(codes.CMD_RESET) == frame.OK
    host.run(MINUTE)
    assert host.outputs["pulse"] == 1


@pytest.mark.parametrize(("channel", "value"), [("pulse_peak", 0), ("pulse_interval", 2_001)])
def test_a_fence_without_pulses_is_told_and_goes_on_trying(channel, value):
    host = zone()
    host.set(channel, value)
    if channel == "pulse_peak":
        host.set("pulse_return", 0)
    host.run(3 * SECOND)
    assert raised(host) == {PULSE}, "no cut: nobody knows"
    assert host.outputs["pulse"] == 1
    host.set("pulse_peak", 6_500)
    host.set("pulse_return", 6_200)
    host.set("pulse_interval", 1_000)
    host.run(4 * SECOND)
    assert host.order(codes.CMD_RESET) == frame.OK


# ---- supply


def test_without_mains_it_goes_on_and_says_so():
    host = zone()
    host.set("mains", 0)
    host.run(SECOND)
    host.set("mains", 1)
    host.run(MINUTE)
    assert not host.notes, "a switch-over"
    host.set("mains", 0)
    host.run(3 * SECOND)
    assert raised(host) == {codes.ALARM_POWER_MAINS_LOSS}
    assert host.raised(codes.ALARM_POWER_MAINS_LOSS)[0].at - host.now <= 10 * SECOND
    cause(host, CUT)
    assert host.device.active(CUT)
    host.set("battery", 19)
    host.run(2 * MINUTE)
    assert host.raised(codes.ALARM_BATTERY_LOW)
    host.set("mains", 1)
    host.run(11 * SECOND)
    assert not host.device.active(codes.ALARM_POWER_MAINS_LOSS), "by itself"


def test_siren_and_light_need_no_network():
    host = zone(link=False)
    cause(host, TOUCH)
    assert (host.outputs["siren"], host.outputs["light"]) == (1, 1)
    host.heal()
    host.run(2 * MINUTE)
    assert len(host.raised(TOUCH)) == 1


# ---- whatever happens


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_siren_and_light_are_never_on_without_an_alarm_that_waits(data):
    host = Host("fence_zone")
    play(host, data.draw(scripts("fence_zone")))
    rules = host.device.rules
    waiting = [code for code in rules.SECURITY if host.device.episodes.get(code)]
    assert host.outputs.get("light", 0) == (1 if waiting else 0)
    assert waiting or not host.outputs.get("siren", 0)
    host.run(16 * MINUTE)
    assert not host.outputs.get("siren", 0) or host.now - host.switched("siren")[-1][0] < 16 * MINUTE


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_pulse_above_its_limits_lasts_for_more_than_three(data):
    host = Host("fence_zone")
    play(host, data.draw(scripts("fence_zone")))
    for channel in ("pulse_peak", "pulse_return", "pulse_interval", "pulse_charge", "pulse_energy"):
        if host.values[channel] is None:
            host.set(channel, 1_000)
    host.set("pulse_peak", 10_001)
    host.run(3 * SECOND)
    assert host.outputs["pulse"] == 0

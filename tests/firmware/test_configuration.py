"""Configuration: taken when its version rises, stored before it acts, refused setting by setting, reported."""

import pytest
from harness import DAY, HOUR, MINUTE, SECOND, CutStore, FullStore, Host, PowerCut, codes
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware.configuration import REFUSED_MAX, judged
from lilong_firmware.kinds import rules
from lilong_firmware.store import RamStore, VolatileStore
from lilong_protocol import frame, topics
from lilong_protocol.codes import DEFAULTS
from lilong_protocol.registry import KIND, SETTINGS
from lilong_simulator.kinds import KINDS
from scripts import SlowBand


def born(kind="door", **options):
    host = Host(kind, **options)
    host.run(SECOND)
    return host


def reports(host):
    return [s.body for s in host.once(frame.REPORTED_CONFIG)]


# ---- versions, reports


@pytest.mark.spec("LIL-CONF-005")
@pytest.mark.parametrize("kind", KINDS)
def test_at_the_first_connection_of_a_boot_it_reports_what_is_in_effect(kind):
    host = born(kind)
    host.run(DAY)
    (report,) = [s for s in host.sent if s.kind == frame.REPORTED_CONFIG]
    assert (report.cls, report.qos, report.body) == (topics.CONFIG, 1, {0: 0, 1: {}})
    assert host.of(frame.BIRTH)[0].body[10] == 0


@pytest.mark.spec("LIL-CONF-002", "LIL-CONF-005")
def test_takes_a_version_above_its_own_reports_it_and_keeps_it():
    host = born()
    host.configure(4, {codes.S_UNLOCK_FOR: 9_000})
    assert reports(host)[-1] == {0: 4, 1: {codes.S_UNLOCK_FOR: 9_000}}
    host.power_cycle()
    host.run(SECOND)
    assert host.of(frame.BIRTH)[-1].body[10] == 4
    assert reports(host)[-1] == {0: 4, 1: {codes.S_UNLOCK_FOR: 9_000}}
    host.order(codes.CMD_UNLOCK)
    host.run(8 * SECOND)
    assert host.outputs["lock"] == 1
    host.run(SECOND)
    assert host.outputs["lock"] == 0


@pytest.mark.spec("LIL-CONF-002")
@pytest.mark.parametrize("version", [3, 4])
def test_another_version_changes_nothing(version):
    host = born()
    host.configure(4, {codes.S_UNLOCK_FOR: 9_000})
    before = reports(host)
    host.configure(version, {codes.S_UNLOCK_FOR: 2_000})
    assert reports(host) == before
    assert host.device.settings[codes.S_UNLOCK_FOR] == 9_000


@pytest.mark.spec("LIL-CONF-003")
def test_a_setting_that_is_absent_is_at_its_default():
    host = born()
    host.configure(1, {codes.S_UNLOCK_FOR: 9_000, codes.S_HELD_OPEN: 60_000})
    host.configure(2, {codes.S_HELD_OPEN: 60_000})
    assert host.device.settings[codes.S_UNLOCK_FOR] == 5_000
    host.configure(3, {})
    assert list(host.device.settings) == list(DEFAULTS)
    assert reports(host)[-1] == {0: 3, 1: {}}


@pytest.mark.spec("LIL-CONF-004")
def test_each_setting_is_refused_by_itself_and_the_others_take_effect():
    host = born()
    host.configure(
        1,
        {
            codes.S_UNLOCK_FOR: 60_001, codes.S_HELD_OPEN: 5_000, codes.S_SMOKE_TRIP: 200, 99: 1, -1: 1, 0: 0,
            codes.S_LOG_LEVEL: True,
        },
    )  # fmt: skip
    assert reports(host)[-1] == {
        0: 1,
        1: {codes.S_HELD_OPEN: 5_000},
        2: {codes.S_UNLOCK_FOR: 422, codes.S_SMOKE_TRIP: 404, 99: 404, -1: 404, 0: 404, codes.S_LOG_LEVEL: 422},
    }
    assert host.device.settings[codes.S_UNLOCK_FOR] == 5_000


@pytest.mark.spec("LIL-CONF-004")
@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_takes_its_settings_of_the_registry_in_their_ranges(kind):
    number = KIND[kind].number
    for setting in SETTINGS:
        mine = setting.name in KIND[kind].settings
        for value in (setting.low - 1, setting.low, setting.high, setting.high + 1, setting.default):
            chosen, refused = judged(number, {setting.number: value})
            if not mine:
                assert refused == {setting.number: 404}
            elif value == setting.default:
                assert (chosen, refused) == ({}, {})
            elif setting.low <= value <= setting.high:
                assert (chosen, refused) == ({setting.number: value}, {})
            else:
                assert (chosen, refused) == ({}, {setting.number: 422})


@pytest.mark.spec("LIL-CONF-008")
def test_a_report_on_a_flood_of_unknown_settings_fits_into_a_frame():
    host = born()
    host.configure(1, {100 + number: 1 for number in range(115)})
    assert len(reports(host)[-1][2]) == REFUSED_MAX


@pytest.mark.parametrize(
    "body", [{}, {0: 0, 1: {}}, {0: True, 1: {}}, {0: 1 << 32, 1: {}}, {0: 1, 1: []}, {0: "1", 1: {}}]
)
def test_what_is_no_configuration_is_answered_with_an_error(body):
    host = born()
    host.deliver(topics.CONFIG, frame.pack(frame.DESIRED_CONFIG, body), True)
    host.run(SECOND)
    assert [s.body[0] for s in host.of(frame.ERROR)] == [frame.BAD]
    assert len(reports(host)) == 1


@pytest.mark.spec("LIL-TOPIC-003")
def test_only_configuration_may_come_retained():
    host = born()
    host.configure(1, {codes.S_UNLOCK_FOR: 9_000})
    assert host.device.downlink.rejected == 0
    for cls in (topics.COMMAND, topics.ACK, topics.UPDATE):
        host.deliver(cls, frame.pack(frame.DESIRED_CONFIG, {0: 2, 1: {}}), True)
    host.run(SECOND)
    assert host.device.downlink.rejected == 3
    assert not host.of(frame.ERROR)
    assert host.device.reported[0] == 1


@pytest.mark.spec("LIL-CONF-002")
def test_a_power_cut_leaves_the_configuration_of_before_or_the_new_one():
    for writes in range(3):
        host = born("smoke", store=CutStore())
        host.configure(1, {codes.S_SMOKE_TRIP: 100})
        host.store.left = writes
        try:
            host.configure(2, {codes.S_SMOKE_TRIP: 300})
            acted = True
        except PowerCut:
            acted = False
        host.store.left = None
        host.power_cut()
        assert host.device.settings[codes.S_SMOKE_TRIP] == (300 if acted else 100)


def test_what_cannot_be_stored_is_not_taken():
    host = born(store=FullStore())
    host.configure(1, {codes.S_UNLOCK_FOR: 9_000})
    assert host.device.settings[codes.S_UNLOCK_FOR] == 5_000
    assert len(reports(host)) == 1


def test_a_board_without_flash_takes_it_at_each_start_anew():
    host = born(store=VolatileStore())
    host.configure(1, {codes.S_UNLOCK_FOR: 9_000})
    host.power_cycle()
    host.run(SECOND)
    assert host.of(frame.REPORTED_CONFIG)[-1].body == {0: 0, 1: {}}
    host.configure(1, {codes.S_UNLOCK_FOR: 9_000})
    assert host.device.settings[codes.S_UNLOCK_FOR] == 9_000


@pytest.mark.parametrize("record", [b"", b"\xff", b"\x00", b"\x82\x00\xa0", b"\x82\x01\x02", b"\x83\x01\xa0\x00"])
def test_a_damaged_record_is_counted_and_leaves_the_defaults(record):
    store = RamStore()
    store.put("config", record)
    host = born(store=store)
    assert host.device.damaged == 1
    assert reports(host) == [{0: 0, 1: {}}]
    assert "config" not in dict(store.items())


# ---- what the settings do


@pytest.mark.spec("LIL-CONF-009")
def test_the_beat_follows_and_a_birth_tells_it_with_the_silence_that_proves_loss():
    host = born()
    host.configure(1, {codes.S_BEAT_S: 600})
    birth = host.of(frame.BIRTH)[-1].body
    assert (birth[3], birth[4], birth[6], birth[10]) == (600, 1_800, 2, 1)
    host.run(HOUR)
    beats = [s.at for s in host.of(frame.HEARTBEAT)]
    assert len(beats) in (6, 7)
    host.configure(2, {})
    birth = host.of(frame.BIRTH)[-1].body
    assert (birth[3], birth[4]) == (60, 180)


@pytest.mark.spec("LIL-CONF-009")
def test_a_quicker_beat_proves_no_loss_sooner():
    host = born()
    host.configure(1, {codes.S_BEAT_S: 10})
    assert host.of(frame.BIRTH)[-1].body[4] == 180


@pytest.mark.spec("LIL-CONF-009")
@pytest.mark.parametrize("beat_s", [None, 3_600])
def test_a_beat_of_0_is_the_one_it_was_provisioned_with_or_that_of_its_kind(beat_s):
    host = born("smoke", beat_s=beat_s, offline_s=None if beat_s is None else 7_200)
    before = host.of(frame.BIRTH)[-1].body
    host.configure(1, {codes.S_BEAT_S: 172_800})
    host.configure(2, {codes.S_BEAT_S: 0})
    birth = host.of(frame.BIRTH)[-1].body
    assert (birth[3], birth[4], birth[10]) == (before[3], before[4], 2)
    assert birth[3] == (beat_s or KIND["smoke"].link.beat_s)
    assert reports(host)[-1] == {0: 2, 1: {}}


def test_a_lamp_with_a_beat_of_its_own_keeps_it_lit_or_not():
    host = born("streetlight", values={"lux": 10_000})
    assert host.device.session._beat_ms == 3_600 * SECOND
    host.configure(1, {codes.S_BEAT_S: 120})
    host.order(codes.CMD_SET_LEVEL, {0: 50})
    assert host.device.session._beat_ms == 120 * SECOND
    host.configure(2, {})
    assert host.device.session._beat_ms == 900 * SECOND
    host.order(codes.CMD_SET_LEVEL, {0: 0})
    assert host.device.session._beat_ms == 3_600 * SECOND


ACTS = (  # kind, setting, value, channel, what it reads, ms, alarm; without the setting there is none
    ("smoke", codes.S_SMOKE_TRIP, 60, "obscuration", 70, 9 * SECOND, codes.ALARM_SMOKE_ALARM),
    ("gas", codes.S_GAS_TRIP, 60, "gas", 70, 30 * SECOND, codes.ALARM_GAS_LEAK),
    ("manhole", codes.S_TILT_TRIP, 50, "tilt", 60, 4 * SECOND, codes.ALARM_MANHOLE_MOVED),
    ("manhole", codes.S_WATER_WARN, 1_500, "water", 1_400, 11 * SECOND, codes.ALARM_MANHOLE_LEVEL),
    ("wristband", codes.S_FENCE_MARGIN, 10, "outside", 20, 3 * MINUTE, codes.ALARM_BAND_GEOFENCE),
    ("wristband", codes.S_HEART_RATE_LOW, 60, "heart_rate", 55, 70 * SECOND, codes.ALARM_BAND_HEART_RATE),
    ("wristband", codes.S_HEART_RATE_HIGH, 90, "heart_rate", 95, 70 * SECOND, codes.ALARM_BAND_HEART_RATE),
    ("fence_zone", codes.S_FENCE_TRIP, 20, "tension", 220, 3 * SECOND, codes.ALARM_FENCE_CLIMB),
)


@pytest.mark.parametrize("polls", [False, True], ids=["skips", "polls"])
@pytest.mark.parametrize(("kind", "setting", "value", "channel", "reading", "ms", "alarm"), ACTS)
def test_a_threshold_that_changes_under_a_steady_reading_raises_an_alarm(
    kind, setting, value, channel, reading, ms, alarm, polls
):
    host = Host(kind if kind != "wristband" else SlowBand, polls=polls)
    if "motion" in host.slots:
        host.set("motion", 0)
    host.run(4 * MINUTE)
    host.set(channel, reading)
    host.run(4 * MINUTE)
    assert not host.device.active(alarm)
    host.configure(1, {setting: value})
    host.run(ms)
    assert host.device.active(alarm)
    host.configure(2, {})
    host.set(channel, host.kind.CHANNELS[host.slots[channel]][2])
    host.run(5 * MINUTE)
    assert not host.device.active(alarm)


def test_a_door_may_be_held_open_for_longer():
    host = born(cards=(7,))
    host.configure(1, {codes.S_HELD_OPEN: 60_000})
    host.sense("credential", 7)
    host.sense("contact", 1)
    host.run(59 * SECOND)
    assert not host.device.active(codes.ALARM_DOOR_HELD)
    host.run(2 * SECOND)
    assert host.device.active(codes.ALARM_DOOR_HELD)


@pytest.mark.spec("LIL-CONF-006")
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_setting_keeps_a_fire_a_leak_or_a_call_for_help_from_being_raised(data):
    kind, channel, danger, ms, alarm = data.draw(
        st.sampled_from(
            (
                ("smoke", "obscuration", 301, 9 * SECOND, codes.ALARM_SMOKE_ALARM),
                ("gas", "gas", 250, 30 * SECOND, codes.ALARM_GAS_LEAK),
                ("gas", "co", 5_000, MINUTE, codes.ALARM_GAS_CO),
                ("wristband", "sos", 1, 0, codes.ALARM_BAND_SOS),
            )
        )
    )
    host = Host(kind)
    host.run(4 * MINUTE)
    for version in range(1, data.draw(st.integers(1, 3)) + 1):
        wanted = {
            setting.number: data.draw(st.integers(setting.low - 1, setting.high + 1))
            for setting in SETTINGS
            if data.draw(st.booleans())
        }
        host.configure(version, wanted)
    host.sense(channel, danger)
    host.run(ms)
    assert host.device.active(alarm)


def test_the_defaults_are_those_of_the_registry():
    assert [DEFAULTS[setting.number] for setting in SETTINGS] == [setting.default for setting in SETTINGS]
    assert KIND["smoke"].number == rules("smoke").KIND

"""The observer of a run: the clocks of every alarm, messages by class, who is connected."""

import pytest
from lilong_firmware.effects import ACCEPTED, ACKNOWLEDGED, CLEARED, RAISED, RESTORED, STORED
from lilong_simulator.recorder import Recorder

A, B = "aa00000000000001", "bb00000000000002"
SMOKE, TAMPER = 1, 7


@pytest.fixture
def recorder():
    return Recorder()


def test_each_clock_of_an_alarm_is_the_first_time_that_it_was_seen(recorder):
    recorder.note(1_000.0, A, RAISED, SMOKE, 7, 1)
    for what, at in ((STORED, 1_100.0), (ACKNOWLEDGED, 5_000.0), (RESTORED, 70_000.0), (CLEARED, 90_000.0)):
        recorder.note(at, A, what, SMOKE, 7, 1)
        recorder.note(at + 10, A, what, SMOKE, 7, 1)
    (alarm,) = recorder.alarms.values()
    assert alarm.id == f"{A}-7-1"
    assert (alarm.code, alarm.decided) == (SMOKE, 1_000.0)
    assert (alarm.stored, alarm.acknowledged, alarm.restored, alarm.cleared) == (1_100.0, 5_000.0, 70_000.0, 90_000.0)


def test_the_stored_ack_of_a_later_frame_is_not_that_of_the_alarm(recorder):
    recorder.note(1_000.0, A, RAISED, SMOKE, 7, 1)
    recorder.note(2_000.0, A, STORED, SMOKE, 7, 2)
    assert recorder.alarms[A, 7, 1].stored is None
    assert recorder.stored_frames == 1


def test_alarms_of_devices_boots_and_numbers_are_kept_apart(recorder):
    for device, boot, seq in ((A, 7, 1), (A, 7, 2), (A, 8, 1), (B, 7, 1)):
        recorder.note(0.0, device, RAISED, SMOKE, boot, seq)
    assert len(recorder.alarms) == 4


@pytest.mark.parametrize("output", ["sounder", "buzzer", "vibrate"])
@pytest.mark.parametrize(("on", "raised"), [(1_000.0, 1_000.0), (1_000.0, 1_004.5), (1_004.5, 1_000.0)])
def test_the_local_output_of_an_alarm_is_the_one_at_its_instant_before_or_after(recorder, output, on, raised):
    told = [
        (on, lambda: recorder.output(on, A, output, 1)),
        (raised, lambda: recorder.note(raised, A, RAISED, SMOKE, 7, 1)),
    ]
    for _, tell in sorted(told, key=lambda one: one[0]):
        tell()
    assert recorder.alarms[A, 7, 1].local == on


def test_an_output_long_after_an_alarm_without_one_is_not_its_own(recorder):
    recorder.note(1_000.0, A, RAISED, TAMPER, 7, 1)
    recorder.output(60_000.0, A, "sounder", 1)
    recorder.note(60_000.0, A, RAISED, SMOKE, 7, 2)
    assert recorder.alarms[A, 7, 1].local is None
    assert recorder.alarms[A, 7, 2].local == 60_000.0


@pytest.mark.parametrize("output", ["lock", "lamp", "valve"])
def test_what_calls_nobody_is_no_local_output(recorder, output):
    recorder.output(1_000.0, A, output, 1)
    recorder.note(1_000.0, A, RAISED, TAMPER, 7, 1)
    recorder.output(1_001.0, A, output, 1)
    assert recorder.alarms[A, 7, 1].local is None


def test_a_second_alarm_under_a_sounder_that_sounds_already_is_told_at_once(recorder):
    recorder.output(1_000.0, A, "buzzer", 1)
    recorder.note(1_000.0, A, RAISED, TAMPER, 7, 1)
    recorder.note(9_000.0, A, RAISED, SMOKE, 7, 2)
    assert recorder.alarms[A, 7, 2].local == 9_000.0


def test_a_sounder_that_has_been_muted_tells_of_no_later_alarm(recorder):
    recorder.output(1_000.0, A, "sounder", 1)
    recorder.note(1_000.0, A, RAISED, SMOKE, 7, 1)
    recorder.output(5_000.0, A, "sounder", 0)
    recorder.note(9_000.0, A, RAISED, TAMPER, 7, 2)
    assert recorder.alarms[A, 7, 2].local is None


def test_the_output_of_one_device_is_not_that_of_another(recorder):
    recorder.output(1_000.0, B, "sounder", 1)
    recorder.note(1_000.0, A, RAISED, SMOKE, 7, 1)
    assert recorder.alarms[A, 7, 1].local is None


def test_messages_count_by_class_and_events_by_device(recorder):
    for at, device, cls in ((1.0, A, "st"), (2.0, A, "ev"), (3.0, B, "ev"), (4.0, A, "ev"), (5.0, A, "al")):
        recorder.sent(at, device, cls, b"", at)
    assert recorder.messages == {"st": 1, "ev": 3, "al": 1}
    assert recorder.events_sent == {A: [2.0, 4.0], B: [3.0]}


def test_who_was_ever_linked_who_is_online_and_whom_the_backend_accepted(recorder):
    recorder.link(1.0, A, True)
    recorder.link(2.0, B, True)
    recorder.note(2.5, B, ACCEPTED, 0, 7, 0)
    recorder.link(3.0, A, False)
    assert recorder.linked == {A, B}
    assert recorder.online == {B}
    assert recorder.accepted == {B}
    assert recorder.alarms == {}

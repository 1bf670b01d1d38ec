"""A streetlight's faults under TALQ's names: where each begins and ends, how long it must last, at which levels."""

from typing import NamedTuple

import pytest
from harness import HOUR, MINUTE, SECOND, Host, codes
from lamps import cleared, lamp_at, raised, reads
from lilong_firmware.kinds.streetlight import Streetlight
from lilong_firmware.lamp_faults import FAULTS
from lilong_protocol import frame
from lilong_protocol.registry import ALARM, ALARMS
from lilong_simulator.fleet.plant import Plant

NUMBER = {alarm.name: alarm.number for alarm in ALARMS}


class Fault(NamedTuple):
    """Of one channel of a lamp at `level`: the last value that is right and the first that is wrong; of a fault that
    is there, the last value at which it stays and the first at which it ends; and how long either must last."""

    alarm: str
    level: int
    channel: str
    right: int
    wrong: int
    stays: int
    ends: int
    hold_s: int


TABLE = (
    Fault("lamp.supply_loss", 100, "voltage", 500, 499, 999, 1_000, 10),
    Fault("lamp.supply_loss", 0, "voltage", 500, 499, 999, 1_000, 10),
    Fault("lamp.supply_voltage_too_high", 100, "voltage", 2_354, 2_355, 2_311, 2_310, 60),
    Fault("lamp.supply_voltage_too_high", 0, "voltage", 2_354, 2_355, 2_311, 2_310, 60),
    Fault("lamp.supply_voltage_too_low", 100, "voltage", 1_980, 1_979, 2_023, 2_024, 60),
    Fault("lamp.supply_voltage_too_low", 0, "voltage", 1_980, 1_979, 2_023, 2_024, 60),
    Fault("lamp.failure", 100, "power", 60, 59, 119, 120, 60),
    Fault("lamp.failure", 50, "power", 30, 29, 59, 60, 60),
    Fault("lamp.failure", 21, "power", 13, 12, 25, 26, 60),
    Fault("lamp.dimming_failure", 100, "power", 480, 479, 539, 540, 60),
    Fault("lamp.dimming_failure", 100, "power", 720, 721, 661, 660, 60),
    Fault("lamp.dimming_failure", 50, "power", 180, 179, 239, 240, 60),
    Fault("lamp.dimming_failure", 50, "power", 420, 421, 361, 360, 60),
    Fault("lamp.dimming_failure", 1, "power", 126, 127, 67, 66, 60),
    Fault("lamp.current_too_high", 100, "current", 450, 451, 376, 375, 60),
    Fault("lamp.current_too_high", 0, "current", 450, 451, 376, 375, 60),
    Fault("lamp.current_too_low", 100, "current", 150, 149, 209, 210, 60),
    Fault("lamp.current_too_low", 21, "current", 32, 31, 44, 45, 60),
    Fault("lamp.power_factor_too_low", 100, "power_factor", 85, 84, 89, 90, 60),
    Fault("lamp.power_factor_too_low", 50, "power_factor", 85, 84, 89, 90, 60),
    Fault("lamp.unexpected_on", 0, "power", 60, 61, 31, 30, 60),
    Fault("lamp.leakage_detected", 100, "leakage", 299, 300, 150, 149, 10),
    Fault("lamp.leakage_detected", 0, "leakage", 299, 300, 150, 149, 10),
    Fault("lamp.relay_failure", 100, "relay", 1, 0, 0, 1, 2),
    Fault("lamp.relay_failure", 1, "relay", 1, 0, 0, 1, 2),
    Fault("lamp.relay_failure", 0, "relay", 0, 1, 1, 0, 2),
    Fault("lamp.high_temperature", 100, "temperature", 8_500, 8_501, 7_501, 7_500, 60),
    Fault("lamp.high_temperature", 0, "temperature", 8_500, 8_501, 7_501, 7_500, 60),
    Fault("lamp.control_gear_comm_failure", 100, "gear", 1, 0, 0, 1, 10),
    Fault("lamp.control_gear_comm_failure", 1, "gear", 1, 0, 0, 1, 10),
)
WAIT = 10 * MINUTE  # longer than any hold


def each_fault(test):
    return pytest.mark.parametrize("fault", TABLE, ids=lambda f: f"{f.alarm} at {f.level}, {f.wrong}")(test)


@each_fault
def test_the_last_value_that_is_right_raises_nothing(fault):
    host = lamp_at(fault.level)
    host.set(fault.channel, fault.right)
    host.run(HOUR)
    assert fault.alarm not in raised(host)


@each_fault
def test_the_first_value_that_is_wrong_raises_its_fault_alone_when_it_has_lasted(fault):
    host = lamp_at(fault.level)
    host.set(fault.channel, fault.wrong)
    host.run(fault.hold_s * SECOND - 1)
    assert raised(host) == set()
    host.run(1)
    assert raised(host) == {fault.alarm}
    host.run(HOUR)
    assert raised(host) == {fault.alarm}


@each_fault
def test_what_breaks_off_before_begins_anew(fault):
    host = lamp_at(fault.level)
    for _ in range(5):
        host.set(fault.channel, fault.wrong)
        host.run((fault.hold_s - 1) * SECOND)
        host.set(fault.channel, fault.right)
        host.run_to(-(-(host.now + 1) // MINUTE) * MINUTE)
    assert raised(host) == set()


@each_fault
def test_a_fault_stays_within_its_hysteresis_and_ends_when_its_end_has_lasted(fault):
    host = lamp_at(fault.level)
    host.set(fault.channel, fault.wrong)
    host.run(WAIT)
    host.set(fault.channel, fault.stays)
    host.run(WAIT)
    assert cleared(host) == set()
    host.set(fault.channel, fault.ends)
    host.run(fault.hold_s * SECOND - 1)
    assert cleared(host) == set()
    host.run(1)
    assert cleared(host) == {fault.alarm}


@each_fault
def test_a_restart_takes_the_fault_up_and_it_still_ends(fault):
    host = lamp_at(fault.level)
    host.set(fault.channel, fault.wrong)
    host.run(WAIT)
    host.power_cut()
    host.run(SECOND)
    host.order(codes.CMD_SET_LEVEL, {0: fault.level})
    host.set(fault.channel, fault.wrong)
    host.run(WAIT)
    assert raised(host) == {fault.alarm}
    host.set(fault.channel, fault.ends)
    host.run(WAIT)
    assert cleared(host) == {fault.alarm}


@each_fault
def test_a_failure_is_reported_within_15_minutes(fault):
    host = lamp_at(fault.level)
    host.run(1)  # just after the samples
    host.set(fault.channel, fault.wrong)
    host.run(15 * MINUTE)
    (told,) = [s for s in host.arrived if s.kind == frame.RAISE][:1]
    assert told.body[0] == NUMBER[fault.alarm]
    assert told.body[4][codes.Q_LAMP_LEVEL] == fault.level


def test_the_table_has_every_fault_of_a_limit():
    assert {fault.alarm for fault in TABLE} | {"lamp.cycling_failure"} == {ALARM[row & 255].name for row in FAULTS}
    talq = {alarm.name for alarm in ALARMS if alarm.name.startswith("lamp.")}
    assert {ALARM[row & 255].name for row in FAULTS} == talq


class Slow(Streetlight):
    """Its meter is read at times that no hold ends with."""

    CHANNELS = tuple((name, 7 * SECOND if name == "power" else ms, idle) for name, ms, idle in Streetlight.CHANNELS)
    __slots__ = ()


def test_what_has_broken_off_since_the_last_sample_raises_nothing():
    host = Host(Slow, {"lux": 0}, plant=Plant().answer)
    host.run_to(7 * SECOND)
    host.set("power", 0)
    host.run_to((7 + 58) * SECOND)
    host.set("power", 605)
    host.run(HOUR)
    assert raised(host) == set()


# ---- what is judged at which level


@pytest.mark.parametrize(
    ("level", "channel", "value", "alarm"),
    [
        (20, "power", 5, "lamp.failure"),  # not above 20 %
        (0, "power", 5, "lamp.failure"),
        (0, "power", 1_000, "lamp.dimming_failure"),
        (1, "power", 100, "lamp.unexpected_on"),
        (20, "current", 0, "lamp.current_too_low"),
        (0, "current", 0, "lamp.current_too_low"),
        (49, "power_factor", 40, "lamp.power_factor_too_low"),  # drivers hold theirs from half load upwards
        (0, "gear", 0, "lamp.control_gear_comm_failure"),  # without the relay it has no power
    ],
)
def test_not_judged_at_a_level(level, channel, value, alarm):
    host = lamp_at(level)
    host.set(channel, value)
    host.run(HOUR)
    assert alarm not in raised(host)


def test_a_failed_lamp_stays_failed_through_the_day():
    host = lamp_at()
    host.set("power", 0)
    host.run(2 * MINUTE)
    host.order(codes.CMD_SET_LEVEL, {0: 0})
    host.run(12 * HOUR)
    assert not cleared(host)


def test_a_lamp_that_takes_a_moment_to_draw_has_not_failed():
    host = lamp_at(0)
    host.order(codes.CMD_SET_LEVEL, {0: 100})
    reads(host, power=5, current=4, power_factor=50)
    host.run(50 * SECOND)
    reads(host, power=605, current=289, power_factor=95)
    host.run(HOUR)
    assert not host.notes


def test_switching_off_ends_the_suspicion():
    host = lamp_at()
    host.set("power", 0)
    host.run(55 * SECOND)
    host.order(codes.CMD_SET_LEVEL, {0: 0})
    host.run(HOUR)
    assert not host.notes

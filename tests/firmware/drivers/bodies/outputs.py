"""What is heard, felt and shut: sounder, motor and valves."""

from chips.clock import Clock
from chips.pins import PWM, Pin
from chips.valve import Ball, Latching
from lilong_firmware.drivers.buzzer import CALL, FIRE, GAS, Buzzer
from lilong_firmware.drivers.valve import Valve
from lilong_firmware.drivers.valve_motor import MotorValve
from lilong_firmware.drivers.vibration import Vibration


def _run(clock, driver, ms, step=None):
    until = clock.us + ms * 1_000
    while clock.us < until:
        driver.poll(clock.us // 1_000)
        clock.pass_ms(step or driver.POLL_MS)


def _lengths(trace):
    """(on or off, ms) of a PWM's changes."""
    out = []
    for at in range(len(trace) - 1):
        on = trace[at][2] != 0
        ms = (trace[at + 1][0] - trace[at][0]) // 1_000
        if out and out[-1][0] == on:
            out[-1] = (on, out[-1][1] + ms)
        else:
            out.append((on, ms))
    return out


def _sounds(name, ms, pattern=FIRE, step=None):
    clock = Clock(us=7_000)
    pwm = PWM(clock)
    buzzer = Buzzer(pwm, pattern)
    del pwm.trace[:]
    buzzer.drive(name, 1)
    assert pwm.duty_u16() == 32_768  # at once, before any poll
    _run(clock, buzzer, ms, step)
    return _lengths(pwm.trace), pwm, buzzer, clock


def test_fire_sounds_the_temporal_three_of_iso_8201():
    lengths = _sounds("sounder", 17_000)[0]
    for at in range(12):
        want = 1_500 if at % 6 == 5 else 500
        assert abs(lengths[at][1] - want) <= want // 10, lengths
        assert lengths[at][0] == (at % 2 == 0)


def test_gas_and_call_sound_otherwise():
    gas = [ms for _, ms in _sounds("sounder", 12_000, GAS)[0]]
    assert max(gas[:7]) <= 120
    assert 4_900 <= gas[7] <= 5_100
    call = [ms for _, ms in _sounds("buzzer", 3_000, CALL)[0]]
    assert all(abs(ms - 200) <= 20 for ms in call)


def test_a_fault_chirps_once_in_forty_seconds_and_is_nothing_like_an_alarm():
    lengths = _sounds("fault", 130_000)[0]
    assert [on for on, _ in lengths[:6]] == [True, False] * 3
    for on, ms in lengths[:6]:
        assert ms <= 60 if on else 39_900 <= ms <= 40_000


def test_an_alarm_drowns_a_fault_and_the_chirp_comes_back_after_it():
    clock = Clock()
    pwm = PWM(clock)
    buzzer = Buzzer(pwm)
    buzzer.drive("fault", 1)
    _run(clock, buzzer, 10_000)
    buzzer.drive("sounder", 1)
    at = len(pwm.trace)
    _run(clock, buzzer, 4_000)
    assert [on for on, ms in _lengths(pwm.trace[at - 1 :])][:5] == [True, False, True, False, True]
    buzzer.drive("sounder", 0)
    at = len(pwm.trace)
    _run(clock, buzzer, 60_000)
    lengths = _lengths(pwm.trace[at - 1 :])
    assert lengths[0][0] and lengths[0][1] <= 60  # noqa: PT018 - both of one chirp
    assert lengths[1][1] > 30_000
    buzzer.drive("fault", 0)
    assert pwm.duty_u16() == 0
    at = len(pwm.trace)
    _run(clock, buzzer, 60_000)
    assert len(pwm.trace) == at


def test_saying_it_again_begins_nothing_anew():
    clock = Clock()
    pwm = PWM(clock)
    buzzer = Buzzer(pwm)
    buzzer.drive("sounder", 1)
    _run(clock, buzzer, 400)
    buzzer.drive("sounder", 1)
    _run(clock, buzzer, 200)
    assert pwm.duty_u16() == 0


def test_after_a_stall_the_pattern_is_whole_again():
    pwm, buzzer, clock = _sounds("sounder", 4_000)[1:]
    clock.pass_ms(3_000)
    del pwm.trace[:]
    _run(clock, buzzer, 8_100)
    lengths = _lengths(pwm.trace)
    assert (False, 1_500) in [(on, (ms + 25) // 50 * 50) for on, ms in lengths]


def test_the_motor_vibrates_at_once_and_in_turns():
    clock = Clock()
    pin = Pin(clock, Pin.OUT)
    motor = Vibration(pin)
    motor.drive("vibrate", 1)
    assert pin() == 1
    _run(clock, motor, 4_000)
    motor.drive("vibrate", 0)
    assert pin() == 0
    changes = [at // 1_000 for at, level in pin.trace[1:]]
    spans = [changes[at + 1] - changes[at] for at in range(len(changes) - 1)]
    assert all(abs(spans[at] - (1_000 if at % 2 == 0 else 500)) <= 50 for at in range(4)), spans
    _run(clock, motor, 3_000)
    assert pin() == 0


class _Shut:
    """A latching valve with, or without, its switch."""

    def __init__(self, switch=True, needs_ms=40):
        self.clock = Clock()
        coil = Pin(self.clock, Pin.OUT)
        position = Pin(self.clock, Pin.IN, Pin.PULL_UP) if switch else None
        self.valve = Latching(self.clock, coil, position, needs_ms)
        self.driver = Valve(coil, position)
        self.coil = coil

    def run(self, ms, step=None):
        _run(self.clock, self.driver, ms, step)
        return self.driver.read("valve")


def test_a_pulse_closes_it_and_the_coil_rests_again():
    bench = _Shut()
    assert bench.run(200) == 0
    bench.driver.drive("valve", 1)
    assert bench.coil() == 1  # at once
    assert bench.run(500) == 1
    assert bench.coil() == 0
    assert len(bench.valve.pulses_ms) == 1
    assert 100 <= bench.valve.pulses_ms[0] <= 140
    bench.run(120_000)
    assert len(bench.valve.pulses_ms) == 1


def test_no_word_opens_it_only_a_hand_does():
    bench = _Shut()
    bench.driver.drive("valve", 1)
    bench.run(500)
    bench.driver.drive("valve", 0)
    assert bench.run(60_000) == 1
    bench.valve.by_hand()
    assert bench.run(1_000) == 0
    assert len(bench.valve.pulses_ms) == 1


def test_opened_by_hand_while_it_must_be_closed_it_closes_again():
    bench = _Shut()
    bench.driver.drive("valve", 1)
    bench.run(2_000)
    bench.valve.by_hand()
    assert bench.run(2_000) == 1


def test_one_that_sticks_is_tried_again_and_then_reported():
    bench = _Shut()
    bench.valve.stuck = 3
    bench.driver.drive("valve", 1)
    assert bench.run(500) is None
    assert bench.run(5_000) == 1
    assert bench.driver.read("valve_stuck") == 0
    bench = _Shut()
    bench.valve.stuck = 7
    bench.driver.drive("valve", 1)
    assert bench.run(10_000) is None
    assert bench.driver.read("valve_stuck") == 1
    assert len(bench.valve.pulses_ms) == 5
    assert bench.run(200_000) == 1  # once a minute it goes on trying
    assert bench.driver.read("valve_stuck") == 0


def test_without_a_switch_it_pulses_twice_and_reads_what_it_was_told():
    bench = _Shut(switch=False)
    bench.valve.stuck = 1
    bench.driver.drive("valve", 1)
    bench.run(5_000)
    assert bench.valve.closed
    assert len(bench.valve.pulses_ms) == 2
    assert bench.driver.read("valve") == 1


def test_told_to_close_what_is_closed_it_does_nothing():
    bench = _Shut()
    bench.valve.closed = True
    bench.valve._show()
    bench.driver.drive("valve", 1)
    assert bench.run(5_000) == 1
    assert not bench.valve.pulses_ms


class _Turn:
    def __init__(self):
        self.clock = Clock()
        self.closing, self.opening = Pin(self.clock, Pin.OUT), Pin(self.clock, Pin.OUT)
        self.at_closed = Pin(self.clock, Pin.IN, Pin.PULL_UP)
        self.at_open = Pin(self.clock, Pin.IN, Pin.PULL_UP)
        self.valve = Ball(self.clock, self.closing, self.opening, self.at_closed, self.at_open)
        self.driver = MotorValve(self.closing, self.opening, self.at_closed, self.at_open)

    def run(self, ms):
        _run(self.clock, self.driver, ms)
        assert not self.valve.burnt
        return self.driver.read("valve")


def test_it_turns_shut_stops_at_its_end_and_turns_open():
    bench = _Turn()
    assert bench.run(1_000) == 0
    bench.driver.drive("valve", 1)
    assert bench.closing() == 1
    assert bench.run(3_000) is None
    assert bench.run(6_000) == 1
    assert bench.closing() == 0
    bench.driver.drive("valve", 0)
    assert bench.run(9_000) == 0
    assert bench.opening() == 0


def test_a_change_of_mind_on_the_way_leaves_the_bridge_whole():
    bench = _Turn()
    bench.driver.drive("valve", 1)
    bench.run(2_000)
    bench.driver.drive("valve", 0)
    assert (bench.closing(), bench.opening()) == (0, 0)
    bench.run(60)
    assert (bench.closing(), bench.opening()) == (0, 0)
    assert bench.run(5_000) == 0
    bench.driver.drive("valve", 1)
    assert bench.run(9_000) == 1


def test_a_jam_stops_the_motor_is_tried_again_and_reported():
    bench = _Turn()
    bench.valve.jam = 400
    bench.driver.drive("valve", 1)
    bench.run(15_100)
    assert bench.closing() == 0
    assert bench.driver.read("valve_stuck") == 0
    bench.run(100_000)
    assert bench.driver.read("valve_stuck") == 1
    assert bench.driver.read("valve") is None
    bench.valve.jam = None
    assert bench.run(90_000) == 1
    assert bench.driver.read("valve_stuck") == 0


def test_one_that_will_not_open_is_tried_once_and_reported():
    bench = _Turn()
    bench.driver.drive("valve", 1)
    bench.run(10_000)
    bench.valve.jam = 600
    bench.driver.drive("valve", 0)
    moved = bench.valve.moved_ms
    bench.run(200_000)
    assert bench.driver.read("valve_stuck") == 1
    assert bench.valve.moved_ms - moved <= 15_100


def test_both_ends_at_once_are_a_fault_of_the_wiring():
    bench = _Turn()
    bench.at_closed.stick(0)
    assert bench.run(1_000) is None


def test_turned_by_hand_while_it_must_be_closed_it_closes_again():
    bench = _Turn()
    bench.driver.drive("valve", 1)
    bench.run(10_000)
    bench.valve.at = 0
    bench.valve._show()
    assert bench.run(10_000) == 1

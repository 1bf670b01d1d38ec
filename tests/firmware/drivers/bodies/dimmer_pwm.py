"""The PWM dimmer and the read-back of its relay."""

from chips.clock import Clock
from chips.pins import PWM, Pin
from lilong_firmware.drivers.dimmer_pwm import LOGARITHMIC, DimmerPwm
from lilong_firmware.drivers.lamp_relay import LampRelay


def _refused(function, *arguments):
    try:
        function(*arguments)
    except ValueError as error:
        return str(error)
    return ""


def _dimmer(**arguments):
    clock = Clock()
    pwm = PWM(clock)
    relay = Pin(clock, Pin.OUT)
    return clock, pwm, relay, DimmerPwm(pwm, relay, **arguments)


def _run(clock, dimmer, ms):
    for _ in range(ms // 20):
        dimmer.poll(clock.us // 1000)
        clock.pass_ms(20)
    dimmer.poll(clock.us // 1000)


def _percent(pwm):
    return (pwm.duty_u16() * 1000 + 32_767) // 65_535 / 10


def test_a_street_is_lit_until_the_rules_say_something():
    _, pwm, relay, _ = _dimmer()
    assert (_percent(pwm), relay.level, pwm.freq()) == (100, 1, 1_000)
    _, pwm, relay, _ = _dimmer(start_percent=0)
    assert (_percent(pwm), relay.level) == (0, 0)


def test_the_linear_curve_gives_the_level_down_to_the_least():
    clock, pwm, relay, dimmer = _dimmer(fade_ms=0)
    for level in (100, 80, 50, 20, 10):
        dimmer.drive("lamp", level)
        _run(clock, dimmer, 20)
        assert abs(_percent(pwm) - level) <= 0.2
        assert relay.level == 1
    dimmer.drive("lamp", 3)
    _run(clock, dimmer, 20)
    assert abs(_percent(pwm) - 10) <= 0.2
    dimmer.drive("lamp", 0)
    _run(clock, dimmer, 20)
    assert (pwm.duty_u16(), relay.level) == (0, 0)


def test_the_logarithmic_curve_is_that_of_dali():
    clock, pwm, _, dimmer = _dimmer(fade_ms=0, curve=LOGARITHMIC, least_percent=0)
    for level, arc in ((1, 85), (10, 170), (50, 229), (100, 254)):
        dimmer.drive("lamp", level)
        _run(clock, dimmer, 20)
        assert abs(_percent(pwm) - arc / 2.54) <= 0.5, level


def test_a_fade_is_steady_and_takes_its_time():
    clock, pwm, _relay, dimmer = _dimmer(fade_ms=2_000, least_percent=0)
    dimmer.drive("lamp", 50)
    _run(clock, dimmer, 1_000)
    assert abs(_percent(pwm) - 75) <= 1
    _run(clock, dimmer, 1_000)
    assert abs(_percent(pwm) - 50) <= 0.2
    duties = [duty for _, _, duty in pwm.trace]
    assert duties[1:] == sorted(duties[1:], reverse=True)
    assert len(duties) > 80
    changes = len(pwm.trace)
    _run(clock, dimmer, 1_000)
    assert len(pwm.trace) == changes


def test_a_command_in_a_fade_goes_on_from_where_the_lamp_is():
    clock, pwm, _, dimmer = _dimmer(fade_ms=2_000, least_percent=0)
    dimmer.drive("lamp", 0)
    _run(clock, dimmer, 1_000)
    dimmer.drive("lamp", 100)
    _run(clock, dimmer, 20)
    assert abs(_percent(pwm) - 50) <= 2
    _run(clock, dimmer, 2_000)
    assert _percent(pwm) == 100


def test_the_relay_opens_when_the_light_has_gone_and_closes_before_it_comes():
    clock, pwm, relay, dimmer = _dimmer(fade_ms=1_000)
    dimmer.drive("lamp", 0)
    _run(clock, dimmer, 980)
    assert relay.level == 1
    _run(clock, dimmer, 20)
    assert (relay.level, pwm.duty_u16()) == (0, 0)
    dimmer.drive("lamp", 30)
    assert (relay.level, pwm.duty_u16()) == (1, 0)
    _run(clock, dimmer, 1_000)
    assert abs(_percent(pwm) - 30) <= 0.2


def test_an_inverting_amplifier_is_allowed_for():
    clock, pwm, _, dimmer = _dimmer(fade_ms=0, inverted=1)
    assert pwm.duty_u16() == 0
    dimmer.drive("lamp", 0)
    _run(clock, dimmer, 20)
    assert pwm.duty_u16() == 65_535


def test_a_level_that_cannot_be_is_left_alone_and_no_relay_is_needed():
    clock = Clock()
    pwm = PWM(clock)
    dimmer = DimmerPwm(pwm, fade_ms=0)
    for level in (-1, 101, 100):
        dimmer.drive("lamp", level)
        _run(clock, dimmer, 20)
        assert _percent(pwm) == 100
    dimmer.drive("lamp", 0)
    _run(clock, dimmer, 20)
    assert pwm.duty_u16() == 0
    assert "curve" in _refused(DimmerPwm, pwm, None, 1_000, 2)
    assert "start_percent" in _refused(DimmerPwm, pwm, None, 1_000, 0, 10, 0, 101)


# ---- read-back of the relay


def _mains(clock, sense, ms, closed=True):
    for _ in range(ms // 10):
        if closed:
            sense.drive(0)
            clock.pass_us(7_000)
            sense.drive(None)  # near the zero crossing
            clock.pass_us(3_000)
        else:
            clock.pass_ms(10)


def test_mains_behind_the_relay_is_told_and_so_is_its_end():
    clock = Clock()
    sense = Pin(clock, Pin.IN, Pin.PULL_UP)
    relay = LampRelay(sense)
    assert (relay.take(), relay.read("relay")) == (None, None)
    for closed in (True, False, True):
        _mains(clock, sense, 200, closed)
        relay.poll(0)
        _mains(clock, sense, 100, closed)
        relay.poll(0)
        assert relay.take() == ("relay", int(closed))
        assert relay.take() is None
        assert relay.read("relay") == int(closed)


def test_one_pulse_of_noise_is_neither():
    clock = Clock()
    sense = Pin(clock, Pin.IN, Pin.PULL_UP)
    relay = LampRelay(sense)
    relay.poll(0)
    assert relay.take() == ("relay", 0)
    sense.drive(0)
    sense.drive(None)
    relay.poll(100)
    assert relay.take() is None


def test_an_auxiliary_contact_is_steady():
    clock = Clock()
    sense = Pin(clock, Pin.IN, Pin.PULL_UP)
    relay = LampRelay(sense)
    sense.drive(0)
    relay.poll(0)
    relay.poll(100)
    assert relay.take() == ("relay", 1)
    sense.drive(None)
    relay.poll(200)
    assert relay.take() == ("relay", 0)

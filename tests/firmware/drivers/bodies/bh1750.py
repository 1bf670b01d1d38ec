"""The light sensor: range, time, power loss, bus faults."""

from chips.bh1750 import Bh1750 as Model
from chips.buses import I2C
from chips.clock import Clock
from lilong_firmware.drivers.bh1750 import Bh1750


def _sensor(us=160_000, address=0x23, **arguments):
    clock = Clock()
    bus = I2C(clock)
    model = bus.chips[address] = Model(clock, us)
    return clock, bus, model, Bh1750(bus, address, **arguments)


def _run(clock, sensor, ms):
    for _ in range(ms // 100):
        sensor.poll(clock.us // 1000)
        clock.pass_ms(100)
    sensor.poll(clock.us // 1000)


def _refused(function, *arguments):
    try:
        function(*arguments)
    except ValueError as error:
        return str(error)
    return ""


def test_light_is_measured_from_night_to_noon():
    clock, _, model, sensor = _sensor()
    assert sensor.read("lux") is None
    for lux in (0, 1, 10, 29, 30, 60, 1_000, 28_067, 54_000, 60_000, 100_000, 120_000, 30_000, 5):
        model.mlx = lux * 1_000
        _run(clock, sensor, 5_000)
        assert abs(sensor.read("lux") - lux) <= 1 + lux // 500, (lux, sensor.read("lux"))


def test_the_example_of_the_data_sheet():
    _, _bus, model, sensor = _sensor()
    sensor.poll(0)
    model._result, model._run = 0x8390, -1
    sensor.poll(200)
    assert sensor.read("lux") == 28_066  # 28,066.7


def test_the_instructions_are_those_of_the_data_sheet():
    clock, _, model, sensor = _sensor()
    sensor.poll(0)
    assert model.instructions == [0x01, 0x07, 0x42, 0x65, 0x20]  # on, reset, MTreg 69 in two, one H-resolution
    model.mlx = 90_000_000
    _run(clock, sensor, 1_000)
    assert model.instructions[7:9] == [0x40, 0x7F]  # MTreg 31


def test_it_waits_for_the_longest_measurement_and_for_no_longer():
    clock, bus, model, sensor = _sensor(us=179_999)
    model.mlx = 500_000
    sensor.poll(0)
    for now in range(1, 181):
        clock.pass_us(now * 1000 - clock.us if now * 1000 > clock.us else 0)
        transfers = bus.transfers
        sensor.poll(now)
        assert bus.transfers == transfers
    clock.pass_ms(1)
    sensor.poll(181)
    assert 499 <= sensor.read("lux") <= 500


def test_a_poll_takes_less_than_2_ms_of_the_bus():
    clock, _, _, sensor = _sensor()
    for _ in range(60):
        before = clock.us
        sensor.poll(before // 1000)
        assert clock.us - before < 2_000
        clock.pass_ms(50)


def test_power_lost_while_it_measures_gives_no_false_night():
    clock, _, model, sensor = _sensor()
    model.mlx = 800_000
    _run(clock, sensor, 1_000)
    _run(clock, sensor, 1_000)
    sensor.poll(clock.us // 1000)  # it measures again
    for _ in range(40):
        model.reset()
        _run(clock, sensor, 300)
        assert sensor.read("lux") >= 799
        _run(clock, sensor, 400)
        assert sensor.read("lux") >= 799


def test_a_sensor_that_does_not_answer_reads_none_and_comes_back():
    clock, bus, model, sensor = _sensor()
    model.mlx = 90_000
    _run(clock, sensor, 1_000)
    model.alive = False
    _run(clock, sensor, 3_000)
    assert sensor.read("lux") is None
    model.alive = True
    model.reset()
    _run(clock, sensor, 3_000)
    assert sensor.read("lux") == 90
    bus.stuck = True
    _run(clock, sensor, 3_000)
    assert sensor.read("lux") is None
    bus.stuck = False
    _run(clock, sensor, 3_000)
    assert sensor.read("lux") == 90


def test_each_byte_not_acknowledged_costs_one_measurement():
    clock, bus, model, sensor = _sensor()
    model.mlx = 90_000
    for after in range(7):
        bus.nack_after = after
        _run(clock, sensor, 5_000)
        assert sensor.read("lux") == 90


def test_the_cover_above_it_is_allowed_for():
    clock, _, model, sensor = _sensor(address=0x5C, window_percent=40)
    model.mlx = 400_000
    _run(clock, sensor, 1_000)
    assert 998 <= sensor.read("lux") <= 1_000


def test_arguments_that_cannot_be_are_refused():
    assert "address" in _refused(Bh1750, None, 0x24)
    assert "window_percent" in _refused(Bh1750, None, 0x23, 0)

"""A streetlight with its rules and its drivers: from the light on the sensor to the gear on its bus, and its faults."""

from pathlib import Path

import pytest
from chips.bh1750 import Bh1750 as LightSensor
from chips.buses import I2C, UART
from chips.clock import Clock
from chips.dali import Bus, Gear
from chips.ntc import Ntc as Thermistor
from chips.pins import ADC, Pin
from chips.pzem004t import Pzem004t as Meter
from chips.rcmb102 import Rcmb102
from lilong_firmware.drivers.bh1750 import Bh1750
from lilong_firmware.drivers.dali import LEVELS, Dali
from lilong_firmware.drivers.lamp_relay import LampRelay
from lilong_firmware.drivers.leakage import Leakage
from lilong_firmware.drivers.ntc import Ntc
from lilong_firmware.drivers.pzem004t import Pzem004t
from lilong_protocol import codes
from lilong_protocol.registry import ALARM

STEP_MS = 10
SECOND = 1_000
STARTED_MS = 3 * SECOND  # drivers have had their first values


class Lamp:
    """Hardware and rules in one time. A lamp of 60 W whose relay feeds its gear."""

    def __init__(self, host_class, lux=10_000):
        clock = self.clock = Clock()
        self.host = host_class("streetlight", {"lux": lux})
        self.bus = Bus(clock, Pin(clock))
        self.gear = Gear(self.bus)
        self.gear.mains(False)
        self.relay = Pin(clock, Pin.OUT)
        self.relay.watch(lambda level: self.feed(bool(level)))
        self.sense = Pin(clock, Pin.IN, Pin.PULL_UP)
        self.welded = False
        uart, i2c = UART(clock), I2C(clock)
        self.meter = Meter(clock, uart)
        self.light = i2c.chips[0x23] = LightSensor(clock)
        self.light.mlx = lux * 1_000
        self.thermistor, self.monitor = Thermistor(), Rcmb102(clock)
        self.dali = Dali(self.bus, self.bus.rx, self.relay, ticks_us=clock.ticks_us)
        self.polled = [self.dali, Bh1750(i2c), Pzem004t(uart), LampRelay(self.sense)]
        self.read = {
            "lux": self.polled[1], "temperature": Ntc(ADC(self.thermistor.uv)), "gear": self.dali,
            "leakage": Leakage(ADC(self.monitor.uv)), **dict.fromkeys(("power", "voltage", "current", "power_factor"),
                                                                      self.polled[2]),
        }  # fmt: skip
        self.due = [0] * len(self.polled)
        self.driven = {}
        self.silent = set()
        self.drawing = 1.0  # of what its light should
        self.run(STARTED_MS)

    def feed(self, on):
        on = on or self.welded
        self.sense.drive(0 if on else None)
        if on != self.gear.fed:
            self.gear.mains(on)

    def plant(self):
        gear, meter = self.gear, self.meter
        percent = max((at for at, level in enumerate(LEVELS) if level <= gear.level), default=0) if gear.fed else 0
        watts = 0.6 * percent * self.drawing
        meter.power = int(watts * 10)
        meter.current = int(watts / 220 / 0.93 * 1000)
        meter.power_factor = 93 if watts else 0

    def run(self, ms):
        for step in range(ms // STEP_MS):
            self.clock.pass_ms(STEP_MS)
            now = self.clock.us // 1000
            self.plant()
            self.host.run_to(now)
            for at, driver in enumerate(self.polled):
                if self.due[at] <= now:
                    driver.poll(now)
                    self.due[at] = now + driver.POLL_MS
            if step % 10 == 0:
                self.look(now)
            if event := self.polled[3].take():
                self.host.sense(*event)
            for name, value in self.host.outputs.items():
                if self.driven.get(name) != value:
                    self.driven[name] = value
                    self.dali.drive(name, value)

    def look(self, now):
        for channel, driver in self.read.items():
            value = driver.read(channel)
            if value is None:
                if now > STARTED_MS and channel not in self.silent:
                    self.silent.add(channel)
                    self.host.sense(channel, None)
            elif channel in self.silent or value != self.host.values[channel]:
                self.silent.discard(channel)
                self.host.sense(channel, value)

    def raised(self):
        return {ALARM[code].name for _, what, code in self.host.notes if what == "raised"}


@pytest.fixture
def lamp(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1]))
    from harness import Host  # noqa: PLC0415  it is in the folder above

    return Lamp(Host)


@pytest.fixture
def lit(lamp):
    lamp.light.mlx = 5_000
    lamp.run(75 * SECOND)
    return lamp


def test_by_day_it_is_dark_and_its_gear_is_not_fed(lamp):
    lamp.run(30 * SECOND)
    assert not lamp.relay.level
    assert not lamp.gear.fed
    assert lamp.raised() == set()


def test_at_dusk_it_is_lit_in_full_and_knows_no_fault(lit):
    assert lit.relay.level
    assert lit.gear.level == 254
    lit.run(150 * SECOND)
    assert lit.raised() == set()
    report = lit.host.device.rules.report()
    assert report[codes.Q_ILLUMINANCE] == 5
    assert abs(report[codes.Q_POWER] - 600) <= 6
    assert abs(report[codes.Q_TEMPERATURE] - 2_500) <= 60


def test_a_commanded_level_is_at_the_gear_within_200_ms(lit):
    lit.host.order(codes.CMD_SET_LEVEL, {0: 30})
    lit.run(200)
    assert lit.gear.level == LEVELS[30]
    lit.run(120 * SECOND)
    assert lit.raised() == set()


def test_the_failure_level_is_in_the_gear_before_the_bus_fails(lit):
    level = LEVELS[lit.host.outputs["failure_level"]]
    assert (lit.gear.failure_level, lit.gear.power_on_level) == (level, level)
    lit.bus.power(False)
    lit.run(20 * SECOND)
    assert lit.gear.level == level
    assert lit.raised() == {"lamp.control_gear_comm_failure"}


def test_a_lamp_that_draws_nothing_has_failed(lit):
    lit.gear.lamp_failed = True
    lit.drawing = 0.02
    lit.run(100 * SECOND)
    assert "lamp.failure" in lit.raised()


def test_silent_gear_is_a_failure_of_communication_within_20_s(lit):
    lit.gear.mute = True
    lit.run(20 * SECOND)
    assert lit.raised() == {"lamp.control_gear_comm_failure"}


def test_a_welded_relay_is_told_when_the_lamp_should_be_off(lit):
    lit.welded = True
    lit.host.order(codes.CMD_SET_LEVEL, {0: 0})
    lit.run(5 * SECOND)
    assert not lit.relay.level
    assert "lamp.relay_failure" in lit.raised()


def test_leakage_is_told_within_20_s(lit):
    lit.monitor.dma = 350
    lit.run(20 * SECOND)
    assert lit.raised() == {"lamp.leakage_detected"}


def test_a_dead_light_sensor_is_told_and_the_lamp_goes_where_it_is_safe(lamp):
    lamp.light.alive = False
    lamp.run(15 * SECOND)
    assert lamp.raised() == {"sensor.fault"}
    level = lamp.host.outputs["failure_level"]
    assert lamp.gear.level == LEVELS[level]
    lamp.light.alive = True
    lamp.light.reset()
    lamp.run(80 * SECOND)
    assert not lamp.relay.level


def test_an_open_thermistor_is_told_and_the_light_stays(lit):
    lit.thermistor.broken = "open"
    lit.run(70 * SECOND)
    assert lit.raised() == {"sensor.fault"}
    assert lit.gear.level == 254

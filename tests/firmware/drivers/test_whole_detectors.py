"""A smoke detector and a gas alarm with their rules and their drivers: from smoke and gas to sounder and valve."""

from pathlib import Path

import pytest
from chips.buses import UART
from chips.clock import Clock
from chips.mq import Mq as GasSensor
from chips.pins import ADC, Pin
from chips.smoke_chamber import SmokeChamber as Chamber
from chips.ze07 import Ze07 as CoModule
from lilong_firmware.drivers.mq import Mq
from lilong_firmware.drivers.smoke_chamber import SmokeChamber
from lilong_firmware.drivers.ze07 import Ze07
from lilong_protocol import codes
from lilong_protocol.registry import ALARM

SECOND, MINUTE = 1_000, 60_000


class Detector:
    """Rules, and what their channels read; each channel is looked at as often as the board would poll it."""

    STEP_MS = 250

    def __init__(self, host_class, kind):
        self.clock = Clock()
        self.host = host_class(kind)
        self.silent = set()
        self.build()

    def raised(self):
        return [(at, ALARM[code].name) for at, what, code in self.host.notes if what == "raised"]

    def names(self):
        return {name for _, name in self.raised()}

    def run(self, ms):
        until = self.clock.us + ms * 1_000
        while self.clock.us < until:
            self.clock.pass_ms(self.STEP_MS)
            now = self.clock.us // 1_000
            self.host.run_to(now)
            self.poll(now)
            for channel, driver in self.read.items():
                value = driver.read(channel)
                if value is None:
                    if channel not in self.silent and now > 2 * SECOND:
                        self.silent.add(channel)
                        self.host.sense(channel, None)
                elif channel in self.silent or value != self.host.values[channel]:
                    self.silent.discard(channel)
                    self.host.sense(channel, value)


class Smoke(Detector):
    STEP_MS = 1_000

    def build(self):
        led = Pin(self.clock, Pin.OUT)
        self.chamber = Chamber(self.clock, led)
        adc = ADC(self.chamber.uv, noise_lsb=4, bits=16)
        self.driver = SmokeChamber(adc, led, ticks_us=self.clock.ticks_us, sleep_us=self.clock.sleep_us)
        self.read = {"obscuration": self.driver}
        self.hour = 0

    def poll(self, now):
        if now // (60 * MINUTE) > self.hour:
            self.hour += 1
            self.driver.poll(now)


class Gas(Detector):
    def build(self):
        self.sensor = GasSensor()
        self.uart = UART(self.clock)
        self.module = CoModule(self.clock, self.uart)
        self.mq = Mq(ADC(self.sensor.uv), ADC(self.sensor.heater_uv))
        self.co = Ze07(self.uart)
        self.mq.start(0)
        self.co.start(0)
        self.read = {"gas": self.mq, "co": self.co}

    def poll(self, now):
        self.co.poll(now)
        if now % Mq.POLL_MS < self.STEP_MS:
            self.mq.poll(now)


@pytest.fixture
def host_class(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1]))
    from harness import Host  # noqa: PLC0415  it is in the folder above

    return Host


@pytest.fixture
def smoke(host_class):
    detector = Smoke(host_class, "smoke")
    detector.run(10 * SECOND)
    return detector


@pytest.fixture
def gas(host_class):
    detector = Gas(host_class, "gas")
    detector.run(4 * MINUTE)
    return detector


# ---- smoke


def test_clean_air_and_a_lit_room_are_no_alarm(smoke):
    smoke.chamber.ambient_uv = 900_000
    smoke.run(10 * MINUTE)
    assert smoke.raised() == []


def test_smoke_sounds_within_9_s_and_ends_when_it_has_gone(smoke):
    smoke.chamber.mdb = 260
    smoke.run(9 * SECOND)
    assert smoke.host.outputs["sounder"] == 1
    assert smoke.names() == {"smoke.alarm"}
    smoke.chamber.mdb = 20
    smoke.run(70 * SECOND)
    assert smoke.host.outputs["sounder"] == 0


def test_a_chamber_without_light_is_told_and_does_not_sound(smoke):
    smoke.chamber.fault = "led open"
    smoke.run(9 * SECOND)
    assert smoke.names() == {"sensor.fault"}
    assert smoke.host.outputs.get("sounder", 0) == 0
    smoke.chamber.fault = None
    smoke.chamber.mdb = 300
    smoke.run(9 * SECOND)
    assert smoke.host.outputs["sounder"] == 1


def test_a_smouldering_fire_of_hours_is_not_taken_for_dust(smoke):
    for _ in range(24):  # 240 mdB/m in four hours
        smoke.chamber.mdb += 10
        smoke.run(10 * MINUTE)
    assert "smoke.alarm" in smoke.names()


def test_dust_is_followed_and_told_when_it_is_too_much(smoke):
    smoke.STEP_MS = MINUTE
    smoke.chamber.mdb = 50
    smoke.run(60 * 60 * MINUTE)
    assert smoke.raised() == []
    assert smoke.host.values["obscuration"] <= 3
    smoke.chamber.mdb = 57 + 130
    smoke.run(36 * 60 * MINUTE)
    assert smoke.names() == {"sensor.fault"}


# ---- gas


def test_while_it_warms_up_a_cold_sensor_is_neither_gas_nor_a_fault(host_class):
    detector = Gas(host_class, "gas")
    detector.sensor.broken = "short"  # a cold sensor's resistance is low at first
    detector.run(2 * MINUTE)
    detector.sensor.broken = None
    detector.run(2 * MINUTE)
    assert detector.raised() == []
    assert detector.host.device.rules.report()[codes.Q_READY] == 1


def test_a_leak_shuts_the_valve_between_15_and_60_s(gas):
    gas.sensor.ppm = 6_000  # 12 %LEL
    gas.run(15 * SECOND)
    assert gas.host.outputs.get("valve", 0) == 0
    gas.run(45 * SECOND)
    assert (gas.host.outputs["valve"], gas.host.outputs["sounder"]) == (1, 1)
    assert gas.names() == {"gas.leak"}
    gas.sensor.ppm = 0
    gas.run(MINUTE)
    assert gas.host.outputs["valve"] == 1


def test_a_tenth_of_that_is_no_leak(gas):
    gas.sensor.ppm = 600
    gas.run(5 * MINUTE)
    assert gas.raised() == []


@pytest.mark.parametrize(("ppm", "earliest", "latest"), [(50, 60, 90), (100, 10, 40), (300, 0, 3)])
def test_carbon_monoxide_alarms_in_the_time_of_en_50291(gas, ppm, earliest, latest):
    gas.module.dppm = ppm * 10
    began = gas.clock.us // 1_000
    gas.run(latest * MINUTE)
    alarms = [at for at, name in gas.raised() if name == "gas.co"]
    assert len(alarms) == 1
    assert began + earliest * MINUTE <= alarms[0] <= began + latest * MINUTE


@pytest.mark.parametrize("broken", ["open", "short", "heater"])
def test_a_broken_gas_sensor_is_told(gas, broken):
    gas.sensor.broken = broken
    gas.run(20 * SECOND)
    assert gas.names() == {"sensor.fault"}
    assert gas.host.outputs.get("valve", 0) == 0


def test_a_silent_carbon_monoxide_module_is_told_within_10_s(gas):
    gas.module.power(False)
    gas.run(10 * SECOND)
    assert gas.names() == {"sensor.fault"}

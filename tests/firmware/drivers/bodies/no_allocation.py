"""What a sample of smoke, gas or lamp takes of the heap: nothing, shown with the heap locked."""

from chips.ze07 import upload
from lilong_firmware.drivers.bh1750 import Bh1750
from lilong_firmware.drivers.dimmer_pwm import DimmerPwm
from lilong_firmware.drivers.leakage import Leakage
from lilong_firmware.drivers.mq import Mq
from lilong_firmware.drivers.ntc import Ntc
from lilong_firmware.drivers.pzem004t import Pzem004t
from lilong_firmware.drivers.smoke_adc import SmokeAdc
from lilong_firmware.drivers.smoke_chamber import SmokeChamber
from lilong_firmware.drivers.ze07 import Ze07

try:
    from micropython import heap_lock, heap_unlock
except ImportError:  # CPython has no such thing

    def heap_lock():
        pass

    heap_unlock = heap_lock


class _Pin:
    def __call__(self, value=None):
        return 0


class _Adc:
    def __init__(self, uv):
        self.uv = uv

    def read_uv(self):
        return self.uv


class _Blink:
    """Dark and lit by turns."""

    def __init__(self):
        self.lit = True

    def read_uv(self):
        self.lit = not self.lit
        return 420_000 if self.lit else 20_000


class _Line:
    """A UART with one frame, and an I2C bus."""

    def __init__(self, frame):
        self.frame = frame
        self.at = 0

    def write(self, data):
        pass

    def readinto(self, buffer):
        if self.at >= len(self.frame):
            return None
        at = 0
        while at < len(buffer) and self.at < len(self.frame):
            buffer[at] = self.frame[self.at]
            at += 1
            self.at += 1
        return at

    def writeto(self, address, data):
        pass

    def readfrom_into(self, address, buffer):
        buffer[0] = 2
        buffer[1] = 0


class _Pwm:
    def __init__(self):
        self.duty = 0

    def freq(self, hz):
        pass

    def duty_u16(self, duty):
        self.duty = duty


def _zero(_us=0):
    return 0


def _locked(function, argument):
    heap_lock()
    try:
        return function(argument)
    finally:
        heap_unlock()


def test_readings_by_adc_take_nothing():
    mq = Mq(_Adc(1_666_000), _Adc(147_000))
    mq.start(0)
    mq.poll(200_000)
    chamber = SmokeChamber(_Blink(), _Pin(), ticks_us=_zero, sleep_us=_zero)
    for driver, low, high in (
        (mq, 19, 22), (Ntc(_Adc(1_650_000)), 2_400, 2_600), (Leakage(_Adc(500_000)), 53, 55),
        (SmokeAdc(_Adc(700_000)), 99, 101), (chamber, 99, 101),
    ):  # fmt: skip
        value = _locked(driver.read, "channel")
        assert low <= value <= high
    _locked(chamber.poll, 0)


def test_a_frame_of_carbon_monoxide_takes_nothing():
    co = Ze07(_Line(b"\x00\xff\x04" + upload(123)))
    _locked(co.poll, 0)
    assert co.read("co") == 12


def test_an_answer_of_the_meter_takes_nothing():
    from chips.pzem004t import answer  # noqa: PLC0415  its frame is made before the heap is locked

    line = _Line(b"")
    meter = Pzem004t(line)
    _locked(meter.poll, 0)
    line.frame = answer((2_201, 297, 0, 598, 0, 12, 0, 500, 91, 0))
    _locked(meter.poll, 100)
    assert (meter.read("voltage"), meter.read("power")) == (2_201, 598)


def test_a_measurement_of_light_takes_nothing():
    light = Bh1750(_Line(b""))
    _locked(light.poll, 0)
    _locked(light.poll, 181)
    assert light.read("lux") == 426


def test_a_step_of_a_fade_takes_nothing():
    pwm = _Pwm()
    dimmer = DimmerPwm(pwm)
    dimmer.drive("lamp", 0)
    _locked(dimmer.poll, 0)
    _locked(dimmer.poll, 1_000)
    assert 32_000 < pwm.duty < 33_500

"""What is read through an ADC: board temperature, leakage, a smoke module, combustible gas."""

from chips.clock import Clock
from chips.mq import Mq as MqModel
from chips.ntc import Ntc as NtcModel
from chips.pins import ADC
from chips.rcmb102 import Rcmb102
from lilong_firmware.drivers.leakage import Leakage
from lilong_firmware.drivers.mq import MQ4_METHANE, MQ5_LPG, MQ5_METHANE, Mq
from lilong_firmware.drivers.ntc import Ntc
from lilong_firmware.drivers.smoke_adc import SmokeAdc


class _Dead:
    def read_uv(self):
        raise OSError(5)


def _refused(function, *arguments):
    try:
        function(*arguments)
    except ValueError as error:
        return str(error)
    return None


# ---- temperature


def test_temperature_is_within_a_degree_from_minus_40_to_120_and_half_from_0_to_90():
    model = NtcModel()
    ntc = Ntc(ADC(model.uv))
    for cdeg in range(-4_000, 12_000, 130):
        model.cdeg = cdeg
        limit = 50 if 0 <= cdeg <= 9_000 else 110
        assert abs(ntc.read("temperature") - cdeg) <= limit, (cdeg, ntc.read("temperature"))


def test_an_ntc_open_or_shorted_reads_none_and_comes_back():
    model = NtcModel()
    ntc = Ntc(ADC(model.uv, noise_lsb=2))
    for broken in ("open", "short"):
        model.broken = broken
        assert ntc.read("temperature") is None
        model.broken = None
        assert abs(ntc.read("temperature") - 2_500) <= 50


def test_a_dead_adc_reads_none():
    assert Ntc(_Dead()).read("temperature") is None
    assert Leakage(_Dead()).read("leakage") is None
    assert SmokeAdc(_Dead()).read("obscuration") is None
    mq = Mq(_Dead())
    mq.start(0)
    mq.poll(180_000)
    assert mq.read("gas") is None


# ---- leakage


def test_leakage_is_within_a_quarter_milliampere():
    model = Rcmb102(Clock())
    leakage = Leakage(ADC(model.uv, noise_lsb=1))
    for dma in range(0, 290, 7):
        model.dma = dma
        assert abs(leakage.read("leakage") - dma) <= 2, dma


def test_an_offset_of_the_module_is_taken_off():
    model = Rcmb102(Clock())
    leakage = Leakage(ADC(lambda: model.uv() + 15_000), offset_mv=30)  # 30 mV at X1
    for dma in (0, 100, 250):
        model.dma = dma
        assert abs(leakage.read("leakage") - dma) <= 2


def test_leakage_beyond_the_range_reads_30_milliamperes_and_is_held():
    clock = Clock()
    model = Rcmb102(clock)
    leakage = Leakage(ADC(model.uv))
    model.dma = 2_000
    assert leakage.read("leakage") == 300
    model.dma = 50
    assert leakage.read("leakage") == 300
    clock.pass_ms(1_201)
    assert abs(leakage.read("leakage") - 50) <= 2


def test_a_module_that_has_failed_reads_none():
    model = Rcmb102(Clock())
    leakage = Leakage(ADC(model.uv))
    model.failed = True
    assert leakage.read("leakage") is None
    assert Leakage(ADC(lambda: 3_300_000)).read("leakage") is None
    model.failed = False
    assert leakage.read("leakage") == 0


# ---- smoke module


def test_a_smoke_module_follows_its_table():
    uv = [500_000]
    smoke = SmokeAdc(ADC(lambda: uv[0]), clean_mv=500, full_mv=2_500, full_mdb=1_000)
    for mv, mdb in ((300, 0), (500, 0), (960, 230), (1_500, 500), (2_900, 1_000)):
        uv[0] = mv * 1_000
        assert abs(smoke.read("obscuration") - mdb) <= 1, mv
    smoke.calibrate((400, 0, 800, 100, 1_600, 700))
    uv[0] = 1_200_000
    assert abs(smoke.read("obscuration") - 400) <= 2


def test_a_smoke_module_takes_its_table_from_its_record():
    smoke = SmokeAdc(ADC(lambda: 1_200_000), record=b"\x01\x90\x00\x00\x03\x20\x00\x64\x06\x40\x02\xbc")
    assert abs(smoke.read("obscuration") - 400) <= 2


def test_a_smoke_module_off_its_wires_reads_none():
    uv = [0]
    smoke = SmokeAdc(ADC(lambda: uv[0]))
    assert smoke.read("obscuration") is None
    uv[0] = 3_100_000  # as much as an ESP32 sees of 3.3 V
    assert smoke.read("obscuration") is None
    uv[0] = 500_000
    assert smoke.read("obscuration") == 0


def test_a_table_that_falls_or_ends_below_what_hushing_needs_is_refused():
    smoke = SmokeAdc(ADC(lambda: 0))
    for table in ((), (500, 0), (500, 0, 400, 500), (500, 9, 900, 9), (500, 0, 900, 344), (50, 0, 900, 400), (1, 2, 3)):
        assert "table" in _refused(smoke.calibrate, table)


# ---- combustible gas


def _gas(model, curve, heater=False):
    mq = Mq(ADC(model.uv), ADC(model.heater_uv) if heater else None, curve)
    mq.start(0)
    mq.poll(180_000)
    return mq


def test_gas_at_the_trip_level_is_within_a_tenth_of_it():
    for number, gas, curve, ppm in ((4, "methane", MQ4_METHANE, 5_000), (5, "methane", MQ5_METHANE, 5_000),
                                    (5, "lpg", MQ5_LPG, 2_100)):  # fmt: skip
        model = MqModel(number, gas)
        mq = _gas(model, curve)
        model.ppm = ppm
        assert abs(mq.read("gas") - 100) <= 10, (number, gas, mq.read("gas"))


def test_gas_rises_with_the_concentration_and_within_the_scope_by_the_curve():
    for number, curve in ((4, MQ4_METHANE), (5, MQ5_METHANE)):
        model = MqModel(number)
        mq = _gas(model, curve)
        before = -1
        for step in range(60):
            model.ppm = int(200 * 1.08**step)
            gas = mq.read("gas")
            assert gas >= before, (number, model.ppm)
            if 1_000 <= model.ppm <= 10_000:
                assert abs(gas - model.ppm // 50) <= model.ppm // 50 // 5 + 2, (number, model.ppm, gas)
            before = gas
        assert before > 250  # the top of the range that may be muted is told apart


def test_clean_air_reads_nothing():
    for number, curve in ((4, MQ4_METHANE), (5, MQ5_METHANE), (5, MQ5_LPG)):
        assert _gas(MqModel(number), curve).read("gas") == 0


def test_calibration_finds_the_resistance_of_this_sensor():
    model = MqModel(4, r0_ohm=27_000)
    mq = _gas(model, MQ4_METHANE)
    record = mq.calibrate()
    assert abs(mq.r0_ohm - 27_000) <= 270
    assert Mq(ADC(model.uv), record=record).r0_ohm == mq.r0_ohm
    model.ppm = 5_000
    assert abs(mq.read("gas") - 100) <= 10
    model.broken = "open"
    assert mq.calibrate() is None
    assert abs(mq.r0_ohm - 27_000) <= 270


def test_a_fault_of_sensor_or_heater_reads_none_once_it_is_warm():
    model = MqModel()
    mq = Mq(ADC(model.uv), ADC(model.heater_uv))
    mq.start(1_000)
    for broken in ("open", "short", "heater"):
        model.broken = broken
        mq.start(1_000)
        mq.poll(180_999)
        assert mq.read("gas") == 0
        mq.poll(181_000)
        assert mq.read("gas") is None
        model.broken = None
        assert mq.read("gas") == 0


def test_a_heater_without_its_own_adc_is_missed_by_the_cold_sensor():
    model = MqModel()
    mq = _gas(model, MQ4_METHANE)
    model.broken = "heater"
    assert mq.read("gas") is None


def test_arguments_that_cannot_be_are_refused():
    adc = ADC(lambda: 0)
    assert "curve" in _refused(Mq, adc, None, 3)
    assert "load_ohm" in _refused(Mq, adc, None, 0, 0)
    assert "r0_ohm" in _refused(Mq, adc, None, 0, 20_000, 499)
    assert "record" in _refused(Mq, adc, None, 0, 20_000, 10_000, 60, b"\0\0\x27")
    assert "r0_ohm" in _refused(Mq, adc, None, 0, 20_000, 10_000, 60, b"\0\0\0\x27")
    assert "record" in _refused(SmokeAdc, adc, 500, 2_500, 1_000, b"\1\x90\0")
    assert "table" in _refused(SmokeAdc, adc, 500, 2_500, 1_000, b"\1\x90\0\0\1\x90\3\0")
    assert "supply" in _refused(Ntc, adc, 0)
    assert "divider" in _refused(Leakage, adc, 0)

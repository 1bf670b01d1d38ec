"""A board that cannot be is refused, naming the culprit: pins, buses, drivers, parameters, every key."""

import copy
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lilong_tools import boards
from lilong_tools.boards import chips, kinds
from lilong_tools.boards.load import load
from lilong_tools.boards.model import Pin
from lilong_tools.boards.pins import pwm_clashes

ROOT = Path(__file__).parents[2] / "boards"
NAMES = [name for name in boards.board_ids() if name != "unix"]
CONTENT = {name: load(ROOT / name) for name in NAMES}


def complaints(name, content):
    return [(found.key, found.says) for found in boards.check_content(ROOT / name, content)[1]]


def with_changes(name, *changes):
    """The file of a board with other values at these dotted keys; None takes one out."""
    content = copy.deepcopy(CONTENT[name])
    for key, value in changes:
        *path, last = key.split(".")
        table = content
        for part in path:
            table = table.setdefault(part, {})
        if value is None:
            del table[last]
        else:
            table[last] = value
    return content


def said(name, *changes):
    return complaints(name, with_changes(name, *changes))


def names_it(found, key, *words):
    return any(where == key and all(word in says for word in words) for where, says in found)


# ---- pins


@pytest.mark.parametrize(
    ("name", "key", "gpio", "words"),
    [
        ("esp32", "kind.smoke.pins.SOUNDER", 24, ["ESP32 in esp32_wroom_32e has no GPIO 24", "take one of 4, 13-14"]),
        ("esp32", "kind.smoke.pins.SOUNDER", 6, ["GPIO 6 is taken by the SPI flash"]),
        ("esp32", "kind.smoke.pins.SOUNDER", 1, ["GPIO 1 is taken by UART0"]),
        ("esp32", "kind.smoke.pins.SOUNDER", 12, ["GPIO 12 is a strapping pin (MTDI: high at reset", "`safe`"]),
        ("esp32", "kind.smoke.pins.SOUNDER", 25, ["GPIO 25 is used twice: it is IR_LED already"]),
        ("esp32", "kind.smoke.adc.CHAMBER", 25, ["GPIO 25 is on ADC2", "Wi-Fi", "take one of 32-36, 39"]),
        ("esp32", "kind.smoke.adc.CHAMBER", 18, ["GPIO 18 has no ADC"]),
        ("esp32_c3", "kind.smoke.adc.CHAMBER", 5, ["GPIO 5 is on ADC2", "not reliable on this chip"]),
        ("esp32_c3", "kind.smoke.pins.SOUNDER", 18, ["taken by USB-JTAG"]),
        ("esp32_c3", "kind.smoke.pins.SOUNDER", 22, ["has no GPIO 22"]),
        ("esp32_s3", "kind.wristband.pins.BUZZER", 36, ["taken by the octal PSRAM"]),
        ("esp32_s3", "kind.wristband.pins.BUZZER", 46, ["GPIO 46 is a strapping pin"]),
        ("pico_w", "kind.smoke.pins.SOUNDER", 23, ["taken by the radio"]),
        ("pico_w", "kind.smoke.pins.SOUNDER", 30, ["RP2040 in pico_w has no GPIO 30"]),
        ("pico_w", "kind.smoke.adc.CHAMBER", 22, ["GPIO 22 has no ADC; take one of 26-28"]),
    ],
)
def test_a_pin_that_cannot_be_what_it_is_wanted_for_is_named(name, key, gpio, words):
    assert names_it(said(name, (f"{key}.gpio", gpio)), f"{key}.gpio", *words)


def test_an_output_on_an_input_only_pin_is_told_which_pins_are_left():
    found = said("esp32", ("kind.smoke.pins.SOUNDER.gpio", 34))
    assert names_it(found, "kind.smoke.sounder.pwm", "GPIO 34 (SOUNDER) is an input only; free outputs: 4, 13")


def test_a_strapping_pin_with_a_reason_may_be_used_and_a_reason_for_another_pin_may_not():
    pin = "kind.smoke.pins.SOUNDER"
    assert said("esp32", (f"{pin}.gpio", 15), (f"{pin}.printed", "15"), (f"{pin}.safe", "a silent boot log")) == []
    assert names_it(said("esp32", (f"{pin}.safe", "why not")), f"{pin}.safe", "GPIO 26 is no strapping pin of ESP32")


def test_pulls_that_a_chip_has_not_are_refused():
    found = said("esp32_ppp", ("kind.manhole.pins.ACC_INT.pull", "up"))
    assert names_it(found, "kind.manhole.pins.ACC_INT.pull", "GPIO 34 has no pull resistors")
    found = said("pico2_w", ("kind.smoke.pins.TAMPER.pull", "down"))
    assert names_it(found, "kind.smoke.pins.TAMPER.pull", "GPIO 14", "RP2350-E9")
    assert said("pico_w", ("kind.smoke.pins.TAMPER.pull", "down")) == []


def test_two_pins_printed_alike_are_one_mistake():
    found = said("esp32", ("kind.smoke.pins.SOUNDER.printed", "25"))
    assert names_it(found, "kind.smoke.pins.SOUNDER.printed", "'25' is printed at GPIO 25 already")


def test_the_same_gpio_may_be_something_else_with_another_kind():
    pins = CONTENT["esp32"]["kind"]
    assert pins["gas"]["pins"]["VALVE"]["gpio"] == pins["smoke"]["pins"]["IR_LED"]["gpio"]


def test_a_pin_of_a_kind_that_nothing_uses_is_told():
    found = said("esp32", ("kind.smoke.pins.SPARE", {"gpio": 4, "printed": "4"}))
    assert names_it(found, "kind.smoke.pins.SPARE", "nothing of smoke uses it")


def test_two_pwm_outputs_on_a_slice_of_rp2_must_have_one_frequency_and_are_refused():
    for gpio, refused in ((3, True), (6, False)):
        found = said(
            "pico_w", ("kind.smoke.pins.SECOND", {"gpio": gpio, "printed": f"GP{gpio}"}),
            ("kind.smoke.pins.SOUNDER", {"gpio": 2, "printed": "GP2"}),
            ("kind.smoke.battery", {"driver": "buzzer", "pwm": "SECOND"}),
        )  # fmt: skip
        clash = "is on PWM slice 1 with GPIO"
        assert any(clash in says and "one frequency" in says for _, says in found) is refused


def test_pwm_outputs_are_as_many_as_the_chip_has_channels():
    chip = chips.chip_of("esp32c3", "esp32_c3_mini_1")
    outputs = [Pin(f"P{gpio}", "", gpio, "") for gpio in range(8)]
    assert list(pwm_clashes(chip, outputs[:6])) == []
    assert [pin.name for pin, _ in pwm_clashes(chip, outputs)] == ["P6", "P7"]


# ---- buses


@pytest.mark.parametrize(
    ("name", "changes", "key", "words"),
    [
        ("pico_w", [("kind.gas.pins.CO_TX.gpio", 6), ("kind.gas.pins.CO_TX.printed", "GP6")], "kind.gas.uart.co.tx",
         ["TX of uart 1 is not on GPIO 6 (CO_TX); it is on one of 4, 8, 20"]),
        ("pico_w", [("kind.door.spi.reader.unit", 1)], "kind.door.spi.reader.sck", ["SCK of spi 1 is not on GPIO 18"]),
        ("pico2_w", [("kind.streetlight.i2c.sensors.unit", 1)], "kind.streetlight.i2c.sensors.sda",
         ["SDA of i2c 1 is not on GPIO 4"]),
        ("esp32_c3", [("kind.wristband.i2c.sensors.unit", 1)], "kind.wristband.i2c.sensors.unit",
         ["ESP32-C3 has no i2c 1 to give; there are 0"]),
        ("esp32", [("kind.gas.uart.co.unit", 0)], "kind.gas.uart.co.unit", ["ESP32 has no uart 0 to give"]),
        ("esp32_ppp", [("kind.manhole.pins.SDA.gpio", 36)], "kind.manhole.i2c.sensors.sda",
         ["GPIO 36 (SDA) is an input only, and SDA is driven"]),
        ("esp32", [("kind.gas.uart.co.rx", "CO_R")], "kind.gas.uart.co.rx", ["'CO_R' is no function in [pins]"]),
        ("esp32", [("kind.gas.uart.co.rx", "CO_TX")], "kind.gas.uart.co.rx", ["CO_TX is used twice"]),
        ("esp32_ppp", [("kind.manhole.uart.other", {"unit": 1, "tx": "SDA", "rx": "SCL", "baud": 9600})],
         "kind.manhole.uart.other.unit", ["uart 1 is modem already (uart.modem)"]),
        ("esp32_ppp", [("kind.manhole.water", {"driver": "a02yyuw", "uart": "modem"})], "kind.manhole.water.uart",
         ["'modem' is the modem's"]),
        ("esp32", [("kind.gas.uart.co.baud", 1)], "kind.gas.uart.co.baud", ["1 is out of range; give 300 to"]),
    ],
)  # fmt: skip
def test_a_bus_where_the_chip_has_it_not_is_named(name, changes, key, words):
    assert names_it(said(name, *changes), key, *words)


def test_what_must_wake_a_sleeping_kind_is_on_a_pin_that_ends_deep_sleep():
    pin = "kind.manhole.pins.ACC_INT"
    assert said("esp32_ppp", (f"{pin}.gpio", 13)) == []
    found = said("esp32_ppp", (f"{pin}.gpio", 5), (f"{pin}.safe", "the chip holds it low"))
    assert names_it(
        found, "kind.manhole.tilt.int1", "GPIO 5 (ACC_INT) does not end deep sleep, and tilt must; take one of"
    )
    found = said("esp32_c3", ("kind.wristband.pins.SOS.gpio", 7), ("kind.wristband.pins.VIBRATE.gpio", 0))
    assert names_it(found, "kind.wristband.sos.pin", "GPIO 7 (SOS) does not end deep sleep")


def test_a_pin_of_the_modem_is_not_had_by_a_sensor_too():
    found = said("esp32_ppp", ("kind.manhole.water.trigger", "DTR"))
    assert names_it(found, "kind.manhole.water.trigger", "DTR is used twice: by modem.dtr already")


def test_two_chips_with_one_address_on_a_bus_are_refused():
    part = {"driver": "bh1750", "i2c": "sensors", "address": 0x23}
    found = said("esp32", ("kind.streetlight.temperature", part))
    assert names_it(found, "kind.streetlight.temperature.address", "address 0x23 on sensors is used twice")


# ---- drivers


@pytest.mark.parametrize(
    ("name", "key", "value", "where", "words"),
    [
        ("esp32", "kind.gas.gas.driver", "mqq", "kind.gas.gas.driver", ["unknown driver 'mqq'; did you mean 'mq'?"]),
        ("esp32", "kind.gas.gas.driver", "ntc", "kind.gas.gas.driver", ["ntc has nothing for gas; it has temperature"]),
        ("esp32", "kind.gas.gas.adc", None, "kind.gas.gas.adc", ["is missing: mq takes it as an analogue input"]),
        ("esp32", "kind.gas.gas.adc", "VALVE", "kind.gas.gas.adc", ["'VALVE' is no function in [adc]"]),
        ("esp32", "kind.gas.gas.colour", 1, "kind.gas.gas.colour", ["mq takes no such parameter"]),
        ("esp32", "kind.gas.gas.divider_percent", 7, "kind.gas.gas.divider_percent",
         ["7 is out of range for mq; give a whole number from 10 to 100"]),
        ("esp32", "kind.gas.gas.divider_percent", "50", "kind.gas.gas.divider_percent", ["'50' is not a whole number"]),
        ("esp32", "kind.gas.co.uart", "cold", "kind.gas.co.uart", ["'cold' is no uart bus of this board"]),
        ("esp32", "kind.gas.co", None, "kind.gas.co", ["is missing: a channel of gas"]),
        ("esp32", "kind.gas.valve", None, "kind.gas.valve", ["is missing: an output of gas"]),
        ("esp32", "kind.gas.radon", {"absent": "-"}, "kind.gas.radon", ["is no channel or output of gas"]),
        ("esp32", "kind.gas.gas", {"absent": "dear"}, "kind.gas.gas.absent", ["without gas it is no gas"]),
        ("esp32", "kind.gas.co", {"absent": " "}, "kind.gas.co.absent", ["say why"]),
        ("esp32", "kind.gas.co", {"shares": "gass"}, "kind.gas.co.shares", ["no driver at 'gass'; did you mean"]),
        ("esp32", "kind.gas.co", {"shares": "gas"}, "kind.gas.co.shares", ["mq has nothing for co; it has gas"]),
        ("esp32", "kind.toaster", {}, "kind.toaster", ["unknown key"]),
        ("esp32", "chip", "esp33", "chip", ["unknown 'esp33'; did you mean"]),
        ("esp32", "module", "pico_w", "module", ["unknown 'pico_w'; there are esp32_wroom_32e, esp32_wrover_e"]),
        ("esp32", "radio", "lora", "radio", ["unknown 'lora'"]),
        ("esp32", "radio", "ppp", "modem", ["is missing; give a table"]),
        ("esp32", "flash.partitions", "none.csv", "", ["cannot be read"]),
        ("esp32", "flash.partitions", None, "flash.partitions", ["is missing; name the table with two"]),
        ("pico_w", "flash.layout.bundle_kib", 400, "flash.layout.bundle_kib", ["two bundles of 400, 200 of data"]),
        ("pico_w", "flash.layout.boot_kib", 4, "flash.layout.boot_kib", ["not the two sectors of a file"]),
        ("pico_w", "flash.layout.bundle_kib", 10, "flash.layout.bundle_kib", ["10 KiB do not hold a kind's firmware"]),
        ("pico_w", "flash.layout.firmware_kib", 1500, "flash.layout.firmware_kib", ["and there are 2048"]),
        ("pico_w", "flash.layout.spare_kib", 1, "flash.layout.spare_kib", ["unknown key"]),
        ("pico_w", "flash.layout.data_kib", None, "flash.layout.data_kib", ["is missing"]),
    ],
)  # fmt: skip
def test_what_a_kind_or_a_driver_does_not_have_is_named(name, key, value, where, words):
    assert names_it(said(name, (key, value)), where, *words)


def test_a_board_whose_peripherals_are_lines_has_no_wiring():
    content = load(ROOT / "unix")
    content["kind"] = {"gas": {"gas": {"driver": "mq", "adc": "A0"}}}
    assert names_it(complaints("unix", content), "kind.gas", "leave the table empty")


def test_all_that_is_wrong_is_told_at_once_and_sorted():
    found = said(
        "esp32", ("radio", "lora"), ("kind.smoke.pins.SOUNDER.gpio", 6), ("kind.gas.gas.driver", "mqq"), ("colour", 1)
    )
    keys = [key for key, _ in found]
    assert keys == sorted(keys)
    assert {"radio", "kind.smoke.pins.SOUNDER.gpio", "kind.gas.gas.driver", "colour"} <= set(keys)


# ---- any board, any place


def leaves(table, path=()):
    for key, value in table.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key)


def tables(table, path=()):
    yield path
    for key, value in table.items():
        if isinstance(value, dict):
            yield from tables(value, (*path, key))


def at(content, path):
    for key in path:
        content = content[key]
    return content


PLACES = [(name, path) for name in NAMES for path in leaves(CONTENT[name])]
TABLES = [(name, path) for name in NAMES for path in tables(CONTENT[name])]
PINS = [(name, path) for name, path in PLACES if path[-1] == "gpio"]
DRIVEN = [(name, path) for name, path in PLACES if path[-1] == "driver"]
PAIRS = [(name, path, other) for name, path in PINS for name_2, other in PINS if name == name_2 and path != other
         and (path[:2] == other[:2] or "kind" not in (path[0], other[0]))]  # fmt: skip
WIRED = [(name, kind, what) for name in NAMES for kind, rows in CONTENT[name]["kind"].items()
         for what in rows if what in (*kinds.channels(kind), *kinds.outputs(kind))]  # fmt: skip


@given(st.sampled_from(PLACES), st.sampled_from([1.5, True, [1], {"x": 1}, [], 10**9]))
def test_a_value_of_a_wrong_type_anywhere_is_refused_and_its_key_named(place, value):
    name, path = place
    content = copy.deepcopy(CONTENT[name])
    if path[-1] == "proved":
        value = 1
    at(content, path[:-1])[path[-1]] = value
    key = ".".join(path)
    assert any(where.startswith(key) for where, _ in complaints(name, content))


@given(
    st.sampled_from([place for place in TABLES if place[1] != ("power",)]), st.sampled_from(["zzz", "Driver", "gpio2"])
)
def test_a_key_that_nobody_knows_is_refused_wherever_it_stands(place, extra):
    name, path = place
    content = copy.deepcopy(CONTENT[name])
    at(content, path)[extra] = 1
    assert any(where.startswith(".".join((*path, extra))) for where, _ in complaints(name, content))


@given(st.sampled_from(PAIRS))
def test_a_gpio_that_another_function_has_on_the_same_kind_is_refused(pair):
    name, path, other = pair
    content = copy.deepcopy(CONTENT[name])
    gpio = at(content, other)
    at(content, path[:-1])["gpio"] = gpio
    found = complaints(name, content)
    keys = {".".join(path), ".".join(other)}
    assert any(where in keys and f"GPIO {gpio} is used twice" in says for where, says in found)


@given(st.sampled_from(PINS), st.data())
def test_a_gpio_that_the_chip_has_not_or_needs_itself_is_refused(place, data):
    name, path = place
    content = copy.deepcopy(CONTENT[name])
    chip = chips.chip_of(content["chip"], content["module"])
    gpio = data.draw(st.sampled_from(sorted(set(range(64)) - chip.pins | chip.taken.keys())))
    at(content, path[:-1])["gpio"] = gpio
    named = re.compile(rf"GPIO {gpio}\b")
    assert any(where == ".".join(path) and named.search(says) for where, says in complaints(name, content))


@given(st.sampled_from(WIRED))
def test_a_channel_or_output_that_is_left_out_is_refused(place):
    name, kind, what = place
    content = copy.deepcopy(CONTENT[name])
    del content["kind"][kind][what]
    assert any(where == f"kind.{kind}.{what}" and "is missing" in says for where, says in complaints(name, content))


@given(st.sampled_from(DRIVEN), st.data())
def test_each_parameter_of_each_driver_is_held_to_what_it_takes(place, data):
    name, path = place
    content = copy.deepcopy(CONTENT[name])
    row = at(content, path[:-1])
    driver = boards.known_drivers()[row["driver"]]
    parameter = data.draw(st.sampled_from(sorted(driver.takes)))
    role = driver.takes[parameter]
    if isinstance(role, tuple):
        row[parameter] = data.draw(st.sampled_from([role[0] - 1, role[1] + 1, "1"]))
    elif data.draw(st.booleans()) and parameter in row and parameter not in driver.optional:
        del row[parameter]
    else:
        row[parameter] = 1 if role == "data" else "NOT_THERE"
    key = ".".join((*path[:-1], parameter))
    assert any(where == key for where, _ in complaints(name, content))


@given(st.sampled_from(PINS), st.data())
def test_two_mistakes_are_both_told(pin, data):
    name, path = pin
    _, kind, what = data.draw(st.sampled_from([wired for wired in WIRED if wired[0] == name]))
    content = copy.deepcopy(CONTENT[name])
    at(content, path[:-1])["gpio"] = 63
    del content["kind"][kind][what]
    keys = {where for where, _ in complaints(name, content)}
    assert {".".join(path), f"kind.{kind}.{what}"} <= keys


anything = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@given(st.sampled_from([place for place in TABLES + PLACES if place[1]]), anything)
@example(("esp32", ("power",)), {"\n": False})
@example(("esp32", ("kind", "gas")), {"\n": {"driver": "mq"}, "co": {"shares": "\x00"}})
def test_whatever_stands_anywhere_is_judged_and_never_crashes(place, value):
    name, path = place
    content = copy.deepcopy(CONTENT[name])
    at(content, path[:-1])[path[-1]] = value
    for found in boards.check_content(ROOT / name, content)[1]:
        assert found.says
        assert "\n" not in str(found)

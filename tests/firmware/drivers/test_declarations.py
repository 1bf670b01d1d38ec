"""What drivers declare for people and PCs is true of their code; and what no driver may do."""

import ast
import importlib
import inspect

import pytest
from lilong_tools.boards.drivers import FOLDER, known_drivers

ALL = sorted(known_drivers())
SOURCES = sorted(path for path in FOLDER.glob("*.py") if path.name != "__init__.py")
# Of detector, gas alarm and lamp: a channel's unit as a data sheet would write it, by the registry's unit and exponent.
UNITS = {
    "obscuration": "mdB/m", "gas": "0.1 %LEL", "co": "ppm", "lux": "lx", "power": "0.1 W", "voltage": "0.1 V",
    "current": "mA", "power_factor": "1/100", "temperature": "0.01 Cel", "leakage": "0.1 mA", "relay": "bool",
    "gear": "bool",
}  # fmt: skip
MEASURING = [name for name in ALL if set(known_drivers()[name].gives) & set(UNITS)]


@pytest.mark.parametrize("name", ALL)
def test_numbers_that_are_left_out_are_in_their_range(name):
    driver = known_drivers()[name]
    parameters = inspect.signature(
        getattr(importlib.import_module(f"lilong_firmware.drivers.{name}"), driver.cls)
    ).parameters
    for taken, role in driver.takes.items():
        default = parameters[taken].default
        if isinstance(role, tuple) and isinstance(default, int):
            assert role[0] <= default <= role[1], taken


@pytest.mark.parametrize("name", MEASURING)
def test_a_data_sheet_has_each_channel_in_the_unit_of_the_registry_and_says_where_it_stands(name):
    module = importlib.import_module(f"lilong_firmware.drivers.{name}")
    sheet = module.DATA_SHEET
    assert {"chip", "measures", "bus"} <= set(sheet)
    for channel in known_drivers()[name].gives:
        if channel in UNITS:
            unit, low, high, clause = sheet["measures"][channel]
            assert unit == UNITS[channel]
            assert low < high
            assert clause


@pytest.mark.parametrize("path", SOURCES, ids=[path.stem for path in SOURCES])
def test_a_driver_has_no_floats_no_asyncio_and_no_long_sleep(path):
    tree = ast.parse(path.read_text())
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "DATA_SHEET":
            statement.value = ast.Constant(0)  # no board has it
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Constant) or not isinstance(node.value, float), node.lineno
        assert not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Div), f"line {node.lineno}: gives a float"
        if isinstance(node, ast.Import | ast.ImportFrom):
            assert "asyncio" not in ast.unparse(node)
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"sleep", "sleep_ms"}, node.lineno

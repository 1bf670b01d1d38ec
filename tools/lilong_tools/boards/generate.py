"""Writes wiring.py, the module that goes onto a board beside the firmware: buses, pins and drivers of one kind.

`wire(data)` returns what `lilong_firmware.board.Board` takes: every driver once, outputs first; the driver that reads
each channel; the driver that drives each output. A channel whose values only occur, as a card's number, is not among
them: its driver's `take` tells it, and between two of them it has its idle value. With a modem there is `modem()`, its
serial line and its pins by use. WAKES: of a device with a battery on an ESP32, which sleeps deeply if its kind can: the
channel and the level by the GPIO that ends a sleep; None of any other.
"""

import importlib
from collections.abc import Mapping
from typing import Any

from lilong_firmware.kinds import rules
from lilong_firmware.rules import Rules
from lilong_protocol.registry import KINDS

from .drivers import Driver
from .kinds import MOMENTARY, WAKES, channels, outputs
from .model import Board, Bus, Part, Pin, Wiring
from .sleeping import sleeps

ADC_UV = '''class Microvolts:
    """An ADC that has no `read_uv` of its own: 65,535 is 3.3 V."""

    def __init__(self, adc: ADC) -> None:
        self._adc = adc

    def read_uv(self) -> int:
        return self._adc.read_u16() * 12_891 >> 8  # 3,300,000 * 256 / 65,535; below 2 ** 30: nothing is allocated
'''
TYPES = """TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
"""
LOOK = '''def wire(
    data: "dict[str, bytes] | None" = None,
) -> "tuple[list[Any], dict[str, Any], list[Any], list[tuple[str, Any, int]]]":
    """Drivers, sensors by channel, buttons, and (channel, pin, level) of chips that wake. `data`: as wiring's."""'''
WIRE = '''def wire(
    data: "dict[str, bytes] | None" = None,
) -> "tuple[list[Any], dict[str, Any], dict[str, Any]]":
    """Drivers, sensors by channel, outputs by name. `data`: what the device was given at provisioning, by name."""'''


def generate(board: Board, kind: str, drivers: Mapping[str, Driver]) -> str:
    """The module's source, of a board that `check` has nothing against; KeyError for a kind it does not carry."""
    wiring = board.kinds[kind]
    made = _Module(board, wiring, drivers)
    body = made.body()
    head = [f'"""{kind} on {board.id}: written by `lilong boards`. Change board.toml, and have it written anew."""', ""]
    if made.machine:
        head += [f"from machine import {', '.join(sorted(made.machine))}", ""]
    imports = sorted({f"from lilong_firmware.drivers.{part.driver} import {_imported(drivers, part)}"
                      for part in wiring.parts.values()})  # fmt: skip
    head += [*imports, "", TYPES]
    adapters = [ADC_UV] if made.adapts else []
    return "\n".join(head) + "\n" + "".join(f"\n{text}\n" for text in [*adapters, body])


def generate_look(board: Board, kind: str, drivers: Mapping[str, Driver]) -> str | None:
    """The module `looking` of a device that sleeps deeply: what `lilong_firmware.early` needs; None of any other."""
    made = _Looking(board, board.kinds[kind], drivers)
    if made.wakes() is None or not sleeps(kind):
        return None
    body = made.body()
    imports = sorted({f"from lilong_firmware.drivers.{part.driver} import {_imported(drivers, part)}"
                      for part in made.parts()})  # fmt: skip
    adapters = [ADC_UV] if made.adapts else []
    head = [f'"""What {kind} on {board.id} looks at when it wakes: written by `lilong flash` from board.toml."""', "",
            f"from machine import {', '.join(sorted(made.machine))}", "", *imports, "", TYPES]  # fmt: skip
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
    """What is being written; `machine`: names needed from there, `adapts`: an ADC has to be made to tell microvolts."""

    def __init__(self, board: Board, wiring: Wiring, drivers: Mapping[str, Driver]) -> None:
        self.board = board
        self.wiring = wiring
        self.drivers = drivers
        self.machine: set[str] = set()
        self.adapts = False

    def body(self) -> str:
        wiring = self.wiring
        lines = [WIRE]
        if self._given(parts := self._parts()):
            lines.append("    given = data or {}")
        for key in sorted(self._buses(parts)):
            lines.append(f"    {_variable(key)} = {self._bus(wiring.buses[key])}")
        for part in parts:
            lines.append(f"    {part.name} = {self._part(part)}")
        drivers = ", ".join(part.name for part in parts)
        lines += [f"    drivers: list[Any] = [{drivers}]", "    sensors: dict[str, Any] = {"]
        lines += [f'        "{name}": {self._at(name).name},' for name in channels(wiring.kind) if self._reads(name)]
        lines += ["    }", "    outputs: dict[str, Any] = {"]
        lines += [f'        "{name}": {self._at(name).name},' for name in outputs(wiring.kind) if self._has(name)]
        lines += ["    }", "    return drivers, sensors, outputs"]
        if self.board.modem is not None:
            lines += ["", "", *self._modem()]
        return "\n".join([self._wakes(), "", "", *lines])

    def _wakes(self) -> str:
        found = self.wakes()
        if found is None:
            return "WAKES = None"
        inside = ", ".join(f'{gpio}: ("{name}", {level})' for gpio, (name, level) in sorted(found.items()))
        return f'WAKES: "dict[int, tuple[str, int]] | None" = {{{inside}}}'

    def wakes(self) -> dict[int, tuple[str, int]] | None:
        """A pin of a button is low when it is pressed, unless its `pressed` is 1; an interrupt of a chip is high."""
        wiring = self.wiring
        always_on = next(kind for kind in KINDS if kind.name == wiring.kind).link.always_on
        if always_on or self.board.chip.port != "esp32" or not self._has("battery"):
            return None
        found = {}
        for part in wiring.parts.values():
            if part.name in WAKES.get(wiring.kind, ()):
                level = part.parameters.get("pressed", 0) if part.name in MOMENTARY or part.name == "sos" else 1
                found.update({wiring.pins[part.parameters[name]].gpio: (part.name, level)
                              for name, role in self._driver(part).takes.items()
                              if role == "in" and name in part.parameters})  # fmt: skip
        return found

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
        self.adapts = True
        return f"Microvolts(ADC(Pin({pin.gpio})))"

    def _bus(self, bus: Bus) -> str:
        self.machine.update((bus.bus.upper(), "Pin"))
        lines = "".join(f", {line}=Pin({self.wiring.pins[name].gpio})" for line, name in bus.lines.items())
        named = {"hz": "freq" if bus.bus == "i2c" else "baudrate", "baud": "baudrate"}
        settings = "".join(f", {named.get(key, key)}={value:_}" for key, value in bus.settings.items())
        return f"{bus.bus.upper()}({bus.unit}{settings}{lines})"

    def _reads(self, name: str) -> bool:
        """A `read` tells it: it does not only occur."""
        return self._has(name) and name not in MOMENTARY and not self._driver(self._at(name)).momentary

    def _modem(self) -> list[str]:
        modem = self.board.modem
        assert modem is not None
        uart = self._bus(self.wiring.buses[f"uart.{modem.uart}"])
        pins = "".join(f'"{use}": {self._pin("out", self.wiring.pins[name])}, ' for use, name in modem.outputs.items())
        return [
            'def modem() -> "tuple[UART, dict[str, Pin]]":', '    """The modem\'s serial line, and its pins by use."""',
            f"    return {uart}, {{{pins.rstrip(', ')}}}",
        ]  # fmt: skip


class _Looking(_Module):
    """Only what a look needs: the channels of `Naps.LOOKS`, and the buttons and chips that wake."""

    def parts(self) -> list[Part]:
        looked = {self._at(name).name for name in self._looks() if self._has(name)}
        return [part for part in self._parts() if part.name in looked or part in self._buttons()]

    def body(self) -> str:
        kind = self.wiring.kind
        parts, found = self.parts(), self.wakes() or {}
        records = sorted({part.parameters[name] for part in parts for name in part.parameters
                          if self._driver(part).takes[name] == "data"})  # fmt: skip
        kind_rules: type[Rules] = rules(kind)
        idle = ", ".join(f'("{name}", {value})' for name, _, value in kind_rules.CHANNELS)
        inside = ", ".join(f'{gpio}: ("{name}", {level})' for gpio, (name, level) in sorted(found.items()))
        lines = [f"CHANNELS = ({idle})", f"RECORDS: tuple[str, ...] = ({', '.join(f'{name!r},' for name in records)})",
                 f'WAKES: "dict[int, tuple[str, int]]" = {{{inside}}}', "", "", LOOK]  # fmt: skip
        if records:
            lines.append("    given = data or {}")
        lines += [f"    {_variable(key)} = {self._bus(self.wiring.buses[key])}" for key in sorted(self._buses(parts))]
        lines += [f"    {part.name} = {self._part(part)}" for part in parts]
        buttons = self._buttons()
        pressed = {part.name for part in buttons}
        chips = [f'("{name}", {self._pin("in", self._pin_at(gpio))}, {level})'
                 for gpio, (name, level) in sorted(found.items()) if name not in pressed]  # fmt: skip
        sensors = ", ".join(f'"{name}": {self._at(name).name}' for name in self._looks() if self._has(name))
        lines.append(f"    drivers: list[Any] = [{', '.join(part.name for part in parts)}]")
        lines.append(f"    sensors: dict[str, Any] = {{{sensors}}}")
        lines.append(f"    return drivers, sensors, [{', '.join(part.name for part in buttons)}], [{', '.join(chips)}]")
        return "\n".join(lines)

    def _looks(self) -> list[str]:
        module = importlib.import_module(f"lilong_firmware.sleep_{self.wiring.kind}")
        return [name for name, _ in module.Naps.LOOKS]

    def _buttons(self) -> list[Part]:
        names = {name for name, _ in (self.wakes() or {}).values()}
        return [part for part in self._parts() if part.name in names and part.name == "sos"]

    def _pin_at(self, gpio: int) -> Pin:
        return next(pin for pin in self.wiring.pins.values() if pin.gpio == gpio)


def _variable(key: str) -> str:
    return key.replace(".", "_").lower()

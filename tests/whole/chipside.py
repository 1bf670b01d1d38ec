"""The far end of a whole device's pins and buses: the chips that its board.toml names, as their models have them.

Their time is real: it catches up whenever the device touches a pin or a bus. An edge on a pin is told with the answer
to the next touch.
"""

import ast
import errno
import os
import struct
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from chips import buses, pins
from chips.aes import aes
from chips.bh1750 import Bh1750
from chips.clock import Clock
from chips.dali import Bus, Gear
from chips.gnss import Receiver
from chips.lis3dh import LIS3DH
from chips.max17048 import MAX17048
from chips.max30102 import MAX30102, Wrist
from chips.mfrc522 import MFRC522
from chips.modem import Modem
from chips.mq import Mq
from chips.ntc import Ntc
from chips.osdp_reader import OsdpReader
from chips.ports import StateMachine
from chips.pzem004t import Pzem004t
from chips.rcmb102 import Rcmb102
from chips.smoke_chamber import SmokeChamber
from chips.switch import Loop
from chips.ultrasonic import Jsn
from chips.valve import Latching
from chips.wiegand import WiegandReader
from chips.ze03 import ZE03
from chips.ze07 import Ze07
from lilong_tools.boards import Board, known_drivers

SECTOR = 4_096
SECTORS = 128
SCBK = bytes(range(100, 116))
REQUEST = struct.Struct("<BBHiI")
ANSWER = struct.Struct("<IHBB")
SHUT = ("TAMPER", "LEAF", "RELAY")  # contacts that are closed at rest
MEASURE, GO_ON = 1, 0


def _on_i2c(address: int, make: Callable[[Clock, Any], Any]) -> Callable[[Clock, Any], Any]:
    def attach(clock: Clock, at: Any) -> Any:
        chip = make(clock, at)
        at.i2c.chips[getattr(at, "address", address)] = chip
        return chip

    return attach


def _analogue(model: Any, adc: Any) -> Any:
    adc.source = model.uv
    return model


def _mfrc522(clock: Clock, at: Any) -> Any:
    chip = MFRC522(clock)
    at.spi.attach(chip, at.cs)
    return chip


# By driver: the model of its chip. `at` has what the driver takes, by the names of its parameters.
MODELS: dict[str, Callable[[Clock, Any], Any]] = {
    "battery": lambda _, at: _analogue(SimpleNamespace(uv=lambda: 1_950_000), at.adc),
    "bh1750": _on_i2c(0x23, lambda clock, _: Bh1750(clock)),
    "contact_line": lambda _, at: _analogue(Loop(), at.adc),
    "dali": lambda _, at: at.bus.gears[0],
    "gnss": lambda clock, at: Receiver(clock, at.uart),
    "leakage": lambda clock, at: _analogue(Rcmb102(clock), at.adc),
    "lis3dh_cover": _on_i2c(0x18, lambda clock, at: LIS3DH(clock, lambda _: (0, 0, 1_000), getattr(at, "int1", None))),
    "lis3dh_wrist": _on_i2c(0x18, lambda clock, at: LIS3DH(clock, lambda _: (0, 0, 1_000), getattr(at, "int1", None))),
    "max17048": _on_i2c(0x36, lambda clock, _: MAX17048(clock)),
    "max30102": _on_i2c(0x57, lambda clock, at: MAX30102(clock, Wrist(), getattr(at, "int1", None))),
    "mfrc522": _mfrc522,
    "mq": lambda _, at: _analogue(Mq(divider_percent=getattr(at, "divider_percent", 50)), at.adc),
    "ntc": lambda _, at: _analogue(Ntc(), at.adc),
    "osdp": lambda clock, at: OsdpReader(clock, at.uart, SCBK),
    "pzem004t": lambda clock, at: Pzem004t(clock, at.uart),
    "smoke_chamber": lambda clock, at: _analogue(SmokeChamber(clock, at.led), at.adc),
    "ultrasonic": lambda clock, at: Jsn(clock, at.trigger, at.echo, lambda: 2_000),
    "valve": lambda clock, at: Latching(clock, at.coil, getattr(at, "position", None)),
    "wiegand": lambda clock, at: WiegandReader(clock, at.d0, at.d1),
    "ze03": lambda clock, at: ZE03(clock, at.uart),
    "ze07": lambda clock, at: Ze07(clock, at.uart),
}


class FarEnd:
    """`run` answers until the device closes its pipe. `chips`: the models by driver. `heap`: [(live, free)] as told.

    `wanted`: how many of these figures are wanted still.
    """

    def __init__(self, board: Board, kind: str, flash: bytes, inp: int, out: int) -> None:
        self.board = board
        self.wiring = board.kinds[kind]
        self.clock = Clock()
        self.chips: dict[str, Any] = {}
        self.flash = bytearray(flash.ljust(SECTORS * SECTOR, b"\xff"))
        self.wanted = 0
        self.heap: list[tuple[int, int]] = []
        self.calls = 0
        self.resets = 0
        self.pins: dict[str, Any] = {}  # by function
        self._in, self._out = inp, out
        self._began = time.monotonic_ns() // 1_000
        self._things: list[Any] = [None]
        self._gpios: dict[int, Any] = {}
        self._functions = {pin.gpio: name for name, pin in self.wiring.pins.items()}
        self._buses: dict[str, Any] = {}  # by key, "i2c.sensors"
        self._adcs: dict[str, Any] = {}
        self._rang: list[int] = []

    def run(self) -> None:
        try:
            while head := self._read(REQUEST.size):
                op, thing, size, a, b = REQUEST.unpack(head)
                data = self._read(size) if size else b""
                now = time.monotonic_ns() // 1_000 - self._began
                self.clock.pass_us(max(0, now - self.clock.us))
                self.calls += 1
                value, said, failed = 0, b"", 0
                try:
                    value, said = self._answer(chr(op), thing, a, b, data)
                except OSError as error:
                    failed = error.errno or errno.EIO
                rang, self._rang = bytes(self._rang[:64]), self._rang[64:]
                os.write(self._out, ANSWER.pack(value & 0xFFFFFFFF, len(said), len(rang), failed) + said + rang)
        except BrokenPipeError:
            return

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            more = os.read(self._in, size - len(data))
            if not more:
                return b""
            data += more
        return data

    def _answer(self, op: str, thing: int, a: int, b: int, data: bytes) -> tuple[int, bytes]:
        if op == "N":
            return self._new(*ast.literal_eval(data.decode())), b""
        if op == "b":
            start = a * SECTOR + (b & 0x1FFF)
            return 0, bytes(self.flash[start : start + (b >> 13)])
        if op == "B":
            start = a * SECTOR + b
            self.flash[start : start + len(data)] = data
            return 0, b""
        if op == "E":
            self.flash[a * SECTOR : (a + 1) * SECTOR] = b"\xff" * SECTOR
            return 0, b""
        if op == "k":
            return (MEASURE if self.wanted else GO_ON), b""
        if op == "R":
            self.heap.append((a, b))
            self.wanted -= 1
            return 0, b""
        if op == "X":
            self.resets += 1
            return 0, b""
        at = self._things[thing]
        if op in "gs":
            return (at() if op == "g" else at(a) or 0), b""
        if op == "i":
            at.irq(lambda _: self._rang.append(thing), a)
            return 0, b""
        if op in "ua":
            return (at.read_uv() if op == "u" else at.read_u16()), b""
        if op in "FfDd":
            call = at.freq if op in "Ff" else at.duty_u16
            return (call() if op in "FD" else call(a) or 0), b""
        if op == "n":
            return at.any(), b""
        if op == "r":
            return 0, at.read(a) or b""
        if op == "w":
            return at.write(data), b""
        if op in "mv":
            buffer = bytearray(b >> 8 if op == "m" else b)
            if op == "m":
                at.readfrom_mem_into(a, b & 0xFF, buffer)
            else:
                at.readfrom_into(a, buffer)
            return 0, bytes(buffer)
        if op in "MW":
            return (at.writeto_mem(a, b, data) if op == "M" else at.writeto(a, data)) or 0, b""
        if op == "y":
            at.write(data)
            return 0, b""
        if op in "xz":
            buffer = bytearray(len(data) if op == "x" else a)
            if op == "x":
                at.write_readinto(data, buffer)
            else:
                at.readinto(buffer, b)
            return 0, bytes(buffer)
        if op in "ec":
            return 0, bytes(at.encrypt(data) if op == "e" else at.decrypt(data))
        if op == "p":
            at.write_pulses(list(struct.unpack(f"<{len(data) // 2}H", data)), a)
            return 0, b""
        if op == "P":
            at.put(b)
            return 0, b""
        raise AssertionError(op)

    def _new(self, name: str, given: list[Any], named: dict[str, Any]) -> int:
        number = len(self._things)
        self._things.append(self._made(name, given, named))
        self._attach()
        return number

    def _made(self, name: str, given: list[Any], named: dict[str, Any]) -> Any:
        clock = self.clock
        if name == "Pin":
            gpio, mode, pull = (*given, None, None)[:3]
            pin = pins.Pin(clock, mode or 0, pull, named.get("value", 0))
            pin.gpio = gpio  # type: ignore[attr-defined]
            self._gpios[gpio] = pin
            if gpio in self._functions:
                self.pins[self._functions[gpio]] = pin
                if self._functions[gpio] in SHUT:
                    pin.drive(0)
            return pin
        if name == "ADC":
            adc = pins.ADC(lambda: 1_000_000)
            self._adcs[self._functions[self._things[given[0]].gpio]] = adc
            return adc
        if name == "PWM":
            return pins.PWM(clock, named["freq"], named["duty_u16"])
        if name == "aes":
            return aes(*given)
        if name in ("RMT", "StateMachine"):
            return self._dali(name, given, named)
        made = {
            "I2C": lambda: buses.I2C(clock, named["freq"]), "SPI": lambda: buses.SPI(clock, named["baudrate"]),
            "UART": lambda: buses.UART(clock, named["baudrate"]),
        }[name]()  # fmt: skip
        for key, bus in self.wiring.buses.items():
            if bus.bus == name.lower() and bus.unit == given[0]:
                self._buses[key] = made
        return made

    def _dali(self, name: str, given: list[Any], named: dict[str, Any]) -> Any:
        part = next(part for part in self.wiring.parts.values() if part.driver == "dali")
        bus = Bus(self.clock, self.pins[part.parameters["rx"]])
        bus.bus, bus.inverted = bus, False  # type: ignore[attr-defined]
        self.chips["dali"] = Gear(bus)
        if name == "RMT":
            return bus
        return StateMachine(given[0], given[1], named["freq"], bus)

    def _attach(self) -> None:
        """Give each driver's part its chip, and the modem its line and key, as soon as all is there that it takes."""
        modem = self.board.modem
        if modem and "modem" not in self.chips:
            uart, key = self._buses.get(f"uart.{modem.uart}"), self.pins.get(modem.outputs["power_key"])
            if uart and key:
                self.chips["modem"] = Modem(self.clock, uart, boots_ms=100, registers_ms=200)
                key.watch(self.chips["modem"].key)
        for part in self.wiring.parts.values():
            if part.driver in self.chips or part.driver not in MODELS or part.driver == "dali":
                continue
            at = SimpleNamespace()
            takes = known_drivers()[part.driver].takes
            given = {name: value for name, value in part.parameters.items() if takes[name] != "data"}
            for name, value in given.items():
                known = next((bus for key, bus in self._buses.items() if key.partition(".")[2] == value), None)
                there = self._adcs if takes[name] == "adc" else self.pins
                setattr(at, name, value if isinstance(value, int) else known or there.get(value))
            if None in vars(at).values():
                continue
            self.chips[part.driver] = MODELS[part.driver](self.clock, at)

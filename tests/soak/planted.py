"""Faults planted into firmware and backend, which a soak has to find: tests of the soak itself."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from lilong_firmware.alarm_panel import AlarmPanel
from lilong_firmware.clock import Clock
from lilong_firmware.device import Device
from lilong_firmware.episodes import Episodes
from lilong_firmware.kinds.gas import Gas
from lilong_firmware.kinds.smoke import Smoke
from lilong_firmware.session import ONLINE
from lilong_protocol import codes
from lilong_protocol.pc.ordering import Order, Ready
from lilong_protocol.pc.presence import Presence
from lilong_simulator.fleet import image
from lilong_simulator.fleet.full_flash import FullFlash
from lilong_simulator.invariants.life_safety import LIFE

FAULTS = {  # name: (module, what stands there, what is put in its place)
    "a leak of 8 bytes a minute": (
        "lilong_firmware/device.py",
        "        if now >= rules.deadline:\n            rules.timer(now)\n        self.session.step(now)\n",
        "        if now >= rules.deadline:\n            rules.timer(now)\n        self.session.step(now)\n"
        "        if now > 60_000 * len(LEAK):\n            LEAK.append(None)\n",
    ),
    "a dropped alarm": (
        "lilong_firmware/outbox.py",
        "        victims: list[bytearray] = []\n        if len",
        "        victims: list[bytearray] = []\n        if kind == RAISE and boot + seq & 3 == 3:\n"
        "            return STORED\n        if len",
    ),
    "an unbounded list": (
        "lilong_firmware/downlink.py",
        "if len(self._responses) >= RESPONSES_KEPT:",
        "if len(self._responses) >= 9_999:",
    ),
    "a sounder that waits": (
        "lilong_firmware/kinds/smoke.py",
        '            self._above = False\n            self.device.output("sounder", 1)\n',
        "            self._above = False\n",
    ),
    "files that stay": (
        "lilong_firmware/flash.py",
        '            self.drop(name + ".new")  #',
        "            pass  #",
    ),
}
HEAD = {"lilong_firmware/device.py": "LEAK = []\n\n\nclass Identity:"}  # besides


@contextmanager
def planted(name: str, folder: Path) -> Iterator[None]:
    """The boards that start meanwhile have this fault."""
    module, there, instead = FAULTS[name]
    text = image.modules("unix")[module].read_text()
    assert text.count(there) == 1, f"{module} has changed: plant {name} anew"
    text = text.replace(there, instead)
    if module in HEAD:
        text = text.replace("class Identity:", HEAD[module], 1)
    changed = folder / "changed.py"
    changed.write_text(text)
    sources = {**image.modules("unix"), module: changed}
    with mock.patch.object(image, "modules", return_value=sources):
        yield


# ---- in virtual time


def blocked(wrong: Callable[[Device], object]) -> AbstractContextManager[Any]:
    """A device of which that is so raises no fire, gas or SOS alarm."""
    alarm = Device.alarm

    def raised(self: Device, now: int, code: int, values: dict[int, int]) -> None:
        if code not in LIFE or not wrong(self):
            alarm(self, now, code, values)

    return mock.patch.object(Device, "alarm", raised)


@contextmanager
def muted_for_good() -> Iterator[None]:
    """What is muted stays so, however the danger grows."""
    going, gas = Smoke._smoke_going, Gas._gas

    def smoke_goes(self: Smoke, now: int, value: int, trip: int) -> None:
        going(self, now, min(value, trip), trip)

    def gas_goes(self: Gas, now: int, value: int) -> None:
        gas(self, now, min(value, 200))

    with mock.patch.object(Smoke, "_smoke_going", smoke_goes), mock.patch.object(Gas, "_gas", gas_goes):
        yield


def valve_by_network() -> AbstractContextManager[Any]:
    """A valve that is shut only while the link stands."""
    output = Device.output

    def driven(self: Device, name: str, value: int) -> None:
        if name != "valve" or self.session.state == ONLINE:
            output(self, name, value)

    return mock.patch.object(Device, "output", driven)


def forgetful_boot() -> AbstractContextManager[Any]:
    """A device that takes up no alarm after a boot."""

    return mock.patch.object(Episodes, "load", side_effect=ValueError)


def disarmed_panic() -> AbstractContextManager[Any]:
    """A panic button that disarming switches off."""
    panic = AlarmPanel._panic

    def pressed(self: AlarmPanel, now: int, value: int) -> None:
        if self._armed:
            panic(self, now, value)

    return mock.patch.object(AlarmPanel, "_panic", pressed)


def loss_by_will() -> AbstractContextManager[Any]:
    """A backend that takes a last will for a proof."""
    hinted = Presence.hinted

    def lost(self: Presence, now_ms: int, device: str) -> None:
        hinted(self, now_ms, device)
        self._lost.append(device)

    return mock.patch.object(Presence, "hinted", lost)


def no_loss() -> AbstractContextManager[Any]:
    """A backend that believes that everybody is there."""
    return mock.patch.object(Presence, "take_lost", return_value=[])


def boasting_clock() -> AbstractContextManager[Any]:
    """A clock that thinks itself within 50 ms for ever."""
    taken = Clock.set

    def set_clock(self: Clock, now: int, asked: int, epoch_ms: int) -> bool:
        done = taken(self, now, asked, epoch_ms)
        self._until = (1 << 52,) * 3
        return done

    return mock.patch.object(Clock, "set", set_clock)


def newest_first() -> AbstractContextManager[Any]:
    """A backend that lets every second event of a device have its effect after the next."""
    ready = Order.ready
    held: dict[int, list[Any]] = {}

    def turned(self: Order[Any], now_ms: int, live_boot: int = 0) -> Ready[Any]:
        found = ready(self, now_ms, live_boot)
        before = held.pop(id(self), [])
        if found.items and not before:
            held[id(self)] = found.items
            return Ready([], found.gaps, found.wanted)
        return Ready(found.items + before, found.gaps, found.wanted)

    return mock.patch.object(Order, "ready", turned)


BLOCKED: dict[str, Callable[[], AbstractContextManager[Any]]] = {  # by the state of `hard_hours` that does it
    "muted": muted_for_good,
    "disarmed": disarmed_panic,
    "battery low": lambda: blocked(lambda device: device.active(codes.ALARM_BATTERY_LOW)),
    "without time": lambda: blocked(lambda device: device.uplink.clock.epoch(0) is None),
    "flash full": lambda: blocked(lambda device: isinstance(device.store, FullFlash)),
    "certificate's date wrong": lambda: blocked(lambda device: device.session.state != ONLINE),
}

"""The building bus: what its children say to a gateway, and the commands that it gives them.

It has nothing to do with the network: it goes on in a partition, and ends where one of its two ends has no power.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from lilong_firmware import local
from lilong_firmware.bus import ANSWERS, ASK, CLEARED, RAISED, SILENT, STARTED, command_of, heard
from lilong_firmware.effects import CLEARED as HAS_CLEARED
from lilong_firmware.effects import RAISED as HAS_RAISED

from .ticks import counts

if TYPE_CHECKING:
    from .virtual import VirtualFleet

BUS_MS = 50  # (ours) each way: as an OSDP bus is polled


class Wires(Protocol):
    """Whoever has the devices at both ends; each is left alone while it has no power or no device."""

    def call(self, delay: int, call: Callable[..., object], *arguments: object) -> None:
        """Call something so many ms from now, in the order of the calls."""

    def sense(self, device: str, channel: str, value: int) -> None:
        """A value on a channel of a gateway."""

    def obey(self, device: str, command: int, argument: int | None) -> None:
        """A command at a child (`lilong_firmware.local`)."""


class VirtualWires:
    """Those of a fleet in virtual time."""

    def __init__(self, fleet: VirtualFleet) -> None:
        self._fleet = fleet
        self.call = fleet.call
        self.sense = fleet.sense

    def obey(self, device: str, command: int, argument: int | None) -> None:
        fleet: Any = self._fleet
        member = fleet._members.get(device)
        now = int(fleet.env.now)
        if member is None or now < member.base:
            return
        fleet.stir(now + 1, member)
        local.obey(*counts(member.device, now - member.base), command, argument)
        fleet._settle(now, member)


class BuildingBus:
    """`children` of each gateway in the order of its list, by device id. `silent(gateway, child)` is called when a
    child has fallen silent, so that what the gateway will say of it is no false alarm."""

    def __init__(self, wires: Wires, children: Mapping[str, Sequence[str]], silent: Callable[[str, str], None]) -> None:
        self._wires = wires
        self._children = children
        self._silent = silent
        self._places: dict[str, list[tuple[str, int]]] = {}  # of a child: gateway, and its place in that list
        for gateway, ids in children.items():
            for place, child in enumerate(ids, 1):
                self._places.setdefault(child, []).append((gateway, place))
        self._dead: set[str] = set()  # no power, or burnt
        self._missed: dict[str, set[int]] = {gateway: set() for gateway in children}  # told as silent
        self._open: dict[str, set[int]] = {}  # alarms that are raised and not cleared, by child

    # ---- what the fleet tells

    def note(self, device: str, what: str, code: int) -> None:
        """Something has happened to an alarm."""
        if device not in self._places or what not in (HAS_RAISED, HAS_CLEARED):
            return
        alarms = self._open.setdefault(device, set())
        if what == HAS_RAISED:
            alarms.add(code)
            self._tell_all(device, RAISED, code)
        else:
            alarms.discard(code)
            self._tell_all(device, CLEARED, code)

    def output(self, device: str, name: str, value: int) -> None:
        """A gateway has something to say on its bus."""
        if name != "bus" or device not in self._children:
            return
        if value == ASK:
            self._wires.call(BUS_MS, self._answer, device)
            return
        place, command, argument = command_of(value)
        if 1 <= place <= len(self._children[device]):
            self._wires.call(BUS_MS, self._command, self._children[device][place - 1], command, argument)

    def power(self, device: str, on: bool) -> None:
        """The power of a device has gone or come; gone for ever, when it has burnt."""
        if on:
            self._dead.discard(device)
            self._tell_all(device, ANSWERS)
            self._tell_all(device, STARTED)
        else:
            self._dead.add(device)
            self._tell_all(device, SILENT)

    # ---- inside

    def _tell_all(self, child: str, what: int, code: int = 0) -> None:
        for gateway, place in self._places.get(child, ()):
            self._wires.call(BUS_MS, self._tell, gateway, place, what, code)

    def _tell(self, gateway: str, place: int, what: int, code: int) -> None:
        if what == SILENT:
            self._missed[gateway].add(place)
            self._silent(gateway, self._children[gateway][place - 1])
        elif what == ANSWERS:
            self._missed[gateway].discard(place)
        if gateway not in self._dead:
            self._wires.sense(gateway, "bus", heard(place, what, code))

    def _answer(self, gateway: str) -> None:
        for place, child in enumerate(self._children[gateway], 1):
            if child in self._dead:
                self._tell(gateway, place, SILENT, 0)
            elif place in self._missed[gateway]:
                self._tell(gateway, place, ANSWERS, 0)
            for code in sorted(self._open.get(child, ())):
                self._tell(gateway, place, RAISED, code)

    def _command(self, child: str, command: int, argument: int | None) -> None:
        if child not in self._dead:
            self._wires.obey(child, command, argument)

"""What hangs on which gateway of an estate, and the linkage that each is provisioned with: `lilong_firmware.linkage`.

Estate files say nothing of buses. So a gateway has what stands where it stands: in its core, in its building outside of
the cores, or in the open; of several in one place the first has it. Beyond that a line of release goes from each core's
gateway to what lies between the core and the street.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lilong_firmware.children import CHILDREN_MAX
from lilong_firmware.linkage import ROWS_MAX
from lilong_protocol import cbor
from lilong_protocol.pc.linkages import LINKAGES, NEAR_M, Act, Linkage
from lilong_protocol.registry import ALARM, COMMAND, KIND

from .estate import Device, Estate

OUTDOORS = "outdoors"
# What has wires, or a radio in the building. Covers, bands and what people bring along reach the backend by themselves.
WIRED = (
    "smoke", "gas", "door", "streetlight", "vehicle_lane", "cycle_gate", "fence_zone", "intercom", "indoor_station",
    "shed_socket", "camera",
)  # fmt: skip
LIMIT_S = 90  # (ours) 4.1 has 100 s until the fault of a burnt detector is told


def place_of(device: Device) -> str:
    """What it hangs on: the riser of its core, its building, or what is outdoors."""
    if device.core is not None:
        return f"core{device.core}"
    return device.building or OUTDOORS


@dataclass(frozen=True)
class Wiring:
    """A gateway and its children in the order of its list. `watched`: the first of them, whose silence it tells."""

    gateway: Device
    children: tuple[Device, ...]
    watched: int

    def data(self) -> dict[str, bytes]:
        """What the gateway is given at provisioning."""
        groups = {unit: number for number, unit in enumerate(sorted({c.unit for c in self.children if c.unit}), 1)}
        limits = [LIMIT_S if at < self.watched else 0 for at in range(len(self.children))]
        children = b"".join(
            limit.to_bytes(2, "big") + groups.get(child.unit or "", 0).to_bytes(2, "big")
            for limit, child in zip(limits, self.children, strict=True)
        )
        rows = [cbor.encode(row) for row in self._rows()]
        return {"children": children, "linkage": b"".join(len(row).to_bytes(2, "big") + row for row in rows)}

    def _rows(self) -> list[list[object]]:
        rows: list[list[object]] = []
        for linkage in LINKAGES:
            for act in linkage.acts:
                rows += [_row(linkage, act, *places) for places in self._places(linkage, act)]
        return rows[:ROWS_MAX]

    def _places(self, linkage: Linkage, act: Act) -> Iterator[tuple[list[int], list[int]]]:
        """Triggers and targets of each row, by their places; a row that has neither is none."""
        names = {ALARM[number].name for number in linkage.alarms}
        triggers = [at for at, one in enumerate(self.children[: self.watched]) if names & set(KIND[one.kind].alarms)]
        targets = [at for at, one in enumerate(self.children) if one.kind in act.kinds]
        if linkage.scope == "flat":
            triggers = [at for at in triggers if self.children[at].unit]
            targets = [at for at in targets if self.children[at].unit]
        if linkage.scope != "near" or len(triggers) * len(linkage.acts) > ROWS_MAX - len(LINKAGES):
            if triggers and targets:
                yield triggers, targets
            return
        for at in triggers:
            if near := [to for to in targets if _distance_m(self.children[at], self.children[to]) <= NEAR_M]:
                yield [at], near


def wirings(estate: Estate) -> dict[str, Wiring]:
    """Those of all gateways, by device id."""
    found: dict[str, Wiring] = {}
    taken = set()
    for gateway in estate.of_kind("gateway"):
        place = place_of(gateway)
        own = [] if place in taken else [d for d in estate.devices if d.kind in WIRED and place_of(d) == place]
        taken.add(place)
        beyond = [d for d in _release(estate, gateway) if d not in own]
        children = (*own, *beyond)
        if len(children) > CHILDREN_MAX:
            raise ValueError(f"{gateway.name}: {len(children)} children, a gateway has at most {CHILDREN_MAX}; add one")
        found[gateway.id] = Wiring(gateway, children, len(own))
    return found


def watchers(estate: Estate) -> dict[str, str]:
    """By device id, the gateway that tells of its silence."""
    return {
        child.id: gateway for gateway, wiring in wirings(estate).items() for child in wiring.children[: wiring.watched]
    }


def _release(estate: Estate, gateway: Device) -> Sequence[Device]:
    """What a fire in its core opens: lobby doors, the gates' leaves, barriers and cycle gates in the open."""
    if gateway.core is None:
        return ()
    doors = estate.escape_doors(gateway.core)
    return (*doors, *(d for d in estate.devices if d.kind in ("cycle_gate", "vehicle_lane") and d.core is None))


def _row(linkage: Linkage, act: Act, triggers: list[int], targets: list[int]) -> list[object]:
    end = 0 if act.end is None else COMMAND[act.end].number
    return [
        linkage.number, linkage.devices, linkage.within_ms // 1000, linkage.scope == "flat", bytes(linkage.alarms),
        _bits(triggers), COMMAND[act.command].number, act.argument, end, _bits(targets),
    ]  # fmt: skip


def _bits(places: Sequence[int]) -> bytes:
    mask = sum(1 << at for at in places)
    return mask.to_bytes((mask.bit_length() + 7) // 8, "little")


def _distance_m(one: Device, other: Device) -> float:
    return math.hypot(one.x - other.x, one.y - other.y)

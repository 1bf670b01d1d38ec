"""The building buses of a live run: between gateways and children of one process, simulated or real MicroPython.

A gateway whose children are in another shard has none of them there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from lilong_firmware import local

from ..fleet.building_bus import BuildingBus
from ..fleet.ticks import counts
from ..truth import truth_row
from ..wiring import wirings
from .play import Play

if TYPE_CHECKING:
    from .run import LiveRun


class LiveBuses:
    """Those of all estates of a run, and the wires of each."""

    def __init__(self, run: LiveRun) -> None:
        self._run = run
        self._of: dict[str, tuple[BuildingBus, Play]] = {}  # by device, of gateways and children
        for play in run.plays:
            own = {device.id for device in play.part.devices}
            wired = {
                gateway: [child.id for child in wiring.children]
                for gateway, wiring in wirings(play.part.place.estate).items()
                if gateway in own
            }
            if wired:
                bus = BuildingBus(self, wired, self._missed)
                for device in {*wired, *(child for children in wired.values() for child in children)}:
                    self._of[device] = bus, play

    # ---- what the run tells

    def note(self, device: str, what: str, code: int) -> None:
        """Something has happened to an alarm."""
        if of := self._of.get(device):
            of[0].note(device, what, code)

    def output(self, device: str, name: str, value: int) -> None:
        if of := self._of.get(device):
            of[0].output(device, name, value)

    def power(self, device: str, on: bool) -> None:
        """The power of a device has gone or come; gone for ever, when it has burnt."""
        if of := self._of.get(device):
            of[0].power(device, on)

    # ---- Wires

    def call(self, delay: int, call: Callable[..., object], *arguments: object) -> None:
        asyncio.get_running_loop().call_later(delay / 1000, call, *arguments)

    def sense(self, device: str, channel: str, value: int) -> None:
        board, fleet = self._run.boards.get(device), self._of[device][1].fleet
        if board is not None:
            board.set(channel, value)
        elif fleet is not None:
            fleet.sense(device, channel, value)

    def obey(self, device: str, command: int, argument: int | None) -> None:
        board, fleet = self._run.boards.get(device), self._of[device][1].fleet
        if board is not None:
            board.obey(command, argument)
            return
        member = None if fleet is None else fleet.members.get(device)
        if fleet is not None and member is not None:
            local.obey(*counts(member.device, fleet.now() - member.base), command, argument)
            member.settle()

    # ---- inside

    def _missed(self, gateway: str, child: str) -> None:
        """A child of a gateway is silent: what it says of that is true."""
        play = self._of[gateway][1]
        estate = play.part.place.estate
        name = estate.by_id[child].name
        for alarm in ("gateway.child_offline", "gateway.children_offline"):
            row = truth_row(estate.by_id[gateway], alarm, int(self._run.world_now), f"{name} is silent", "may")
            play.world.truth.append(replace(row, id=f"{row.id}:{name}"))

"""The faults of a run in virtual time: their timeline, stepped by the fleet's own calendar; the broker is modelled."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...fleet import virtual_faults
from ...fleet.full_flash import fill
from ...fleet.radio import Conditions, Tally
from ...fleet.virtual import VirtualFleet
from ...recorder import Recorder
from .backlog import backlog_of
from .stuck import Stuck
from .timeline import NEVER, Planned, Timeline


class VirtualFaults:
    """Made before the devices are added. `sense` brings what a stuck sensor has missed, `dark` is told of who loses
    power."""

    def __init__(
        self, fleet: VirtualFleet, planned: Sequence[Planned], recorder: Recorder,
        sense: Callable[[str, str, int | None], None], dark: Callable[[str], None] = lambda device: None,
    ) -> None:  # fmt: skip
        self._fleet = fleet
        self._stuck = Stuck(sense)
        self._dark = dark
        own = {device.id for one in planned for devices in one.devices.values() for device in devices}
        self.timeline = Timeline(planned, own, self, self._backlog)
        recorder.on_link = self.timeline.link
        self._arm()

    def keeps(self, device: str, channel: str, value: int | None) -> bool:
        """Whether a change of the world is kept from its device."""
        if not self._stuck.keeps(device, channel, value):
            return False
        self.timeline.withheld(device)
        return True

    def finish(self) -> None:
        """What is still on ends now."""
        self.timeline.finish(self._fleet.env.now)

    # ---- Levers

    def power(self, device: str, on: bool, wait: int = 0) -> None:
        if not on:
            self._dark(device)
        virtual_faults.set_power(self._fleet, self._fleet._members[device], on, wait)

    def link(self, device: str, whole: bool) -> None:
        virtual_faults.set_link(self._fleet, self._fleet._members[device], whole)

    def radio(self, device: str, conditions: Conditions | None, key: tuple[int | str, ...], tally: Tally) -> None:
        virtual_faults.set_radio(self._fleet._members[device], conditions, key, tally)

    def tick(self, device: str, ppm: int, ahead_ms: int) -> None:
        virtual_faults.set_tick(self._fleet, self._fleet._members[device], ppm, ahead_ms)

    def stick(self, device: str, channel: str | None, stuck: bool) -> None:
        self._stuck.set(device, channel, stuck)

    def flash(self, device: str, full: bool) -> None:
        fill(self._fleet._members[device].device, full)

    def broker(self, up: bool) -> None:
        virtual_faults.set_broker(self._fleet, up)

    def freeze(self, frozen: bool) -> None:
        virtual_faults.set_frozen(self._fleet, frozen)

    # ---- inside

    def _backlog(self, device: str) -> int:
        member = self._fleet._members[device]
        return 0 if member.burnt else backlog_of(member.device)

    def _step(self) -> None:
        self.timeline.step(self._fleet.env.now)
        self._arm()

    def _arm(self) -> None:
        due = self.timeline.due
        if due < NEVER:
            self._fleet.call(max(0, int(due - self._fleet.env.now)), self._step)

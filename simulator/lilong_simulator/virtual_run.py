"""A run in virtual time: world, fleet and a backend in one SimPy environment; the same seed gives the same bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from math import inf
from typing import Protocol

from .asked_until import asked_until
from .data_faults.asked import DataFaultsAsked
from .data_faults.virtual import VirtualDataFaults
from .estate import Device, Estate
from .fleet.building_bus import BuildingBus, VirtualWires
from .fleet.provision import Provisioner
from .fleet.still import Still
from .fleet.uplinks import speak
from .fleet.virtual import Backend, VirtualFleet
from .incidents import Incident, stranger
from .incidents.attacks import Attack
from .load.faults.timeline import Planned
from .load.faults.timeline import incidents as incidents_of
from .load.faults.virtual import VirtualFaults
from .random_streams import draw_below
from .recorder import Recorder
from .said import Said
from .truth import BY_FRAMES, Expectation, truth_row
from .wiring import wirings
from .world import World

POWER_ON_MS = 60_000  # devices come up spread over the first minute
MENDED_LOOK_MS = 1_000
DELAY_MS = (5, 40)  # one way, constant for a device


class BackendInTheLoop(Backend, Protocol):
    """A backend that answers in virtual time.

    It may also have `app(device, command)`: what people ask of a device by the estate's app; and `weather(tenths)`:
    what the weather service tells of the last hour, in 0.1 mm.
    """

    def attach(self, fleet: VirtualFleet) -> None:
        """Told once, before the run: its clock is `fleet.env.now`, `fleet.downlink` and `fleet.call` are its hands."""


def epoch_ms(estate: Estate, start: datetime) -> int:
    """Unix time in ms of a local time of the estate."""
    zone = timezone(timedelta(hours=estate.utc_offset_h))
    return int(start.replace(tzinfo=zone).timestamp() * 1000)


class VirtualRun:
    """Everything of one run. `recorder` and `world.truth` hold what came of it. `polls`: devices take quiet samples
    too. `seals` False: heartbeats and telemetry are not sealed (`fleet.spoken`). `still`: is told of them later, where
    that can be: nothing else may listen to each as it is sent."""

    def __init__(
        self,
        estate: Estate,
        estate_key: bytes,
        seed: int,
        start: datetime,
        incidents: Sequence[Incident],
        backend: BackendInTheLoop,
        recorder: Recorder,
        polls: bool = False,
        seals: bool = True,
        faults: Sequence[Planned] = (),
        still: Still | None = None,
        data_faults: DataFaultsAsked | None = None,
    ) -> None:
        self.estate = estate
        self.recorder = recorder
        self.faults: VirtualFaults | None = None
        self.data_faults: VirtualDataFaults | None = None
        incidents = [*incidents, *incidents_of(faults, estate.id)]
        self.world = World(estate, seed, start, incidents, self._sense, self._destroyed)
        self.env = self.world.env
        recorder.on_output = self.world.felt
        self.world.app = getattr(backend, "app", self.world.app)
        self.world.weather = getattr(backend, "weather", self.world.weather)
        self._fleet = VirtualFleet(self.env, estate.id, backend, recorder)
        if not polls and not faults:
            self._fleet.still = still
        backend.attach(self._fleet)
        self._backend = backend
        recorder.overheard = {device: {} for device in stranger.victims(estate, incidents)}
        self.world.stranger = self._attack
        if wired := wirings(estate):
            children = {gateway: [child.id for child in wiring.children] for gateway, wiring in wired.items()}
            self._fleet.bus = BuildingBus(VirtualWires(self._fleet), children, self._missed)
        if faults:
            self.faults = VirtualFaults(self._fleet, faults, recorder, self._sense, self.world.powerless)
        if data_faults:
            self.data_faults = VirtualDataFaults(self._fleet, self.world, data_faults, seed, recorder)
        heard = self._until([one for one in self.world.planned if one.what in BY_FRAMES])
        recorder.said = {
            device: Said(until=heard.get(device, inf)) for device in stranger.listened(estate, incidents)
        }
        provisioner = Provisioner(estate, estate_key, seed)
        for placed in estate.devices:
            power_on = draw_below(POWER_ON_MS, seed, placed.id, "power on")
            delay = DELAY_MS[0] + draw_below(DELAY_MS[1] - DELAY_MS[0], seed, placed.id, "delay")
            device = provisioner.device(placed, 1, polls)
            speak(device, seals)
            self._fleet.add(placed.id, device, power_on, delay)
        for device_id, channel, value in self.world.initial():
            self._sense(device_id, channel, value)

    def run(self, until_ms: int) -> None:
        """Go on to a virtual time, in ms since the start."""
        self._fleet.horizon = until_ms
        self.env.run(until=until_ms)

    def asked(self) -> Mapping[str, float]:
        """Until when, in ms since the start, what these devices do is asked for, as far as it is known by now."""
        return self._until(self.world.planned)

    def catch_up(self) -> None:
        """Have told what devices have said before now."""
        self._fleet.catch_up()

    def mend(self) -> None:
        """End all faults; go on until links are back and backlogs have drained, 3 minutes at most."""
        if self.data_faults is not None:
            self.data_faults.faults.finish()
        if self.faults is None:
            return
        self.faults.finish()
        timeline = self.faults.timeline
        while timeline.waiting and self.env.now < timeline.settled_by:
            self.run(int(self.env.now) + MENDED_LOOK_MS)

    def _until(self, expectations: Sequence[Expectation]) -> Mapping[str, float]:
        if self.faults is not None or self.data_faults is not None:
            return dict.fromkeys((one.device for one in expectations), inf)  # they put off what is told
        return asked_until(expectations, self.world.truth, self.recorder)

    def _attack(self, attack: Attack, victim: Device | None) -> None:
        """A stranger publishes at the broker."""
        said = stranger.published(self.estate, attack, victim, self.recorder.overheard)
        if said is not None:
            self._backend.receive(int(self.env.now), *said, False)

    def _missed(self, gateway: str, child: str) -> None:
        """A child of a gateway is silent: what it says of that is true."""
        name = self.estate.by_id[child].name
        for alarm in ("gateway.child_offline", "gateway.children_offline"):
            row = truth_row(self.estate.by_id[gateway], alarm, int(self.env.now), f"{name} is silent", "may")
            self.world.truth.append(replace(row, id=f"{row.id}:{name}"))

    def _destroyed(self, device: str) -> None:
        self.recorder.burnt[device] = self.env.now
        if self.faults is not None:
            self.faults.timeline.burnt(device)
        self._fleet.destroy(device)

    def _sense(self, device: str, channel: str, value: int | None) -> None:
        if self.faults is not None and self.faults.keeps(device, channel, value):
            return
        if self.data_faults is not None and self.data_faults.faults.keeps(device, channel, value):
            return
        self._fleet.sense(device, channel, value)

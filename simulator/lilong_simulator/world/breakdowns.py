"""Devices that break: a sensor falls silent, a reader does not answer, a view is blocked, until it has been mended.

Each kind has one part that breaks here, one whose silence changes nothing else that the world sees of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lilong_simulator.estate import Device
from lilong_simulator.random_streams import Stream
from lilong_simulator.truth import truth_row
from lilong_simulator.world.daily import YEAR_DAYS, Daily, befallen
from lilong_simulator.world.local_time import DAY_MS, HOUR_MS, MINUTE_MS

if TYPE_CHECKING:
    from lilong_simulator.world.world import World

MENDED_MS = (HOUR_MS, 30 * HOUR_MS)  # somebody comes (assumed)
LOOSE_MS = (30_000, 5 * MINUTE_MS)  # a loose contact (assumed)
EARLY_MS = 30 * MINUTE_MS  # nothing that somebody else has begun the day before reaches so far into a day


@dataclass(frozen=True, slots=True)
class Part:
    """`broken`: what the channel reads then, None nothing; `idle`: and else; `others`: channels nobody drives then."""

    channel: str
    alarm: str
    broken: int | None
    idle: int
    lasts_ms: tuple[int, int]
    others: tuple[str, ...] = ()


def _sensor(channel: str, idle: int, *others: str) -> Part:
    return Part(channel, "sensor.fault", None, idle, MENDED_MS, others)


_READER = Part("reader", "door.reader_offline", 0, 1, LOOSE_MS)
PARTS = {
    "smoke": _sensor("obscuration", 5),
    "gas": _sensor("gas", 0, "co"),
    "streetlight": _sensor("temperature", 2_500),
    "manhole": _sensor("gas", 0, "h2s"),
    "wristband": _sensor("spo2", 97),
    "fence_zone": _sensor("earth_voltage", 0),
    "shed_socket": _sensor("temperature", 2_500),
    "ev_pile": _sensor("temperature", 2_500),
    "bin": _sensor("temperature", 2_000),
    "door": _READER,
    "cycle_gate": _READER,
    "camera": Part("blocked", "camera.blocked", 1, 0, MENDED_MS),
}


class Breakdowns(Daily):
    """Of all devices of the kinds that have such a part, a day at a time."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._devices = [device for device in world.estate.devices if device.kind in PARTS]
        self._chances = {"breaks": world.estate.rates.faults_per_device_year / YEAR_DAYS}

    def _plan(self, midnight: int, ordinal: int) -> None:
        world = self._world
        for device, _, stream in befallen(world.streams, self._devices, self._chances, ordinal):
            self._break(device, PARTS[device.kind], stream, midnight)

    def _break(self, device: Device, part: Part, stream: Stream, midnight: int) -> None:
        world = self._world
        at = midnight + stream.between(EARLY_MS, DAY_MS - 1)
        mended = at + stream.between(*part.lasts_ms)
        channels = (part.channel, *part.others)
        if at < world.agenda.now or not all(world.claims.free(device.id, one, at, mended) for one in channels):
            return
        for one in channels:
            world.claims.add(device.id, one, at, mended)
        world.change(at, device, part.channel, part.broken)
        world.change(mended, device, part.channel, part.idle)
        world.expect(truth_row(device, part.alarm, at, "broken", until_ms=mended))

"""A world whose estate says more: two feeders, a gateway with its children, cells with an officer, doors far apart."""

from types import SimpleNamespace

from centre_world import (
    BAND,
    BASEMENT_DOOR,
    DOOR,
    ELSEWHERE,
    GAS,
    LAMP,
    OTHER_DOOR,
    SMOKE,
    SMOKE_2,
    SMOKE_3,
    Placed,
    SmallEstate,
    World,
)

GATEWAY = "6a00000000000001"
ZONE = "fe00000000000001"
LAMPS = tuple(f"1a{number:014x}" for number in range(16, 24))


class WiredEstate(SmallEstate):
    """Feeder A has the first core with its gateway, a fence zone that stands by, and eight lamps; B has the rest."""

    devices = (
        *(one for one in SmallEstate.devices if one.id != OTHER_DOOR),
        Placed(OTHER_DOOR, "door", "core2/ground/door", 2, x=180.0, y=120.0),
        Placed(GATEWAY, "gateway", "core1/ground/gateway", 1),
        Placed(ZONE, "fence_zone", "fence/zone01/fence_zone", x=5.0),
        *(Placed(lamp, "streetlight", f"ring/{at:02d}/streetlight") for at, lamp in enumerate(LAMPS, 2)),
    )
    cores = (1, 2)

    def of_kind(self, kind):
        return tuple(device for device in self.devices if device.kind == kind)

    def feeder_of(self, device_id):
        if device_id in (SMOKE, SMOKE_2, SMOKE_3, ELSEWHERE, BAND):
            return None
        return "A" if device_id in (DOOR, BASEMENT_DOOR, GAS, LAMP, GATEWAY, ZONE, *LAMPS) else "B"

    def cell_of(self, device):
        return SimpleNamespace(id="g2" if device.core == 1 else "g3", officer="Zhou" if device.core == 1 else "Qian")


WIRED = WiredEstate()


def wired_world(*devices, **options):
    """A world with devices of `WIRED`."""
    world = World(estate=WIRED, **options)
    by_id = {device.id: device for device in WIRED.devices}
    for device in devices:
        world.add_placed(by_id[device])
    return world

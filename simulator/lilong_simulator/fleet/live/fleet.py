"""The devices of one tenant in a live run."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from lilong_firmware.device import Device

from ..observer import Observer
from ..plant import LOAD
from ..slots import Flash, Simulated, simulated_maker
from .crowd import Crowd
from .dial import Target
from .lean import lean
from .member import LiveDevice
from .speech import Speech


class LiveFleet(Crowd[LiveDevice]):
    """Devices of one tenant against one broker. `time` gives the run's clock in ms; tests inject their own."""

    def __init__(
        self,
        tenant: str,
        target: Target,
        observer: Observer,
        time: Callable[[], float] | None = None,
    ) -> None:
        super().__init__(target, observer, time)
        self.tenant = tenant
        self.speech: Speech | None = None  # what is said in place of sealed frames
        self.called_for = 0.0  # the instant for which a device is being called
        self._updating = self._take_updates  # one object for all of them

    def add(self, device_id: str, device: Device, base: int, values: Mapping[str, int] = MappingProxyType({})) -> None:
        """Power a device on at `base` of the fleet's clock, which is now or has just been.

        values: what its sensors read then, by channel, where that differs from the idle values of its kind.
        """
        member = LiveDevice(self, device_id, device, base)
        self.members[device_id] = member
        device.updating = self._updating
        lean(device)
        for channel, value in values.items():
            if channel == LOAD:
                member.plant.loaded(value)
            else:
                device.sense(0, member.slots[channel], value)
        device.start(0)
        member.settle()

    def sense(self, device_id: str, channel: str, value: int | None, due: float | None = None) -> None:
        """The world has changed: a sensor channel has a new value since `due`, ms of the run's clock; None: now."""
        member = self.members.get(device_id)
        if member is not None:  # else it has burnt
            member.sense(channel, value, due)

    def destroy(self, device_id: str) -> None:
        """A device burns: its connection breaks without a word, and it is never heard of again."""
        self.members.pop(device_id).burn()

    def _take_updates(self, device: Device) -> Simulated:
        """It is offered something."""
        member = self.members[device.identity.device]
        if member.flash is None:
            member.flash = Flash(simulated_maker(device.rules.KIND))
        return member.flash.updating(device)

"""The devices of a live fleet in the time of one event loop, each called when its time has come."""

import asyncio
from collections.abc import Callable, Mapping
from time import monotonic
from types import MappingProxyType

from lilong_firmware.device import Device
from lilong_firmware.effects import NEVER

from ..observer import Observer
from ..slots import Flash, Simulated, simulated_maker
from .dial import Target
from .dialer import dialer
from .member import LiveDevice
from .wheel import Wheel

STEP_SLICE = 200  # devices stepped before the event loop gets its turn: sockets must not starve


class LiveFleet:
    """Devices of one tenant against one broker. `time` gives the run's clock in ms; tests inject their own."""

    def __init__(
        self,
        tenant: str,
        target: Target,
        observer: Observer,
        time: Callable[[], float] | None = None,
    ) -> None:
        self.tenant = tenant
        self.target = target
        self.observer = observer
        self.members: dict[str, LiveDevice] = {}
        self.troubles: dict[str, int] = {}  # why links broke or could not be had, and how often
        self._loop = asyncio.get_running_loop()
        self.time: Callable[[], float] = time or (lambda: monotonic() * 1000)
        self.called_for = 0.0  # the instant for which a device is being called
        self._calendar: Wheel[LiveDevice] = Wheel()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = NEVER
        self.dialer = dialer(target)
        self._closed = False
        self._updating = self._take_updates  # one object for all of them

    def now(self) -> int:
        return int(self.time())

    def add(self, device_id: str, device: Device, base: int, values: Mapping[str, int] = MappingProxyType({})) -> None:
        """Power a device on at `base` of the fleet's clock, which is now or has just been.

        values: what its sensors read then, by channel, where that differs from the idle values of its kind.
        """
        member = LiveDevice(self, device_id, device, base)
        self.members[device_id] = member
        device.updating = self._updating
        for channel, value in values.items():
            device.sense(0, member.slots[channel], value)
        device.start(0)
        member.settle()

    def sense(self, device_id: str, channel: str, value: int | None, due: float | None = None) -> None:
        """The world has changed: a sensor channel has a new value since `due`, ms of the run's clock; None: now."""
        member = self.members.get(device_id)
        if member is not None:  # else it has burnt
            member.sense(channel, value, due)

    def _take_updates(self, device: Device) -> Simulated:
        """It is offered something."""
        member = self.members[device.identity.device]
        if member.flash is None:
            member.flash = Flash(simulated_maker(device.rules.KIND))
        return member.flash.updating(device)

    def destroy(self, device_id: str) -> None:
        """A device burns: its connection breaks without a word, and it is never heard of again."""
        self.members.pop(device_id).burn()

    def trouble(self, device_id: str, why: str) -> None:
        self.troubles[why] = self.troubles.get(why, 0) + 1

    def schedule(self, member: LiveDevice, due: int) -> None:
        """Look at a device at `due`, which is before the time for which it stands in the calendar."""
        member.due = due
        self._calendar.add(due, member)
        if due < self._timer_at:
            self._arm(due)

    def _arm(self, due: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = due
        self._timer = self._loop.call_later(max(0.0, (due - self.time()) / 1000), self.run_due)

    def run_due(self) -> None:
        """Step every device whose time has come, a slice at a time."""
        if self._closed:
            return
        self._timer_at = -1  # what is scheduled meanwhile is seen below
        time = self.time()
        calendar = self._calendar
        calendar.reach(time)
        left = STEP_SLICE
        due = calendar.next()
        while due is not None and due <= time and left > 0:
            members = calendar.pop()
            for member in members[:left]:
                if member.due == due:
                    member.due = NEVER
                    try:
                        member.step()
                    except Exception as error:  # one device's fault must not stop the others
                        self.trouble(member.id, f"fault in a device's program: {error!r}")
                        self._loop.call_exception_handler({"message": f"device {member.id}", "exception": error})
            for member in members[left:]:
                calendar.add(due, member)
            left -= len(members)
            due = calendar.next()
        self._timer_at = NEVER
        if due is not None:
            self._arm(due)

    async def close(self) -> None:
        """Leave in good order and stop."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        for member in self.members.values():
            member.hang_up()
        await self.dialer.close()

"""One device of a live fleet: called when it is due, felt for, and what it wants carried out."""

from functools import cache
from typing import TYPE_CHECKING, Any

from lilong_firmware.device import Device
from lilong_firmware.effects import ACCEPTED, CONNECT, DISCONNECT, NEVER, NOTE, OUTPUT, PUBLISH, RESTART
from lilong_protocol.mqtt_packets import MqttError

from ..plant import ANSWERED, LOAD, Plant
from ..slots import Flash
from . import faulty
from .client import Client
from .link import DeviceLink

if TYPE_CHECKING:
    from .fleet import LiveFleet


@cache
def slots_of(channels: tuple[tuple[str, int, int], ...]) -> dict[str, int]:
    """The number of each channel of a kind, by name."""
    return {channel[0]: at for at, channel in enumerate(channels)}


class LiveDevice(DeviceLink):
    """One device and its present connection."""

    __slots__ = ("_plant", "due", "flash", "slots")

    def __init__(self, fleet: "LiveFleet", device_id: str, device: Device, base: int) -> None:
        super().__init__(fleet, device_id, device, base)
        self.due = NEVER  # when it is to be looked at; it may have nothing to do then
        self.slots = slots_of(device.rules.CHANNELS)
        self.flash: Flash | None = None  # where it was offered firmware
        self._plant: Plant | None = None

    @property
    def plant(self) -> Plant:
        """What hangs on its outputs."""
        if self._plant is None:
            self._plant = Plant()
        return self._plant

    @plant.setter
    def plant(self, plant: Plant) -> None:
        self._plant = plant

    def burn(self) -> None:
        """End for good; the broker publishes the will."""
        self.due = NEVER
        if self.connection is not None:
            self._part(None)

    # ---- time

    def step(self) -> None:
        """The time has come for which it stands in the calendar."""
        time = self.fleet.time()
        now = int(time) - self.base
        due = self._deadline()
        if due > now:
            self._settle(now)
            return
        self.fleet.observer.lag(time - self.base - due)
        client_due = self.mqtt.deadline
        if client_due is not None and client_due <= now:
            try:
                self.mqtt.step(now)
            except MqttError as error:
                self.broken(str(error))
        if self.flash is not None and self.flash.reset_at <= time:
            self.restart()
            now = int(time) - self.base
        elif self.device.deadline <= now:
            self._called(self.device.deadline + self.base)
            self.device.step(now)
        if self._plant is not None and self._plant.due <= time:
            reached = self._plant.due
            for channel, value in self._plant.step(int(time)):
                self.sense(channel, value, reached)
        self._settle(now)

    def restart(self) -> None:
        """A reset, into the firmware that the slots choose. The connection breaks without a word."""
        if self.connection is not None:
            self._part(None)
        self.mqtt = Client()
        assert self.flash is not None
        self.base = self.fleet.now()
        self._called(self.base)
        self.device = self.flash.restart(self.base, self.device)
        if self.flash.reset_at == NEVER:
            self.device.start(0)

    def sense(self, channel: str, value: int | None, due: float | None) -> None:
        if channel == LOAD:
            for felt, drawn in self.plant.loaded(value or 0):
                self.sense(felt, drawn, due)
            return
        time = self.fleet.time()
        self._called(time if due is None else due)
        now = int(time) - self.base
        if self.fault is not None and not self.fault.powered:
            faulty.remember(self, channel, value)
            return
        self.device.sense(now, self.slots[channel], value)
        self._settle(now)

    def settle(self) -> None:
        """Carry out what its device wants, after something was done to it from outside."""
        self._settle(self._called(self.fleet.time()))

    def _settle(self, now: int) -> None:
        """Carry out the effects, send what is to be sent, and stand in the calendar for what comes next."""
        device = self.device
        if self.fault is not None and not self.fault.powered:
            device.out = []
            return
        while device.out:
            effects, device.out = device.out, []
            for effect in effects:
                self._carry_out(now, effect)
        if self.mqtt.out:
            self._write(self.mqtt.take())
        if self.flash is not None and self.flash.ready(device):
            self.restart()
            self._settle(0)
            return
        due = self._deadline()
        if due < NEVER:
            due += self.base
            if due < self.due:  # else it is looked at before that anyway
                self.fleet.schedule(self, due)

    def _deadline(self) -> int:
        """When something is to be done next, uptime in ms."""
        due: int = self.device.deadline
        client_due = self.mqtt.deadline
        if client_due is not None and client_due < due:
            due = client_due
        if self.flash is not None and self.flash.reset_at < NEVER:
            due = min(due, self.flash.reset_at - self.base)
        if self._plant is not None and self._plant.due < NEVER:
            due = min(due, self._plant.due - self.base)
        return due

    # ---- inside

    def _heard(self, now: int, cls: str, payload: bytes, retained: bool) -> None:
        if self.fault is not None and self.fault.radio is not None:
            faulty.receive(self, cls, payload, retained)
        else:
            self.device.received(now, cls, payload, retained)

    def _carry_out(self, now: int, effect: tuple[Any, ...]) -> None:
        what = effect[0]
        fleet = self.fleet
        if what == PUBLISH:
            if self.fault is not None and self.fault.radio is not None:
                faulty.publish(self, *effect[1:])
            else:
                self.publish(now, *effect[1:])
        elif what == NOTE:
            fleet.observer.note(fleet.time(), self.id, *effect[1:])
            if effect[1] == ACCEPTED and self.flash is not None:
                self.flash.accepted(now, self.device)
        elif what == OUTPUT:
            fleet.observer.output(fleet.time(), self.id, effect[1], effect[2])
            if effect[1] in ANSWERED:
                for channel, value in self.plant.answer(effect[1], effect[2], now + self.base):
                    self.device.sense(now, self.slots[channel], value)
        elif what == CONNECT:
            if self.fault is not None and self.fault.cut:
                fleet.trouble(self.id, faulty.CUT)
                self.device.disconnected(now)
                return
            self.connection = fleet.dialer.connection(self, effect[1], fleet.called_for)
        elif what == DISCONNECT:
            self.hang_up()
        elif what == RESTART and self.flash is not None:
            self.flash.restarts = True


"""What a fault of the run does to a live device: no power, a link that is cut, a bad radio, a wrong tick."""

import asyncio
from typing import TYPE_CHECKING

from lilong_firmware.effects import NEVER
from lilong_protocol import mqtt

from .. import power
from ..power import Fault
from ..radio import DOWN, UP, Conditions, Radio, Tally
from ..ticks import Drifting
from .client import Client

if TYPE_CHECKING:
    from .connection import Connection
    from .member import LiveDevice

CUT = "cut by a fault of the scenario"


def of(member: "LiveDevice") -> Fault:
    if member.fault is None:
        member.fault = Fault()
    return member.fault


def set_power(member: "LiveDevice", on: bool, wait: int = 0) -> None:
    """Off: the connection breaks without a word. On: it boots anew, with what its flash has kept.

    wait: ms up to which its first connect waits then.
    """
    fault = of(member)
    if fault.powered == on:
        return
    if not on:
        member.burn()
        fault.powered = False
        return
    fault.powered = True
    fleet = member.fleet
    member.mqtt = Client()
    member.base = fleet.now()
    fleet.called_for = member.base
    if member.flash is not None:
        member.device = member.flash.restart(member.base, member.device)
        if member.flash.reset_at < NEVER:  # firmware that hangs: its watchdog will see to it
            fleet.schedule(member, member.flash.reset_at)
            return
    else:
        member.device = power.rebooted(member.device)
    if fault.ppm:
        set_tick(member, fault.ppm, 0)
    member.device.start(0, wait)
    member.settle()


def remember(member: "LiveDevice", channel: str, value: int | None) -> None:
    """What a sensor of a device without power would read."""
    power.remember(member.device, member.slots[channel], value)


def set_link(member: "LiveDevice", whole: bool) -> None:
    of(member).cut = not whole
    if not whole:
        member.broken(CUT)


def set_radio(
    member: "LiveDevice", conditions: Conditions | None, key: tuple[int | str, ...], tally: Tally
) -> None:
    of(member).radio = None if conditions is None else Radio(conditions, key, tally)


def set_tick(member: "LiveDevice", ppm: int, ahead_ms: int) -> None:
    """Its counter jumps ahead, or stands still, and then runs `ppm` fast."""
    of(member).ppm = ppm
    drifting = member.device if isinstance(member.device, Drifting) else Drifting(member.device)
    drifting.run(member.fleet.now() - member.base, ppm, ahead_ms)
    member.device = drifting
    member.settle()


def publish(member: "LiveDevice", cls: str, frame: bytes, qos: int, windowed: bool) -> None:
    """A frame goes by the bad radio, and to the broker when it comes out of it."""
    fleet, connection = member.fleet, member.connection
    due = fleet.called_for
    radio = _radio(member)
    fates = radio.fates(fleet.now(), UP)
    if not fates:
        _lose(member, cls, frame, qos, windowed)
    for number, at in enumerate(fates):
        _when(member, at, _hand_over, connection, due, cls, frame, qos, windowed and not number)


def receive(member: "LiveDevice", cls: str, payload: bytes, retained: bool) -> None:
    """A message of the broker goes by the bad radio to its device."""
    for at in _radio(member).fates(member.fleet.now(), DOWN):
        _when(member, at, _arrive, member.connection, cls, payload, retained)


# ---- inside


def _radio(member: "LiveDevice") -> Radio:
    radio = of(member).radio
    assert radio is not None
    return radio


def _when(member: "LiveDevice", at: int, call: object, *arguments: object) -> None:
    """Call at a time of the fleet's clock; never within what the device is doing now."""
    wait_s = max(0.0, (at - member.fleet.time()) / 1000)
    asyncio.get_running_loop().call_later(wait_s, call, member, *arguments)  # type: ignore[arg-type]


def _lose(member: "LiveDevice", cls: str, frame: bytes, qos: int, windowed: bool) -> None:
    """The device takes it for sent: no PUBACK will come."""
    client = member.mqtt
    before = len(client.out)
    member.publish(member.fleet.now() - member.base, cls, frame, qos, windowed)
    if client.state == mqtt.READY:
        del client.out[before:]


def _hand_over(
    member: "LiveDevice", connection: "Connection | None", due: float, cls: str, frame: bytes, qos: int, windowed: bool
) -> None:
    fleet = member.fleet
    if connection is None or member.connection is not connection:
        fleet.observer.skipped(fleet.time(), member.id, cls)  # its link is gone
        return
    fleet.called_for = due
    member.publish(fleet.now() - member.base, cls, frame, qos, windowed)
    member.settle()


def _arrive(member: "LiveDevice", connection: "Connection | None", cls: str, payload: bytes, retained: bool) -> None:
    fleet = member.fleet
    if connection is None or member.connection is not connection:
        return
    fleet.called_for = fleet.time()
    member.device.received(fleet.now() - member.base, cls, payload, retained)
    member.settle()

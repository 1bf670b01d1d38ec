"""What a fault of the run does to devices and broker in virtual time; what MQTT's own timers would do then, too."""

from typing import TYPE_CHECKING, Any

from lilong_firmware.effects import NEVER
from lilong_firmware.session import DOWN
from lilong_protocol import topics
from lilong_protocol.mqtt import ANSWER_MS

from . import power
from .power import Fault
from .radio import DOWN as DOWNWARDS
from .radio import UP, Conditions, Radio, Tally
from .ticks import Drifting
from .uplinks import PASSING

if TYPE_CHECKING:
    from .virtual import VirtualFleet
    from .virtual_member import Member


class Held:
    """What happens `delay` ms after a frozen broker goes on. open: no timer has ended it before."""

    __slots__ = ("delay", "item", "open")

    def __init__(self, delay: int, item: tuple[Any, ...]) -> None:
        self.delay = delay
        self.item = item
        self.open = True


def of(member: "Member") -> Fault:
    if member.fault is None:
        member.fault = Fault()
    return member.fault


def set_power(fleet: "VirtualFleet", member: "Member", on: bool, wait: int = 0) -> None:
    """Off: the connection breaks without a word. On: it boots anew, with what its flash has kept.

    wait: ms up to which its first connect waits then.
    """
    fault = of(member)
    if member.burnt or fault.powered == on:
        return
    now = int(fleet.env.now)
    fault.powered = on
    if fleet.bus is not None:
        fleet.bus.power(member.id, on)
    if now < member.base:
        return  # its first power is to come
    if not on:
        _will(fleet, now, member)
        fleet._hang_up(now, member)
        member.due = NEVER
        return
    member.base = now
    member.due = NEVER
    if member.flash is not None:
        member.device = member.flash.restart(now, member.device)
        if member.flash.reset_at < NEVER:
            fleet._settle(now, member)
            return
    else:
        member.device = power.rebooted(member.device)
    if fault.ppm:
        set_tick(fleet, member, fault.ppm, 0)
    member.device.start(0, wait)
    fleet._settle(now, member)


def remember(member: "Member", channel: str, value: int | None) -> None:
    power.remember(member.device, member.slots[channel], value)


def set_link(fleet: "VirtualFleet", member: "Member", whole: bool) -> None:
    of(member).cut = not whole
    if not whole:
        _cut(fleet, int(fleet.env.now), member)


def set_radio(member: "Member", conditions: Conditions | None, key: tuple[int | str, ...], tally: Tally) -> None:
    of(member).radio = None if conditions is None else Radio(conditions, key, tally)


def set_tick(fleet: "VirtualFleet", member: "Member", ppm: int, ahead_ms: int) -> None:
    of(member).ppm = ppm
    now = int(fleet.env.now)
    if member.burnt or not of(member).powered or now < member.base:
        return
    drifting = member.device if isinstance(member.device, Drifting) else Drifting(member.device)
    drifting.run(now - member.base, ppm, ahead_ms)
    member.device = drifting
    fleet._settle(now, member)


def set_broker(fleet: "VirtualFleet", up: bool) -> None:
    """Away: every link breaks, and no will is published."""
    fleet.away = not up
    if not up:
        now = int(fleet.env.now)
        for member in fleet._members.values():
            if not member.burnt:
                _cut(fleet, now, member, told=False)


def set_frozen(fleet: "VirtualFleet", frozen: bool) -> None:
    """When it goes on, what has waited comes in the order in which it came."""
    if frozen:
        fleet.frozen = fleet.frozen or []
        return
    waiting, fleet.frozen = fleet.frozen or [], None
    now = int(fleet.env.now)
    for held in waiting:
        if held.open:
            held.open = False
            fleet._at(now + held.delay, held.item)


def publish(
    fleet: "VirtualFleet", now: int, member: "Member", cls: str, frame: bytes, qos: int, windowed: bool
) -> None:
    """A frame by a bad radio, or to a frozen broker."""
    radio = None if member.fault is None else member.fault.radio
    fates = [now] if radio is None else radio.fates(now, UP)
    if not fates:
        fleet._observer.sent(now, member.id, cls, frame, now)
        if qos:
            lost = Held(0, ())
            fleet._at(now + ANSWER_MS, (_unanswered, fleet, member, member.connection, cls, now, lost))
    for number, at in enumerate(fates):
        fleet._observer.sent(now, member.id, cls, frame, now)
        way = (fleet, member, member.connection, cls, frame, qos, windowed and not number, now)
        if at <= now:
            _hand_over(now, *way)
        else:
            fleet._at(at, (_hand_over, *way))


def receive(fleet: "VirtualFleet", now: int, member: "Member", cls: str, payload: bytes) -> None:
    """A message by a bad radio."""
    radio = of(member).radio
    assert radio is not None
    for at in radio.fates(now, DOWNWARDS):
        if at <= now:
            _taken(now, fleet, member, member.connection, cls, payload)
        else:
            fleet._at(at, (_taken, fleet, member, member.connection, cls, payload))


def refused(now: int, fleet: "VirtualFleet", member: "Member", connection: int) -> None:
    """There is no connection to be had."""
    if member.connection == connection:
        _disconnected(fleet, now, member)


# ---- inside


def _hand_over(
    now: int, fleet: "VirtualFleet", member: "Member", connection: int, cls: str, frame: bytes, qos: int,
    windowed: bool, sent: int,
) -> None:  # fmt: skip
    if member.connection != connection:
        if qos:
            fleet._observer.lost(now, member.id, cls, sent)
        return
    arrived = (_arrived, fleet, member, cls, frame)
    answered = (fleet._acknowledged, member, connection, cls, sent, windowed)
    if fleet.frozen is not None:
        fleet.frozen.append(Held(0, arrived))  # the broker's socket has it, whatever becomes of the link
        if qos:
            answer = Held(member.delay, answered)
            fleet.frozen.append(answer)
            fleet._at(now + ANSWER_MS, (_unanswered, fleet, member, connection, cls, sent, answer))
        return
    arrival = now + member.delay
    fleet._observer.delivered(arrival, member.id, cls, frame)
    fleet._at(arrival, arrived)
    if qos:
        fleet._at(arrival + member.delay, answered)


def _arrived(now: int, fleet: "VirtualFleet", member: "Member", cls: str, frame: bytes) -> None:
    """The backend has a frame, or a note of one that passes."""
    if cls not in PASSING or not fleet._passes(now, member.id, frame):
        fleet._arrive(now, member.topic + cls, frame)


def _unanswered(
    now: int, fleet: "VirtualFleet", member: "Member", connection: int, cls: str, sent: int, answer: Held
) -> None:
    """No PUBACK in so long: the device's own timer ends the link."""
    if not answer.open:
        return
    answer.open = False
    fleet._observer.lost(now, member.id, cls, sent)
    if member.connection == connection:
        _cut(fleet, now, member)


def _taken(now: int, fleet: "VirtualFleet", member: "Member", connection: int, cls: str, payload: bytes) -> None:
    if member.connection == connection:
        member.device.received(now - member.base, cls, payload, False)
        fleet._settle(now, member)


def _cut(fleet: "VirtualFleet", now: int, member: "Member", told: bool = True) -> None:
    """Its link breaks, or does not come about. told: the broker publishes the will."""
    if now < member.base or member.device.session.state == DOWN:
        return
    if told:
        _will(fleet, now, member)
    fleet._hang_up(now, member)
    _disconnected(fleet, now, member)


def _disconnected(fleet: "VirtualFleet", now: int, member: "Member") -> None:
    if not member.burnt and of(member).powered:
        member.device.disconnected(now - member.base)
        fleet._settle(now, member)


def _will(fleet: "VirtualFleet", now: int, member: "Member") -> None:
    if member.online:
        item = (fleet._arrive, member.topic + topics.STATE, member.will)
        if fleet.frozen is None:
            fleet._at(now + member.delay, item)
        else:
            fleet.frozen.append(Held(0, item))

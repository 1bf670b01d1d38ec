"""How many bytes a kind's messages have: those of a device of its own rules, made and sealed in this process."""

from __future__ import annotations

from dataclasses import dataclass

from lilong_firmware.device import Device
from lilong_firmware.effects import CONNECT, DISCONNECT, NEVER, PUBLISH
from lilong_protocol import frame, topics
from lilong_protocol.pc.simulation import simulation_key
from lilong_protocol.registry import EVENTS, KIND

from ..estate import Device as Placed
from ..estate import Estate
from ..fleet.provision import Provisioner

EVENT_VALUES = 4  # (ours) that an event tells
STEPS = 500  # in which a device has said all that it says by itself
TCP_IP = 40  # bytes of headers of a segment
PUBLISH_HEAD, PACKET_ID, TOPIC_LENGTH = 3, 2, 2  # of MQTT 3.1.1, for messages of 128 bytes and more
_NUMBER = {event.name: event.number for event in EVENTS}


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes towards the broker, MQTT, topic and TCP/IP included."""

    birth: int
    heartbeat: int
    telemetry: int
    event: int


def sizes_of(estate: Estate, placed: Placed) -> Sizes:
    """Of one device; 0 for what its kind never says."""
    device = Provisioner(estate, simulation_key(estate.id), seed=1).device(placed, boot=1)
    for slot, (_, _, value) in enumerate(device.rules.CHANNELS):
        device.sense(0, slot, value)
    device.start(0)
    said = {cls: _wire(estate.id, placed.id, cls, data) for cls, data in reversed(list(_said(device)))}
    code = next((_NUMBER[name] for name in KIND[placed.kind].events), 0)
    values = dict(list(device.rules.report().items())[:EVENT_VALUES])
    event = device.uplink.frame(0, frame.EVENT, topics.EVENT, {0: code, 4: values})
    return Sizes(
        said.get(topics.STATE, 0), said.get(topics.HEARTBEAT, 0), said.get(topics.TELEMETRY, 0),
        _wire(estate.id, placed.id, topics.EVENT, event),
    )  # fmt: skip


def _said(device: Device) -> list[tuple[str, bytes]]:
    """What it publishes when every message arrives at once, until it has nothing new to say."""
    now, found = 0, []
    for _ in range(STEPS):
        for effect in device.out[:]:
            device.out.remove(effect)
            if effect[0] == CONNECT:
                device.connected(now)
            elif effect[0] == DISCONNECT:
                device.disconnected(now)
            elif effect[0] == PUBLISH:
                found.append((effect[1], effect[2]))
                if effect[4]:
                    device.published(now)
        if device.out:
            continue
        if device.deadline >= NEVER or {cls for cls, _ in found} >= _PERIODIC:
            break
        now = max(now, device.deadline)
        device.step(now)
    return found


_PERIODIC = {topics.STATE, topics.HEARTBEAT, topics.TELEMETRY}


def _wire(tenant: str, device: str, cls: str, data: bytes) -> int:
    topic = len(topics.up(tenant, device, cls))
    return TCP_IP + PUBLISH_HEAD + TOPIC_LENGTH + topic + PACKET_ID * topics.up_qos(cls) + len(data)

"""How many bytes a kind's messages have: those of a device of its own rules, made and sealed in this process."""

from __future__ import annotations

from dataclasses import dataclass

from lilong_firmware.device import Device
from lilong_firmware.effects import CONNECT, DISCONNECT, NEVER, PUBLISH
from lilong_protocol import frame, topics
from lilong_protocol.codes import link
from lilong_protocol.keys import frame_key
from lilong_protocol.pc.simulation import simulation_key
from lilong_protocol.registry import EVENTS, KIND
from lilong_protocol.seal import DOWN, Seal

from ..estate import Device as Placed
from ..estate import Estate
from ..fleet.provision import Provisioner

EVENT_VALUES = 4  # (ours) that an event tells
STEPS = 500  # in which a device has said all that it says by itself
EPOCH_MS = 1_800_000_000_000
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
    always_on, _, _, _, telemetry_s = link(KIND[placed.kind].number)
    periodic = {topics.STATE, *[topics.HEARTBEAT] * always_on, *[topics.TELEMETRY] * bool(telemetry_s)}
    said = {cls: _wire(estate.id, placed.id, cls, data) for cls, data in reversed(_said(device, periodic))}
    code = next((_NUMBER[name] for name in KIND[placed.kind].events), 0)
    values = dict(list(device.rules.report().items())[:EVENT_VALUES])
    event = device.uplink.frame(0, frame.EVENT, topics.EVENT, {0: code, 4: values})
    return Sizes(
        said.get(topics.STATE, 0), said.get(topics.HEARTBEAT, 0), said.get(topics.TELEMETRY, 0),
        _wire(estate.id, placed.id, topics.EVENT, event),
    )  # fmt: skip


def _said(device: Device, periodic: set[str]) -> list[tuple[str, bytes]]:
    """What it publishes when every message arrives at once, until it has said each of these classes."""
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
                if effect[1] == topics.STATE:
                    device.received(now, topics.COMMAND, _time(device), False)  # a pile says nothing before
        if device.out:
            continue
        if device.deadline >= NEVER or periodic <= {cls for cls, _ in found}:
            break
        now = max(now, device.deadline)
        device.step(now)
    return found


def _time(device: Device) -> bytes:
    """A backend's answer to a birth."""
    identity, uplink = device.identity, device.uplink
    payload = frame.pack(
        frame.TIME, {0: device.session.asked}, epoch=EPOCH_MS, target=uplink.boot, nonce=uplink.nonce
    )  # fmt: skip
    return Seal(frame_key(identity.root, DOWN), identity.tenant, identity.device, DOWN).seal(topics.COMMAND, payload)


def _wire(tenant: str, device: str, cls: str, data: bytes) -> int:
    topic = len(topics.up(tenant, device, cls))
    return TCP_IP + PUBLISH_HEAD + TOPIC_LENGTH + topic + PACKET_ID * topics.up_qos(cls) + len(data)

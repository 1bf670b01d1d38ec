"""Who publishes at the broker what no device of the estate says: `attacks.py`, whatever hosts the world."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lilong_protocol import frame, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.registry import KIND
from lilong_protocol.seal import UP, Seal

from ..estate import Device, Estate
from ..estate.parts import device_id
from .attacks import Attack
from .base import Incident
from .place import Places
from .written import WrittenIncident

KEY = bytes(range(32))  # of a device that was never provisioned: not the estate's

Heard = Mapping[str, Mapping[str, bytes]]
"""Of devices whose messages somebody has listened to, the newest of each class."""


def victims(estate: Estate, incidents: Iterable[Incident]) -> Iterable[str]:
    """The devices whose messages will be said again."""
    for incident in incidents:
        if isinstance(incident, WrittenIncident):
            places = Places(incident.name, estate, incident.content.places)
            for attack in incident.content.attacks:
                if attack.of is not None:
                    yield from (device.id for device in places.devices(attack.of))


def listened(estate: Estate, incidents: Iterable[Incident]) -> Iterable[str]:
    """The devices of which it is judged when they said what."""
    for incident in incidents:
        if isinstance(incident, WrittenIncident):
            places = Places(incident.name, estate, incident.content.places)
            where = {one.name: one.at for one in incident.content.physics}
            for row in incident.content.truth:
                if row.repeated_s is not None and row.of in where:
                    yield from (device.id for device in places.devices(where[row.of]))
            for told in incident.content.told:
                yield from (device.id for device in places.devices(told.at))
            noted = {one.of for one in incident.content.local if one.event is not None}
            for element in incident.content.physics:
                if element.name in noted:
                    yield from (device.id for device in places.devices(element.at))


def published(estate: Estate, attack: Attack, victim: Device | None, heard: Heard) -> tuple[str, bytes] | None:
    """Topic and bytes; None: nothing of that class was heard."""
    if victim is None:
        return _birth(estate, attack)
    said = heard.get(victim.id, {}).get(attack.heard)
    return None if said is None else (topics.up(estate.id, victim.id, attack.heard), bytes(said))


def _birth(estate: Estate, attack: Attack) -> tuple[str, bytes]:
    """Of a device that nobody has provisioned."""
    device, kind = device_id(estate.id, f"stranger {attack.name}"), KIND[attack.kind]
    seal = Seal(frame_key(device_root(KEY, estate.id, device), UP), estate.id, device, UP)
    link = kind.link
    body = {0: kind.number, 1: 1, 2: "0.0.0", 3: link.beat_s, 4: link.offline_s, 5: link.always_on, 6: 0, 7: {}}
    said = frame.pack(frame.BIRTH, body, boot=1, seq=1, uptime=0, nonce=bytes(8))
    return topics.up(estate.id, device, topics.STATE), seal.seal(topics.STATE, said)

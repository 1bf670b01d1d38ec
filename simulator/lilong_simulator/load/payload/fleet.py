"""What the devices of one fleet say by a template, from their own connections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from lilong_protocol import frame
from lilong_protocol.frame import Frame
from lilong_protocol.mqtt_packets import text_field

from ...estate import Device
from ...fleet.spoken import said_of
from .facts import Facts
from .template import Template


class Told(NamedTuple):
    """One message as it goes out; `topic` as the field of a PUBLISH."""

    topic: bytes
    payload: bytes
    retain: bool


class Payload:
    """`epoch_zero`: Unix time in ms at the run's clock 0."""

    def __init__(self, template: Template, tenant: str, devices: Iterable[Device], epoch_zero: float) -> None:
        self._messages = template.messages
        self._tenant = tenant
        self._devices: Mapping[str, tuple[str, str]] = {one.id: (one.kind, one.name) for one in devices}
        self._epoch_zero = epoch_zero

    def message(self, device: str, sealed: bytes, boot: int, base: float, now: float) -> Told | None:
        """What a device says in place of a sealed frame; None: nothing.

        boot: its present one, whose uptime 0 was at `base` of the run's clock; what is of an earlier one counts as
        made now.
        """
        said = said_of(sealed)
        template = self._messages.get(said.kind)
        if template is None:
            return None
        topic, payload = template.render(self._facts(device, said, base + said.uptime if said.boot == boot else now))
        return Told(_field(topic), payload, template.retain)

    def will(self, device: str, sealed: bytes, now: float) -> tuple[str, bytes, int, bool] | None:
        """The will of a connection, where the template has a death."""
        template = self._messages.get(frame.DEATH)
        if template is None:
            return None
        topic, payload = template.render(self._facts(device, said_of(sealed), now))
        return topic, payload, 1, template.retain

    def retained(self, device: str) -> Iterator[str]:
        """The topics on which something of a device may be retained."""
        for kind, template in self._messages.items():
            if template.retain:
                said = Frame({1: kind, 2: 0, 3: 0, 4: 0, 7: {0: 1, 1: 4}, 9: [0, 0]})
                yield template.topic_of(self._facts(device, said, 0.0))

    def _facts(self, device: str, said: Frame, made: float) -> Facts:
        kind, name = self._devices[device]
        return Facts(self._tenant, device, kind, name, said, self._epoch_zero + made)


@lru_cache(maxsize=100_000)
def _field(topic: str) -> bytes:
    return text_field(topic, "topic")

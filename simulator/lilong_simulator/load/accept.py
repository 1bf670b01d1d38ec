"""What ends the retries of an alarm where the backend does not speak stored-ack: the simulator has the estate's key.

It makes the stored-ack for its own device and hands it over as if it had come from the broker. Without it the devices
would repeat each alarm for ever, and load the backend with what no device sends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from lilong_protocol import frame, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.seal import DOWN, Seal, frame_tag

from ..feed import FeedEvent
from ..fleet.live import LiveFleet
from .recording import opened


class Accepter:
    """Accepts alarm frames of the devices of some fleets. `keys`: estate key by tenant."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = keys
        self._fleets: dict[str, LiveFleet] = {}
        self._waiting: dict[str, list[bytes]] = {}  # frames that the broker has and nobody has accepted
        self._stored: set[tuple[str, int, int]] = set()  # raises that the observed feed has told
        self._loop = asyncio.get_running_loop()

    def join(self, fleet: LiveFleet, device: str) -> None:
        """A device that has its power."""
        self._fleets[device] = fleet

    def at_puback(self, device: str, data: bytes) -> None:
        """The broker has a frame: it is accepted."""
        self._loop.call_soon(self._accept, device, data)

    def arrived(self, device: str, data: bytes) -> None:
        """The broker has a frame; it is accepted when the feed has told the raise that it is or speaks of."""
        if self._raise_of(device, data) in self._stored:
            self._loop.call_soon(self._accept, device, data)
        else:
            self._waiting.setdefault(device, []).append(data)

    def observed(self, event: FeedEvent) -> None:
        """The backend's feed tells of an alarm."""
        key = (event.device, event.boot, event.seq)
        if event.event != "stored" or event.device not in self._fleets or key in self._stored:
            return
        self._stored.add(key)
        waiting = self._waiting.pop(event.device, [])
        for data in waiting:
            if self._raise_of(event.device, data) == key:
                self._loop.call_soon(self._accept, event.device, data)
            else:
                self._waiting.setdefault(event.device, []).append(data)

    def _raise_of(self, device: str, data: bytes) -> tuple[str, int, int]:
        message = opened(data)
        boot, seq = (message.boot, message.seq) if message.kind == frame.RAISE else message.ref
        return device, boot, seq

    def _accept(self, device: str, data: bytes) -> None:
        fleet = self._fleets[device]
        member = fleet.members.get(device)
        if member is None:
            return  # it has burnt
        message = opened(data)
        answer = frame.pack(frame.STORED_ACK, {0: frame_tag(data)}, ref=(message.boot, message.seq))
        root = device_root(self._keys[fleet.tenant], fleet.tenant, device)
        epoch = member.device.epoch
        sealed = Seal(frame_key(root, DOWN, epoch), fleet.tenant, device, DOWN, epoch).seal(topics.ACK, answer)
        member.device.received(fleet.now() - member.base, topics.ACK, sealed, False)
        member.settle()

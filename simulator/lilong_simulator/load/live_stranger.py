"""A stranger at the broker of a live run: a connection of its own for each thing that it publishes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from ssl import SSLContext

import aiomqtt

from ..estate import Device, Estate
from ..fleet.live.dial import NOBODY, Target
from ..incidents import stranger
from ..incidents.attacks import Attack

PATIENCE_S = 10.0


class LiveStranger:
    """`heard`: what was said, which it has listened to. `refused`: how often the broker did not let it publish, which
    is as good an answer as a backend's."""

    def __init__(self, target: Target, heard: Mapping[str, Mapping[str, bytes]]) -> None:
        self._target = target
        self._heard = heard
        self._tasks: set[asyncio.Task[None]] = set()
        self.refused = 0

    def attack(self, estate: Estate, attack: Attack, victim: Device | None) -> None:
        """Publish what an attack says; nothing where nothing of the kind was heard."""
        said = stranger.published(estate, attack, victim, self._heard)
        if said is not None:
            task = asyncio.ensure_future(self._publish(*said))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """What is under way ends."""
        await asyncio.gather(*self._tasks)

    async def _publish(self, topic: str, payload: bytes) -> None:
        target = self._target
        login = target.login("stranger") or NOBODY
        client = aiomqtt.Client(
            target.host, target.port, username=login.username,
            password=None if login.password is None else login.password.decode(),
            tls_context=target.tls if isinstance(target.tls, SSLContext) else None,
            transport="tcp" if target.path is None else "websockets", websocket_path=target.path, timeout=PATIENCE_S,
        )  # fmt: skip
        try:
            async with client:
                await client.publish(topic, payload, qos=1)
        except aiomqtt.MqttError:
            self.refused += 1

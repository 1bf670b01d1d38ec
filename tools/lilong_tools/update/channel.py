"""How a roll-out reaches devices: through the centre that serves their estate, or as their backend itself.

Only one backend answers the devices of an estate. Where a centre runs it carries the offers out, and goes on with what
it was told when the tool has ended. Where none does, `Direct` is one for as long as it runs: it listens to what
concerns sessions and updates alone, so that alarms and events stay in their devices for a backend that stores them.
"""

import asyncio
import base64
import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

from lilong_protocol import topics
from lilong_protocol.pc.backend import Backend
from lilong_protocol.pc.errors import BackendError, RequestError
from lilong_protocol.pc.roots import KeySource

from .access import Access
from .errors import UpdateError
from .release import Release
from .rollout import Seen
from .seen import seen_of

CLASSES = (topics.STATE, topics.HEARTBEAT, topics.RESPONSE, topics.UPDATE)
CONNECT_S = 15.0
HTTP_S = 30.0


class Channel(Protocol):
    """`async with channel`; each method raises UpdateError when it cannot go on."""

    async def __aenter__(self) -> Self: ...
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    async def devices(self) -> dict[str, str]:
        """The kinds of the estate's devices, by id."""
        ...

    async def look(self, devices: Sequence[str]) -> dict[str, Seen]: ...
    async def offer(self, devices: Sequence[str]) -> None: ...
    async def stop(self, devices: Sequence[str]) -> None: ...


class Direct:
    """The backend of an estate. kinds: of its devices. state: its memory over restarts, a file."""

    def __init__(
        self, url: str, keys: KeySource, tenant: str, kinds: dict[str, str], state: Path, release: Release | Access,
        simulation: bool = False,
    ) -> None:  # fmt: skip
        self._url = url
        self._tenant = tenant
        self._kinds = kinds
        self._artifact = release.artifact()
        self._task: asyncio.Task[None] | None = None
        try:
            self._backend = Backend(
                url, keys, tenants=[tenant], state=state, client_id=f"lilong-update-{tenant}", classes=CLASSES,
                known=lambda _: kinds, simulation=simulation,
            )  # fmt: skip
        except BackendError as error:
            raise UpdateError(str(error)) from None

    async def __aenter__(self) -> Self:
        try:
            await self._backend.__aenter__()
            self._backend.provide(self._tenant, self._artifact)
            self._task = asyncio.create_task(self._run())
            await asyncio.wait_for(self._backend.connected(), CONNECT_S)
        except (BackendError, RequestError, TimeoutError) as error:
            await self.__aexit__(None, None, None)
            says = f"broker {urlsplit(self._url).hostname}: no connection in {CONNECT_S:g} s; is it running there?"
            raise UpdateError(says if isinstance(error, TimeoutError) else str(error)) from None
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._backend.stop()
            await asyncio.wait([self._task], timeout=CONNECT_S)
            self._task.cancel()
        await self._backend.__aexit__(None, None, None)

    async def devices(self) -> dict[str, str]:
        return self._kinds

    async def look(self, devices: Sequence[str]) -> dict[str, Seen]:
        if self._task is not None and self._task.done():
            self._task.result()
            raise UpdateError("the backend has ended; see what it says of its state file")
        return seen_of(self._backend.engine(self._tenant), self._artifact.number, devices)

    async def offer(self, devices: Sequence[str]) -> None:
        try:
            for device in devices:
                self._backend.offer(self._tenant, device, self._artifact)
        except RequestError as error:
            raise UpdateError(str(error)) from None

    async def stop(self, devices: Sequence[str]) -> None:
        engine = self._backend.engine(self._tenant)
        for device in devices:
            engine.withdraw_offer(self._backend.now(), device)
        self._backend.wake()

    async def _run(self) -> None:
        try:
            async for batch in self._backend:
                await batch.stored()
        except BackendError as error:
            raise UpdateError(str(error)) from None


class ThroughCentre:
    """A centre by the URL of its console."""

    def __init__(self, url: str, release: Release | Access, operator: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UpdateError(f"--centre {url}: no address; give that of its console, as in http://127.0.0.1:8080")
        self._url = url.rstrip("/")
        self._artifact = release.artifact()
        self._operator = operator

    async def __aenter__(self) -> Self:
        artifact = self._artifact
        body = {
            "what": artifact.what, "version": artifact.version, "data": base64.b64encode(artifact.data).decode(),
            "signature": None if artifact.signature is None else artifact.signature.hex(), "operator": self._operator,
        }  # fmt: skip
        await self._ask("/api/update", body)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The centre goes on."""

    async def devices(self) -> dict[str, str]:
        estate = await self._ask("/api/estate")
        return {device["id"]: device["kind"] for device in estate["devices"]}

    async def look(self, devices: Sequence[str]) -> dict[str, Seen]:
        report = (await self._ask(f"/api/update/{self._artifact.number}"))["devices"]
        return {device: Seen(**report[device]) for device in devices if device in report}

    async def offer(self, devices: Sequence[str]) -> None:
        await self._for("offer", devices)

    async def stop(self, devices: Sequence[str]) -> None:
        await self._for("stop", devices)

    async def _for(self, what: str, devices: Sequence[str]) -> None:
        if devices:
            body = {"devices": list(devices), "operator": self._operator}
            await self._ask(f"/api/update/{self._artifact.number}/{what}", body)

    async def _ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return await asyncio.to_thread(self._fetch, path, body)

    def _fetch(self, path: str, body: dict[str, Any] | None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._url + path, data, {"content-type": "application/json"} if data else {})
        try:
            with urllib.request.urlopen(request, timeout=HTTP_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                text = error.read().decode(errors="replace")
            try:
                text = json.loads(text)["error"]
            except (ValueError, KeyError, TypeError):
                text = f"{error.code} {text[:200]}"
            raise UpdateError(f"centre {self._url}: {text}") from None
        except (OSError, ValueError) as error:
            why = getattr(error, "reason", error)
            raise UpdateError(f"centre {self._url}: {why}; is it running there?") from None

"""The web side of updates: an artifact is brought, offered to devices, looked after, and taken back."""

import base64
import binascii
from hashlib import sha256
from typing import Any

from lilong_protocol.pc.updates import ACCESS, FIRMWARE, Artifact
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .core import Core
from .ingest import Ingest
from .model import CentreError, Json
from .web_input import error_of, is_foreign, json_body, text_of

BODY_MAX = 4 << 20  # bytes: 1 MiB of firmware in base64, or the ids of 200,000 devices
STORED_S = 30.0


class UpdateApi:
    """`routes` of a centre's web side."""

    def __init__(self, core: Core, ingest: Ingest) -> None:
        self._core = core
        self._ingest = ingest
        self.routes = [
            Route("/api/update", self.bring, methods=["POST"]),
            Route("/api/update/{number:int}", self.report),
            Route("/api/update/{number:int}/offer", self.offer, methods=["POST"]),
            Route("/api/update/{number:int}/stop", self.stop, methods=["POST"]),
        ]

    async def bring(self, request: Request) -> Response:
        """Answers when it is on the disk."""
        if (foreign := is_foreign(request)) is not None:
            return foreign
        try:
            wanted = '{"version": text, "data": base64, "signature": hex, "operator": name}'
            wish = await json_body(request, wanted, BODY_MAX)
            artifact = _artifact(wish)
            operator = self._core.operator(text_of(wish, "operator"), f"update {artifact.version}")
            self._ingest.decide(lambda now: self._core.updates.provide(now, artifact, operator))
            await self._ingest.durable(STORED_S)
        except CentreError as error:
            return error_of(400, error)
        except TimeoutError:
            return error_of(503, "update: not on the disk yet, the centre tries on; see what it says of its disk")
        return JSONResponse({"number": artifact.number}, 202)

    async def offer(self, request: Request) -> Response:
        return await self._of_devices(request, self._core.updates.offer)

    async def stop(self, request: Request) -> Response:
        return await self._of_devices(request, self._core.updates.stop)

    async def report(self, request: Request) -> Response:
        try:
            return JSONResponse(self._core.updates.report(request.path_params["number"]))
        except CentreError as error:
            return error_of(404, error)

    async def _of_devices(self, request: Request, wish_of: Any) -> Response:
        if (foreign := is_foreign(request)) is not None:
            return foreign
        number = request.path_params["number"]
        try:
            wish = await json_body(request, '{"devices": [id, ...], "operator": name}', BODY_MAX)
            self._core.operator(text_of(wish, "operator"), f"update {number}")
            devices = _devices(wish)
            self._ingest.decide(lambda now: wish_of(now, number, devices))
        except CentreError as error:
            return error_of(400, error)
        return JSONResponse({"devices": len(devices)}, 202)


def _artifact(wish: Json) -> Artifact:
    text, version, signature = text_of(wish, "data"), text_of(wish, "version"), wish.get("signature")
    try:
        data = base64.b64decode(text, validate=True)
        signed = None if signature is None else bytes.fromhex(signature)
    except (binascii.Error, ValueError, TypeError):
        raise CentreError('update: "data" is not base64, or "signature" not hex; send them so') from None
    number = int.from_bytes(sha256(data).digest()[:4], "big")  # the same bytes have the same one
    what = wish.get("what", FIRMWARE)
    if what not in (FIRMWARE, ACCESS):
        raise CentreError(f'update: "what" is {what!r}: {FIRMWARE} is firmware, {ACCESS} new access')
    return Artifact(number, what, version, data, signed)


def _devices(wish: Json) -> list[str]:
    devices = wish.get("devices")
    if not isinstance(devices, list) or not all(isinstance(device, str) for device in devices):
        raise CentreError('"devices" is missing or no list of ids; give those of GET /api/estate')
    return devices

"""The console's web side: a JSON API, a WebSocket, and the page itself."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lilong_protocol.codes import Q_CLIP
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from .clips import ON_THE_CAMERA, GoneError, resolve
from .core import Core
from .hosts import OnlyHost
from .hub import Client, Hub
from .ingest import Ingest
from .model import CentreError, Json
from .registry_view import registry_view
from .store import Store, StoreError
from .update_api import UpdateApi
from .web_input import error_of, is_foreign, json_body, text_of

CLIP_DIGITS = 16
CONSOLE = Path(__file__).parent / "console"
STORED_S = 5.0  # a revocation is accepted when it is on the disk


class Web:
    """The routes of one centre. `run` is shown in the console's head line, `host` is the address it listens on."""

    def __init__(
        self, core: Core, ingest: Ingest, store: Store, hub: Hub, run: Json, host: str, clips: str = ON_THE_CAMERA
    ) -> None:
        self._core = core
        self._ingest = ingest
        self._store = store
        self._hub = hub
        self._run = run
        self._clips = clips
        self._estate = core.estate.plan()
        self._registry = registry_view()
        self.app = Starlette(
            routes=[
                Route("/", self.page),
                Route("/api/estate", self.estate),
                Route("/api/registry", self.registry),
                Route("/api/findings", self.findings),
                Route("/api/finding/{finding}/acknowledge", self.acknowledge_finding, methods=["POST"]),
                Route("/api/finding/{finding}/on_site", self.on_site, methods=["POST"]),
                Route("/api/forwards", self.forwards),
                Route("/api/weather", self.weather, methods=["POST"]),
                Route("/api/cards", self.cards),
                Route("/api/stays", self.stays),
                Route("/api/cards/revoke", self.revoke, methods=["POST"]),
                Route("/api/device/{device}", self.device),
                Route("/api/clip/{device}/{clip}", self.clip),
                Route("/api/device/{device}/command", self.command, methods=["POST"]),
                Route("/api/alarm/{alarm}/acknowledge", self.acknowledge, methods=["POST"]),
                Route("/api/alarm/{alarm}/confirm", self.confirm, methods=["POST"]),
                *UpdateApi(core, ingest).routes,
                WebSocketRoute("/api/live", self.live),
                Mount("/static", StaticFiles(directory=CONSOLE, check_dir=False)),
            ],
            middleware=[Middleware(OnlyHost, host=host)],
        )

    async def page(self, _: Request) -> Response:
        index = CONSOLE / "index.html"
        if not index.is_file():
            return PlainTextResponse("The console's files are missing; the API is under /api.", 404)
        return FileResponse(index)

    async def estate(self, _: Request) -> Response:
        return JSONResponse(self._estate)

    async def registry(self, _: Request) -> Response:
        return JSONResponse(self._registry)

    async def device(self, request: Request) -> Response:
        device = request.path_params["device"]
        try:
            report = self._core.device(device)
            report["history"] = await self._ingest.query(lambda: self._store.history(device))
            if (cards := self._core.cards.of(device, report["history"])) is not None:
                report["cards"] = cards
        except CentreError as error:
            return error_of(404, error)
        except StoreError as error:
            return error_of(503, error)
        return JSONResponse(report)

    async def clip(self, request: Request) -> Response:
        device, text = request.path_params["device"], request.path_params["clip"]
        try:
            placed = self._core.register.get(device)
            if not text.isdecimal() or len(text) > CLIP_DIGITS:
                raise CentreError(f"clip {text[:20]!r} of {placed.name}: no number of a clip")
            told_ms = await self._ingest.query(lambda: self._store.told(device, Q_CLIP, int(text)))
            now = self._ingest.now()
            return JSONResponse(resolve(now, device, placed.name, int(text), told_ms, self._clips))
        except GoneError as error:
            return error_of(410, error)
        except CentreError as error:
            return error_of(404, error)
        except StoreError as error:
            return error_of(503, error)

    async def command(self, request: Request) -> Response:
        device = request.path_params["device"]
        if device not in self._core.register.placed:
            says = f"device {device!r}: not in estate {self._core.estate.id}; use an id of GET /api/estate"
            return error_of(404, says)
        if (foreign := is_foreign(request)) is not None:
            return foreign
        try:
            wish = await json_body(request, '{"command": name, "args": {}, "operator": name}')
            counter = self._ingest.decide(
                lambda now: self._core.command(
                    now, device, text_of(wish, "command"), wish.get("args", {}), text_of(wish, "operator")
                )
            )
        except CentreError as error:
            return error_of(400, error)
        return JSONResponse({"counter": counter}, 202)

    async def weather(self, request: Request) -> Response:
        if (foreign := is_foreign(request)) is not None:
            return foreign
        try:
            told = await json_body(request, '{"rain_mm_h": what fell in the last hour}')
            self._ingest.decide(lambda now: self._core.rain(now, told.get("rain_mm_h")))
        except CentreError as error:
            return error_of(400, error)
        return JSONResponse({}, 202)

    async def acknowledge(self, request: Request) -> Response:
        return await self._of_alarm(request, self._core.acknowledge)

    async def confirm(self, request: Request) -> Response:
        return await self._of_alarm(request, self._core.confirm)

    async def forwards(self, _: Request) -> Response:
        return JSONResponse(self._core.forwarding.shown_as())

    async def findings(self, _: Request) -> Response:
        return JSONResponse({"findings": self._core.findings.list()})

    async def acknowledge_finding(self, request: Request) -> Response:
        return await self._of_finding(request, self._core.acknowledge)

    async def on_site(self, request: Request) -> Response:
        return await self._of_finding(request, self._core.on_site)

    async def cards(self, _: Request) -> Response:
        return JSONResponse(self._core.cards.shown_as())

    async def stays(self, _: Request) -> Response:
        return JSONResponse(self._core.stays.shown_as())

    async def revoke(self, request: Request) -> Response:
        if (foreign := is_foreign(request)) is not None:
            return foreign
        try:
            wish = await json_body(request, '{"credential": number, "operator": name, "reason": text}')
            operator = text_of(wish, "operator")
            stamp = self._ingest.decide(
                lambda now: self._core.revoke(now, wish.get("credential"), operator, wish.get("reason", ""))
            )
            await self._ingest.durable(STORED_S)
        except CentreError as error:
            return error_of(400, error)
        except TimeoutError:
            return error_of(503, "revocation: not on the disk yet, the centre tries on; see what it says of its disk")
        return JSONResponse({"stamp": stamp}, 202)

    async def live(self, socket: WebSocket) -> None:
        origin = socket.headers.get("origin")
        if origin is not None and origin.partition("://")[2] != socket.headers.get("host"):
            await socket.close(1008, "other origin")  # a page from elsewhere acknowledges no alarms
            return
        await self._hub.serve(socket, self._first, self._heard)

    # ---- inside

    async def _of_alarm(self, request: Request, decide: Callable[[int, str, str], object]) -> Response:
        if (foreign := is_foreign(request)) is not None:
            return foreign
        alarm = request.path_params["alarm"]
        try:
            operator = text_of(await json_body(request, '{"operator": name}'), "operator")
            self._ingest.decide(lambda now: decide(now, alarm, operator))
        except CentreError as error:
            return error_of(404 if self._core.alarms.find(alarm) is None else 400, error)
        return JSONResponse({"alarm": alarm}, 202)

    async def _of_finding(self, request: Request, decide: Callable[[int, str, str], None]) -> Response:
        if (foreign := is_foreign(request)) is not None:
            return foreign
        finding = request.path_params["finding"]
        try:
            self._core.findings.book.get(finding)
        except CentreError as error:
            return error_of(404, error)
        try:
            operator = text_of(await json_body(request, '{"operator": name}'), "operator")
            self._ingest.decide(lambda now: decide(now, finding, operator))
        except CentreError as error:
            return error_of(400, error)
        return JSONResponse({"finding": finding}, 202)

    def _first(self) -> list[Json]:
        alarms = [{"type": "alarm", "alarm": alarm} for alarm in self._core.alarm_list()]
        hello: Json = {"type": "hello", "now_ms": self._ingest.now(), "run": self._run}
        findings: Json = {"type": "findings", "findings": self._core.findings.list()}
        forwards: Json = {"type": "forwards", **self._core.forwarding.shown_as()}
        return [hello, {"type": "states", "states": self._core.states()}, *alarms, findings, forwards]

    def _heard(self, client: Client, message: Any) -> None:
        core = self._core
        try:
            if not isinstance(message, dict):
                raise CentreError('message: not a JSON object; send {"type": ...}')
            kind, alarm = message.get("type"), message.get("alarm")
            if kind not in ("shown", "acknowledge", "confirm"):
                raise CentreError(f'message of type {kind!r}: unknown; send "shown", "acknowledge" or "confirm"')
            if not isinstance(alarm, str):
                raise CentreError(f'{kind}: "alarm" is missing; give the id of an alarm')
            if kind == "shown":
                name = str(client.socket.client.host) if client.socket.client else "console"
                self._ingest.decide(lambda now: core.shown(now, alarm, name))
            else:
                operator = text_of(message, "operator")
                decide = core.confirm if kind == "confirm" else core.acknowledge
                self._ingest.decide(lambda now: decide(now, alarm, operator))
        except CentreError as error:
            client.send(json.dumps({"type": "error", "error": str(error)}, ensure_ascii=False))

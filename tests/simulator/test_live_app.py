"""What a backend is told beside the broker in a live run: rain, and what residents ask for by their app."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from lilong_simulator.estate import load_estate
from lilong_simulator.fleet.live import Target
from lilong_simulator.load.live_app import RESIDENT, LiveApp
from lilong_simulator.load.places import Shard, parts_of, places_of
from lilong_simulator.load.run import LiveRun
from lilong_simulator.load.scenario import Copies, Scenario
from lilong_simulator.load.settings import Settings

FILE = str(Path(__file__).with_name("small_estate.toml"))
ESTATE = load_estate(FILE)
DEVICES = ESTATE.devices


@dataclass
class Interface:
    """A backend's interface: what it was asked."""

    url: str = ""
    wishes: list[tuple[str, dict[str, object]]] = field(default_factory=list)


@contextmanager
def interface(answer: int = 202) -> Iterator[Interface]:
    told = Interface()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            told.wishes.append((self.path, json.loads(body)))
            self.send_response(answer)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://127.0.0.1:{server.server_port}"
    serving = threading.Thread(target=server.serve_forever, args=(0.01,))
    serving.start()
    try:
        yield told
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def test_a_wish_is_a_command_at_the_backends_interface_and_what_is_refused_is_counted() -> None:
    async def asks(url: str) -> LiveApp:
        app = LiveApp(url + "/")
        app.ask(DEVICES[0].id, "switch_on")
        await app.close()
        return app

    with interface() as told:
        app = asyncio.run(asks(told.url))
    assert told.wishes == [
        (f"/api/device/{DEVICES[0].id}/command", {"command": "switch_on", "args": {}, "operator": RESIDENT})
    ]
    assert (app.asked, app.refused) == (1, 0)
    with interface(409) as told:
        assert asyncio.run(asks(told.url)).refused == 1
    assert asyncio.run(asks(told.url)).refused == 1, "nobody is there any more"


def test_of_rain_the_backend_is_told_what_fell_in_the_last_hour() -> None:
    async def rains(url: str) -> None:
        app = LiveApp(url)
        app.weather(815)
        await app.close()

    with interface() as told:
        asyncio.run(rains(told.url))
    assert told.wishes == [("/api/weather", {"rain_mm_h": 81.5})]


def test_of_several_estates_behind_one_backend_one_tells_of_the_rain() -> None:
    scenario = Scenario((Copies(FILE, 3),))
    places = places_of(scenario)
    keys = {place.tenant: bytes(32) for place in places}
    assert [place.first for place in places] == [True, False, False]

    async def rains(url: str) -> None:
        for index in range(2):
            run = LiveRun(Settings(scenario, parts_of(places, Shard(index, 2)), keys, Target("127.0.0.1", 1), app=url))
            for play in run.plays:
                play.world.weather(123)
            await run.close()

    with interface() as told:
        asyncio.run(rains(told.url))
    assert told.wishes == [("/api/weather", {"rain_mm_h": 12.3})]


def test_of_a_run_by_several_processes_the_one_that_hosts_a_device_asks() -> None:
    scenario = Scenario((Copies(FILE),))
    places = places_of(scenario)

    async def plays(url: str) -> list[int]:
        runs = []
        for index in range(2):
            part = parts_of(places, Shard(index, 2))
            run = LiveRun(Settings(scenario, part, {ESTATE.id: bytes(32)}, Target("127.0.0.1", 1), app=url))
            for one in DEVICES[:8]:
                run.plays[0].world.app(one.id, "switch_on")
            runs.append(run)
        for run in runs:
            await run.close()
        return [run.app.asked for run in runs if run.app is not None]

    with interface() as told:
        asked = asyncio.run(plays(told.url))
    assert sum(asked) == 8
    assert sorted(path for path, _ in told.wishes) == sorted(f"/api/device/{one.id}/command" for one in DEVICES[:8])
    run = LiveRun(Settings(scenario, parts_of(places), {ESTATE.id: bytes(32)}, Target("127.0.0.1", 1)))
    assert run.app is None
    run.plays[0].world.app(DEVICES[0].id, "switch_on")  # nobody hears it

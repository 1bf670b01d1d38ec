"""Starts a centre: database, broker, console; ends it cleanly on SIGTERM or SIGINT."""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Generator
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from lilong_protocol.keys import KEY_BYTES
from lilong_protocol.pc.simulation import simulation_key
from lilong_simulator.estate import EstateError, load_estate

from .core import Core
from .hub import Hub
from .ingest import Ingest, now_ms
from .model import CentreError
from .observed import ObservedFeed
from .store import Store, StoreError
from .web import Web

READY_S = 10.0  # how long the broker is waited for before the console is announced all the same
BAD_INPUT = 2
MQTT_PORT = 1883
SWITCH_S = 0.0002  # sqlite3 lets go of the interpreter at each row and must not wait 5 ms to have it back


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 stopped by a signal, 2 something given cannot be used."""
    logging.basicConfig(level=logging.WARNING, format="centre: %(message)s", stream=sys.stderr)
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except (CentreError, EstateError, StoreError) as error:
        print(f"centre: {error}", file=sys.stderr)
        return BAD_INPUT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lilong_tools.centre", description="The management centre of one estate.")
    add = parser.add_argument
    add("--estate", default="music_plaza", help="an estate by name, or an estate file (default: %(default)s)")
    add("--broker", default="mqtt://127.0.0.1:1883", help="mqtt://host:port (default: %(default)s)")
    add("--db", default="centre.db", help="the database file, or :memory: (default: %(default)s)")
    add(
        "--http", default="127.0.0.1:8080", help="host:port of the console; port 0: any free one (default: %(default)s)"
    )
    add("--observed", help="a file to which the observed feed is appended")
    add("--key-file", help="the estate key, 32 bytes as 64 hex digits; without it the public key of simulations")
    add("--info-file", help='a file that gets {"http": url} as soon as the centre is ready')
    add("--client-id", help="MQTT client id (default: lilong-centre-ESTATE)")
    return parser


def _run(options: argparse.Namespace) -> int:
    host, port = _address(options.broker, "--broker", "mqtt://127.0.0.1:1883")
    web_host, web_port = _address(f"http://{options.http}", "--http", "127.0.0.1:8080")
    estate = load_estate(options.estate)
    key = simulation_key(estate.id) if options.key_file is None else _key(options.key_file)
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(_listener(web_host, web_port))
        store = Store(options.db, estate.id)
        stack.callback(store.close)
        feed = ObservedFeed(options.observed)
        stack.callback(feed.close)
        core = Core(estate, key, now_ms(), saved=store.load())
        core.receiver.prepare(core.register.placed)
        centre = _Centre(core, store, feed, listener, f"{host}:{port}")
        client_id = options.client_id or f"lilong-centre-{estate.id}"
        sys.setswitchinterval(SWITCH_S)
        with contextlib.suppress(ImportError):
            import uvloop  # noqa: PLC0415 - absent on Windows

            asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
        asyncio.run(centre.run(host, port, client_id, options.info_file))
    return 0


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the centre has to store what it holds first."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


class _Centre:
    """The parts of a running centre."""

    def __init__(self, core: Core, store: Store, feed: ObservedFeed, listener: socket.socket, broker: str) -> None:
        self._core = core
        self._store = store
        self._feed = feed
        self._listener = listener
        self._broker = broker

    async def run(self, host: str, port: int, client_id: str, info_file: str | None) -> None:
        core = self._core
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        hub = Hub(core.counts)
        ingest = Ingest(core, self._store, self._feed, hub.broadcast)
        web = Web(core, ingest, self._store, hub, {"broker": self._broker, "estate": core.estate.id})
        config = uvicorn.Config(
            web.app, log_level="warning", lifespan="off", ws="websockets-sansio", timeout_graceful_shutdown=2
        )
        server = _Server(config)
        tasks = [
            asyncio.create_task(ingest.run(host, port, client_id)),
            asyncio.create_task(server.serve([self._listener])),
            asyncio.create_task(hub.run()),
            asyncio.create_task(stop.wait()),
        ]
        ready = asyncio.create_task(self._announce(ingest, info_file))
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        for task in (tasks[0], tasks[2], tasks[3], ready):
            task.cancel()
        await asyncio.gather(*tasks, ready, return_exceptions=True)
        await ingest.close()
        for task in done:
            task.result()  # a failure is told, never swallowed

    async def _announce(self, ingest: Ingest, info_file: str | None) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ingest.connected.wait(), READY_S)
        web_host, web_port = self._listener.getsockname()[:2]
        url = f"http://{f'[{web_host}]' if ':' in web_host else web_host}:{web_port}"
        print(f"centre: console at {url}", flush=True)
        if info_file is not None:
            part = f"{info_file}.{os.getpid()}"
            Path(part).write_text(json.dumps({"http": url, "pid": os.getpid()}), encoding="utf-8")
            Path(part).replace(info_file)


def _address(url: str, option: str, example: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or (MQTT_PORT if parts.scheme == "mqtt" else parts.port)
    except ValueError:
        host, port = None, None
    if not host or port is None or parts.scheme not in ("mqtt", "http"):
        raise CentreError(f"{option} {url!r}: not an address; give one like {example}")
    return host, port


def _key(path: str) -> bytes:
    try:
        key = bytes.fromhex(Path(path).read_text(encoding="ascii").strip())
    except OSError as error:
        raise CentreError(f"--key-file {path}: {error.strerror}; give a file that can be read") from error
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise CentreError(
            f"--key-file {path}: not an estate key; it needs {KEY_BYTES} bytes as {2 * KEY_BYTES} hex digits"
        )
    return key


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise CentreError(
            f"--http {host}:{port}: {error.strerror}; stop what holds the port, or give another, 0 for any free one"
        ) from error
    return listener

"""Starts a centre as a process and ends it cleanly on SIGTERM or SIGINT."""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

from lilong_protocol.pc.backend.pump import now_ms
from lilong_protocol.pc.errors import BackendError
from lilong_protocol.pc.keystore import KeyStore, KeyStoreError, load
from lilong_protocol.pc.roots import KeySource
from lilong_protocol.pc.simulation import PublicKeyError, is_loopback, simulation_key_at
from lilong_simulator.estate import EstateError, load_estate

from lilong_tools.broker import BrokerError, parse_url

from .clips import ON_THE_CAMERA, template_of
from .core import Core
from .forwarding.courier import TOKEN, Receiver
from .model import CentreError
from .observed import ObservedFeed
from .service import Centre
from .store import Store, StoreError

READY_S = 10.0  # how long the broker is waited for before the console is announced all the same
BAD_INPUT = 2
BROKER = "mqtt://127.0.0.1:1883"
BROKER_URL = "LILONG_BROKER_URL"  # the environment is not for everybody to see, as a command line with a password is
SWITCH_S = 0.0002  # sqlite3 lets go of the interpreter at each row and must not wait 5 ms to have it back


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 stopped by a signal, 2 something given cannot be used."""
    logging.basicConfig(level=logging.WARNING, format="centre: %(message)s", stream=sys.stderr)
    options = _parser().parse_args(arguments)
    try:
        _run(options)
    except (BackendError, BrokerError, CentreError, EstateError, KeyStoreError, PublicKeyError, StoreError) as error:
        print(f"centre: {error}", file=sys.stderr)
        return BAD_INPUT
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lilong_tools.centre", description="The management centre of one estate.")
    add = parser.add_argument
    add("--estate", default="music_plaza", help="an estate by name, or an estate file (default: %(default)s)")
    add("--broker", help=f"mqtt[s]://[user:password@]host[:port] (default: ${BROKER_URL}, else {BROKER})")
    add("--db", default="centre.db", help="the database file, or :memory: (default: %(default)s)")
    add("--http", default="127.0.0.1:8080", help="host:port of the console, port 0 for any free one (%(default)s)")
    add("--observed", help="a file to which the observed feed is appended")
    add("--observed-details", action="store_true", help="events, dates and incidents too (lilong conform)")
    add("--keys", help="the key store (lilong keys new); without it the public key of simulations is used")
    add("--info-file", help='a file that gets {"http": url} as soon as the centre is ready')
    add("--simulation-key", action="store_true", help="use the public key of simulations on another machine's broker")
    add("--insecure-http", action="store_true", help="let other machines use the console, which asks for no password")
    add("--insecure-mqtt", action="store_true", help="use a broker on another machine without TLS")
    add("--forward-to", help=f"http[s]://host[:port]/path that confirmed alarms are posted to, as CAP 1.2 (${TOKEN})")
    add("--insecure-forward", action="store_true", help="forward to another machine without TLS")
    add("--clips", default=ON_THE_CAMERA, help="where clips of cameras are: {name}, {device}, {clip} (%(default)s)")
    add("--client-id", help="MQTT client id (default: lilong-centre-ESTATE)")
    add("--forget", action="store_true", help="leave no session on the broker at the end")
    add("--until-eof", action="store_true", help="stop when standard input ends")
    return parser


def _run(options: argparse.Namespace) -> None:
    broker = parse_url(options.broker or os.environ.get(BROKER_URL) or BROKER)
    if broker.tls is not None:
        broker.tls.context()  # files that cannot be read are told before anything starts
    receiver = None if options.forward_to is None else Receiver(options.forward_to, options.insecure_forward)
    clips = template_of(options.clips)
    estate = load_estate(options.estate)
    keys: KeySource
    if options.keys is None:
        instead = "give --keys, or --simulation-key for a simulation"
        keys = simulation_key_at(estate.id, broker.host, options.simulation_key, instead)
    else:
        keys = _stored(Path(options.keys), estate.id)
        if broker.tls is None and not options.insecure_mqtt and not is_loopback(broker.host):
            raise CentreError(
                f"broker {broker.host}: another machine, and mqtt:// hides nothing of what residents do; give mqtts:// "
                "(`lilong broker-config` writes such a broker), or start the centre with --insecure-mqtt"
            )
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(_listener(options.http, options.insecure_http))
        store = Store(options.db, estate.id)
        stack.callback(store.close)
        feed = ObservedFeed(options.observed, options.observed_details)
        stack.callback(feed.close)
        name = "" if receiver is None else receiver.name
        core = Core(estate, keys, now_ms(), saved=store.load(), receiver=name, actual=options.keys is not None)
        core.receiver.prepare(core.register.placed)
        sys.setswitchinterval(SWITCH_S)
        client_id = options.client_id or f"lilong-centre-{estate.id}"
        with asyncio.Runner(loop_factory=_new_loop) as runner:
            runner.run(_serve(Centre(core, store, feed, listener, broker, client_id, receiver, clips), options))


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop  # noqa: PLC0415 - absent on Windows
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


async def _serve(centre: Centre, options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if options.until_eof:
        threading.Thread(target=_until_eof, args=(loop, stop), daemon=True).start()
    async with centre:
        ready = asyncio.create_task(_announce(centre, options.info_file))
        await centre.until(stop)
        ready.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await ready
    if options.forget:
        await centre.ingest.forget()


def _until_eof(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Whoever started the centre has ended, in whatever way."""
    with contextlib.suppress(OSError):  # sys.stdin would be locked when the interpreter ends
        while os.read(0, 4096):
            pass
    with contextlib.suppress(RuntimeError):  # the centre was quicker
        loop.call_soon_threadsafe(stop.set)


async def _announce(centre: Centre, info_file: str | None) -> None:
    """Ready: the console answers, and the broker too or has had its time."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(centre.ingest.connected.wait(), READY_S)
    print(f"centre: console at {centre.url}", flush=True)
    if info_file is None:
        return
    part = Path(f"{info_file}.{os.getpid()}")
    try:
        part.write_text(json.dumps({"http": centre.url, "pid": os.getpid()}), encoding="utf-8")
        part.replace(info_file)
    except OSError as error:
        logging.getLogger("lilong.centre").error("--info-file %s: %s", info_file, error.strerror)


def _stored(path: Path, tenant: str) -> KeyStore:
    store = load(path)
    if tenant not in store.estates:
        raise CentreError(f"--keys {path}: has no key of estate {tenant}; `lilong keys new` makes one")
    return store


def _listener(http: str, insecure: bool) -> socket.socket:
    try:
        parts = urlsplit(f"http://{http}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or port is None or parts.path:
        raise CentreError(f"--http {http!r}: not an address; give one like 127.0.0.1:8080, port 0 for any free one")
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        if not insecure and not is_loopback(listener.getsockname()[0]):
            raise CentreError(
                f"--http {http}: other machines could use the console, which asks for no password; "
                "give 127.0.0.1, or start the centre with --insecure-http"
            )
        listener.listen(128)
    except CentreError:
        listener.close()
        raise
    except OSError as error:
        listener.close()
        remedy = "stop what holds the port, or give another, 0 for any free one"
        raise CentreError(f"--http {http}: {error.strerror or error}; {remedy}") from error
    return listener

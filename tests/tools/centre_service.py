"""A centre at work in the test's own event loop, on a broker, with live devices; and consoles that look at it."""

import asyncio
import json
import socket
import urllib.error
import urllib.request
from contextlib import asynccontextmanager

from centre_world import BY_ID, ESTATE, KEY, TENANT
from lilong_firmware.device import Device, Identity
from lilong_firmware.draws import Draws
from lilong_firmware.kinds import rules
from lilong_firmware.store import RamStore
from lilong_protocol.keys import device_root
from lilong_protocol.pc.backend.pump import now_ms
from lilong_simulator.fleet.live import LiveFleet, Target
from lilong_simulator.fleet.observer import Observer
from lilong_tools.broker import Broker
from lilong_tools.centre.core import Core
from lilong_tools.centre.observed import ObservedFeed
from lilong_tools.centre.service import Centre
from lilong_tools.centre.store import Store
from websockets.asyncio.client import connect

CLIENT_ID = "lilong-centre-small"


@asynccontextmanager
async def centre_on(broker, path=":memory:", observed=None, store=None, receiver=None):
    """A centre on `broker` (anything with host and port), with a database of its own unless it is given one."""
    opened = Store(path, TENANT) if store is None else store
    feed = ObservedFeed(observed)
    listener = socket.create_server(("127.0.0.1", 0))
    name = "" if receiver is None else receiver.name
    core = Core(ESTATE, KEY, now_ms(), saved=opened.load(), receiver=name)
    try:
        async with Centre(
            core, opened, feed, listener, Broker("external", broker.host, broker.port), CLIENT_ID, receiver
        ) as centre:
            yield centre
    finally:
        listener.close()
        feed.close()
        if store is None:
            opened.close()


async def until(condition):
    """Wait for something that another task will make true; the test's own time limit bounds it."""
    while not condition():
        await asyncio.sleep(0.002)


class Notes(Observer):
    """What live devices tell: `came` is a list of (device, what, code)."""

    def __init__(self):
        self.came = []

    def note(self, at, device, what, code, boot, seq):
        self.came.append((device, what, code))

    def output(self, at, device, name, value):
        self.came.append((device, name, value))


@asynccontextmanager
async def fleet_on(broker, centre, *devices, boot=1):
    """Live devices of the small estate, once the centre listens; `fleet.observer.came` holds what they told."""
    await centre.ingest.connected.wait()
    fleet = LiveFleet(TENANT, Target(broker.host, broker.port), Notes())
    for device in devices:
        root = device_root(KEY, TENANT, device)
        identity = Identity(TENANT, device, root)
        kind = rules(BY_ID[device].kind)
        fleet.add(device, Device(identity, kind, RamStore(), Draws(device.encode()), False, boot), fleet.now())
    try:
        yield fleet
    finally:
        await fleet.close()


class Console:
    """A WebSocket client: `await console.next(type)` is the next message of a type, others are kept in `seen`."""

    def __init__(self, socket):
        self.socket = socket
        self.seen = []

    async def next(self, kind, where=lambda message: True):
        while True:
            message = json.loads(await self.socket.recv())
            self.seen.append(message)
            if message["type"] == kind and where(message):
                return message

    async def send(self, message):
        await self.socket.send(message if isinstance(message, str) else json.dumps(message))


@asynccontextmanager
async def console_of(centre, **options):
    url = centre.url.replace("http", "ws") + "/api/live"
    async with connect(url, proxy=None, **options) as socket:
        yield Console(socket)


async def http(centre, path, body=None, content_type="application/json", headers=None):
    """(status, JSON or text) of a request to the centre."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(
        centre.url + path, data, ({"content-type": content_type} if data else {}) | (headers or {})
    )

    def fetch():
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    status, text = await asyncio.to_thread(fetch)
    try:
        return status, json.loads(text)
    except ValueError:
        return status, text.decode()

"""A live fleet of a few devices, what it tells, and the brokers with TLS or WebSocket that it is tried against."""

import asyncio
import contextlib
import os
import ssl
import subprocess
from datetime import UTC, datetime

import pytest
from hosts import BOOT, DATA, DEVICE, PATIENCE_S, TENANT, Account, Bell, Broker, Ears, the_device
from lilong_firmware.device import Device, Identity
from lilong_firmware.draws import Draws
from lilong_firmware.kinds import rules
from lilong_firmware.store import RamStore
from lilong_protocol import frame, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.mqtt import READY
from lilong_protocol.seal import UP, Seal
from lilong_simulator.fleet.live import LiveFleet, Target
from lilong_simulator.fleet.observer import Observer
from lilong_tools.broker import find_mosquitto
from lilong_tools.broker.mosquitto import _free_port
from lilong_tools.broker_config.certificates import Authority
from websockets.asyncio.server import serve

MINUTE = 60_000
DEVICES = tuple(f"a4cf12fffe0b3c{number:02x}" for number in range(20))


class Told(Observer):
    """All that a fleet tells, in order: (what, device, ...)."""

    def __init__(self):
        self.all = []
        self.online = set()

    def of(self, what):
        return [told[1:] for told in self.all if told[0] == what]

    def sent(self, at, device, cls, frame, due):
        self.all.append(("sent", device, cls, due))

    def puback(self, at, device, cls, due):
        self.all.append(("puback", device, cls, due))

    def lost(self, at, device, cls, due):
        self.all.append(("lost", device, cls, due))

    def skipped(self, at, device, cls):
        self.all.append(("skipped", device, cls))

    def connect(self, at, device, stage, due):
        self.all.append(("connect", device, stage, due))

    def link(self, at, device, up):
        self.all.append(("link", device, up))
        (self.online.add if up else self.online.discard)(device)


def device_of(name, kind="door"):
    identity = Identity(TENANT, name, device_root(bytes(32), TENANT, name), None, None, DATA.get(kind, {}))
    return Device(identity, rules(kind), RamStore(), Draws(name.encode()), False, BOOT)


@contextlib.asynccontextmanager
async def fleet_at(target, devices=DEVICES, kind="door"):
    fleet = LiveFleet(TENANT, target, Told())
    for name in devices:
        fleet.add(name, device_of(name, kind), fleet.now())
    try:
        yield fleet
    finally:
        await fleet.close()


async def until(condition, fleet=None):
    """What takes the network's time; the troubles of a fleet tell why it takes too long."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(fleet and (fleet.troubles, fleet.observer.all[-10:])) from None


async def says_everything(fleet, devices=DEVICES):
    """Each device comes online, and what it says has its PUBACK."""
    await until(lambda: len(fleet.observer.online) == len(devices), fleet)
    before = len(fleet.observer.of("puback"))
    for name in devices:
        fleet.sense(name, "exit_button", 1)
    await until(lambda: len(fleet.observer.of("puback")) >= before + len(devices), fleet)
    await until(lambda: len(fleet.observer.of("puback")) == len(fleet.observer.of("sent")), fleet)
    assert fleet.troubles == {}


async def soon(condition):
    """Broker and fleet share the loop of the test: a few of its turns are enough."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0)


class Case:
    """One device, its fleet, and the broker at `port`."""

    def __init__(self, kind, port, values=None, device=Device, observer=None, **options):
        self.now = 0
        self.account = Account()
        self.ears = Ears(self.account)
        self.lags = []
        self.ears.lag = self.lags.append
        target = Target("127.0.0.1", port, **options)
        self.fleet = LiveFleet(TENANT, target, observer or self.ears, lambda: self.now)
        self.device = the_device(kind, None, polls=False, type_=device)
        self.fleet.add(DEVICE, self.device, 0, values or {})
        self.member = self.fleet.members[DEVICE]

    def goes_to(self, ms):
        """The clock goes on, and the device with it, deadline by deadline."""
        while self.member.due <= ms and self.member.due > self.now:
            self.now = self.member.due
            self.fleet.run_due()
        self.now = ms
        self.fleet.run_due()

    def is_online(self):
        connection, client = self.member.connection, self.member.mqtt
        return connection is not None and connection.online and client.state == READY and not client.in_flight


class Wire:
    """What a broker got."""

    def __init__(self):
        self.account = Account()
        self.broker = Broker(self.account, Bell())

    async def __aenter__(self):
        await self.broker.start()
        return self

    async def __aexit__(self, *_):
        await self.broker.stop()

    def kinds(self):
        seal = Seal(frame_key(the_device("door", None, False).identity.root, UP), TENANT, DEVICE, UP)
        told = [(cls, frame.unpack(seal.open(cls, data)).kind) for cls, _, _, data in self.account.published]
        return [kind for cls, kind in told if cls != topics.CONFIG]


class Peer(asyncio.Protocol):
    """A server that answers what arrives with the next of its answers, whatever it was."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.got = []
        self.transports = []

    async def __aenter__(self):
        self.server = await asyncio.get_running_loop().create_server(lambda: self, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        for _ in range(6):  # asyncio forgets to close what is being accepted when its server closes
            await asyncio.sleep(0)
        self.server.close()
        for transport in self.transports:
            transport.abort()
        await self.server.wait_closed()

    def connection_made(self, transport):
        self.transports.append(transport)

    def data_received(self, data):
        self.got.append(data)
        if self.answers:
            self.transports[-1].write(self.answers.pop(0))


class Secured:
    """Certificates of a broker and of devices, and a mosquitto that uses them."""

    def __init__(self, folder):
        self.folder = folder
        self._authority = Authority("tests", datetime.now(UTC))
        self.ca = self._write("ca.crt", self._authority.signed.certificate)
        self._keep("server", self._authority.server(["127.0.0.1", "localhost"]))

    def certify(self, name):
        self._keep(name, self._authority.client(name))

    def context(self, name=None):
        context = ssl.create_default_context(cafile=self.ca)
        if name is not None:
            context.load_cert_chain(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        return context

    def server_context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server.crt", self.folder / "server.key")
        return context

    @contextlib.asynccontextmanager
    async def mosquitto(self, *lines):
        """The port of a mosquitto that speaks TLS; `lines` go into its configuration."""
        if find_mosquitto() is None:
            pytest.skip("mosquitto is not installed")
        port = _free_port(0)
        user = ["user root"] if os.geteuid() == 0 else []
        tls = [f"cafile {self.ca}", f"certfile {self.folder}/server.crt", f"keyfile {self.folder}/server.key"]
        wanted = [] if "allow_anonymous false" in lines else ["allow_anonymous true"]
        config = self._write("mosquitto.conf", "\n".join([f"listener {port} 127.0.0.1", *tls, *user, *wanted, *lines]))
        process = subprocess.Popen([find_mosquitto(), "-c", config], stderr=subprocess.DEVNULL)
        try:
            await until(lambda: _answers(port))
            yield port
        finally:
            process.terminate()
            process.wait()

    def _keep(self, name, signed):
        self._write(f"{name}.crt", signed.certificate)
        self._write(f"{name}.key", signed.key)

    def _write(self, name, text):
        file = self.folder / name
        file.write_text(text)
        return file


def _answers(port):
    import socket  # noqa: PLC0415

    with socket.socket() as probing:
        return probing.connect_ex(("127.0.0.1", port)) == 0


@contextlib.asynccontextmanager
async def web_socket_before(port, tls=None, cut=None, subprotocols=("mqtt",)):
    """The port of a WebSocket server before an MQTT broker; messages to devices are cut into pieces of `cut` bytes."""

    async def bridge(socket):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def back():
            while data := await reader.read(4_096):
                for at in range(0, len(data), cut or len(data)):
                    await socket.send(data[at : at + (cut or len(data))])
            await socket.close()

        task = asyncio.create_task(back())
        try:
            async for data in socket:
                writer.write(data)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            writer.close()

    async with serve(bridge, "127.0.0.1", 0, ssl=tls, subprotocols=subprotocols, compression=None) as server:
        yield server.sockets[0].getsockname()[1]


def target(port, **options):
    return Target("127.0.0.1", port, **options)

"""A real mosquitto under the configuration that `lilong broker-config` writes, and clients that log in to it."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import aiomqtt
import pytest
from lilong_protocol.keys import broker_password, device_root
from lilong_tools.broker import Broker, find_mosquitto, parse_url, probe
from lilong_tools.broker.errors import BrokerError
from lilong_tools.broker_config import Wanted, write_folder

TENANT = "music_plaza"
ESTATE_KEY = bytes(range(32))
ALICE, BOB = "a4cf12fffe0b3c5d", "b000000000000002"
START_S = 20


def root(device: str) -> bytes:
    return device_root(ESTATE_KEY, TENANT, device)


def free_port() -> int:
    with socket.socket() as probing:
        probing.bind(("127.0.0.1", 0))
        port: int = probing.getsockname()[1]
        return port


@dataclass
class HardenedBroker:
    """Where it is, and who may be whom."""

    folder: Path
    port: int
    backend_port: int
    process: subprocess.Popen[bytes]

    @property
    def backend(self) -> Broker:
        return parse_url((self.folder / "backend.url").read_text().strip())

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def device(self, device: str, **changes: object) -> aiomqtt.Client:
        """A device's client, before it connects."""
        options = {
            "username": device, "password": broker_password(root(device)), "identifier": device,
            "tls_context": trusting(self.folder), "timeout": 10, **changes,
        }  # fmt: skip
        return aiomqtt.Client("127.0.0.1", self.port, **options)

    def centre(self, identifier: str = "centre-1", **changes: object) -> aiomqtt.Client:
        there = self.backend
        options = {
            "username": there.username, "password": there.password, "identifier": identifier,
            "tls_context": there.tls.context(), "timeout": 10, **changes,
        }  # fmt: skip
        return aiomqtt.Client("127.0.0.1", self.backend_port, **options)

    async def restart(self) -> None:
        """End mosquitto in good order, and start it again on its files."""
        self.process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(self.process.wait, START_S)
        self.process = _start(self.folder)
        await _ready(self)


def trusting(folder: Path):
    return parse_url(f"mqtts://h?ca={folder}/ca.crt").tls.context()


@contextlib.asynccontextmanager
async def hardened_broker(folder: Path, devices=(ALICE, BOB), tenant=TENANT):
    """mosquitto at work with the files of `write_folder`."""
    if find_mosquitto() is None:
        pytest.skip("mosquitto is not installed: no mosquitto in PATH, /usr/sbin or /usr/local/sbin")
    for attempt in range(3):  # a free port may be taken between our look and mosquitto's
        port, backend_port = free_port(), free_port()
        user = "root" if os.geteuid() == 0 else None
        roots = partial(device_root, ESTATE_KEY, tenant)
        wanted = Wanted(tenant, devices, roots, ["127.0.0.1", "localhost"], folder, port, backend_port, user=user)
        write_folder(folder, wanted, datetime.now(UTC))
        broker = HardenedBroker(folder, port, backend_port, _start(folder))
        try:
            await _ready(broker)
        except BrokerError:
            _end(broker)
            if attempt == 2:
                raise
            continue
        try:
            yield broker
        finally:
            _end(broker)
        return


def _end(broker: HardenedBroker) -> None:
    broker.process.terminate()
    try:
        broker.process.wait(START_S)
    except subprocess.TimeoutExpired:
        broker.process.kill()
        broker.process.wait()


def _start(folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        command = [str(find_mosquitto()), "-c", str(folder / "mosquitto.conf")]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


async def _ready(broker: HardenedBroker) -> None:
    """Until both ports answer a login."""
    there = broker.backend
    async with asyncio.timeout(START_S):
        while True:
            try:
                context = there.tls.context()
                await probe("127.0.0.1", broker.backend_port, there.username, there.password.encode(), tls=context)
                return
            except BrokerError as error:
                if broker.process.poll() is not None:
                    raise BrokerError(f"mosquitto ended: {broker.log()}") from error
            await asyncio.sleep(0.02)

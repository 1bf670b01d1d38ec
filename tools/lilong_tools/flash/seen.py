"""Whether a board works once it has been restarted: by its birth at the broker, or by what it says on its console."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Callable, Iterator

import aiomqtt
import serial  # type: ignore[import-untyped]
from lilong_firmware.boot import FOLDER
from lilong_protocol import topics
from lilong_protocol.pc.describe import Description, describe

from ..broker import Broker, BrokerError
from .errors import FlashError
from .remote import Remote
from .settings import Settings

ONLINE = "lilong: online"
ENDED = ("lilong: ended", "lilong: no bundle")
BAUD = 115_200
LOOK_S = 0.2
LAST_LINES = 12


def on_console(remote: Remote, seconds: float, tell: Callable[[str], None]) -> None:
    """Restart, and follow the console until the device says that it is online; FlashError with its last words when it
    ends, or does not get there in time."""
    said: list[str] = []
    remote.restart()
    deadline = time.monotonic() + seconds
    for line in _lines(remote.port, deadline):
        said.append(line)
        tell(line)
        if line.startswith(ONLINE):
            return
        if line.startswith(ENDED):
            raise FlashError(f"{remote.port}: the device ends at its start:{_last(said)}")
    raise FlashError(
        f"{remote.port}: not online in {seconds:.0f} s; look at its Wi-Fi and its broker, or give --broker or a longer "
        f"--wait:{_last(said)}"
    )


def _last(said: list[str]) -> str:
    return "".join(f"\n    {line}" for line in said[-LAST_LINES:]) or " it says nothing"


def _lines(port: str, deadline: float) -> Iterator[str]:
    """What comes over a port up to a time; while it is not there it is looked for, as after a restart."""
    rest = b""
    while time.monotonic() < deadline:
        try:
            with serial.Serial(port, BAUD, timeout=LOOK_S) as line:
                while time.monotonic() < deadline:
                    rest += line.read(max(1, line.in_waiting))
                    *whole, rest = rest.split(b"\n")
                    for one in whole:
                        yield one.decode(errors="replace").strip("\r\x04> ")
        except OSError:  # serial.SerialException is one
            time.sleep(LOOK_S)


async def at_broker(broker: Broker, settings: Settings, restart: Callable[[], None], seconds: float) -> Description:
    """Restart, and the birth that follows; FlashError when none comes in time, or one that is not sealed by its key."""
    topic = topics.up(settings.tenant, settings.device, topics.STATE)
    last: Description | None = None
    try:
        async with aiomqtt.Client(
            broker.host, broker.port, username=broker.username, password=broker.password,
            identifier=f"lilong-flash-{uuid.uuid4().hex[:8]}",
            tls_context=None if broker.tls is None else broker.tls.context(),
        ) as client:  # fmt: skip
            await client.subscribe(topic, qos=1)
            await asyncio.to_thread(restart)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    async for message in client.messages:
                        data = message.payload if isinstance(message.payload, bytes) else b""
                        told = describe(data, topic, lambda _tenant, _device: settings.root)
                        if told.message == "birth" and not message.retain:
                            last = told
                            if told.verified:
                                return told
    except aiomqtt.MqttError as error:
        raise BrokerError(f"the broker at {broker.host}:{broker.port} ended the connection: {error}") from None
    if last is not None:
        raise FlashError(f"{topic}: a birth that another key has sealed ({last.problem}); is {FOLDER} of this device?")
    raise FlashError(f"{topic}: no birth in {seconds:.0f} s; look at the device's Wi-Fi, broker and login there")

"""Watching a broker: a client that only listens."""

import asyncio
import sys
import time
import uuid
from datetime import datetime

import aiomqtt
from lilong_protocol.pc.describe import Description, describe
from rich.console import Console

from ..broker import Broker, BrokerError
from .keys import Keys
from .lines import as_json, line
from .selection import Selection
from .taker import Taker

FILTER = "lilong/1/{}/#"


async def watch(
    broker: Broker, tenant: str, selection: Selection, keys: Keys | None, as_lines_of_json: bool, console: Console,
    taker: Taker | None = None,
) -> None:  # fmt: skip
    """Print what flows until cancelled; BrokerError when the connection is refused or lost."""
    try:
        async with aiomqtt.Client(
            broker.host, broker.port, username=broker.username, password=broker.password,
            identifier=f"lilong-watch-{uuid.uuid4().hex[:8]}",
            tls_context=None if broker.tls is None else broker.tls.context(),
        ) as client:  # fmt: skip
            await client.subscribe(FILTER.format(tenant), qos=1)
            if not as_lines_of_json:
                console.print(f"watching {broker.describe()}; Ctrl-C ends it", style="dim")
            async for message in client.messages:
                data = message.payload if isinstance(message.payload, bytes) else b""
                if data:  # an empty one only takes a retained message away
                    told = show(message.topic.value, data, selection, keys, as_lines_of_json, console)
                    if told is not None and taker is not None:
                        taker.take(message.topic.value, data, told, message.qos)
    except aiomqtt.MqttError as error:
        raise BrokerError(f"the broker at {broker.host}:{broker.port} ended the connection: {error}") from None
    except asyncio.CancelledError:
        return


def show(
    topic: str | None, data: bytes, selection: Selection, keys: Keys | None, as_lines_of_json: bool, console: Console
) -> Description | None:
    """Print one frame if it is wanted; what it says, if it was."""
    told = describe(data, topic) if keys is None else describe(data, topic, keys.root, keys.epochs)
    kind = selection.kind_of(told)
    if not selection.wants(told, kind):
        return None
    if as_lines_of_json:
        sys.stdout.write(as_json(time.time_ns() // 1_000_000, told, kind, topic) + "\n")
        sys.stdout.flush()
    else:
        console.print(line(datetime.now().strftime("%H:%M:%S.%f")[:-3], told, kind))
    return told

"""Asks a broker whether it is there and which one it is, with the devices' own MQTT client."""

import asyncio
import ssl
import time
import uuid

from lilong_protocol.mqtt import CLOSED, CONNECTED, MESSAGE, REFUSED, SUBSCRIBED, Client
from lilong_protocol.mqtt_packets import MqttError
from lilong_protocol.pc.mqtt_server import REFUSALS
from lilong_simulator.fleet.live.refusal import reason_of_mqtt_5, refused

from lilong_tools.broker.errors import BrokerError

LOGIN_CODES = (4, 5)
VERSION_TOPIC = "$SYS/broker/version"


async def probe(
    host: str,
    port: int,
    username: str | None = None,
    password: bytes | None = None,
    timeout_s: float = 5,
    tls: ssl.SSLContext | None = None,
) -> str:
    """Log in and out again; gives the version that the broker tells, or "version unknown". BrokerError if not."""
    place = f"{host}:{port}"
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(host, port, ssl=tls)
            try:
                return await _ask(reader, writer, username, password)
            finally:
                writer.close()
    except TimeoutError:
        raise BrokerError(
            f"no answer from a broker at {place} within {timeout_s:g} s: check host, port and firewall"
        ) from None
    except ssl.SSLCertVerificationError as error:
        raise BrokerError(
            f"the broker at {place} cannot prove that it is the one that is meant ({error.verify_message}): "
            "check host and CA"
        ) from None
    except ssl.SSLError as error:
        raise BrokerError(f"no TLS with what listens at {place} ({error.reason or error}): check the port") from None
    except OSError as error:
        raise BrokerError(
            f"no broker at {place} ({error.strerror or error}): start it, or correct host and port"
        ) from None
    except MqttError as error:
        raise BrokerError(f"what listens at {place} does not speak MQTT 3.1.1 ({error})") from None
    except _Refused as error:
        raise BrokerError(told_refused(place, error.code)) from None


class _Refused(Exception):
    def __init__(self, code: int) -> None:
        super().__init__()
        self.code = code


def told_refused(place: str, code: int) -> str:
    """That the broker has answered with a CONNACK of that code."""
    if code in LOGIN_CODES:
        return f"the broker at {place} refused the login: {REFUSALS[code]}; check user and password"
    why = refused(code)
    return f"at {place} {why}; {why.remedy}"


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, username: str | None, password: bytes | None
) -> str:
    client = Client()
    writer.write(client.connect(_now_ms(), f"lilong-probe-{uuid.uuid4().hex[:8]}", 60, None, username, password))
    version = "version unknown"
    fence = -1
    while data := await reader.read(4096):
        if (code := reason_of_mqtt_5(data)) is not None:
            raise _Refused(code)
        for event in client.feed(data, _now_ms()):
            if event[0] == REFUSED:
                raise _Refused(event[1])
            if event[0] == CONNECTED:
                client.subscribe(VERSION_TOPIC, 0, _now_ms())
                fence = client.subscribe("lilong/probe", 0, _now_ms())  # retained messages come before its SUBACK
            elif event[0] == MESSAGE and event[1] == VERSION_TOPIC:
                version = event[2].decode("utf-8", "replace").replace(" version ", " ")
            elif event[:2] == (SUBSCRIBED, fence):
                client.disconnect()
        writer.write(client.take())
        if client.state == CLOSED:
            return version
    if fence > 0:  # some brokers cut whoever looks at $SYS
        return version
    raise ConnectionResetError(None, "the connection was closed before the login was accepted")


def _now_ms() -> int:
    return int(time.monotonic() * 1000)

"""The broker of a load: its URL, how devices and observers reach it, and whether it is there."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import websockets
from lilong_protocol.mqtt import CONNECTED, REFUSED, Client
from lilong_simulator.fleet.live import Certificates, Login, Passwords, Target
from lilong_simulator.load.observed import Account

from ..broker import Broker, BrokerError, open_broker, parse_url
from ..broker.probe import told_refused
from ..inputs import InputError

FORM = "mqtt[s]://[user:password@]host[:port] or ws[s]://[user:password@]host[:port]/path"
PORTS = {"ws": 80, "wss": 443}
PATIENCE_S = 5.0


@dataclass(frozen=True)
class Reached:
    """A broker that is there: for the report, for the devices, for observers of our own."""

    broker: Broker
    target: Target
    account: Account
    apart: bool = False  # each device has credentials of its own

    @property
    def plain(self) -> bool:
        """Whether a real MicroPython process can reach it: no TLS, no WebSocket."""
        return self.target.tls is None and self.target.path is None


@dataclass(frozen=True)
class Access:
    """What the user gave beside the URL.

    The login of the URL, and cert and key, are those of our observers where devices have their own. first: a device
    whose credentials serve our observers where they have none.
    """

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    passwords: Passwords | None = None
    certificates: Path | None = None
    sources: Sequence[str] = ()
    first: str = ""


def split_url(url: str) -> tuple[str, str | None]:
    """An mqtt[s]:// URL for `parse_url`, and the path of a WebSocket; InputError for another scheme."""
    scheme = url.partition("://")[0]
    if scheme not in ("ws", "wss"):
        if scheme not in ("mqtt", "mqtts"):
            shown = url.rpartition("@")[2]
            raise BrokerError(f"broker URL {shown!r} has no scheme that is spoken here; a broker is given as {FORM}")
        return url, None
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[scheme]
    except ValueError as error:
        raise BrokerError(f"broker URL: {error}; a broker is given as {FORM}") from None
    login_text = parts.netloc.rpartition("@")[0]
    host = parts.netloc.rpartition("@")[2]
    host = host if parts.port is not None else f"{host}:{port}"
    secure = "mqtts" if scheme == "wss" else "mqtt"
    query = f"?{parts.query}" if parts.query else ""
    return f"{secure}://{login_text}{'@' if login_text else ''}{host}{query}", parts.path or "/mqtt"


def look_at(url: str, access: Access) -> tuple[Broker, str | None]:
    """The broker that is meant, with the user's files in it, and the WebSocket's path; nothing is opened."""
    plain, path = split_url(url)
    files = {"ca": access.ca, "cert": access.cert, "key": access.key}
    if access.certificates is not None and access.cert is None:
        files |= {
            "cert": access.certificates / f"{access.first}.crt",
            "key": access.certificates / f"{access.first}.key",
        }
    given = {name: str(file) for name, file in files.items() if file is not None}
    if given:
        if not plain.startswith("mqtts:"):
            option = "--certificates" if access.certificates is not None else f"--{min(given)}"
            raise InputError(f"{option}: {url.partition(':')[0]}:// has no TLS; give mqtts:// or wss://")
        if ("cert" in given) != ("key" in given):
            raise InputError("--cert and --key go together; give both")
        plain += ("&" if "?" in plain else "?") + urlencode(given, safe="/")
    broker = parse_url(plain)
    if access.passwords is not None and broker.username is None:
        login = access.passwords(access.first) or Login()
        password = None if login.password is None else login.password.decode()
        broker = replace(broker, username=login.username, password=password)
    return broker, path


async def reach(url: str, access: Access) -> Reached:
    """The broker at a URL, looked at once; BrokerError when it is not there or refuses the login."""
    broker, path = look_at(url, access)
    if path is None:
        async with open_broker(broker.url) as there:
            broker = there
    else:
        await _ask(broker, path)
        broker = replace(broker, version=f"broker over WebSocket {path}")
    target = target_of(broker, path, access)
    context = None if broker.tls is None else broker.tls.context()
    account = Account(broker.host, broker.port, broker.username, broker.password, context, path)
    return Reached(broker, target, account, access.passwords is not None or access.certificates is not None)


def target_of(broker: Broker, path: str | None, access: Access, opening: int = Target.opening) -> Target:
    """How devices reach a broker; `opening` connections may wait for their CONNACK at once."""
    context = None if broker.tls is None else broker.tls.context()
    tls = Certificates(access.certificates, access.ca) if access.certificates is not None else context
    password = None if broker.password is None else broker.password.encode()
    login = Login(broker.username, password)
    return Target(
        broker.host, broker.port, tls, path, tuple(access.sources),
        access.passwords if access.passwords is not None else lambda _: login, opening,
    )  # fmt: skip


def reached(broker: Broker) -> Reached:
    """A broker of our own."""
    target = Target.all_as(broker.host, broker.port, broker.username, broker.password)
    return Reached(broker, target, Account(broker.host, broker.port, broker.username, broker.password, None, None))


def source_addresses(given: Sequence[str]) -> tuple[str, ...]:
    """Local addresses: each alone, or from one to another, 127.0.0.1-127.0.0.8; InputError for what is none."""
    found: list[str] = []
    for text in given:
        first, _, last = text.partition("-")
        try:
            low = ipaddress.ip_address(first)
            high = ipaddress.ip_address(last or first)
            if low.version != high.version or not 0 <= int(high) - int(low) < 256:
                raise ValueError("from a lower to a higher address, 256 at most")
        except ValueError as error:
            raise InputError(f"--source {text}: {error}; give one like 127.0.0.1 or 127.0.0.1-127.0.0.8") from None
        found += [str(low + n) for n in range(int(high) - int(low) + 1)]
    return tuple(found)


async def _ask(broker: Broker, path: str) -> None:
    """Log in once over a WebSocket."""
    place = f"{broker.host}:{broker.port}{path}"
    host = f"[{broker.host}]" if ":" in broker.host else broker.host
    scheme = "ws" if broker.tls is None else "wss"
    client = Client()
    password = None if broker.password is None else broker.password.encode()
    hello = client.connect(0, "lilong-look", 60, None, broker.username, password)
    try:
        async with asyncio.timeout(PATIENCE_S), websockets.connect(
            f"{scheme}://{host}:{broker.port}{path}", subprotocols=[websockets.Subprotocol("mqtt")], proxy=None,
            ssl=None if broker.tls is None else broker.tls.context(),
        ) as socket:  # fmt: skip
            await socket.send(hello)
            data = await socket.recv(decode=False)
            for event in client.feed(data, 0):
                if event[0] == REFUSED:
                    raise BrokerError(told_refused(place, event[1]))
                if event[0] == CONNECTED:
                    client.disconnect()
                    await socket.send(client.take())
                    return
        raise BrokerError(f"what listens at {place} does not speak MQTT 3.1.1 over WebSocket")
    except TimeoutError:
        raise BrokerError(
            f"no answer from a broker at {place} within {PATIENCE_S:g} s: check host, port and path"
        ) from None
    except ssl.SSLError as error:
        raise BrokerError(f"no TLS with what listens at {place} ({error.reason or error}): check port and CA") from None
    except (OSError, websockets.WebSocketException) as error:
        raise BrokerError(f"no broker over WebSocket at {place} ({error}): check host, port and path") from None

"""Where a fleet's devices connect to, how, and as whom."""

from collections.abc import Callable
from dataclasses import dataclass
from ssl import SSLContext
from typing import NamedTuple


class Login(NamedTuple):
    """What a device says of itself in CONNECT."""

    username: str | None = None
    password: bytes | None = None


NOBODY = Login()


def nobody(_: str) -> Login | None:
    """No user name for any device."""
    return NOBODY


@dataclass(frozen=True)
class Target:
    """A broker, and how its devices reach it.

    tls: one context that all connections share, with a client certificate for mTLS; or the context of each device.
    path: of the resource over whose WebSocket MQTT goes, as "/mqtt". sources: local addresses that connections take
    in turn: one ends at the ephemeral range. login: user name and password of each device, None where it has none to
    give; see `credentials`. opening: connections that
    may wait for their CONNACK at once; brokers let some 100 wait, and drop what comes then.
    """

    host: str
    port: int
    tls: SSLContext | Callable[[str], SSLContext] | None = None
    path: str | None = None
    sources: tuple[str, ...] = ()
    login: Callable[[str], Login | None] = nobody
    opening: int = 100

    @classmethod
    def all_as(cls, host: str, port: int, username: str | None, password: str | bytes | None) -> "Target":
        """One user name for all devices."""
        login = Login(username, password.encode() if isinstance(password, str) else password)
        return cls(host, port, login=lambda _: login)

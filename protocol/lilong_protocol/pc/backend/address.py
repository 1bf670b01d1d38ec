"""Where a broker is: mqtt:// or mqtts:// URLs."""

import ssl
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from ..errors import BackendError
from ..simulation import is_loopback

PORTS = {"mqtt": 1883, "mqtts": 8883}
FORM = "a broker is given as mqtts://[user:password@]host[:port], on this machine also as mqtt://"
FILES = ("ca", "cert", "key")


@dataclass(frozen=True)
class Address:
    """A broker and how to log in; `tls` None: in clear text."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def address_of(
    url: str, ca: str | None = None, cert: str | None = None, key: str | None = None, insecure: bool = False
) -> Address:
    """The broker at `url`; `ca`, `cert` and `key` are PEM files for mqtts://. BackendError for what cannot be used.

    They may stand in the URL too, as `?ca=FILE&cert=FILE&key=FILE`: so `lilong broker-config` writes it.
    Without TLS only a broker on this machine is spoken to, unless `insecure` (LIL-SEC-001).
    """
    try:
        parts = urlsplit(url)
        port = parts.port
        asked = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    except ValueError as error:
        raise BackendError(f"broker URL: {error}; {FORM}") from None
    shown = url.partition("?")[0].rpartition("@")[2]
    if parts.scheme not in PORTS or not parts.hostname or port == 0:
        raise BackendError(f"broker URL {shown!r}: {FORM}")
    if parts.path not in ("", "/") or parts.fragment or set(asked) - set(FILES):
        raise BackendError(f"broker URL {shown!r} has something behind host and port; {FORM}")
    secure = parts.scheme == "mqtts"
    ca, cert, key = ca or asked.get("ca"), cert or asked.get("cert"), key or asked.get("key")
    if not secure and (ca or cert or key):
        raise BackendError(f"broker URL {shown!r}: ca, cert and key are for mqtts://; give that, or leave them out")
    if not secure and not insecure and not is_loopback(parts.hostname):
        raise BackendError(f"broker {shown}: another machine, mqtt:// hides nothing; use mqtts://, or insecure=True")
    return Address(
        parts.hostname, port or PORTS[parts.scheme],
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password is not None else None,
        _context(ca, cert, key) if secure else None,
    )  # fmt: skip


def _context(ca: str | None, cert: str | None, key: str | None) -> ssl.SSLContext:
    if key is not None and cert is None:
        raise BackendError(f"TLS with key {key}: it goes with a certificate; give cert too")
    try:
        context = ssl.create_default_context(cafile=ca)
        if cert is not None:
            context.load_cert_chain(cert, key, password="")  # nobody is there to be asked for one
    except (OSError, ssl.SSLError) as error:
        files = ", ".join(file for file in (ca, cert, key) if file)
        raise BackendError(f"TLS with {files}: {error}; give PEM files that can be read and fit together") from error
    return context

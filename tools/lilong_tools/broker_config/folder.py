"""Writes the folder of a broker: every file that it, its devices' provisioning and its backend need."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlencode, urlsplit

from lilong_protocol.keys import broker_password
from lilong_protocol.pc.private_file import PrivateFileError, read_private, write_private

from .access import emqx_acl, mosquitto_acl
from .emqx import emqx_conf
from .errors import BrokerConfigError
from .guide import guide
from .mosquitto_conf import mosquitto_conf, systemd_limits
from .passwords import emqx_users, mosquitto_passwords

if TYPE_CHECKING:
    from .certificates import Signed

PUBLIC = 0o644


@dataclass(frozen=True)
class Wanted:
    """A broker as it was asked for. hosts: names and addresses under which it is reached, the first for the backend.

    at: where the folder will stand on the broker's machine; user: whom mosquitto becomes when root starts it.
    """

    tenant: str
    devices: Sequence[str]
    root: Callable[[str], bytes]
    hosts: list[str]
    at: Path
    port: int = 8883
    backend_port: int = 8884
    backend: str = "centre"
    user: str | None = None


def write_folder(folder: Path, wanted: Wanted, now: datetime) -> None:
    """Make or renew a broker's folder. The authority and the backend's password of an earlier run stay."""
    try:
        from .certificates import DAYS, Authority  # noqa: PLC0415  it needs an extra
    except ImportError:
        raise BrokerConfigError(
            "certificates are made by the package cryptography, which is not installed: pip install 'lilong[tls]'"
        ) from None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for inner in ("data", "emqx"):
            (folder / inner).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise BrokerConfigError(f"{folder}: cannot be made ({error.strerror}); name another folder") from None
    try:
        authority = Authority(f"Lilong {wanted.tenant}", now, _saved_authority(folder))
        password = _saved_password(folder / "backend.url", wanted.backend) or secrets.token_hex(32)
        _certificates(folder, authority.signed, authority.server(wanted.hosts), authority.client(wanted.backend))
        _texts(folder, wanted, (now + timedelta(days=DAYS)).date().isoformat())
        logins = [(device, broker_password(wanted.root(device))) for device in wanted.devices]
        logins.append((wanted.backend, password))
        write_private(folder / "passwords", mosquitto_passwords(logins))
        write_private(folder / "emqx" / "users.csv", emqx_users(logins))
        write_private(folder / "backend.url", _url(wanted, password) + "\n")
    except PrivateFileError as error:
        raise BrokerConfigError(str(error)) from None


def _certificates(folder: Path, authority: "Signed", server: "Signed", backend: "Signed") -> None:
    for name, signed in (("ca", authority), ("server", server), ("backend", backend)):
        write_private(folder / f"{name}.crt", signed.certificate, PUBLIC)
        write_private(folder / f"{name}.key", signed.key)


def _texts(folder: Path, wanted: Wanted, until: str) -> None:
    devices, ports = len(wanted.devices), (wanted.port, wanted.backend_port)
    texts = {
        "mosquitto.conf": mosquitto_conf(wanted.at, devices, *ports, wanted.user),
        "acl": mosquitto_acl(wanted.tenant, wanted.backend),
        "limits.conf": systemd_limits(devices),
        "README.md": guide(wanted.at, wanted.tenant, devices, wanted.hosts, *ports, until),
        "emqx/emqx.conf": emqx_conf(wanted.at, devices, *ports),
        "emqx/acl.conf": emqx_acl(wanted.tenant, wanted.backend),
    }
    for name, text in texts.items():
        write_private(folder / name, text, 0o600 if name == "acl" else PUBLIC)


def _url(wanted: Wanted, password: str) -> str:
    files = {"ca": "ca.crt", "cert": "backend.crt", "key": "backend.key"}
    query = urlencode({name: f"{wanted.at}/{file}" for name, file in files.items()}, safe="/")
    host = f"[{wanted.hosts[0]}]" if ":" in wanted.hosts[0] else wanted.hosts[0]
    return f"mqtts://{wanted.backend}:{password}@{host}:{wanted.backend_port}?{query}"


def _saved_authority(folder: Path) -> "Signed | None":
    from .certificates import Signed  # noqa: PLC0415

    certificate, key = folder / "ca.crt", folder / "ca.key"
    if not certificate.exists() and not key.exists():
        return None
    if not key.exists():
        raise BrokerConfigError(f"{key}: is missing beside ca.crt; bring it back, or remove ca.crt for a new authority")
    if not certificate.exists():
        raise BrokerConfigError(f"{certificate}: is missing beside ca.key; bring it back, or remove ca.key too")
    return Signed(certificate.read_text(encoding="ascii"), read_private(key))


def _saved_password(path: Path, backend: str) -> str | None:
    if not path.exists():
        return None
    parts = urlsplit(read_private(path).strip())
    return parts.password if unquote(parts.username or "") == backend else None

"""The folder of `lilong broker-config`: where devices connect, whom they trust, and who may log in."""

import base64
import hashlib
import re
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from lilong_protocol import topics
from lilong_protocol.keys import broker_password
from lilong_protocol.pc.private_file import PrivateFileError, read_private, write_private

from ..broker_config.mosquitto_conf import device_connections
from ..broker_config.passwords import emqx_users, mosquitto_line
from .errors import ProvisionError

LISTENER = re.compile(r"^listener (\d+)", re.MULTILINE)
CONNECTIONS = re.compile(r"^max_connections (\d+)", re.MULTILINE)


class Logins(NamedTuple):
    """The files of passwords as they shall be, by path; those that stay as they are are left out."""

    files: Mapping[Path, str]
    devices: int


class BrokerFolder:
    """A folder as it was found. ProvisionError when it is none, or another estate's."""

    def __init__(self, folder: Path, tenant: str) -> None:
        self.path = folder
        conf, acl = self._text("mosquitto.conf"), self._private("acl")
        if f"{topics.PREFIX}{tenant}/%u/u/#" not in acl:
            raise ProvisionError(
                f"{folder / 'acl'}: lets no device of {tenant} speak; name the folder that `lilong broker-config "
                f"{tenant}` has written"
            )
        listener, room = LISTENER.search(conf), CONNECTIONS.search(conf)
        if listener is None or room is None:
            raise ProvisionError(f"{folder / 'mosquitto.conf'}: has no listener; run `lilong broker-config` again")
        self.port = int(listener[1])
        self.room = int(room[1])
        self.host = urlsplit(self._private("backend.url").strip()).hostname or ""
        self.ca_pem = self._text("ca.crt")
        self.ca = der(folder / "ca.crt", self.ca_pem)
        self._names = _names(folder / "server.crt", self._text("server.crt"))

    def check_host(self, host: str) -> None:
        """ProvisionError when the broker's certificate does not say that it is `host`."""
        if host not in self._names:
            raise ProvisionError(
                f"--host {host}: the certificate {self.path / 'server.crt'} is for {', '.join(self._names)}; give one "
                "of these, or run `lilong broker-config` with this --host too"
            )

    def authority_key(self) -> str:
        """The private key of the authority, PEM; it may have been put into a safe place."""
        return self._private("ca.key")

    def logins(self, roots: Mapping[str, bytes], gone: tuple[str, ...] = ()) -> Logins:
        """The password files with these devices' logins in them, and without those that are `gone`."""
        passwords = self._private("passwords")
        users = self._private("emqx/users.csv")
        wanted = {device: broker_password(root) for device, root in roots.items()}
        ours, devices = _renewed(passwords.splitlines(), ":", wanted, gone, _holds, mosquitto_line)
        head, *rest = users.splitlines() or [""]
        theirs, _ = _renewed(rest, ",", wanted, gone, _emqx_holds, _emqx_line)
        files = {
            self.path / "passwords": "".join(f"{line}\n" for line in ours),
            self.path / "emqx" / "users.csv": "".join(f"{line}\n" for line in (head, *theirs)),
        }
        before = (passwords, users)
        changed = {path: text for (path, text), was in zip(files.items(), before, strict=True) if text != was}
        return Logins(changed, devices - 1)  # the backend has one too

    def write(self, logins: Logins) -> None:
        for path, text in logins.files.items():
            try:
                write_private(path, text)
            except PrivateFileError as error:
                raise ProvisionError(str(error)) from None

    def too_small(self, devices: int) -> bool:
        """The limits in mosquitto.conf were made for fewer."""
        return device_connections(devices) > self.room

    def _text(self, name: str) -> str:
        try:
            return (self.path / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise ProvisionError(
                f"{self.path / name}: cannot be read; name a folder that `lilong broker-config` has written"
            ) from None

    def _private(self, name: str) -> str:
        try:
            return read_private(self.path / name)
        except PrivateFileError as error:
            raise ProvisionError(str(error)) from None


def der(path: Path, pem: str) -> bytes:
    """A certificate as a board reads it."""
    try:
        return ssl.PEM_cert_to_DER_cert(pem.strip())
    except ValueError:
        raise ProvisionError(f"{path}: is no certificate in PEM; give the authority that signed the broker's") from None


def _renewed(
    lines: list[str], mark: str, wanted: Mapping[str, str], gone: tuple[str, ...],
    holds: Callable[[str, str], bool], line_of: Callable[[str, str], str],
) -> tuple[list[str], int]:  # fmt: skip
    """Lines with each wanted login once, those that are right as they are; how many there are."""
    left = dict(wanted)
    kept = []
    for line in lines:
        user = line.split(mark, 1)[0]
        if user in gone:
            continue
        password = left.pop(user, None)
        if user in wanted and password is None:
            continue  # a second line
        kept.append(line if password is None or holds(line, password) else line_of(user, password))
    kept += [line_of(user, password) for user, password in left.items()]
    return kept, len(kept)


def _holds(line: str, password: str) -> bool:
    try:
        _, scheme, rounds, salt, digest = line.split("$")
        made = hashlib.pbkdf2_hmac("sha512", password.encode(), base64.b64decode(salt), int(rounds))
    except ValueError:
        return False
    return scheme == "7" and base64.b64encode(made).decode() == digest


def _emqx_holds(line: str, password: str) -> bool:
    cells = line.split(",")
    return len(cells) == 4 and hashlib.sha256((password + cells[2]).encode()).hexdigest() == cells[1]


def _emqx_line(user: str, password: str) -> str:
    return emqx_users([(user, password)]).splitlines()[1]


def _names(path: Path, pem: str) -> list[str]:
    try:
        from cryptography import x509  # noqa: PLC0415  an extra
    except ImportError:
        raise ProvisionError("the package cryptography is not installed: pip install 'lilong[provision]'") from None
    try:
        extension = x509.load_pem_x509_certificate(pem.encode()).extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
    except (ValueError, x509.ExtensionNotFound):
        raise ProvisionError(f"{path}: is no certificate of a broker; run `lilong broker-config` again") from None
    names = extension.value
    addresses = [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    return [*names.get_values_for_type(x509.DNSName), *addresses]

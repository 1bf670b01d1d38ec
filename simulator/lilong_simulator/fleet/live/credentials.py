"""As whom each device connects, where each has something of its own: a CSV of passwords, a folder of certificates."""

import csv
import ssl
from collections.abc import Iterable
from pathlib import Path

from .dial import Login

COLUMNS = ["device", "username", "password"]


class CredentialsError(Exception):
    """Credentials that cannot be used; the text says where, and what to do."""


class Passwords:
    """The `login` of a `Target` from a CSV file with the columns device, username and password."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._logins: dict[str, Login] = {}
        try:
            with file.open(newline="", encoding="utf-8-sig") as lines:
                rows = csv.reader(lines)
                if next(rows, None) != COLUMNS:
                    raise CredentialsError(f"{file}: the first line must be {','.join(COLUMNS)}")
                for row in rows:
                    if row:
                        self._add(row, rows.line_num)
        except OSError as error:
            raise CredentialsError(f"{file}: {error.strerror}; give a CSV file of credentials") from None
        except (UnicodeDecodeError, csv.Error) as error:
            raise CredentialsError(f"{file}: not a CSV file in UTF-8 ({error})") from None

    def __call__(self, device: str) -> Login | None:
        return self._logins.get(device)

    def check(self, devices: Iterable[str]) -> None:
        """CredentialsError unless each device has a line."""
        missing = [device for device in devices if device not in self._logins]
        if missing:
            raise CredentialsError(f"{self.file}: no line for {len(missing):,} of the devices, as for {missing[0]}")

    def _add(self, row: list[str], line: int) -> None:
        if len(row) != len(COLUMNS):
            raise CredentialsError(f"{self.file}, line {line}: {len(row)} columns; write {','.join(COLUMNS)}")
        device, username, password = row
        if device in self._logins:
            raise CredentialsError(f"{self.file}, line {line}: {device} stands in an earlier line too")
        self._logins[device] = Login(username, password.encode())


class Certificates:
    """The `tls` of a `Target` from a folder with DEVICE.crt and DEVICE.key, PEM, of each device.

    ca: who must have signed the broker's certificate; None for those whom this machine trusts.
    """

    def __init__(self, folder: Path, ca: Path | None) -> None:
        self._folder = folder
        self._ca = ca
        self._context("")  # a CA that cannot be read is told now

    def __call__(self, device: str) -> ssl.SSLContext:
        return self._context(device)

    def _context(self, device: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            if self._ca is None:
                context.load_default_certs()
            else:
                context.load_verify_locations(self._ca)
        except OSError as error:
            raise CredentialsError(f"{self._ca}: {_why(error)}; give the broker's CA certificate as PEM") from None
        if device:
            try:
                context.load_cert_chain(self._folder / f"{device}.crt", self._folder / f"{device}.key", password="")
            except OSError as error:
                raise CredentialsError(f"DEVICE.crt and DEVICE.key in {self._folder}: {_why(error)}") from None
        return context


def _why(error: OSError) -> str:
    return "no certificate or key in it" if isinstance(error, ssl.SSLError) else str(error.strerror or error)

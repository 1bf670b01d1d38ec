"""The release key: private in a file for its owner only, and beside it what devices are given."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lilong_protocol.pc.maker import KEY_BYTES
from lilong_protocol.pc.private_file import PrivateFileError, read_private_bytes, write_private

from .errors import UpdateError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519
except ImportError:  # an extra
    HAVE_CRYPTOGRAPHY = False
else:
    HAVE_CRYPTOGRAPHY = True

PUBLIC_MODE = 0o644
SUFFIX = ".pub"
WHAT = "lilong release key"


@dataclass(frozen=True)
class Public:
    """What a device trusts: the key, and the domain of its maker."""

    key: bytes
    vendor: str

    def signed(self, digest: bytes, signature: bytes) -> bool:
        need_cryptography()
        try:
            ed25519.Ed25519PublicKey.from_public_bytes(self.key).verify(signature, digest)
        except InvalidSignature:
            return False
        return True


def public_path(private: Path) -> Path:
    """release.key: release.key.pub."""
    return private.with_name(private.name + SUFFIX)


def make(private: Path, vendor: str, secret: bytes | None = None) -> Public:
    """A new key in two files; UpdateError where one of them is there already: a lost key is lost for all devices.

    secret: the 32 bytes of a key that is known already; else they are drawn.
    """
    need_cryptography()
    _check_vendor(vendor)
    public = public_path(private)
    for path in (private, public):
        if path.exists():
            raise UpdateError(
                f"{path}: is there already, and devices may trust it for as long as they live; name another file"
            )
    if secret is None:
        key = ed25519.Ed25519PrivateKey.generate()
    else:
        key = ed25519.Ed25519PrivateKey.from_private_bytes(secret)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    made = Public(key.public_key().public_bytes_raw(), vendor.lower())
    text = json.dumps({"what": WHAT, "vendor": made.vendor, "ed25519": made.key.hex()}, indent=1) + "\n"
    try:
        write_private(private, pem)
        write_private(public, text, PUBLIC_MODE)
    except PrivateFileError as error:
        raise UpdateError(str(error)) from None
    return made


def need_cryptography() -> None:
    """UpdateError without the package that signs and verifies."""
    if not HAVE_CRYPTOGRAPHY:
        raise UpdateError("signing and verifying need the package cryptography: pip install cryptography")


def load_private(path: Path) -> "Ed25519PrivateKey":
    """UpdateError for a file that others could read, or that holds no Ed25519 key."""
    need_cryptography()
    try:
        pem = read_private_bytes(path)
    except PrivateFileError as error:
        raise UpdateError(f"--key {error}") from None
    try:
        key = serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError):  # no PEM, or one with a password
        raise UpdateError(f"--key {path}: holds no key; `lilong update keygen` makes one") from None
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise UpdateError(f"--key {path}: holds a key that is not Ed25519; `lilong update keygen` makes one")
    return key


def load_public(path: Path) -> Public:
    """The public file beside a release key; UpdateError when it is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UpdateError(f"{path}: cannot be read ({error.strerror}); it was written beside the release key") from None
    except ValueError:
        content = None
    try:
        if content["what"] != WHAT:
            raise ValueError
        public = Public(bytes.fromhex(content["ed25519"]), content["vendor"])
        _check_vendor(public.vendor)
        if len(public.key) != KEY_BYTES:
            raise ValueError
    except (TypeError, KeyError, ValueError):
        raise UpdateError(
            f"{path}: is no {WHAT}; give the file *{SUFFIX} that `lilong update keygen` has written"
        ) from None
    return public


def of_private(path: Path) -> "tuple[Ed25519PrivateKey, Public]":
    """A release key with its public file; UpdateError when they do not belong together."""
    key = load_private(path)
    beside = public_path(path)
    public = load_public(beside)
    if public.key != key.public_key().public_bytes_raw():
        raise UpdateError(f"{beside}: belongs to another key than {path}; bring back the one that was written with it")
    return key, public


def _check_vendor(vendor: str) -> None:
    labels = vendor.split(".")
    allowed = all(label and all(c.isascii() and (c.isalnum() or c == "-") for c in label) for label in labels)
    if len(labels) < 2 or not allowed or len(vendor) > 253:
        raise UpdateError(f"--vendor {vendor!r}: is no domain; give one of yours, as in firmware.example.com")

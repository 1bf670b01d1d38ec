"""Keys: HMAC-SHA-256 with prepared pads, and HKDF (RFC 5869) from estate key to device to direction.

estate key --(tenant, device)--> device root --(direction, epoch)--> frame key
                                             --> password at the broker
"""

from binascii import hexlify
from hashlib import sha256

ROOT_SALT = b"lilong/1 device root"
FRAME_SALT = b"lilong/1 frame key"
BROKER_SALT = b"lilong/1 broker password"
KEY_BYTES = 32


class MacKey:
    """An HMAC-SHA-256 key (RFC 2104) whose pads are made once: MicroPython's hmac makes them each time."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        if len(key) > 64:
            key = sha256(key).digest()
        key = key + bytes(64 - len(key))
        self._inner = bytes([b ^ 0x36 for b in key])
        self._outer = bytes([b ^ 0x5C for b in key])

    def mac(self, message: bytes) -> bytes:
        """The 32-byte HMAC of `message`."""
        return sha256(self._outer + sha256(self._inner + message).digest()).digest()


def hkdf(ikm: bytes, salt: bytes, info: bytes) -> bytes:
    """HKDF-SHA-256 with an output of one block (32 bytes)."""
    return MacKey(MacKey(salt).mac(ikm)).mac(info + b"\x01")


def device_root(estate_key: bytes, tenant: str, device: str) -> bytes:
    """The 32-byte root of one device; a device that is provisioned singly has a random one instead."""
    return hkdf(estate_key, ROOT_SALT, ("%s/%s" % (tenant, device)).encode())


def frame_key(root: bytes, direction: str, epoch: int = 0) -> MacKey:
    """The key of one direction, "u" from the device or "d" to it, in one epoch."""
    return MacKey(hkdf(root, FRAME_SALT, ("%s/%d" % (direction, epoch)).encode()))


def broker_password(root: bytes) -> str:
    """What a device logs in to its broker with, its id being the user name: 64 hex digits."""
    return hexlify(hkdf(root, BROKER_SALT, b"")).decode()


def _equal(a: bytes, b: bytes) -> bool:
    """Compare two byte strings in a time that does not tell where they differ."""
    if len(a) != len(b):
        return False
    difference = 0
    for i in range(len(a)):
        difference |= a[i] ^ b[i]
    return difference == 0


try:
    from hmac import compare_digest as equal
except ImportError:  # MicroPython has no hmac module built in
    equal = _equal  # type: ignore[assignment]

__all__ = ["MacKey", "broker_password", "device_root", "equal", "frame_key", "hkdf"]

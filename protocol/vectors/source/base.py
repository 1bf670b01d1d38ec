"""What every group of vectors shares: bytes, diagnostic JSON, keys and seals, by other people's libraries."""

from typing import Any

import cbor2
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pycose.headers import KID, Algorithm
from pycose.keys import SymmetricKey
from pycose.messages import Mac0Message

Case = dict[str, Any]

MAX = (1 << 53) - 1
U32 = (1 << 32) - 1
ESTATE_KEY = bytes(range(32))
TENANT, DEVICE = "acme", "a4cf12fffe0b3c5d"
OTHER_DEVICE = "a4cf12fffe0b3c5e"
ALGORITHM = {"u": 4, "d": 5}
TAG_BYTES = {"u": 8, "d": 32}


def in_order(value: Any) -> Any:
    """Maps with their keys in the order of their encodings: 0, 1, 2 ... -1, -2."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key if key >= 0 else MAX - key)
        return {key: in_order(value[key]) for key in keys}
    return [in_order(item) for item in value] if isinstance(value, list) else value


def encoded(value: Any) -> bytes:
    """Deterministic CBOR: cbor2 writes the shortest heads and keeps the order of a dict."""
    return cbor2.dumps(in_order(value))


def diagnostic(value: Any) -> Any:
    """A value as JSON: a byte string is {"hex": "00ff"}, the keys of a map are decimal text."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, list):
        return [diagnostic(item) for item in value]
    if isinstance(value, dict):
        return {str(key): diagnostic(item) for key, item in in_order(value).items()}
    return value


def hkdf(ikm: bytes, salt: str, info: str) -> bytes:
    return HKDF(SHA256(), 32, salt.encode(), info.encode()).derive(ikm)


def device_root(tenant: str = TENANT, device: str = DEVICE, estate_key: bytes = ESTATE_KEY) -> bytes:
    return hkdf(estate_key, "lilong/1 device root", f"{tenant}/{device}")


def frame_key(direction: str, epoch: int = 0, root: bytes | None = None) -> bytes:
    return hkdf(device_root() if root is None else root, "lilong/1 frame key", f"{direction}/{epoch}")


def aad(direction: str, cls: str, epoch: int = 0, tenant: str = TENANT, device: str = DEVICE) -> bytes:
    return f"1/{tenant}/{device}/{direction}/{cls}{f'/{epoch}' if epoch else ''}".encode()


def mac0(payload: bytes, key: bytes, external_aad: bytes, algorithm: int, device: str = DEVICE) -> list[Any]:
    """The four parts of a COSE_Mac0 as pycose makes it: protected, unprotected, payload, tag."""
    message = Mac0Message(phdr={Algorithm: algorithm}, uhdr={KID: bytes.fromhex(device)}, payload=payload)
    message.external_aad = external_aad
    message.key = SymmetricKey(key)
    return list(cbor2.loads(message.encode(tag=False)))


def sealed(payload: bytes, direction: str, cls: str, epoch: int = 0, key: bytes | None = None) -> bytes:
    """The frame of DEVICE that carries `payload`."""
    key = frame_key(direction, epoch) if key is None else key
    return cbor2.dumps(mac0(payload, key, aad(direction, cls, epoch), ALGORITHM[direction]))


def place(direction: str, cls: str, epoch: int = 0) -> Case:
    """The part of a case that says under which key and on which topic."""
    return {
        "key": frame_key(direction, epoch).hex(), "tenant": TENANT, "device": DEVICE, "direction": direction,
        "class": cls, "epoch": epoch,
    }  # fmt: skip

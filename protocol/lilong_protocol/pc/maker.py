"""Who has made a device, and what it is, as firmware names them: the vendor and class ids of RFC 9124 (3.3 and 3.4).

The only place where they are made. A vendor id is UUID5 of the maker's domain, a class id UUID5 of that id and
"board/kind" (RFC 9124 3.4: what decides whether an image can run). Signing puts them into the head of an image; a
device is given its own, with the key whose signatures it trusts: `maker_data`.
"""

import uuid
from hashlib import sha256

VENDOR = "maker.invalid"
"""The domain of who names none of his own; no domain can be called that (RFC 6761)."""
KEY_BYTES = 32
SIMULATED, SIMULATION = "simulated", "simulation.invalid"
"""The board, and the maker's domain, of devices of a simulated fleet."""


def vendor_id(domain: str) -> bytes:
    """16 bytes; upper and lower case are the same domain."""
    return uuid.uuid5(uuid.NAMESPACE_DNS, domain.lower()).bytes


def class_id(vendor: bytes, board: str, kind: str) -> bytes:
    """16 bytes. board: the folder under boards/; kind: as in the registry."""
    return uuid.uuid5(uuid.UUID(bytes=vendor), f"{board}/{kind}").bytes


def maker_data(public: bytes, domain: str, board: str, kind: str) -> bytes:
    """What a device is given, 64 bytes: the public key (Ed25519, 32 bytes), vendor id, class id."""
    if len(public) != KEY_BYTES:
        raise ValueError(f"a public key of {len(public)} bytes: Ed25519 has {KEY_BYTES}")
    vendor = vendor_id(domain)
    return public + vendor + class_id(vendor, board, kind)


def maker_settings(public: bytes, domain: str, board: str, kind: str) -> dict[str, str]:
    """The same as the key "maker" of a board's configuration has it."""
    data = maker_data(public, domain, board, kind)
    return {"key": data[:32].hex(), "vendor": data[32:48].hex(), "class": data[48:].hex()}


def simulation_release_key() -> bytes:
    """The private key whose firmware simulated devices take, 32 bytes. Never for hardware: it is public."""
    return sha256(b"lilong/1 simulation release key, public, never for hardware").digest()

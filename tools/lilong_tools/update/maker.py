"""Who has made a device, and what it is, as firmware names them: the vendor and class ids of RFC 9124 (3.3 and 3.4).

The only place where they are made. A vendor id is UUID5 of the maker's domain, a class id UUID5 of that id and
"board/kind" (RFC 9124 3.4: what decides whether an image can run). Signing puts them into the head of an image;
provisioning gives a device its own, with the key whose signatures it trusts: `maker_data`.
"""

import uuid

from lilong_firmware.install import Maker

VENDOR = "maker.invalid"
"""The domain of who names none of his own; no domain can be called that (RFC 6761)."""
KEY_BYTES = 32


def vendor_id(domain: str) -> bytes:
    """16 bytes; upper and lower case are the same domain."""
    return uuid.uuid5(uuid.NAMESPACE_DNS, domain.lower()).bytes


def class_id(vendor: bytes, board: str, kind: str) -> bytes:
    """16 bytes. board: the folder under boards/; kind: as in the registry."""
    return uuid.uuid5(uuid.UUID(bytes=vendor), f"{board}/{kind}").bytes


def maker_of(public: bytes, domain: str, board: str, kind: str) -> Maker:
    """Whose firmware a device takes. public: 32 bytes of Ed25519."""
    vendor = vendor_id(domain)
    return Maker(public, vendor, class_id(vendor, board, kind))


def maker_data(public: bytes, domain: str, board: str, kind: str) -> bytes:
    """The same as 64 bytes for a device's flash: key, vendor, class."""
    maker = maker_of(public, domain, board, kind)
    return maker.key + maker.vendor + maker.device_class

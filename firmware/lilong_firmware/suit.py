"""The head of a firmware image: what it is and for whom, in the terms of SUIT (RFC 9124). The image follows it.

MAGIC, the length of the manifest (u16, big-endian), then the manifest: a CBOR map of the keys below. What is signed is
the SHA-256 of the whole artifact, head and image, as the offer of an update carries it. So a device knows before the
first byte whether its maker has signed it, and from the head, before the rest comes, whether it is for this device and
newer than what it has.
"""

from lilong_protocol import cbor, frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAGIC = b"LLFW"
HEAD = 6  # bytes before the manifest
MANIFEST_MAX = 192
FORMAT = 1  # of this manifest
ROMFS, CHIP_IMAGE = 0, 1  # what the image is: a bundle of compiled modules, or all of a chip's program

# Keys. RFC 9124: 3.1 version id of the manifest structure, 3.2 monotonic sequence number, 3.3 vendor id, 3.4 class id,
# 3.11 storage location and image type, 3.13 payload digests, 3.14 size.
STRUCTURE, SEQUENCE, VENDOR, CLASS, TYPE, SIZE, DIGEST, VERSION = range(8)
_U32 = 0xFFFFFFFF


class Manifest:
    """sequence: rises with every release. vendor, device_class: 16-byte UUIDs. size, digest: of the image alone."""

    __slots__ = ("device_class", "digest", "sequence", "size", "type", "vendor", "version")

    def __init__(
        self, sequence: int, vendor: bytes, device_class: bytes, type_: int, size: int, digest: bytes, version: str
    ) -> None:
        self.sequence = sequence
        self.vendor = vendor
        self.device_class = device_class
        self.type = type_
        self.size = size
        self.digest = digest
        self.version = version


def head(manifest: Manifest) -> bytes:
    """The bytes that stand before the image."""
    m = manifest
    fields = (FORMAT, m.sequence, m.vendor, m.device_class, m.type, m.size, m.digest, m.version)
    body = cbor.encode({key: fields[key] for key in range(8)})
    return MAGIC + len(body).to_bytes(2, "big") + body


def head_size(start: bytes) -> int:
    """How long a head is, from its first HEAD bytes; ValueError when they begin none."""
    size = int.from_bytes(start[4:HEAD], "big")
    if len(start) < HEAD or start[:4] != MAGIC or size > MANIFEST_MAX:
        raise ValueError("no firmware image: it begins with %r" % start[:HEAD])
    return HEAD + size


def parse(data: bytes) -> Manifest:
    """The manifest of a whole head; ValueError says what is wrong with it."""
    if head_size(data) != len(data):
        raise ValueError("a head of %d bytes, and %d are here" % (head_size(data), len(data)))
    try:
        body: Any = cbor.decode(data[HEAD:])
    except ValueError as error:
        raise ValueError("the manifest is not CBOR: %s" % error)
    if not isinstance(body, dict):
        raise ValueError("the manifest is not a map")
    if body.get(STRUCTURE) != FORMAT:
        raise ValueError("a manifest of format %r, and this firmware knows %d" % (body.get(STRUCTURE), FORMAT))
    for key in (SEQUENCE, TYPE, SIZE):
        value = body.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _U32:
            raise ValueError("manifest key %d is not a number of 32 bits" % key)
    for key, size in ((VENDOR, 16), (CLASS, 16), (DIGEST, 32)):
        value = body.get(key)
        if not isinstance(value, bytes) or len(value) != size:
            raise ValueError("manifest key %d is not %d bytes" % (key, size))
    if not isinstance(body.get(VERSION), str):
        raise ValueError("manifest key %d is not a text" % VERSION)
    if not body[SIZE]:
        raise ValueError("an image of no bytes")
    return Manifest(
        body[SEQUENCE], body[VENDOR], body[CLASS], body[TYPE], body[SIZE], body[DIGEST], body[VERSION]
    )  # fmt: skip


def judge(manifest: Manifest, size: int, vendor: bytes, device_class: bytes, type_: int, newest: int) -> int:
    """A response code: OK, INVALID for an image of another maker, class or type, CONFLICT for one that is not newer.

    size: of the whole artifact, as offered. newest: the highest sequence number that has ever been in effect here.
    """
    body = (manifest.vendor, manifest.device_class, manifest.type)
    if body != (vendor, device_class, type_) or len(head(manifest)) + manifest.size != size:
        return frame.INVALID
    return frame.OK if manifest.sequence > newest else frame.CONFLICT

"""A sealed frame read without its key: a seal hides nothing."""

from ..cbor import CborError

HEAD_BYTES = 16  # array, protected and unprotected header


def payload_of(data: bytes) -> bytes:
    """The payload of a COSE_Mac0 whose head is known to be right; CborError when there is none. Verifies nothing."""
    at = HEAD_BYTES
    first = data[at]
    size, skip = (first - 0x40, 1) if 0x40 <= first < 0x58 else (None, 0)
    if first == 0x58:
        size, skip = data[at + 1], 2
    elif first == 0x59:
        size, skip = int.from_bytes(data[at + 1 : at + 3], "big"), 3
    if size is None or at + skip + size > len(data):
        raise CborError("payload is not a byte string")
    return data[at + skip : at + skip + size]

"""Bytes that only one device may read and nobody may change: new passwords on their way through a broker.

    nonce (16) | body | tag (16)

The body is the plain bytes XORed with HMAC-SHA-256(hide, nonce | n as u32) for n = 0, 1 ...; the tag is the first half
of HMAC-SHA-256(tag key, nonce | SHA-256(body)). Both keys are HKDF of the device's root, and of nothing else. A nonce
is random and used once (LIL-UPD-010).
"""

from hashlib import sha256

from .keys import MacKey, equal, hkdf

SALT = b"lilong/1 wrap"
NONCE_BYTES = TAG_BYTES = 16
OVERHEAD = NONCE_BYTES + TAG_BYTES


def wrap(root: bytes, nonce: bytes, plain: bytes) -> bytes:
    """For the device with this root."""
    if len(nonce) != NONCE_BYTES:
        raise ValueError("a nonce of %d bytes, and %d are needed" % (len(nonce), NONCE_BYTES))
    body = _hidden(root, nonce, plain)
    return nonce + body + _tag(root, nonce, body)


def unwrap(root: bytes, data: bytes) -> bytes:
    """What was wrapped; ValueError when it was not for this device, or is not whole."""
    nonce, body, tag = data[:NONCE_BYTES], data[NONCE_BYTES:-TAG_BYTES], data[-TAG_BYTES:]
    if len(data) < OVERHEAD or not equal(_tag(root, nonce, body), tag):
        raise ValueError("not wrapped for this device")
    return _hidden(root, nonce, body)


def _hidden(root: bytes, nonce: bytes, data: bytes) -> bytes:
    key = MacKey(hkdf(root, SALT, b"hide"))
    out = bytearray(data)
    for at in range(0, len(out), 32):
        stream = key.mac(nonce + (at // 32).to_bytes(4, "big"))
        for i in range(at, min(at + 32, len(out))):
            out[i] ^= stream[i - at]
    return bytes(out)


def _tag(root: bytes, nonce: bytes, body: bytes) -> bytes:
    return MacKey(hkdf(root, SALT, b"tag")).mac(nonce + sha256(body).digest())[:TAG_BYTES]

"""OSDP's secure channel (IEC 60839-11-5), the panel's side: session keys, the chain of MACs, encrypted data."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ECB, CBC = 1, 2  # cryptolib.aes
SCBK_D = b"0123456789:;<=>?"  # SCBK-D, the key that everybody knows


class Session:
    """One handshake and what follows it. `aes`: `cryptolib.aes`; `key`: the SCBK; `random`: 8 bytes of our own."""

    def __init__(self, aes: "Any", key: bytes, random: bytes) -> None:
        self.random = random
        self.up = False
        self._aes = aes
        self._key = key
        self._command_mac = bytearray(16)
        self._reply_mac = bytearray(16)
        self._block = bytearray(16)

    def challenged(self, answer: bytes) -> bytes:
        """Our cryptogram for CCRYPT (the reader's identity, random and cryptogram); empty: it has another key."""
        if len(answer) != 32:
            return b""
        master = self._aes(self._key, ECB)
        keys = [master.encrypt(head + self.random[:6] + bytes(8)) for head in (b"\1\x82", b"\1\1", b"\1\2")]
        self._enc, self._mac1, mac2 = keys
        self._mac2 = self._aes(mac2, ECB)
        encrypt = self._aes(self._enc, ECB).encrypt
        theirs = answer[8:16]
        if not same(encrypt(self.random + theirs), answer[16:]):
            return b""
        ours: bytes = encrypt(theirs + self.random)
        self._mac2.encrypt(self._aes(self._mac1, ECB).encrypt(ours), self._reply_mac)
        return ours

    def begin(self, answer: bytes) -> bool:
        """The reader's RMAC_I ends the handshake; False when it is not what both must come to."""
        self.up = same(self._reply_mac, answer)
        return self.up

    def encrypt(self, data: bytes) -> bytes:
        """The data of a command, padded."""
        padded = data + b"\x80" + bytes(15 - len(data) % 16)
        sealed: bytes = self._aes(self._enc, CBC, _inverse(self._reply_mac)).encrypt(padded)
        return sealed

    def decrypt(self, data: bytes) -> "bytes | None":
        """The data of a reply; None when its padding is wrong."""
        if not data or len(data) % 16:
            return None
        plain = self._aes(self._enc, CBC, _inverse(self._command_mac)).decrypt(data)
        plain = plain.rstrip(b"\0")
        return plain[:-1] if plain[-1:] == b"\x80" else None

    def sign(self, buffer: bytearray, start: int, end: int) -> None:
        """Put the MAC of a command behind it."""
        self._mac(buffer, start, end, self._reply_mac)
        self._command_mac[:] = self._block
        for at in range(4):
            buffer[end + at] = self._block[at]

    def verify(self, buffer: bytearray, end: int) -> bool:
        """Whether `end` is where the MAC of a reply to our last command begins. Only such a one moves the chain."""
        self._mac(buffer, 0, end, self._command_mac)
        different = 0
        for at in range(4):
            different |= self._block[at] ^ buffer[end + at]
        if different:
            return False
        self._reply_mac[:] = self._block
        return True

    def _mac(self, buffer: bytearray, start: int, end: int, chain: bytearray) -> None:
        """All blocks but the last with S-MAC1, that with S-MAC2; a last one that is short is padded."""
        block = self._block
        block[:] = chain
        while end - start > 16:
            for at in range(16):
                block[at] ^= buffer[start + at]
            block[:] = self._aes(self._mac1, ECB).encrypt(block)
            start += 16
        for at in range(end - start):
            block[at] ^= buffer[start + at]
        if end - start < 16:
            block[end - start] ^= 0x80
        self._mac2.encrypt(block, block)


def same(one: "bytes | bytearray", other: bytes) -> bool:
    """Whether two blocks are equal, in a time that does not tell where they differ."""
    different = len(other) ^ 16
    for at in range(min(len(other), 16)):
        different |= one[at] ^ other[at]
    return different == 0


def _inverse(block: bytearray) -> bytes:
    return bytes([byte ^ 0xFF for byte in block])

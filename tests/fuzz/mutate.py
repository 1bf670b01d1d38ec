"""Bytes that are almost right: a seeded mutator that knows the heads of CBOR and MQTT. No two runs differ."""

from collections.abc import Sequence
from random import Random

LONGEST = 2048
_HEADS = bytes(
    [0x00, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1F, 0x20, 0x37, 0x38, 0x3B, 0x40, 0x58, 0x59, 0x5B, 0x5F, 0x60, 0x78, 0x7B,
     0x7F, 0x80, 0x98, 0x9B, 0x9F, 0xA0, 0xB8, 0xBB, 0xBF, 0xC0, 0xC2, 0xD9, 0xE0, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9,
     0xFA, 0xFB, 0xFF]
)  # fmt: skip
_RUNS = (
    b"\x1b\x00\x1f\xff\xff\xff\xff\xff\xff", b"\x1b\x00\x20\x00\x00\x00\x00\x00\x00",
    b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff", b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\x9a\x7f\xff\xff\xff", b"\xba\x80\x00\x00\x00", b"\x81" * 6, b"\xa1\x00" * 6,
    b"\x18\x00", b"\x19\x00\xff", b"\x62\xc0\xaf", b"\x63\xed\xa0\x80", b"\x61\xff", b"\xf9\x7e\x00",
    b"\xa2\x00\x00\x00\x00", b"\xff\xff\xff\x7f", b"\x80\x80\x80\x80\x01", b"\x00\x00", b"\xff\xff",
    b"#", b"+", b"/",
)  # fmt: skip


class Mutator:
    """One to four changes to one of `corpus`, each drawn from `seed`."""

    def __init__(self, corpus: Sequence[bytes], seed: object) -> None:
        self._random = Random(f"mutator {seed}")
        self._corpus = corpus

    def next(self) -> bytes:
        draw = self._random.random
        corpus = self._corpus
        data = bytearray(corpus[int(draw() * len(corpus))])
        for _ in range(1 + int(draw() * draw() * 4)):
            self._change(data)
        return bytes(data[:LONGEST])

    def _change(self, data: bytearray) -> None:
        draw = self._random.random
        size = len(data)
        at = int(draw() * size)
        way = int(draw() * 10)
        if not size or way == 0:
            data[at:at] = bytes([int(draw() * 256)])
        elif way == 1:
            data[at] ^= 1 << int(draw() * 8)
        elif way == 2:
            data[at] = int(draw() * 256)
        elif way == 3:
            data[at] = _HEADS[int(draw() * len(_HEADS))]
        elif way == 4:
            data[at] = data[at] + (1 if draw() < 0.5 else 255) & 255
        elif way == 5:
            del data[at : at + 1 + int(draw() * draw() * 8)]
        elif way == 6:
            piece = data[at : at + 1 + int(draw() * 8)]
            to = int(draw() * size)
            data[to:to] = piece
        elif way == 7:
            run = _RUNS[int(draw() * len(_RUNS))]
            data[at : at + (len(run) if draw() < 0.5 else 1)] = run
        elif way == 8:
            other = self._corpus[int(draw() * len(self._corpus))]
            start = int(draw() * len(other))
            data[at : at + int(draw() * 16)] = other[start : start + int(draw() * 16)]
        else:
            del data[at:]

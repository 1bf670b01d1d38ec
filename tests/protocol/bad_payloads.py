"""Payloads that no decoder may take, by name; read on MicroPython too."""

# None is longer than a frame may be.
BOMBS = {
    "arrays in arrays": b"\x81" * 900,
    "maps in maps": b"\xa1\x00" * 400,
    "arrays of arrays without end": b"\x9f" * 900,
    "an array of 2**63 items": b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff",
    "an array of 2**31 items": b"\x9a\x7f\xff\xff\xff",
    "a map of 2**63 pairs": b"\xbb\x7f\xff\xff\xff\xff\xff\xff\xff",
    "a map of 2**31 pairs": b"\xba\x7f\xff\xff\xff",
    "bytes of 2**63": b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",
    "a text of 2**31": b"\x7a\x7f\xff\xff\xff",
    "300 items": b"\x99\x01\x2c" + b"\x00" * 300,
    "arrays that promise each other's items": b"\x98\xff" * 300,
    "maps that promise each other's pairs": b"\xb8\x60\x00" * 250,
    "a text of 300": b"\x79\x01\x2c" + b"a" * 300,
}
MALFORMED = {
    "a key twice": b"\xa2\x00\x01\x00\x01",
    "keys out of order": b"\xa2\x01\x01\x00\x01",
    "a negative key before a positive one": b"\xa2\x20\x01\x00\x01",
    "a text for a key": b"\xa1\x61a\x01",
    "an overlong integer": b"\xa1\x00\x18\x01",
    "an overlong key": b"\xa1\x18\x00\x01",
    "an overlong length": b"\xb8\x01\x00\x01",
    "an overlong string": b"\xa1\x00\x58\x01a",
    "an integer in eight bytes that fits into four": b"\xa1\x00\x1b\x00\x00\x00\x00\xff\xff\xff\xff",
    "an indefinite map": b"\xbf\x00\x01\xff",
    "an indefinite array": b"\xa1\x00\x9f\xff",
    "indefinite bytes": b"\xa1\x00\x5f\x41a\xff",
    "an indefinite text": b"\xa1\x00\x7f\x61a\xff",
    "a break alone": b"\xff",
    "a byte behind the end": b"\xa1\x00\x01\x00",
    "a second item": b"\xa1\x00\x01\xa1\x00\x01",
    "nothing": b"",
    "half a head": b"\xa1\x00\x19\x01",
    "half a map": b"\xa2\x00\x01\x01",
    "a tag": b"\xc1\xa1\x00\x01",
    "a float": b"\xa1\x00\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00",
    "undefined": b"\xa1\x00\xf7",
    "a bignum": b"\xa1\x00\xc2\x49\x01\x00\x00\x00\x00\x00\x00\x00\x00",
}
OVERFLOWS = {
    "2**53": b"\xa1\x00\x1b\x00\x20\x00\x00\x00\x00\x00\x00",
    "2**63": b"\xa1\x00\x1b\x80\x00\x00\x00\x00\x00\x00\x00",
    "2**64 - 1": b"\xa1\x00\x1b\xff\xff\xff\xff\xff\xff\xff\xff",
    "-2**53": b"\xa1\x00\x3b\x00\x1f\xff\xff\xff\xff\xff\xff",
    "-2**64": b"\xa1\x00\x3b\xff\xff\xff\xff\xff\xff\xff\xff",
}
NO_UTF8 = {
    "a lone continuation": b"\x80",
    "half a character": b"\xe7\x8e",
    "an overlong slash": b"\xc0\xaf",
    "an overlong NUL in three bytes": b"\xe0\x80\x80",
    "a surrogate": b"\xed\xa0\x80",
    "beyond U+10FFFF": b"\xf4\x90\x80\x80",
    "a byte that is never used": b"\xfe",
}
NO_TEXTS = {name: b"\xa1\x00" + bytes([0x60 | len(text)]) + text for name, text in NO_UTF8.items()}
BAD_PAYLOADS = (BOMBS, MALFORMED, OVERFLOWS, NO_TEXTS)

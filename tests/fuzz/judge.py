"""What the codec makes of any bytes as a frame, in one line of text; the same file on CPython and on MicroPython.

Run by itself it answers hex lines on stdin: a board beside the fuzzer.
"""

import sys
from binascii import hexlify, unhexlify

from lilong_protocol import cbor, frame
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.seal import DOWN, UP, Seal, SealError

TENANT, DEVICE, ESTATE_KEY = "acme", "a4cf12fffe0b3c5d", bytes(range(32))  # those of the golden vectors
ROOT = device_root(ESTATE_KEY, TENANT, DEVICE)
SEALS = {way: Seal(frame_key(ROOT, way), TENANT, DEVICE, way) for way in (UP, DOWN)}
HEAD = 16  # bytes before the payload
TAG = {UP: 9, DOWN: 34}  # bytes behind it
FIELDS = ("kind", "boot", "seq", "uptime", "epoch", "quality", "body", "counter", "ref", "target", "nonce", "deadline")


def inside(data):
    """Where the payload would be, were the frame good: so that bytes with a broken tag reach the decoder too."""
    tag = TAG[DOWN if data[4:5] == b"\x05" else UP]
    first = data[HEAD : HEAD + 1]
    head = 3 if first == b"\x59" else 2 if first == b"\x58" else 1
    return data[HEAD + head : max(HEAD + head, len(data) - tag)]


def read(payload):
    """A checked payload, every field of it; or the code and the text that refuse it."""
    try:
        message = frame.unpack(payload)
    except frame.FrameError as error:
        return None, "!%d %s" % (error.code, error)
    return message, hexlify(cbor.encode([getattr(message, name) for name in FIELDS])).decode()


def opened(data, cls):
    """The payload by either direction, or why not."""
    said = []
    for way in (UP, DOWN):
        try:
            said.append(hexlify(SEALS[way].open(cls, data)).decode())
        except SealError as error:
            said.append("!" + str(error))
    return "%s %s" % (said[0], said[1])


def judge(data):
    """One line: what opening says, what the payload inside is, and its tags both ways when it is accepted."""
    payload = inside(data)
    message, text = read(payload)
    tags = "" if message is None else " ".join([hexlify(tag(way, payload)).decode() for way in (UP, DOWN)])
    return "%s | %s | %s" % (opened(data, "al"), text, tags)


def tag(way, payload):
    try:
        return SEALS[way].seal("al", payload)[-8:]
    except SealError:  # the frame would be too long
        return b""


def main():
    while True:
        line = sys.stdin.readline()
        if not line:
            break
        try:
            print(judge(unhexlify(line.strip())))
        except Exception as error:  # what no input may ever cause: the comparison shows it
            print("stray " + repr(error))


if __name__ == "__main__":
    main()

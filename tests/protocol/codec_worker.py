"""Runs on MicroPython: answers codec questions line by line, so that a property test can ask it thousands."""

import sys
from binascii import hexlify, unhexlify

from lilong_protocol import cbor, frame
from lilong_protocol.keys import MacKey
from lilong_protocol.seal import Seal, SealError


def answer(words):
    data = unhexlify(words[1]) if len(words) > 1 else b""
    if words[0] == "decode":
        return cbor.encode(cbor.decode(data))
    if words[0] == "pack":
        return frame.pack(*cbor.decode(data))
    if words[0] == "unpack":
        message = frame.unpack(data)
        return cbor.encode([message.kind, message.boot, message.seq, message.uptime, message.body, message.ref])
    seal = Seal(MacKey(bytes(range(32))), "acme", "a4cf12fffe0b3c5d", words[0][-1])
    return seal.seal("al", data) if words[0][:4] == "seal" else seal.open("al", data)


while True:
    line = sys.stdin.readline()
    if not line:
        break
    try:
        print(hexlify(answer(line.split())).decode())
    except (cbor.CborError, SealError, frame.FrameError) as error:
        print("!" + str(error))
    except Exception as error:  # what no input may ever cause: the test shows it
        print("stray " + repr(error))

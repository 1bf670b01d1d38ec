"""What refusing costs, in bytes of heap; on MicroPython too."""

import gc

from attacks import seal
from bad_payloads import BAD_PAYLOADS
from lilong_protocol import cbor, topics
from lilong_protocol.seal import SealError

SEAL = seal()


def refuse(payload):
    """Let a decoder refuse it."""
    try:
        cbor.decode(payload)
    except cbor.CborError:
        return
    raise AssertionError("taken")


def open_forged(data):
    """Let a seal refuse it."""
    try:
        SEAL.open(topics.COMMAND, data)
    except SealError:
        return
    raise AssertionError("taken")


def heap_cost(function, argument):
    """Bytes that a call takes from the heap, garbage included, on MicroPython."""
    function(argument)
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    function(argument)
    cost = gc.mem_alloc() - before
    gc.enable()
    return cost


def costs():
    """(name, bytes that came, bytes of heap that refusing them took) on MicroPython."""
    measured = []
    for group in BAD_PAYLOADS:
        for name in sorted(group):
            measured.append((name, len(group[name]), heap_cost(refuse, group[name])))
    for size in (0, 1, 100, 1_024, 60_000):
        measured.append(("forged, %d bytes" % size, size, heap_cost(open_forged, bytes(size))))
    return measured

"""A building gateway: ten children, fires, leaks and intruders among them, silence of one and of most of them."""

from harness import MINUTE, SECOND, codes
from lilong_firmware.bus import ANSWERS, BEAT, CLEARED, RAISED, SILENT, STARTED, heard
from lilong_protocol import cbor

# Its children: two detectors of a corridor, two doors, gas detectors in two flats (the third is the first flat's too),
# two fence zones, and a lamp, with 90 s each.
FLATS = (0, 0, 0, 0, 1, 2, 1, 0, 0, 0)
COUNT = len(FLATS)


def children(count=COUNT, limit_s=90):
    """The list of so many children, those above over and over."""
    records = [limit_s.to_bytes(2, "big") + FLATS[n % COUNT].to_bytes(2, "big") for n in range(count)]
    return b"".join(records)


def bits(*places):
    """Children as bits."""
    mask = 0
    for child in places:
        mask |= 1 << (child - 1)
    return mask.to_bytes(2, "little")


def rows(*table):
    """Rows of the linkage as a gateway is given them."""
    packed = [cbor.encode(list(row)) for row in table]
    return b"".join([len(row).to_bytes(2, "big") + row for row in packed])


FIRE = (1, 2, 600, False, bytes([1]), bits(1, 2), codes.CMD_FIRE_RELEASE, None, 0, bits(3, 4))
LIGHT = (1, 2, 600, False, bytes([1]), bits(1, 2), codes.CMD_SET_LEVEL, 100, codes.CMD_AUTOMATIC, bits(10))
GAS = (2, 1, 600, True, bytes([2]), bits(5, 6, 7), codes.CMD_CLOSE_VALVE, None, 0, bits(5, 6, 7))
FENCE = (3, 1, 600, False, bytes([42, 45]), bits(8, 9), codes.CMD_SET_LEVEL, 80, codes.CMD_AUTOMATIC, bits(10))

GIVEN = {"children": children(), "linkage": rows(FIRE, LIGHT, GAS, FENCE)}

EVERY = [heard(child, what) for child in range(1, COUNT + 1) for what in (SILENT, ANSWERS)]
VALUES = {
    "mains": (0, 1),
    "battery": (5, 20, 21, 29, 30, 90),
    "bus": (  # noqa: RUF005  MicroPython unpacks into no tuple
        0,
        heard(1, RAISED, 1),
        heard(2, RAISED, 1),
        heard(1, CLEARED, 1),
        heard(2, CLEARED, 1),
        heard(5, RAISED, 2),
        heard(5, CLEARED, 2),
        heard(8, RAISED, 42),
        heard(9, RAISED, 45),
        heard(8, CLEARED, 42),
        heard(3, STARTED),
        heard(10, BEAT),
        heard(4, RAISED, 7),
        heard(99, RAISED, 1),
    )
    + tuple(EVERY),
    "tamper": (0, 1),
}
COMMANDS = (codes.CMD_TEST, codes.CMD_FIRE_RELEASE, codes.CMD_MUTE, codes.CMD_RESET)


def _bus(*messages):
    return tuple([("bus", message, 10) for message in messages])


# MicroPython unpacks into no tuple.
STORIES = (
    _bus(heard(1, RAISED, 1), heard(2, RAISED, 1)) + (("bus", 0, MINUTE),),  # noqa: RUF005
    _bus(heard(1, CLEARED, 1), heard(2, CLEARED, 1)) + (("bus", 0, 3 * MINUTE),),  # noqa: RUF005
    (("mains", 0, 3 * SECOND),),
    (("battery", 15, 2 * MINUTE),),
    (("mains", 1, 3 * SECOND), ("battery", 100, 2 * MINUTE)),
    (("bus", heard(3, SILENT), 2 * MINUTE),),
    (("bus", heard(3, ANSWERS), SECOND),),
    _bus(*[heard(child, SILENT) for child in range(1, COUNT + 1)]) + (("bus", 0, 4 * MINUTE),),  # noqa: RUF005
    _bus(*[heard(child, ANSWERS) for child in range(1, COUNT + 1)]) + (("bus", 0, 3 * MINUTE),),  # noqa: RUF005
    (("bus", heard(8, RAISED, 42), SECOND), ("bus", heard(8, CLEARED, 42), 3 * MINUTE)),
    (("bus", None, MINUTE), ("bus", 0, 3 * MINUTE)),
    (("tamper", 1, 0),),
    (("tamper", 0, 0),),
)

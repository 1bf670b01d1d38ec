"""A cycle gate before a lift: tags in and out, one stolen, one unknown, an e-bike, a reader that falls silent."""

from harness import SECOND, codes


def packed(*numbers):
    """Numbers as a gate is given them."""
    return b"".join([number.to_bytes(4, "big") for number in sorted(numbers)])


def read(tag, direction, wait=SECOND, rssi=-70):
    """A tag is read once."""
    return (("rssi", rssi, 0), ("direction", direction, 0), ("tag", tag, 0), ("tag", 0, wait))


IN, OUT = 1, 2
EBIKE, BICYCLE = 7, 1_000
GIVEN = {
    "cards": packed(7, 1_000, 1_001),
    "visitors": packed(2_000),
    "bicycles": packed(1_000, 2_000, 3_000),
    "lobby": b"\x01",
    "card_key": bytes(range(32)),
}
VALUES = {
    "tamper": (0, 1),
    "reader": (0, 1),
    "fire": (0, 1),
    "exit_button": (0, 1),
    "rssi": (-120, -106, -105, -60, 0),
    "direction": (0, 1, 2, 3),
    "tag": (0, 7, 1_000, 2_000, 3_000),
}
COMMANDS = (
    codes.CMD_UNLOCK,
    codes.CMD_FIRE_RELEASE,
    codes.CMD_RESET,
    codes.CMD_TEST,
    codes.CMD_CARD_REVOKE,
    codes.CMD_CARDS_CONFIRM,
)
STORIES = (
    read(BICYCLE, IN) + read(BICYCLE, IN) + read(BICYCLE, OUT, 6 * SECOND),
    read(EBIKE, IN, 20 * SECOND) + read(EBIKE, IN, 40 * SECOND),
    read(EBIKE, OUT),
    read(3_000, IN) + read(4_000, OUT) + read(2_000, IN, rssi=-110),
    (("exit_button", 1, SECOND), ("exit_button", 0, 6 * SECOND)),
    (("tamper", 1, 0),),
    (("tamper", 0, 0),),
    (("reader", 0, 9 * SECOND),),
    (("reader", 1, 0),),
    (("fire", 1, SECOND), ("fire", 0, SECOND)),
    (("direction", None, SECOND), ("tag", BICYCLE, SECOND), ("direction", 1, SECOND)),
)

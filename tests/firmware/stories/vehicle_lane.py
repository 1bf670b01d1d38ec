"""A vehicle lane: residents, visitors, strangers who pay, an unsure plate, a barrier that fails."""

from harness import MINUTE, SECOND, codes


def packed(*numbers):
    """Numbers as a lane is given them."""
    return b"".join([number.to_bytes(4, "big") for number in sorted(numbers)])


def arm(output, value):
    """An arm that is up as soon as its motor lifts it; whether it comes down, its story says."""
    if output != "barrier" or not value:
        return ()
    return (("down", 0), ("up", 1)) if value == 1 else (("up", 0),)


def passes(plate, confidence=96, vehicle=1):
    """A vehicle comes, is read, and drives through."""
    return (
        ("approach", 1, SECOND), ("confidence", confidence, 0), ("vehicle_class", vehicle, 0), ("plate", plate, 0),
        ("plate", 0, 3 * SECOND), ("loop", 1, SECOND), ("approach", 0, SECOND), ("loop", 0, 2 * SECOND),
        ("down", 1, SECOND),
    )  # fmt: skip


RESIDENT, VISITOR, STRANGER = 7, 2_000, 3_000
GIVEN = {"cards": packed(7, 1_000), "visitors": packed(2_000), "card_key": bytes(range(32)), "paying": b"\x01"}
PLANT = arm
VALUES = {
    "loop": (0, 1),
    "up": (0, 1),
    "down": (0, 1),
    "fire": (0, 1),
    "tamper": (0, 1),
    "approach": (0, 1),
    "confidence": (0, 84, 85, 100, 101),
    "vehicle_class": (0, 1, 4, 5),
    "plate": (0, 7, 1_000, 2_000, 3_000),
}
COMMANDS = (
    codes.CMD_OPEN_BARRIER,
    codes.CMD_CLOSE_BARRIER,
    codes.CMD_FIRE_RELEASE,
    codes.CMD_DENY_VEHICLE,
    codes.CMD_RESET,
    codes.CMD_TEST,
    codes.CMD_CARD_REVOKE,
    codes.CMD_CARDS_CONFIRM,
)
ARGUMENTS_OF = {codes.CMD_CARD_REVOKE: {0: 5, 1: 1}, codes.CMD_CARDS_CONFIRM: {0: 0}}
STORIES = (
    passes(RESIDENT),
    passes(STRANGER, vehicle=2),
    passes(VISITOR, confidence=80),
    (("down", 0, SECOND),),
    (("down", 1, SECOND),),
    (("up", 1, 0), ("down", 1, 2 * SECOND)),
    (("up", 0, SECOND),),
    (("confidence", 90, 0), ("plate", 1_000, 0), ("loop", 1, 0), ("loop", 0, 9 * SECOND)),
    (("plate", 1_000, 40 * SECOND), ("down", 1, MINUTE)),
    (("approach", 1, 6 * SECOND), ("approach", 0, 6 * SECOND)),
    (("tamper", 1, 0),),
    (("tamper", 0, 0),),
    (("fire", 1, SECOND), ("fire", 0, SECOND)),
    (("loop", None, SECOND), ("loop", 0, SECOND)),
    passes(1_000),
)

"""A door: cards, PINs, a leaf, a reader that falls silent."""

from harness import SECOND, codes


def packed(*numbers):
    """Numbers as a door is given them."""
    return b"".join([number.to_bytes(4, "big") for number in sorted(numbers)])


# The PIN 0042 has the duress form 0043.
GIVEN = {
    "cards": packed(7, 1_000),
    "visitors": packed(2_000),
    "pins": packed(10_042, 1_123_459),
    "card_key": bytes(range(32)),
    "asks": b"\x01",
}
ELSEWHERE = (None, False, True)  # what its backend answers when it asks, one a story
CARD_1000 = 0x8A6DA901  # its pseudonym under that key
VALUES = {
    "contact": (0, 1),
    "credential": (0, 7, 8, 1_000, 2_000),
    "exit_button": (0, 1),
    "tamper": (0, 1),
    "pin": (0, 10_042, 10_043, 10_044, 1_123_450),
    "reader": (0, 1),
}
COMMANDS = (
    codes.CMD_UNLOCK,
    codes.CMD_FIRE_RELEASE,
    codes.CMD_RESET,
    codes.CMD_CARD_REVOKE,
    codes.CMD_CARDS_CONFIRM,
)
STORIES = (
    (("contact", 1, SECOND),),
    (("contact", 0, SECOND),),
    (("exit_button", 1, 0), ("contact", 1, 31 * SECOND)),
    (("credential", 8, SECOND),) * 5,
    (("credential", 7, SECOND), ("contact", 1, SECOND), ("contact", 0, SECOND), ("credential", 7, SECOND)),
    (("pin", 10_043, SECOND), ("contact", 1, SECOND), ("contact", 0, SECOND)),
    (("tamper", 1, 0),),
    (("tamper", 0, 0),),
    (("contact", None, SECOND), ("contact", 0, SECOND)),
    (("reader", 0, 9 * SECOND),),
    (("reader", 1, 0), ("credential", 1_000, SECOND)),
)

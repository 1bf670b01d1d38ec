"""A smoke detector: smoke, dust, a battery that ends."""

from harness import DAY, MINUTE, SECOND, codes

VALUES = {
    "obscuration": (5, 114, 115, 183, 184, 230, 231, 344, 345, 900),
    "battery": (5, 10, 11, 14, 15, 90),
    "tamper": (0, 1),
}
COMMANDS = (codes.CMD_MUTE, codes.CMD_RESET, codes.CMD_TEST)
STORIES = (
    (("obscuration", 900, 9 * SECOND),),
    (("obscuration", 240, 9 * SECOND),),
    (("obscuration", 5, 70 * SECOND),),
    (("tamper", 1, 0),),
    (("tamper", 0, 0),),
    (("battery", 9, DAY),),
    (("battery", 90, DAY),),
    (("obscuration", 120, DAY + MINUTE),),
    (("obscuration", None, 10 * SECOND), ("obscuration", 5, 10 * SECOND)),
)
KEPT = {"days": 3_651}  # on the last day of its service

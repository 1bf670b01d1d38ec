"""A charging socket: a charger on it, too much current, heat, smoke in the shed, a relay that sticks."""

from harness import HOUR, MINUTE, SECOND, codes

VALUES = {
    "current": (0, 99, 100, 2_500, 5_999, 6_000, 15_999, 16_000),
    "temperature": (2_500, 4_999, 5_000, 6_999, 7_000, 9_000),
    "obscuration": (5, 183, 184, 230, 231, 900),
    "power": (0, 99, 100, 5_000),
}
COMMANDS = (codes.CMD_SWITCH_ON, codes.CMD_RESET, codes.CMD_SWITCH_OFF, codes.CMD_TEST)
STORIES = (
    (("power", 5_000, MINUTE), ("current", 2_500, 5 * MINUTE)),
    (("current", 7_000, 8 * SECOND), ("current", 0, 15 * SECOND), ("power", 0, SECOND)),
    (("temperature", 7_500, 8 * SECOND),),
    (("temperature", 2_500, 2 * MINUTE),),
    (("obscuration", 900, 9 * SECOND),),
    (("obscuration", 5, 70 * SECOND),),
    (("current", 20_000, 4 * SECOND), ("current", 0, 15 * SECOND)),
    (("current", 500, 4 * SECOND),),
    (("current", 0, 15 * SECOND),),
    (("temperature", None, 10 * SECOND), ("temperature", 2_500, 10 * SECOND)),
    (("power", 5_000, HOUR), ("power", 50, 20 * MINUTE)),
)

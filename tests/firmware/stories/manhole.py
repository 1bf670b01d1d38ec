"""A manhole cover: lifted, flooded, gas below it."""

from harness import DAY, SECOND, codes

VALUES = {
    "tilt": (0, 40, 50, 51, 80, 81, 100, 101, 300),
    "shock": (0, 500, 501, 2_000),
    "water": (0, 100, 101, 199, 200, 500, 501, 599, 600, 2_000),
    "gas": (0, 49, 50, 99, 100),
    "h2s": (0, 49, 50, 69, 70),
    "battery": (10, 19, 20, 24, 25, 90),
}
COMMANDS = (codes.CMD_RESET, codes.CMD_TEST)
STORIES = (
    (("tilt", 300, 3 * SECOND),),
    (("shock", 900, 0), ("tilt", 60, SECOND)),
    (("tilt", 0, 70 * SECOND),),
    (("water", 50, 11 * SECOND),),
    (("water", 2_000, 11 * SECOND),),
    (("gas", 200, 11 * SECOND),),
    (("h2s", 200, 11 * SECOND),),
    (("gas", 0, 0), ("h2s", 0, 11 * SECOND)),
    (("battery", 9, DAY),),
    (("battery", 90, DAY),),
    (("water", None, 11 * SECOND), ("water", 2_000, 11 * SECOND)),
)

"""A streetlight: dusk, and every fault of a lamp."""

from harness import SECOND, codes


def lamp(output, value):
    """A 60 W lamp at a streetlight's output, as its relay and its meter see it."""
    if output != "lamp":
        return ()
    factor = min(95, 50 + value)
    power = 5 + 6 * value
    return (
        ("relay", 1 if value else 0),
        ("power", power),
        ("current", power * 1_000 // (22 * factor)),
        ("power_factor", factor),
    )


# Noon at 4:00 UTC and 5 h 30 min to sunset, all the year: sunset is an hour and a half after world time 0.
GIVEN = {"calendar": b"\x09\x60\x0c\xe4" * 37}
PLANT = lamp
VALUES = {
    "lux": (-1, 0, 29, 30, 60, 61, 10_000),
    "power": (0, 5, 30, 31, 59, 60, 61, 119, 120, 479, 480, 540, 605, 721),
    "voltage": (0, 499, 500, 1_000, 1_979, 1_980, 2_024, 2_200, 2_310, 2_354, 2_355),
    "current": (0, 4, 149, 150, 210, 289, 375, 450, 451),
    "power_factor": (50, 84, 85, 90, 95),
    "temperature": (-2_000, 2_500, 7_500, 8_500, 8_501),
    "leakage": (0, 149, 150, 299, 300),
    "relay": (0, 1),
    "gear": (0, 1),
}
COMMANDS = (codes.CMD_SET_LEVEL, codes.CMD_AUTOMATIC, codes.CMD_TEST)
STORIES = (
    (("lux", 0, 80 * SECOND), ("power", 0, 80 * SECOND)),
    (("power", 605, 80 * SECOND),),
    (("voltage", 0, 20 * SECOND), ("voltage", 2_200, 20 * SECOND)),
    (("voltage", 2_355, 80 * SECOND), ("voltage", 1_979, 80 * SECOND), ("voltage", 2_200, 80 * SECOND)),
    (("current", 451, 80 * SECOND), ("current", 100, 80 * SECOND), ("current", 289, 80 * SECOND)),
    (("power_factor", 84, 80 * SECOND), ("power_factor", 95, 80 * SECOND)),
    (("power", 400, 80 * SECOND), ("power", 605, 80 * SECOND)),
    (("power", 0, 11 * SECOND), ("power", 605, 11 * SECOND)) * 3,
    (("leakage", 300, 20 * SECOND), ("leakage", 0, 20 * SECOND)),
    (("temperature", 8_501, 130 * SECOND), ("temperature", 2_500, 130 * SECOND)),
    (("relay", 0, 3 * SECOND), ("relay", 1, 3 * SECOND)),
    (("gear", 0, 20 * SECOND), ("gear", 1, 20 * SECOND)),
    (("lux", 10_000, 80 * SECOND), ("power", 100, 80 * SECOND), ("power", 5, 80 * SECOND)),
    (("lux", -1, 20 * SECOND),),
    (("lux", None, 20 * SECOND), ("lux", 10_000, 80 * SECOND)),
)

"""A fence zone: touched, climbed, cut, shorted, a pulse that is not as it may be, a call for help, no mains."""

from harness import MINUTE, SECOND, codes

VALUES = {
    "pulse_peak": (0, 499, 500, 2_999, 3_000, 6_500, 10_000, 10_001),
    "pulse_return": (0, 49, 299, 300, 649, 650, 2_100, 4_549, 4_550, 6_200, 7_000),
    "pulse_interval": (749, 750, 1_000, 2_000, 2_001),
    "pulse_charge": (600, 2_500, 2_501),
    "pulse_energy": (2_000, 5_000, 5_001),
    "earth_voltage": (0, 249, 250, 499, 500),
    "tension": (0, 19, 20, 70, 71, 110, 149, 150, 170, 190, 191, 229, 230, 400),
    "position": (-1, 0, 321),
    "mains": (0, 1),
    "battery": (5, 19, 20, 29, 30, 90),
    "tamper": (0, 1),
    "panic": (0, 1),
}
COMMANDS = (codes.CMD_ARM, codes.CMD_DISARM, codes.CMD_MUTE, codes.CMD_RESET, codes.CMD_ARM)
STORIES = (
    (("position", 123, 0), ("tension", 300, 3 * SECOND)),
    (("tension", 150, 6 * SECOND), ("position", -1, 0)),
    (("pulse_return", 3_000, 4 * SECOND),),
    (("pulse_return", 0, 3 * SECOND),),
    (("pulse_peak", 1_500, 3 * SECOND),),
    (("pulse_peak", 6_500, 0), ("pulse_return", 6_200, 4 * SECOND)),
    (("tension", 0, 2 * SECOND), ("tension", 150, 12 * SECOND)),
    (("pulse_energy", 5_001, 4 * SECOND), ("pulse_energy", 2_000, 0)),
    (("pulse_peak", 0, 4 * SECOND), ("pulse_peak", 6_500, 4 * SECOND)),
    (("earth_voltage", 600, 12 * SECOND), ("earth_voltage", 0, 70 * SECOND)),
    (("panic", 1, SECOND), ("panic", 0, SECOND)),
    (("tamper", 1, 0),),
    (("tamper", 0, 0),),
    (("mains", 0, 3 * SECOND), ("battery", 19, 2 * MINUTE)),
    (("mains", 1, 11 * SECOND), ("battery", 90, 2 * MINUTE)),
    (("tension", 180, 11 * MINUTE), ("tension", 150, 11 * MINUTE)),
    (("pulse_return", None, 3 * SECOND), ("pulse_return", 6_200, 4 * SECOND)),
)

"""A gas detector: gas, carbon monoxide, dead sensors."""

from harness import MINUTE, SECOND, codes

VALUES = {
    "gas": (-1, 0, 50, 51, 99, 100, 249, 250, 600),
    "co": (-1, 0, 29, 30, 49, 50, 99, 100, 299, 300, 1_000, 5_000),
    "tamper": (0, 1),
    "valve_stuck": (0, 1),
}
COMMANDS = (codes.CMD_MUTE, codes.CMD_RESET, codes.CMD_OPEN_VALVE)
STORIES = (
    (("gas", 300, 30 * SECOND),),
    (("gas", 120, 4 * MINUTE),),
    (("gas", 0, 40 * SECOND),),
    (("co", 5_000, MINUTE),),
    (("co", 0, 70 * SECOND),),
    (("gas", -1, 10 * SECOND), ("gas", 0, 10 * SECOND)),
    (("co", None, 10 * SECOND), ("co", 0, 10 * SECOND)),
    (("tamper", 1, 0),),
    (("tamper", 0, 0),),
    (("valve_stuck", 1, SECOND),),
    (("valve_stuck", 0, SECOND),),
)
KEPT = {"days": 1_825}  # on the last day of its service

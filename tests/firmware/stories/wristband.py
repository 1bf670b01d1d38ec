"""A wristband: a fall, a call, a pulse that is wrong."""

from harness import HOUR, MINUTE, SECOND, codes

VALUES = {
    "accel": (100, 499, 500, 1_000, 2_500, 2_501, 4_000),
    "motion": (0, 1),
    "sos": (0, 1),
    "cancel": (0, 1),
    "heart_rate": (0, 30, 39, 40, 45, 72, 120, 130, 131),
    "spo2": (0, 80, 87, 88, 89, 90, 97),
    "worn": (0, 1),
    "charging": (0, 1),
    "outside": (0, 20, 21, 50, 51, 500),
    "latitude": (0, 31_240_000),
    "longitude": (0, 121_420_000),
    "battery": (5, 19, 20, 24, 25, 80),
}
COMMANDS = (codes.CMD_MUTE, codes.CMD_RESET, codes.CMD_TEST)
STORIES = (
    (("sos", 1, 0), ("sos", 0, 0)),
    (("accel", 100, 300), ("accel", 4_000, 40), ("accel", 1_000, 0), ("motion", 0, 40 * SECOND)),
    (("accel", 100, 300), ("accel", 4_000, 40), ("accel", 1_000, 0), ("motion", 0, 15 * SECOND), ("cancel", 1, 0)),
    (("motion", 1, 0),),
    (("heart_rate", 30, 0), ("motion", 0, 70 * SECOND)),
    (("heart_rate", 72, 70 * SECOND),),
    (("spo2", 80, 130 * SECOND),),
    (("spo2", 97, 70 * SECOND),),
    (("worn", 0, 16 * MINUTE),),
    (("worn", 1, 0),),
    (("outside", 200, 3 * MINUTE),),
    (("outside", 0, MINUTE),),
    (("motion", 0, 12 * HOUR),),
    (("battery", 9, 10 * MINUTE),),
    (("battery", 90, 10 * MINUTE),),
    (("spo2", None, 11 * SECOND), ("spo2", 97, 11 * SECOND)),
)

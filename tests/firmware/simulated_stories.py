"""What each kind without firmware may meet, as `stories` has it of those with."""

from harness import MINUTE, SECOND, codes

VALUES = {
    "camera": {
        "falling": (0, 59, 60, 92), "line": (0, 30, 85), "moved": (0, 70), "storey": (0, 29), "position": (0, 120),
        "blocked": (0, 1), "tamper": (0, 1),
    },
    "ev_pile": {
        "plug": (0, 1), "start": (0, 1), "stop": (0, 1), "current": (0, 999, 1_000, 32_000, 33_000, 36_000),
        "voltage": (0, 2_200), "power": (0, 70_400), "temperature": (2_500, 5_999, 6_000, 8_999, 9_000),
        "leakage": (0, 99, 100, 299, 300),
    },
    "locker": {"deliver": (0, 5, 6), "collect": (0, 5, 6), "open": (0, 5, 6), "tamper": (0, 1)},
    "bin": {"fill": (0, 20, 21, 89, 90, 100), "temperature": (2_000, 4_999, 6_499, 6_500), "battery": (5, 10, 15, 100)},
    "indoor_station": {"call": (0, 1), "panic": (0, 1), "tamper": (0, 1)},
}
for _channels in VALUES.values():
    for _channel in _channels:
        _channels[_channel] += (None,)  # any sensor may fall silent

_ALL = (codes.CMD_TEST, codes.CMD_RESET)
COMMANDS = {
    "camera": (*_ALL, codes.CMD_AUTOMATIC),
    "ev_pile": (*_ALL, codes.CMD_SWITCH_ON, codes.CMD_SWITCH_OFF),
    "locker": (*_ALL, codes.CMD_UNLOCK),
    "bin": _ALL,
    "indoor_station": _ALL,
}
STORIES = {
    "camera": (
        (("storey", 29, 0), ("falling", 92, 25 * SECOND)),
        (("falling", 40, 25 * SECOND), ("falling", 0, MINUTE)),
        (("line", 85, 5 * SECOND), ("line", 85, 70 * SECOND)),
        (("blocked", 1, 15 * SECOND),),
        (("blocked", 0, 15 * SECOND),),
        (("tamper", 1, SECOND), ("tamper", 0, SECOND)),
    ),
    "ev_pile": (
        (("plug", 1, SECOND), ("start", 1, SECOND), ("current", 32_000, SECOND), ("power", 70_400, 5 * MINUTE)),
        (("current", 0, 2 * MINUTE), ("current", 20_000, 10 * SECOND)),
        (("current", 37_000, 8 * SECOND), ("current", 0, 15 * SECOND), ("power", 0, SECOND)),
        (("leakage", 400, 2 * SECOND), ("leakage", 0, 15 * SECOND)),
        (("temperature", 9_500, 8 * SECOND),),
        (("temperature", 2_500, 2 * MINUTE),),
        (("start", 1, SECOND), ("stop", 1, SECOND), ("plug", 0, SECOND)),
        (("temperature", None, 10 * SECOND), ("temperature", 2_500, 10 * SECOND)),
    ),
    "locker": (
        (("deliver", 5, 2 * SECOND), ("open", 5, 10 * SECOND), ("open", 0, SECOND)),
        (("collect", 5, 2 * SECOND), ("open", 5, 90 * SECOND), ("open", 0, SECOND)),
        (("open", 6, 5 * SECOND), ("open", 0, SECOND)),
        (("tamper", 1, SECOND), ("tamper", 0, SECOND)),
    ),
    "bin": (
        (("fill", 95, 16 * MINUTE),),
        (("fill", 5, 6 * MINUTE),),
        (("temperature", 7_000, 30 * SECOND),),
        (("temperature", 2_000, 6 * MINUTE),),
        (("battery", 5, MINUTE), ("battery", 100, MINUTE)),
    ),
    "indoor_station": (
        (("panic", 1, SECOND), ("panic", 0, SECOND)),
        (("call", 1, 5 * SECOND), ("call", 0, SECOND)),
        (("tamper", 1, SECOND), ("tamper", 0, SECOND)),
    ),
}

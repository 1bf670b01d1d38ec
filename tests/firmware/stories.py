"""What each kind of device may meet: values on both sides of its thresholds, commands, and how each alarm comes about.

Plain data and one plain day: this runs on MicroPython too.
"""

from harness import DAY, HOUR, MINUTE, SECOND, Host, codes


def packed(*numbers):
    """Numbers as a door is given them."""
    return b"".join([number.to_bytes(4, "big") for number in sorted(numbers)])


# What a kind is given when it is provisioned. The PIN 0042 has the duress form 0043.
GIVEN = {
    "door": {
        "cards": packed(7, 1_000),
        "visitors": packed(2_000),
        "pins": packed(10_042, 1_123_459),
        "card_key": bytes(range(32)),
    },
    # Noon at 4:00 UTC and 5 h 30 min to sunset, all the year: sunset is an hour and a half after world time 0.
    "streetlight": {"calendar": b"\x09\x60\x0c\xe4" * 37},
}
CARD_1000 = 0x8A6DA901  # its pseudonym under that key


def lamp(output, value):
    """A 60 W lamp at a streetlight's output, as its relay and its meter see it."""
    if output != "lamp":
        return ()
    factor = min(95, 50 + value)
    power = 5 + 6 * value
    return (
        ("relay", 1 if value else 0), ("power", power), ("current", power * 1_000 // (22 * factor)),
        ("power_factor", factor),
    )  # fmt: skip


# What hangs on the outputs of a kind.
PLANTS = {"streetlight": lamp}

# Values on both sides of every threshold.
VALUES = {
    "smoke": {
        "obscuration": (5, 114, 115, 183, 184, 230, 231, 344, 345, 900),
        "battery": (5, 10, 11, 14, 15, 90),
        "tamper": (0, 1),
    },
    "gas": {
        "gas": (-1, 0, 50, 51, 99, 100, 249, 250, 600),
        "co": (-1, 0, 29, 30, 49, 50, 99, 100, 299, 300, 1_000, 5_000),
        "tamper": (0, 1),
    },
    "door": {
        "contact": (0, 1),
        "credential": (0, 7, 8, 1_000, 2_000),
        "exit_button": (0, 1),
        "tamper": (0, 1),
        "pin": (0, 10_042, 10_043, 10_044, 1_123_450),
        "reader": (0, 1),
    },
    "streetlight": {
        "lux": (-1, 0, 29, 30, 60, 61, 10_000),
        "power": (0, 5, 30, 31, 59, 60, 61, 119, 120, 479, 480, 540, 605, 721),
        "voltage": (0, 499, 500, 1_000, 1_979, 1_980, 2_024, 2_200, 2_310, 2_354, 2_355),
        "current": (0, 4, 149, 150, 210, 289, 375, 450, 451),
        "power_factor": (50, 84, 85, 90, 95),
        "temperature": (-2_000, 2_500, 7_500, 8_500, 8_501),
        "leakage": (0, 149, 150, 299, 300),
        "relay": (0, 1),
        "gear": (0, 1),
    },
    "manhole": {
        "tilt": (0, 40, 50, 51, 80, 81, 100, 101, 300),
        "shock": (0, 500, 501, 2_000),
        "water": (0, 100, 101, 199, 200, 500, 501, 599, 600, 2_000),
        "gas": (0, 49, 50, 99, 100),
        "h2s": (0, 49, 50, 69, 70),
        "battery": (10, 19, 20, 24, 25, 90),
    },
    "wristband": {
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
    },
}

for _channels in VALUES.values():
    for _channel in list(_channels):
        _channels[_channel] = _channels[_channel] + (None,)  # any sensor may fall silent

COMMANDS = {
    "smoke": (codes.CMD_MUTE, codes.CMD_RESET, codes.CMD_TEST),
    "gas": (codes.CMD_MUTE, codes.CMD_RESET, codes.CMD_OPEN_VALVE),
    "door": (
        codes.CMD_UNLOCK,
        codes.CMD_FIRE_RELEASE,
        codes.CMD_RESET,
        codes.CMD_CARD_REVOKE,
        codes.CMD_CARDS_CONFIRM,
    ),
    "streetlight": (codes.CMD_SET_LEVEL, codes.CMD_AUTOMATIC, codes.CMD_TEST),
    "manhole": (codes.CMD_RESET, codes.CMD_TEST),
    "wristband": (codes.CMD_MUTE, codes.CMD_RESET, codes.CMD_TEST),
}

# What a command says, if it says anything.
ARGUMENTS = {
    codes.CMD_SET_LEVEL: {0: 30},
    codes.CMD_CARD_REVOKE: {0: CARD_1000, 1: 1},
    codes.CMD_CARDS_CONFIRM: {0: 1},
}

# What brings each alarm about and what ends it: (channel, value, ms to wait).
STORIES = {
    "smoke": (
        (("obscuration", 900, 9 * SECOND),),
        (("obscuration", 240, 9 * SECOND),),
        (("obscuration", 5, 70 * SECOND),),
        (("tamper", 1, 0),),
        (("tamper", 0, 0),),
        (("battery", 9, DAY),),
        (("battery", 90, DAY),),
        (("obscuration", 120, DAY + MINUTE),),
        (("obscuration", None, 10 * SECOND), ("obscuration", 5, 10 * SECOND)),
    ),
    "gas": (
        (("gas", 300, 30 * SECOND),),
        (("gas", 120, 4 * MINUTE),),
        (("gas", 0, 40 * SECOND),),
        (("co", 5_000, MINUTE),),
        (("co", 0, 70 * SECOND),),
        (("gas", -1, 10 * SECOND), ("gas", 0, 10 * SECOND)),
        (("co", None, 10 * SECOND), ("co", 0, 10 * SECOND)),
        (("tamper", 1, 0),),
        (("tamper", 0, 0),),
    ),
    "door": (
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
    ),
    "streetlight": (
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
    ),
    "manhole": (
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
    ),
    "wristband": (
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
    ),
}

# What a device kept in an earlier life: on the last day of its service.
KEPT = {"smoke": {"days": 3_651}, "gas": {"days": 1_825}}


def day(kind):
    """A host that has had a full day: every story and command of its kind, with and without link, acks and power."""
    host = Host(kind, data=GIVEN.get(kind), kept=KEPT.get(kind), plant=PLANTS.get(kind))
    host.run(4 * MINUTE)
    stories = STORIES[kind]
    for turn in range(2 * len(stories)):
        if turn % 5 == 1:
            host.cut()
        host.acks = turn % 3
        for channel, value, wait in stories[turn % len(stories)]:
            host.set(channel, value)
            host.run(wait)
        host.heal()
        if turn % 4 == 2:
            host.acknowledge_all()
        commands = COMMANDS[kind]
        command = commands[turn % len(commands)]
        host.command(command, ARGUMENTS.get(command))
        host.run(10 * SECOND)
        if turn % 7 == 3:
            host.power_cycle()
            host.run(4 * MINUTE)
    host.run(DAY if kind in KEPT else HOUR)
    return host

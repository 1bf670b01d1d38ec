"""What each kind of device may meet: a file a kind, of its name, found by itself. Plain data: runs on MicroPython too.

VALUES: of each channel, on both sides of every threshold. COMMANDS: those it may be sent. STORIES: what brings each
alarm about and what ends it, (channel, value, ms to wait) one after the other. Where there is any: GIVEN, what it is
given at provisioning; KEPT, numbers of an earlier life; PLANT, what hangs on its outputs; ELSEWHERE, what its
backend answers when it asks.
"""

import os

from harness import DAY, HOUR, MINUTE, SECOND, Host, codes

KINDS = sorted([name[:-3] for name in os.listdir(__file__.rsplit("/", 1)[0]) if name[-3:] == ".py" and name[0] != "_"])
_FILES = {kind: __import__("stories." + kind, None, None, [kind]) for kind in KINDS}


def _table(name):
    return {kind: getattr(_FILES[kind], name) for kind in KINDS if hasattr(_FILES[kind], name)}


GIVEN, KEPT, PLANTS = _table("GIVEN"), _table("KEPT"), _table("PLANT")
VALUES, COMMANDS, STORIES = _table("VALUES"), _table("COMMANDS"), _table("STORIES")
ELSEWHERE = _table("ELSEWHERE")
lamp = PLANTS["streetlight"]
CARD_1000 = _FILES["door"].CARD_1000

for _channels in VALUES.values():
    for _channel in list(_channels):
        _channels[_channel] = _channels[_channel] + (None,)  # any sensor may fall silent

# What a command says, if it says anything.
ARGUMENTS = {
    codes.CMD_SET_LEVEL: {0: 30},
    codes.CMD_CARD_REVOKE: {0: CARD_1000, 1: 1},
    codes.CMD_CARDS_CONFIRM: {0: 1},
}


def day(kind):
    """A host that has had a full day: every story and command of its kind, with and without link, acks and power."""
    host = Host(kind, data=GIVEN.get(kind), kept=KEPT.get(kind), plant=PLANTS.get(kind))
    host.run(4 * MINUTE)
    stories = STORIES[kind]
    for turn in range(2 * len(stories)):
        if turn % 5 == 1:
            host.cut()
        host.acks = turn % 3
        if kind in ELSEWHERE:
            host.answers = ELSEWHERE[kind][turn % len(ELSEWHERE[kind])]
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

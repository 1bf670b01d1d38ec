"""Random days in the life of a device: what its sensors read, what it is told, how its link and its power fare."""

from harness import DAY, HOUR, MINUTE, SECOND, codes
from hypothesis import strategies as st
from lilong_firmware.kinds import wristband
from stories import CARD_1000, COMMANDS, VALUES

# Waits that end on a grid point or a deadline, and some that do not.
_SHORT = (0, 0, 1, 20, 500, SECOND, 2 * SECOND, 4 * SECOND, 5 * SECOND, 10 * SECOND, 20 * SECOND, 30 * SECOND)
WAITS = {  # of others _SHORT, and a minute
    "smoke": (*_SHORT, MINUTE, 9 * MINUTE, DAY),
    "gas": (*_SHORT, MINUTE, 3 * MINUTE, 5 * MINUTE, 75 * MINUTE),
    "door": (*_SHORT, MINUTE),
    "streetlight": (*_SHORT, MINUTE, 15 * MINUTE, HOUR),
    "manhole": (*_SHORT, MINUTE, 10 * MINUTE),
    "fence_zone": (*_SHORT, MINUTE, 10 * MINUTE, 15 * MINUTE),
    "intercom": (*_SHORT, MINUTE, 2 * MINUTE),
    "wristband": (0, 0, 1, 20, 40, 400, SECOND, 4 * SECOND, 10 * SECOND, 20 * SECOND),
    "slow wristband": (*_SHORT, MINUTE, 2 * MINUTE, 15 * MINUTE, 12 * HOUR),
}


class SlowBand(wristband.Wristband):
    """The wristband with a lazy accelerometer, so that hours can be polled."""

    CHANNELS = (("accel", 60 * SECOND, 1_000), *wristband.Wristband.CHANNELS[1:])
    __slots__ = ()


def _commands(kind, known):
    """(command, arguments)"""
    plain = st.tuples(st.sampled_from(known), st.just({}))
    if codes.CMD_CARD_REVOKE in known:
        stamp = st.sampled_from((0, 1, 2))
        revoked = st.fixed_dictionaries({0: st.sampled_from((CARD_1000, 5)), 1: stamp})
        return st.one_of(
            plain,
            st.tuples(st.just(codes.CMD_CARD_REVOKE), revoked),
            st.tuples(st.just(codes.CMD_CARDS_CONFIRM), st.fixed_dictionaries({0: stamp})),
        )
    if kind != "streetlight":
        return plain
    level = st.sampled_from((0, 20, 21, 50, 100, 101))
    return st.one_of(plain, st.tuples(st.just(codes.CMD_SET_LEVEL), st.fixed_dictionaries({0: level})))


@st.composite
def scripts(draw, kind, waits=None, most=40, values=None, commands=None):
    """A list of (ms to wait, what, arguments). values, commands: where the kind has no file among the stories.

    Each script has a few channels, values and waits to itself, so that it comes back to them and gets far.
    """
    values, commands = values or VALUES[kind], commands or COMMANDS[kind]
    channels = draw(st.lists(st.sampled_from(sorted(values)), min_size=1, max_size=3, unique=True))
    some = st.lists(st.sampled_from(WAITS.get(waits or kind, (*_SHORT, MINUTE))), min_size=1, max_size=4, unique=True)
    wait = st.one_of(st.sampled_from(draw(some)), st.sampled_from((0, 1, 20)), st.integers(0, 15 * SECOND))
    senses = []
    for name in channels:
        some_values = draw(st.lists(st.sampled_from(values[name]), min_size=2, max_size=4, unique=True))
        senses.append(st.tuples(st.just("set"), st.tuples(st.just(name), st.sampled_from(some_values))))
    deeds = senses * (4 // len(senses) + 1)
    if draw(st.booleans()):
        deeds.append(st.tuples(st.just("command"), _commands(kind, commands)))
        deeds.append(st.tuples(st.just("acknowledge_all"), st.just(())))
    if draw(st.booleans()):
        deeds.append(st.tuples(st.sampled_from(("cut", "heal", "power_cut")), st.just(())))
    return draw(st.lists(st.tuples(wait, st.one_of(deeds)), min_size=1, max_size=most))


def play(host, script):
    """Run a script from `scripts` on a host, and a quarter of a minute beyond."""
    at = host.now
    for wait, (what, arguments) in script:
        at += wait
        host.at(at, getattr(host, what), *arguments)
    host.run_to(at + 15 * SECOND)

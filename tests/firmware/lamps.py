"""A streetlight at a level with its plant, for the tests of its faults."""

from harness import MINUTE, SECOND, Host, codes
from lilong_protocol.registry import ALARM
from lilong_simulator.fleet.plant import Plant


def lamp_at(level=100, plant=None):
    """A lamp at a level, its world at a full minute, which is a time of every channel's samples."""
    host = Host("streetlight", plant=(plant or Plant()).answer)
    host.run(SECOND)
    host.order(codes.CMD_SET_LEVEL, {0: level})
    host.run_to(5 * MINUTE)
    assert host.outputs["lamp"] == level
    assert not host.notes
    return host


def raised(host):
    return {ALARM[code].name for _, what, code in host.notes if what == "raised"}


def cleared(host):
    return {ALARM[code].name for _, what, code in host.notes if what == "cleared"}


def reads(host, **values):
    for channel, value in values.items():
        host.set(channel, value)

"""A device of two alarms, and what must hold of them wherever the power goes. Runs on MicroPython too."""

from harness import MINUTE, SECOND, Host, codes
from lilong_firmware.rules import Rules
from lilong_protocol import frame, topics
from waiting_frames import waiting

LATCHING, PLAIN = codes.ALARM_SMOKE_ALARM, codes.ALARM_DOOR_HELD
CODES = {"latching": LATCHING, "plain": PLAIN}


class Bell(Rules):
    """Two conditions, each an alarm while its channel is 1; a reset by an operator."""

    KIND = codes.KIND_DOOR
    CHANNELS = (("latching", 0, 0), ("plain", 0, 0))
    __slots__ = ()

    def start(self, now):
        for channel in (0, 1):
            self.sample(now, channel, self.device.sampling.values[channel])

    def sample(self, now, channel, value):
        code = (LATCHING, PLAIN)[channel]
        if code == LATCHING:
            self.device.output("bell", value)
        if value:
            self.device.alarm(now, code, {})
        else:
            self.device.restore(now, code, {})

    def command(self, now, command, arguments):
        return self.device.reset(now)

    def report(self):
        return {}


def alarm_frames(host):
    """[((boot, seq), frame)] of all that the backend has or will get, in their order."""
    found = {(s.frame.boot, s.frame.seq): s.data for s in host.arrived if s.cls == topics.ALARM}
    for entry in waiting(host.device.outbox):
        assert found.setdefault((entry.boot, entry.seq), entry.frame) == entry.frame, "the same number, other bytes"
    return [(name, host.decode(topics.ALARM, found[name])) for name in sorted(found)]


def as_the_backend_sees_it(host):
    """{code: (boot and seq of the raise, restored)} of the alarms that are open once all frames have come."""
    seen = {}
    for name, said in alarm_frames(host):
        code = said.body[0]
        if said.kind == frame.RAISE:
            assert code not in seen, "a second raise while one is open"
            seen[code] = (name, False)
        else:
            assert seen[code][0] == tuple(said.ref), "of the alarm that is open"
            if said.kind == frame.CLEAR:
                del seen[code]
            else:
                seen[code] = (seen[code][0], said.body[5] == 2)
    return seen


def as_the_device_sees_it(host):
    episodes = host.device.episodes
    return {
        code: ((episodes.get(code).boot, episodes.get(code).seq), episodes.get(code).restored)
        for code in episodes.codes()
    }


def agree(host):
    seen = as_the_device_sees_it(host)
    assert seen == as_the_backend_sees_it(host)
    for channel, code in CODES.items():
        if host.values[channel]:
            assert seen[code][1] is False, "a danger that is there has its alarm"
    assert seen.get(PLAIN, (0, False))[1] is False


def reset(host):
    host.command(codes.CMD_RESET)
    host.run(SECOND)


def acks(host, copies):
    host.acks = copies


ON = (Host.set, "latching", 1)
OFF = (Host.set, "latching", 0)
PLAIN_ON = (Host.set, "plain", 1)
PLAIN_OFF = (Host.set, "plain", 0)
WAIT = (Host.run, 2 * MINUTE)
RESET = (reset,)
ACKNOWLEDGE = (Host.acknowledge_all,)
MOMENT = (Host.run, 100)
POWER = (Host.power_cut,)
CUT, HEAL = (Host.cut,), (Host.heal,)
SILENT, ANSWERS = (acks, 0), (acks, 1)


def at_the_end(host):
    """The link is there, the backend answers, the dangers are over, an operator resets: all is told and over."""
    host.heal()
    host.acks = 1
    host.run(5 * MINUTE)
    for channel in CODES:
        host.set(channel, 0)
    host.run(MINUTE)
    agree(host)
    reset(host)
    host.run(MINUTE)
    assert as_the_device_sees_it(host) == as_the_backend_sees_it(host) == {}
    assert len(host.device.outbox) == 0
    assert {name for name, _ in host.store.items()} == {"boot"}
    host.power_cut()
    assert as_the_device_sees_it(host) == {}

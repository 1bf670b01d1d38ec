"""An alarm that is raised while there is no link, told when it is back, and answered later still. MicroPython-safe."""

from harness import HOUR, MINUTE, SECOND, codes, online
from lilong_firmware.effects import ACKNOWLEDGED, STORED

DAY_S = 86_400  # between beats: nothing but the alarm has it connect
ALARMS = {  # what brings it about: one that latches, of each kind that sleeps
    "manhole": ("water", 50, codes.ALARM_MANHOLE_OVERFULL),
    "smoke": ("tamper", 1, codes.ALARM_TAMPER),
    "wristband": ("sos", 1, codes.ALARM_BAND_SOS),
}
LINK_IS_BACK = 10 * MINUTE  # a minute of backoff; one that sleeps deeply tries after eight


def awake(host):
    """It has a session: what is sent now arrives."""
    return host.device is not None and online(host)


def since(host, what, code, begin):
    """When it first noted this of an alarm, from a world time on; None when it has not."""
    for at, noted, which in host.notes:
        if at >= begin and (noted, which) == (what, code):
            return at
    return None


def raised_without_a_link(host, kind, cut_ms):
    """The alarm is raised, the link comes back `cut_ms` later, the alarm is told; when its stored-ack came."""
    channel, value, code = ALARMS[kind]
    host.run(MINUTE)
    host.cut()
    host.sense(channel, value)
    host.run(cut_ms)
    host.heal()
    begin = host.now
    while since(host, STORED, code, begin) is None:
        if host.now > begin + LINK_IS_BACK:
            raise AssertionError("not told in %d ms" % LINK_IS_BACK)
        host.run(SECOND)
    return since(host, STORED, code, begin)


def answered(host, kind, cut_ms, answer_ms):
    """Somebody answers so long after the stored-ack; how long the device takes to know, None: longer than a second."""
    told = raised_without_a_link(host, kind, cut_ms)
    host.run_to(max(host.now, told + answer_ms))
    code = ALARMS[kind][2]
    begin = host.now
    if host.device is not None:
        host.acknowledge(host.ref(code))
    host.run(SECOND)
    at = since(host, ACKNOWLEDGED, code, begin)
    return None if at is None else at - begin


def day(host, kind):
    """Answered just within the hour; then it may sleep."""
    answered(host, kind, 3 * HOUR, HOUR - MINUTE)
    host.run(2 * HOUR)
    return host

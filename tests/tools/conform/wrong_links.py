"""Devices that are wrong about connections, or about what their alarms say, in one way each."""

from lilong_firmware import session
from lilong_firmware.device import Device
from lilong_protocol import frame
from planted import Faults

FAULTS = Faults()
fault, with_part = FAULTS.fault, FAULTS.with_part


# ---- connections


class counts_connections_that_stand(session.Session):
    __slots__ = ()

    def disconnected(self, now):
        if self.state == session.CONNECTING:
            self._connection -= 1
        super().disconnected(now)


with_part("session", "gas", counts_connections_that_stand, "LIL-SESSION-012")


@fault("smoke", "LIL-SESSION-013")
def is_of_another_generation_each_time(identity, rules, store, draws):
    known = int.from_bytes(dict(store.items()).get("boot", bytes(4)), "big")
    return Device(identity, rules, store, draws, boot=known + (1 << 24))


class waits_for_an_answer_for_ever(session.Session):
    __slots__ = ()

    def _transition(self, now):
        super()._transition(now)
        if self.state == session.CONNECTING:
            self._next_at = now + 86_400_000


with_part("session", "door", waits_for_an_answer_for_ever, "LIL-SESSION-016")


class gives_a_connection_a_second(session.Session):
    __slots__ = ()

    def _transition(self, now):
        super()._transition(now)
        if self.state == session.CONNECTING:
            self._next_at = now + 1_000


with_part("session", "gas", gives_a_connection_a_second, "LIL-SESSION-016")


@fault("gas", "LIL-SESSION-016")
class waits_for_the_time_with_its_alarms(Device):
    def _plan(self, now):
        if self.uplink.clock.epoch(now) is None:
            waiting, self.outbox._entries = self.outbox._entries, []
            super()._plan(now)
            self.outbox._entries = waiting
        else:
            super()._plan(now)


class says_nothing_while_it_is_awake(session.Session):
    __slots__ = ()

    def _heartbeat(self, now, asks):
        pass


with_part("session", "smoke", says_nothing_while_it_is_awake, "LIL-SESSION-018")


class sleeps_through_its_beat(session.Session):
    __slots__ = ()

    def _beat(self, now):
        if self.state == session.ONLINE:
            super()._beat(now)
        else:
            self._beat_at += self._beat_ms


with_part("session", "wristband", sleeps_through_its_beat, "LIL-SESSION-018")


# ---- what alarms say


@fault("smoke", "LIL-ALARM-019")
class thinks_every_alarm_severe(Device):
    def _alarm_frame(self, now, code, kind, body, ref):
        if kind == frame.RAISE:
            body[1] = 4
        return super()._alarm_frame(now, code, kind, body, ref)


@fault("door", "LIL-ALARM-020", "LIL-ALARM-006")
class clears_what_was_never_raised(Device):
    def _alarm_frame(self, now, code, kind, body, ref):
        if kind == frame.CLEAR:
            ref = (ref[0], 900)
        return super()._alarm_frame(now, code, kind, body, ref)

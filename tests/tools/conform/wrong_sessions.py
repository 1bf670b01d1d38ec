"""Devices that are wrong about sessions, numbers and what they tell, in one way each."""

from lilong_firmware import outbox, session, uplink
from lilong_firmware.device import Device
from lilong_firmware.effects import CONNECT, PUBLISH
from lilong_firmware.outbox import NUMBER, SINCE
from lilong_protocol import frame, topics
from planted import Faults, swap

FAULTS = Faults()
fault, with_part = FAULTS.fault, FAULTS.with_part


# ---- sessions and numbers


@fault("smoke", "LIL-SESSION-004")
def has_one_nonce_for_ever(identity, rules, store, draws):
    device = Device(identity, rules, store, draws)
    device.uplink.nonce = b"12345678"
    return device


@fault("gas", "LIL-SESSION-003", "LIL-SESSION-004", "LIL-EVENT-001", "LIL-TIME-002")
def has_one_boot_for_ever(identity, rules, store, draws):
    return Device(identity, rules, store, draws, boot=7)


class skips_numbers(uplink.Uplink):
    __slots__ = ()

    def frame(self, now, kind, cls, body, ref=None, counter=None):
        data = super().frame(now, kind, cls, body, ref, counter)
        if cls == topics.EVENT:
            self._seqs[topics.UP_CLASSES.index(cls)] += 1
        return data


@fault("smoke", "LIL-EVENT-001")
def leaves_numbers_out(identity, rules, store, draws):
    device = Device(identity, rules, store, draws)
    swap(device.uplink, skips_numbers)
    return device


class counts_no_connections(session.Session):
    __slots__ = ()

    def connected(self, now):
        self._connection = 1
        super().connected(now)


with_part("session", "smoke", counts_no_connections, "LIL-SESSION-002", "LIL-KEY-008", "LIL-SESSION-012")


class tells_the_latest_first(session.Session):
    __slots__ = ()

    def _first(self, now):
        events = [one for one in self._queue if one[0] == topics.EVENT]
        first = super()._first(now)
        return events[-1] if first is not None and first[0] == topics.EVENT else first


with_part("session", "gas", tells_the_latest_first, "LIL-EVENT-002")


class forgets_events_in_flight(session.Session):
    __slots__ = ()

    def disconnected(self, now):
        self._queue = [one for one in self._queue if one[1] is not self._flying]
        super().disconnected(now)


with_part("session", "gas", forgets_events_in_flight, "LIL-EVENT-002", "LIL-CMD-005")


class sleeps_with_a_full_outbox(session.Session):
    __slots__ = ()

    def _may_sleep(self, now):
        return self._first(now) is None and self._flying is None and not self.later


with_part("session", "smoke", sleeps_with_a_full_outbox, "LIL-SESSION-006", "LIL-ALARM-003", "LIL-SESSION-018")


class lets_an_alarm_wait_out_the_backoff(session.Session):
    __slots__ = ()

    def hurry(self, now):
        pass


with_part("session", "gas", lets_an_alarm_wait_out_the_backoff, "LIL-SESSION-005")


class comes_back_after_minutes(session.Session):
    __slots__ = ()

    def disconnected(self, now):
        super().disconnected(now)
        self._next_at = now + 300_000


with_part("session", "door", comes_back_after_minutes, "LIL-SESSION-005", "LIL-SESSION-016")


class tells_of_no_rejections(session.Session):
    __slots__ = ()

    def _beat(self, now):
        self._device.downlink.rejected = 0
        super()._beat(now)


with_part("session", "door", tells_of_no_rejections, "LIL-TELE-002")


# ---- what does not fit


class has_no_place_for_others(outbox.Outbox):
    __slots__ = ()

    def _victims(self, code, kind):
        return []


with_part("outbox", "smoke", has_no_place_for_others, "LIL-ALARM-009")


class gives_up_the_eldest(outbox.Outbox):
    __slots__ = ()

    def _victims(self, code, kind):
        return [min(self._entries, key=lambda entry: entry[NUMBER:SINCE])]


with_part("outbox", "door", gives_up_the_eldest, "LIL-ALARM-009")


@fault("gas", "LIL-SESSION-001")
class leaves_no_will(Device):
    def _plan(self, now):
        super()._plan(now)
        self.out = [(effect[0], None) if effect[0] == CONNECT else effect for effect in self.out]


@fault("door", "LIL-SESSION-002")
class leaves_the_will_of_another_connection(Device):
    def _plan(self, now):
        super()._plan(now)
        self.out = [(effect[0], self.uplink.will(77)) if effect[0] == CONNECT else effect for effect in self.out]


@fault("smoke", "LIL-SESSION-011")
def tells_a_heart_rate_for_ever(identity, rules, store, draws):
    class Told(rules):
        def report(self):
            return {**super().report(), 13: 72}

    return Device(identity, Told, store, draws)


@fault("gas", "LIL-FRAME-001", "LIL-TELE-001")
class tells_ragged_telemetry(Device):
    def publish(self, now, kind, cls, body):
        if kind == frame.TELEMETRY:
            body[2] = [column[:-1] for column in body[2]]
        super().publish(now, kind, cls, body)


@fault("door", "LIL-TOPIC-001")
class publishes_heartbeats_at_qos_1(Device):
    def publish(self, now, kind, cls, body):
        self.out.append((PUBLISH, cls, self.uplink.frame(now, kind, cls, body), 1, False))


@fault("door", "LIL-SEC-003")
def tells_card_numbers(identity, rules, store, draws):
    class Telling(rules):
        def _deny(self, now, denial, values):
            super()._deny(now, denial, {**values, 24: self.device.sampling.values[1]})

    return Device(identity, Telling, store, draws)

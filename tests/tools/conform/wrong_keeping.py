"""Devices that are wrong about what they keep, in one way each: without room, in an update, of logs and crashes."""

from lilong_firmware import downlink, outbox, session
from lilong_firmware.device import Device
from lilong_firmware.rarely import tell
from lilong_protocol import frame
from planted import Faults

FAULTS = Faults()
fault, with_part = FAULTS.fault, FAULTS.with_part


# ---- no room


class publishes_only_what_is_stored(outbox.Outbox):
    __slots__ = ()

    def take(self, *frame):
        if not self.unstored:
            super().take(*frame)


with_part("outbox", "smoke", publishes_only_what_is_stored, "LIL-ALARM-002")


class tells_an_unstored_alarm_once(outbox.Outbox):
    __slots__ = ()

    def renew(self, now):
        if self.unstored:
            self._entries = []
        super().renew(now)


with_part("outbox", "door", tells_an_unstored_alarm_once, "LIL-ALARM-003")


class sends_an_unstored_alarm_for_ever(outbox.Outbox):
    __slots__ = ()

    def stored(self, boot, seq, tag):
        return None if self.unstored else super().stored(boot, seq, tag)


with_part("outbox", "gas", sends_an_unstored_alarm_for_ever, "LIL-ALARM-002")


class counts_no_events_given_up(session.Session):
    __slots__ = ()

    def _heartbeat(self, now, asks):
        self.dropped = 0
        super()._heartbeat(now, asks)


with_part("session", "door", counts_no_events_given_up, "LIL-EVENT-003")


@fault("gas", "LIL-EVENT-003")
class counts_one_event_for_all(Device):
    def step(self, now):
        self.session.dropped = min(self.session.dropped, 1)
        super().step(now)


# ---- updates


@fault("door", "LIL-UPD-006")
class holds_alarms_for_an_update(Device):
    def _plan(self, now):
        if any(source.WHAT == session.UPDATE_COMES for source in self.session.later):
            waiting, self.outbox._entries = self.outbox._entries, []
            super()._plan(now)
            self.outbox._entries = waiting
        else:
            super()._plan(now)


# ---- logs and crashes


@fault("smoke", "LIL-LOG-001")
class tells_everything(Device):
    def log(self, now, level, text):
        tell(self, now, level, text)


@fault("gas", "LIL-LOG-001")
class tells_nothing(Device):
    def log(self, now, level, text):
        if level == 0:
            super().log(now, level, text)


class tells_its_log_first(session.Session):
    __slots__ = ()

    def _first(self, now):
        for source in self.later:
            if source.WHAT == session.LOG_LINES:
                return source.first(now)
        return super()._first(now)


with_part("session", "door", tells_its_log_first, "LIL-LOG-001")


@fault("smoke", "LIL-LOG-002")
def forgets_its_crashes(identity, rules, store, draws):
    store.drop("crash")
    return Device(identity, rules, store, draws)


@fault("door", "LIL-LOG-002")
def forgets_a_crash_that_was_not_sent(identity, rules, store, draws):
    device = Device(identity, rules, store, draws)
    store.drop("crash")
    return device


@fault("gas", "LIL-LOG-002")
class tells_a_crash_at_every_start(Device):
    def published(self, now):
        crash = dict(self.store.items()).get("crash")
        super().published(now)
        if crash is not None:
            self.store.put("crash", crash)


@fault("smoke", "LIL-LOG-002")
class tells_another_boot(Device):
    def __init__(self, identity, rules, store, draws):
        super().__init__(identity, rules, store, draws)
        for source in self.session.later:
            source.frames = [(self._renamed(), kept) for _, kept in source.frames]

    def _renamed(self):
        body = {0: 0, 1: "", 3: self.uplink.boot}
        return self.uplink.frame(0, frame.CRASH, "lg", body)


# ---- what is right too


class remembers_every_answer(downlink.Downlink):
    __slots__ = ()

    def keep_response(self, counter, data):
        self._responses.append((counter, data))


with_part("downlink", "door", remembers_every_answer)


class remembers_one_answer(downlink.Downlink):
    __slots__ = ()

    def keep_response(self, counter, data):
        self._responses = [(counter, data)]


with_part("downlink", "smoke", remembers_one_answer)

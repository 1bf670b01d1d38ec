"""Backends that make of alarms and events what they are not, in one way each."""

from backends_here import Application
from lilong_protocol import frame, topics
from lilong_protocol.pc import ordering
from lilong_protocol.pc.engine import Engine
from planted_backends import EngineOf, entering, read, row_of, verified

FAULTS: dict = {}
fault = entering(FAULTS)


# ---- episodes


class Effects(Application):
    """Changes what alarms come to, in the feed."""

    def effects(self, message):
        return [one for one in super().effects(message) if self.counts(message, one)]

    def counts(self, message, one):
        return True


@fault("LIL-ALARM-015")
class merges_alarms_of_one_code(Effects):
    def __init__(self, now_ms, disk):
        super().__init__(now_ms, disk)
        self.open = {}

    def counts(self, message, one):
        key = (message.device, message.boot, message.code)
        if message.kind == frame.CLEAR:
            return self.open.pop(key, None) is not None or True
        if message.kind == frame.RAISE and message.code in (1,):
            known = key in self.open
            self.open[key] = message.key
            return not known
        return True


@fault("LIL-ALARM-015")
class merges_alarms_of_one_moment(Effects):
    def __init__(self, now_ms, disk):
        super().__init__(now_ms, disk)
        self.last = {}

    def counts(self, message, one):
        if message.kind != frame.RAISE or message.code != 1:
            return True
        at, device = self.last.get(message.code, (-10_000, message.device))
        self.last[message.code] = (self.now_ms, message.device)
        return device == message.device or self.now_ms - at > 1_000


@fault("LIL-ALARM-016")
class clears_with_a_death(Application):
    def __init__(self, now_ms, disk):
        super().__init__(now_ms, disk)
        self.open = {}

    def effects(self, message):
        if message.kind == frame.RAISE:
            self.open.setdefault(message.device, []).append(message)
        if message.kind == frame.CLEAR:
            here = self.open.get(message.device, [])
            self.open[message.device] = [one for one in here if one.key != message.alarm]
        if message.kind == self.kind:
            gone = self.open.pop(message.device, [])
            return [{**super_row(self, one), "event": "cleared"} for one in gone]
        return super().effects(message)

    kind = frame.DEATH


def super_row(application, message):
    return Application.effects(application, message)[0]


@fault("LIL-ALARM-016")
class clears_with_a_birth(clears_with_a_death):
    kind = frame.BIRTH


@fault("LIL-ALARM-017")
class forgets_early_clears(Effects):
    def __init__(self, now_ms, disk):
        super().__init__(now_ms, disk)
        self.raised = set()

    def counts(self, message, one):
        if message.kind == frame.RAISE:
            self.raised.add(message.key)
        return message.kind != frame.CLEAR or message.alarm in self.raised


@fault("LIL-ALARM-014", "LIL-ALARM-017")
class holds_alarms_for_gaps(Application):
    """An alarm waits until those of lower numbers are there."""

    def __init__(self, now_ms, disk):
        super().__init__(now_ms, disk)
        self.next, self.held = {}, {}

    def receive(self, now_ms, topic, payload, retained):
        fields = read(payload)
        device = topic.split("/")[3]
        if not topic.endswith("/al") or not isinstance(fields, dict) or not verified(device, topics.ALARM, payload) \
                or not isinstance(fields.get(3), int) or fields[3] > 900:  # fmt: skip
            super().receive(now_ms, topic, payload, retained)
            return
        key = (device, fields[2])
        held = self.held.setdefault(key, {})
        if fields[3] <= self.next.get(key, 0):
            super().receive(now_ms, topic, payload, retained)
        held[fields[3]] = (topic, payload, retained)
        while self.next.get(key, 0) + 1 in held:
            self.next[key] = self.next.get(key, 0) + 1
            super().receive(now_ms, *held.pop(self.next[key]))


# ---- events


@fault("LIL-EVENT-005")
class never_asks_for_a_gap(EngineOf):
    class engine_class(Engine):
        def _ask(self, now_ms, gap):
            pass


@fault("LIL-EVENT-005")
class asks_twice_for_a_gap(EngineOf):
    class engine_class(Engine):
        def _ask(self, now_ms, gap):
            super()._ask(now_ms, gap)
            super()._ask(now_ms, gap)


@fault("LIL-EVENT-004", "LIL-EVENT-007")
class takes_events_as_they_come(Application):
    def effects(self, message):
        return [] if message.cls == topics.EVENT else super().effects(message)

    def receive(self, now_ms, topic, payload, retained):
        refused = sum(self.engine.refused.values())
        super().receive(now_ms, topic, payload, retained)
        device, fields = topic.split("/")[3], read(payload)
        if topic.endswith("/ev") and sum(self.engine.refused.values()) == refused:
            self.came = [*getattr(self, "came", []), {**row_of(now_ms, device, fields), "event": "event"}]

    def take(self):
        out = super().take()
        came, self.came = getattr(self, "came", []), []
        return out._replace(feed=[*out.feed, *came])


class Hasty(ordering.Order):
    __slots__ = ()

    def add(self, now_ms, boot, seq, item):
        super().add(now_ms - ordering.GAP_MS, boot, seq, item)


@fault("LIL-EVENT-005")
class asks_for_gaps_at_once(Application):
    def receive(self, now_ms, topic, payload, retained):
        device = topic.split("/")[3]
        self.engine.receiver.peer(device).order.__class__ = Hasty
        super().receive(now_ms, topic, payload, retained)


@fault("LIL-TELE-003")
class asks_for_heartbeats(Application):
    def receive(self, now_ms, topic, payload, retained):
        super().receive(now_ms, topic, payload, retained)
        fields = read(payload)
        device = topic.split("/")[3]
        if topic.endswith("/hb") and isinstance(fields, dict) and fields[3] == 9:
            peer = self.engine.receiver.peer(device)
            counter = self.engine.orders.next_counter(now_ms, device)
            missing = (fields[2], 3, 8)
            session = peer.session
            self.engine.send(device, peer.downlink.backfill("hb", missing, counter, session.boot, session.nonce))

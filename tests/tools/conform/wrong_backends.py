"""Backends that are wrong in one way each: the honest application with one method spoilt.

`FAULTS`: name: (the backend, the sentences that it breaks and no others).
"""

from backends_here import DEVICES, KEY, TENANT, Application
from lilong_protocol import cbor, frame, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.pc import ordering
from lilong_protocol.pc.downlink import Downlink
from lilong_protocol.pc.engine import Engine
from lilong_protocol.pc.sealed import payload_of
from lilong_protocol.seal import DOWN, UP, Seal, SealError, frame_tag

FAULTS = {}


def fault(*ids):
    def enter(made):
        FAULTS[made.__name__] = (made, set(ids))
        return made

    return enter


def ack(device, boot, seq, data, tag=None, cls=topics.ACK):
    """The topic and frame of a stored-ack."""
    downlink = Downlink(device_root(KEY, TENANT, device), TENANT, device)
    return topics.down(TENANT, device, cls), downlink.stored_ack(boot, seq, tag or frame_tag(data))[1]


def read(data):
    """The fields of an uplink, unverified; None when there are none."""
    try:
        return cbor.decode(payload_of(data))
    except (cbor.CborError, ValueError, IndexError):
        return None


def verified(device, cls, data):
    try:
        Seal(frame_key(device_root(KEY, TENANT, device), UP), TENANT, device, UP).open(cls, data)
    except SealError:
        return False
    return True


class Rewriting(Application):
    """Acknowledges more than it should: `more(topic, device, cls, payload, retained)` tells whether."""

    def __init__(self, now_ms, disk):
        super().__init__(now_ms, disk)
        self.extra = []

    def receive(self, now_ms, topic, payload, retained):
        super().receive(now_ms, topic, payload, retained)
        device, cls = topic.split("/")[3], topic.split("/")[5]
        fields = read(payload)
        if isinstance(fields, dict) and isinstance(fields.get(2), int) and isinstance(fields.get(3), int) \
                and self.more(device, cls, payload, retained, fields):  # fmt: skip
            self.extra.append(ack(device, fields[2], fields[3], payload))

    def published(self, decided):
        extra, self.extra = self.extra, []
        return super().published(decided) + extra


# ---- stored-acks


@fault("LIL-ALARM-011", "LIL-ALARM-012", "LIL-ALARM-013")
class acknowledges_before_the_commit(Application):
    early = True


@fault("LIL-ALARM-011", "LIL-ALARM-012", "LIL-ALARM-013")
class never_commits(Application):
    def store(self, rows):
        pass


@fault("LIL-ALARM-012")
class acknowledges_once(Application):
    def __init__(self, now_ms, disk):
        super().__init__(now_ms, disk)
        self.told = set()

    def published(self, decided):
        fresh = {message.data for message in decided.kept}
        tags = {frame_tag(data) for data in fresh}
        return [one for one in super().published(decided) if not self.repeats(one, tags)]

    def repeats(self, one, tags):
        told = read_down(one[1])
        return told.get(1) == frame.STORED_ACK and told[7][0] not in tags


def read_down(data):
    return cbor.decode(data[18 : 18 + data[17]]) if data[16] == 0x58 else cbor.decode(data[17 : 17 + data[16] - 0x40])


@fault("LIL-ALARM-012", "LIL-SEC-006")
class counts_repeats(Application):
    def receive(self, now_ms, topic, payload, retained):
        super().receive(now_ms, topic, payload, retained)
        fields = read(payload)
        self.again = getattr(self, "again", [])
        if topic.endswith("/al") and isinstance(fields, dict) and fields.get(1) == frame.RAISE:
            known = payload in getattr(self, "seen", set())
            self.seen = getattr(self, "seen", set()) | {payload}
            if known:
                self.again.append(row_of(self.now_ms, topic.split("/")[3], fields))

    def take(self):
        out = super().take()
        again, self.again = getattr(self, "again", []), []
        return out._replace(feed=[*out.feed, *again])


def row_of(at_ms, device, fields):
    boot, seq = fields[2], fields[3]
    return {
        "at": at_ms, "event": "stored", "alarm": f"{device}-{boot}-{seq}", "device": device, "code": fields[7].get(0),
        "boot": boot, "seq": seq,
    }  # fmt: skip


@fault("LIL-ALARM-011", "LIL-ALARM-013")
class acknowledges_other_bytes(Rewriting):
    def more(self, device, cls, payload, retained, fields):
        return cls == topics.ALARM and verified(device, cls, payload) and not retained and well(payload)


def well(payload):
    try:
        return frame.unpack(payload_of(payload)).kind in (frame.RAISE, frame.UPDATE, frame.CLEAR)
    except frame.FrameError:
        return False


@fault("LIL-SEAL-005", "LIL-SEC-005")
class acknowledges_forgeries(Rewriting):
    def more(self, device, cls, payload, retained, fields):
        return cls == topics.ALARM and not verified(device, cls, payload) and payload[8:16].hex() in DEVICES


@fault("LIL-TOPIC-004")
class takes_retained_alarms(Application):
    def receive(self, now_ms, topic, payload, retained):
        super().receive(now_ms, topic, payload, retained and topic.endswith(("/st", "/cf")))


@fault("LIL-FRAME-007")
class leaves_the_malformed_unacknowledged(Application):
    def published(self, decided):
        bad = {frame_tag(message.data) for message in decided.kept if message.malformed}
        return [one for one in super().published(decided) if not self.about(one, bad)]

    def about(self, one, bad):
        return one[0].endswith("/ak") and read_down(one[1]).get(7, {}).get(0) in bad


@fault("LIL-FRAME-002")
class takes_critical_keys(Rewriting):
    def more(self, device, cls, payload, retained, fields):
        return cls == topics.ALARM and any(16 <= key <= 23 for key in fields) and verified(device, cls, payload)


@fault("LIL-FRAME-003")
class speaks_every_version(Rewriting):
    def more(self, device, cls, payload, retained, fields):
        return cls == topics.ALARM and fields.get(0) == 2 and verified(device, cls, payload)


@fault("LIL-TOPIC-002")
class takes_alarms_anywhere(Rewriting):
    def more(self, device, cls, payload, retained, fields):
        return cls == topics.EVENT and fields.get(1) == frame.RAISE and verified(device, cls, payload)


@fault("LIL-FRAME-004")
class refuses_unknown_alarms(Application):
    def receive(self, now_ms, topic, payload, retained):
        fields = read(payload)
        if topic.endswith("/al") and isinstance(fields, dict) and isinstance(fields.get(7), dict):
            code = fields[7].get(0)
            if isinstance(code, int) and code > 1_000:
                return
        super().receive(now_ms, topic, payload, retained)


@fault("LIL-FRAME-002")
class refuses_keys_to_come(Application):
    def receive(self, now_ms, topic, payload, retained):
        fields = read(payload)
        if not isinstance(fields, dict) or all(0 <= key <= 23 for key in fields):
            super().receive(now_ms, topic, payload, retained)


@fault("LIL-ALARM-011")
class names_other_tags(Application):
    def published(self, decided):
        wrong = [
            ack(message.device, message.boot, message.seq, message.data, b"12345678")
            for message in decided.kept
            if message.is_alarm
        ]
        return super().published(decided) + wrong[:1]


@fault("LIL-SEAL-002")
class seals_with_short_tags(Application):
    def published(self, decided):
        out = []
        for topic, data in super().published(decided):
            device, cls = topic.split("/")[3], topic.split("/")[5]
            root = device_root(KEY, TENANT, device)
            if cls == topics.COMMAND and data[16:17] == b"\x58":
                payload = Seal(frame_key(root, DOWN), TENANT, device, DOWN).open(cls, data)
                data = Seal(frame_key(root, DOWN), TENANT, device, UP).seal(cls, payload)
                out.append((topic, data))
        return super().published(decided) + out


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


# ---- sessions and time


class EngineOf(Application):
    engine_class = Engine

    def made(self, now_ms, rows):
        return self.engine_class(TENANT, KEY, now_ms, rows, frozenset(DEVICES))


@fault("LIL-TIME-001", "LIL-SESSION-008", "LIL-SEAL-005", "LIL-SEC-006")
class tells_no_time(EngineOf):
    class engine_class(Engine):
        def _tell_time(self, now_ms, message):
            pass


@fault("LIL-TIME-001", "LIL-SESSION-008", "LIL-SEAL-005", "LIL-SEC-006")
class tells_the_time_of_another_question(EngineOf):
    class engine_class(Engine):
        def _tell_time(self, now_ms, message):
            asked = message.frame
            downlink = self.receiver.peer(message.device).downlink
            self.send(message.device, downlink.time(now_ms, asked.uptime + 1, asked.boot, asked.nonce))


@fault("LIL-TIME-001")
class tells_the_time_in_seconds(EngineOf):
    class engine_class(Engine):
        def _tell_time(self, now_ms, message):
            super()._tell_time(now_ms // 1_000, message)


@fault("LIL-SESSION-008")
class welcomes_boots_of_the_past(Application):
    def receive(self, now_ms, topic, payload, retained):
        super().receive(now_ms, topic, payload, retained)
        fields = read(payload)
        device = topic.split("/")[3]
        if topic.endswith("/st") and isinstance(fields, dict) and fields.get(1) == frame.BIRTH \
                and verified(device, topics.STATE, payload):  # fmt: skip
            session = self.engine.receiver.peer(device).session
            if fields[2] < session.boot:
                downlink = Downlink(device_root(KEY, TENANT, device), TENANT, device)
                self.engine.send(device, downlink.time(now_ms, fields[4], fields[2], fields[11]))


@fault("LIL-SESSION-009", "LIL-CMD-008")
class believes_retained_births(Application):
    def receive(self, now_ms, topic, payload, retained):
        super().receive(now_ms, topic, payload, retained and not topic.endswith("/st"))


@fault("LIL-SEC-004", "LIL-SEAL-005")
class answers_forged_births(Application):
    def receive(self, now_ms, topic, payload, retained):
        super().receive(now_ms, topic, payload, retained)
        fields = read(payload)
        device = topic.split("/")[3]
        if topic.endswith("/st") and isinstance(fields, dict) and fields.get(1) == frame.BIRTH \
                and not verified(device, topics.STATE, payload):  # fmt: skip
            session = self.engine.receiver.peer(device).session
            session.nonce, session.boot = fields[11], fields[2] + 1
            downlink = Downlink(device_root(KEY, TENANT, device), TENANT, device)
            self.engine.send(device, downlink.time(now_ms, fields[4], fields[2], fields[11]))


@fault("LIL-SESSION-007")
class believes_every_death(Application):
    def receive(self, now_ms, topic, payload, retained):
        super().receive(now_ms, topic, payload, retained)
        fields = read(payload)
        device = topic.split("/")[3]
        if topic.endswith("/st") and isinstance(fields, dict) and fields.get(1) == frame.DEATH:
            self.dead = getattr(self, "dead", set()) | {device}
        elif topic.endswith("/st") and hasattr(self, "dead"):
            self.dead.discard(device)

    def command(self, now_ms, device):
        if device not in getattr(self, "dead", ()):
            super().command(now_ms, device)


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
        super().receive(now_ms, topic, payload, retained)
        device, fields = topic.split("/")[3], read(payload)
        if topic.endswith("/ev") and verified(device, topics.EVENT, payload) and fields.get(1) == frame.EVENT:
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


# ---- operators


@fault("LIL-CMD-006")
class counts_commands_anew_after_a_restart(EngineOf):
    class engine_class(Engine):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            orders = self.orders
            orders._counters = {}

            def counter(_, device):
                orders._counters[device] = orders._counters.get(device, 0) + 1
                return orders._counters[device]

            orders.next_counter = counter


@fault("LIL-ALARM-018")
class tells_an_acknowledgement_once(EngineOf):
    class engine_class(Engine):
        def _birth(self, now_ms, message):
            for order in list(self.orders.open_of(message.device)):
                if order.ref is not None:
                    self.orders.withdraw(now_ms, message.device, order.cause)
            super()._birth(now_ms, message)

"""Backends that acknowledge or take what they must not, in one way each."""

from backends_here import DEVICES, KEY, TENANT, Application
from lilong_protocol import frame, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.pc.decided import Publish
from lilong_protocol.seal import DOWN, UP, Seal, frame_tag
from planted_backends import Rewriting, ack, entering, opened, read, read_down, row_of, verified

FAULTS: dict = {}
fault = entering(FAULTS)


# ---- stored-acks


@fault("LIL-ALARM-011", "LIL-ALARM-012", "LIL-ALARM-013", "LIL-CONF-001")
class acknowledges_before_the_commit(Application):
    early = True


@fault("LIL-ALARM-011", "LIL-ALARM-012", "LIL-ALARM-013", "LIL-CONF-001")
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


@fault("LIL-ALARM-011", "LIL-ALARM-013")
class acknowledges_other_bytes(Rewriting):
    def more(self, device, cls, payload, retained, fields):
        known = self.engine.receiver.peer(device).tag(cls, fields[2], fields[3]) if device in DEVICES else None
        return known not in (None, frame_tag(payload)) and verified(device, cls, payload)


@fault("LIL-SEAL-005", "LIL-SEC-005")
class acknowledges_forgeries(Rewriting):
    def more(self, device, cls, payload, retained, fields):
        return cls == topics.ALARM and not verified(device, cls, payload) and payload[8:16].hex() in DEVICES


@fault("LIL-TOPIC-004", "LIL-SEC-007")
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
        for topic, data, *_ in super().published(decided):
            device, cls = topic.split("/")[3], topic.split("/")[5]
            root = device_root(KEY, TENANT, device)
            if cls == topics.COMMAND and data[16:17] == b"\x58":
                epoch, payload = opened(device, cls, data, DOWN)
                data = Seal(frame_key(root, DOWN, epoch), TENANT, device, UP, epoch).seal(cls, payload)
                out.append(Publish(topic, data, 1, False))
        return super().published(decided) + out

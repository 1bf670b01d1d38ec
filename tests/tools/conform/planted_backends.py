"""What wrong backends are made of: frames read and made by hand, and the honest application."""

from backends_here import DEVICES, KEY, TENANT, Application
from lilong_protocol import cbor, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.pc.decided import Publish
from lilong_protocol.pc.downlink import Downlink
from lilong_protocol.pc.engine import Engine
from lilong_protocol.pc.sealed import payload_of
from lilong_protocol.seal import UP, Seal, SealError, frame_tag
from planted import payload_of as payload_in


def entering(faults):
    """A decorator that enters a backend and the sentences that it breaks."""

    def fault(*ids):
        def enter(made):
            faults[made.__name__] = (made, set(ids))
            return made

        return enter

    return fault


def ack(device, boot, seq, data, tag=None, cls=topics.ACK):
    """The topic and frame of a stored-ack."""
    downlink = Downlink(device_root(KEY, TENANT, device), TENANT, device)
    sealed = downlink.stored_ack(boot, seq, tag or frame_tag(data))[1]
    return Publish(topics.down(TENANT, device, cls), sealed, 1, False)


def read(data):
    """The fields of an uplink, unverified; None when there are none."""
    try:
        return cbor.decode(payload_of(data))
    except (cbor.CborError, ValueError, IndexError):
        return None


def verified(device, cls, data):
    return opened(device, cls, data, UP) is not None


def opened(device, cls, data, direction):
    """(epoch, payload) of a frame, None when no epoch fits."""
    root = device_root(KEY, TENANT, device)
    for epoch in range(6):
        try:
            seal = Seal(frame_key(root, direction, epoch), TENANT, device, direction, epoch)
            return epoch, seal.open(cls, data)
        except SealError:
            continue
    return None


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


def read_down(data):
    """The fields of a downlink, unverified."""
    return cbor.decode(payload_in(data))


def row_of(at_ms, device, fields):
    boot, seq = fields[2], fields[3]
    return {
        "at": at_ms, "event": "stored", "alarm": f"{device}-{boot}-{seq}", "device": device, "code": fields[7].get(0),
        "boot": boot, "seq": seq,
    }  # fmt: skip


class EngineOf(Application):
    engine_class = Engine

    def made(self, now_ms, rows):
        return self.engine_class(TENANT, KEY, now_ms, rows, frozenset(DEVICES))

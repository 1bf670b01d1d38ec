"""A backend for runs in tests: it answers births with the time and alarms with their stored-acks, at once."""

from lilong_protocol import frame, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.seal import DOWN, UP, Seal, frame_tag

EPOCH = 1_800_000_000_000  # wall time, in ms, of every device's uptime 0
KEY = bytes(range(32))


class Answers:
    """Makes the answers to a frame: (topic, bytes) pairs. `tells_time`: to whose births. `clock`: tells epoch ms."""

    def __init__(self, tenant, tells_time=lambda device: True, stores=True, clock=None):
        self.tenant = tenant
        self.tells_time = tells_time
        self.stores = stores
        self.clock = clock
        self.frames = []  # (device, class, bytes), as they came

    def to(self, topic, payload):
        _, device, direction, cls = topics.parse(topic)
        if direction == "d" or not len(payload):
            return
        self.frames.append((device, cls, payload))
        root = device_root(KEY, self.tenant, device)
        message = frame.unpack(Seal(frame_key(root, UP), self.tenant, device, UP).open(cls, payload))
        down = Seal(frame_key(root, DOWN), self.tenant, device, DOWN)
        asks = message.kind == frame.BIRTH or (message.kind == frame.HEARTBEAT and message.body.get(4))
        if asks and self.tells_time(device):
            epoch = EPOCH + message.uptime if self.clock is None else self.clock()
            answer = frame.pack(
                frame.TIME, {0: message.uptime}, epoch=epoch, target=message.boot, nonce=message.nonce
            )
            yield topics.down(self.tenant, device, topics.COMMAND), down.seal(topics.COMMAND, answer)
        elif cls == topics.ALARM and self.stores:
            answer = frame.pack(frame.STORED_ACK, {0: frame_tag(payload)}, ref=(message.boot, message.seq))
            yield topics.down(self.tenant, device, topics.ACK), down.seal(topics.ACK, answer)


class InTheLoop(Answers):
    """In virtual time."""

    def attach(self, fleet):
        self.publish = fleet.downlink

    def receive(self, now, topic, payload, retained):
        for answer in self.to(topic, payload):
            self.publish(*answer)

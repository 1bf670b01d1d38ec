"""Devices by script and a backend's engine, with a store that is one transaction: state and effects together."""

from lilong_protocol import frame, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.pc.engine import Engine
from lilong_protocol.pc.simulation import simulation_key
from lilong_protocol.seal import DOWN, UP, Seal, frame_tag

TENANT = "acme"
KEY = simulation_key(TENANT)
NOW = 1_800_000_000_000
SECOND = 1_000
DOOR, SMOKE = "d000000000000001", "5a00000000000001"
DOOR_KIND, SMOKE_KIND = 3, 1
OK, NOT_FOUND, CONFLICT, STALE, EXPIRED = 200, 404, 409, 412, 408


class Scripted:
    """A device that says what it is told to. Its events and alarms are kept as a device keeps them.

    `sent`: (topic, frame, retain) in the order of their making, for a test to bring over, lose, repeat and mix.
    """

    def __init__(self, device=DOOR, kind=DOOR_KIND, epoch=0, tenant=TENANT, key=KEY, config=0):
        self.device = device
        self.kind = kind
        self.tenant = tenant
        self.root = device_root(key, tenant, device)
        self.use(epoch)
        self.config = config
        self.boot = 0
        self.outbox = {}
        self.events = {}
        self.taken = []  # commands that were carried out: counter, message
        self.answers = {}
        self.sent = []
        self.restart(NOW)

    def use(self, epoch):
        self.epoch = epoch
        self.up = Seal(frame_key(self.root, UP, epoch), self.tenant, self.device, UP, epoch)
        self.down = Seal(frame_key(self.root, DOWN, epoch), self.tenant, self.device, DOWN, epoch)

    def restart(self, now):
        self.boot += 1
        self.base = now
        self.connection = 0
        self.nonce = b"nonce%03d" % self.boot
        self.numbers = {}
        self.last = 0
        self.answers = {}

    def seal(self, now, cls, kind, body, retain=False, **fields):
        seq = self.numbers[cls] = self.numbers.get(cls, 0) + 1
        payload = frame.pack(kind, body, boot=self.boot, seq=seq, uptime=now - self.base, **fields)
        data = self.up.seal(cls, payload)
        message = (topics.up(self.tenant, self.device, cls), data, retain)
        self.sent.append(message)
        return message

    def birth(self, now, again=False, **body):
        self.connection += not again
        told = {0: self.kind, 1: self.connection, 3: 60, 4: 180, 5: True, 6: 0, 8: len(self.outbox), 9: self.epoch}
        told[10] = self.config
        more = {int(key[1:]): value for key, value in body.items()}
        return self.seal(now, "st", frame.BIRTH, told | more, True, nonce=self.nonce)

    def death(self):
        data = self.up.seal("st", frame.pack(frame.DEATH, {0: self.connection}, boot=self.boot))
        return topics.up(self.tenant, self.device, "st"), data, True

    def heartbeat(self, now, **body):
        told = {0: len(self.outbox), 1: 0, 2: 0} | {int(key[1:]): value for key, value in body.items()}
        return self.seal(now, "hb", frame.HEARTBEAT, told, nonce=self.nonce)

    def telemetry(self, now, quantity=1, values=(5,)):
        body = {0: [quantity], 1: list(range(len(values) - 1, -1, -1)), 2: [list(values)]}
        return self.seal(now, "tm", frame.TELEMETRY, body)

    def event(self, now, code=4, values=None):
        message = self.seal(now, "ev", frame.EVENT, {0: code, 4: values or {}})
        self.events[(self.boot, self.numbers["ev"])] = message
        return message

    def alarm(self, now, code=1, kind=frame.RAISE, ref=None, body=None):
        body = body or ({0: code, 1: 4, 2: 4, 3: 4, 4: {1: 300}} if kind == frame.RAISE else {0: code, 5: 2})
        message = self.seal(now, "al", kind, body, ref=ref)
        self.outbox[(self.boot, self.numbers["al"])] = message
        return message

    def clear(self, now, ref, code=1):
        return self.alarm(now, code, frame.CLEAR, ref, {0: code, 6: 1})

    def response(self, now, counter, code=OK, **body):
        told = {0: code} | {int(key[1:]): value for key, value in body.items()}
        return self.seal(now, "rs", frame.RESPONSE, told, counter=counter)

    def opened(self, publish):
        """A downlink as the device reads it."""
        return frame.unpack(self.down.open(topics.parse(publish.topic)[3], publish.payload))

    def receive(self, now, publish):
        """As a device does, as far as these tests need it; what it answers is in `sent`."""
        message = self.opened(publish)
        if message.kind == frame.STORED_ACK:
            waits = self.outbox.get(tuple(message.ref))
            if waits is not None and frame_tag(waits[1]) == message.body[0]:
                del self.outbox[tuple(message.ref)]
        elif message.kind == frame.REQUEST and message.nonce == self.nonce:
            if message.body[0] == 0:
                self.birth(now, again=True)
            else:
                asked = [(message.body[2], seq) for seq in range(message.body[3], message.body[4] + 1)]
                there = [self.events[key] for key in asked if key in self.events]
                self.response(now, message.counter, OK if there else NOT_FOUND, _1=len(there))
                self.sent += there
        elif message.kind in (frame.COMMAND, frame.OPERATOR_ACK, frame.UPDATE_OFFER):
            self.obey(now, message)

    def obey(self, now, message):
        code = OK
        if (message.target, message.nonce) != (self.boot, self.nonce):
            code = STALE
        elif message.counter in self.answers:
            self.sent.append(self.answers[message.counter])
            return
        elif message.counter <= self.last:
            code = CONFLICT
        else:
            self.last = message.counter
            if now - self.base > message.deadline:
                code = EXPIRED
            else:
                self.taken.append(message)
        self.answers[message.counter] = self.response(now, message.counter, code)


class Backend:
    """An engine and its store. `crash` takes away what was not committed; `effects` are what the application made."""

    def __init__(self, now=NOW, **options):
        self.options = {"tenant": TENANT, "keys": KEY} | options
        self.rows = {}
        self.effects = []  # messages, in the order of their commit
        self.kept = []
        self.gaps = []
        self.given_up = []
        self.engine = Engine(start_ms=now, **self.options)

    def receive(self, now, message, retained=False):
        topic, data, _ = message
        return self.engine.receive(now, topic, data, retained)

    def give(self, now, *messages, retained=False):
        """Receive, commit; what may leave then."""
        for message in messages:
            self.receive(now, message, retained)
        return self.commit()

    def take(self):
        return self.engine.take()

    def store(self, decided):
        self.effects += decided.messages
        self.kept += decided.kept
        self.gaps += decided.gaps
        self.given_up += decided.given_up
        for row in decided.state:
            if row.value is None:
                self.rows.pop(row[:3], None)
            else:
                self.rows[row[:3]] = row
        return decided.publishes

    def commit(self):
        return self.store(self.take())

    def crash(self, now):
        self.engine = Engine(start_ms=now, state=list(self.rows.values()), **self.options)

    def pass_time(self, now, until):
        """Step whenever a step is due; the publishes of those steps."""
        out = []
        while (due := self.engine.deadline) is not None and due <= until:
            self.engine.step(max(now, due))
            out += self.commit()
        return out


def told(device, publishes, *kinds):
    """What of `publishes` is for a device, decoded."""
    mine = [publish for publish in publishes if topics.parse(publish.topic)[1] == device.device]
    return [message for message in map(device.opened, mine) if not kinds or message.kind in kinds]

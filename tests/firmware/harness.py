"""A host for one device in virtual time: broker, backend and world by script. Runs on MicroPython too.

At one instant the inputs come first, then the device's steps. What the device does is kept in `trace` as
(world time in ms, effect); `sent` holds what it published while the link was there, opened and decoded.
"""

from lilong_firmware.device import Device, Identity
from lilong_firmware.draws import Draws
from lilong_firmware.effects import ACCEPTED, CONNECT, DISCONNECT, NEVER, NOTE, OUTPUT, PUBLISH, RAISED
from lilong_firmware.kinds import rules
from lilong_firmware.session import ONLINE
from lilong_firmware.store import RamStore
from lilong_protocol import codes, frame, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.seal import DOWN, UP, Seal, SealError, frame_tag

TENANT = "music_plaza"
DEVICE = "a4cf12fffe0b3c5d"
ESTATE_KEY = bytes(range(32))
EPOCH = 1_800_000_000_000  # wall time, in ms, of world time 0
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
STEPS_AT_ONE_INSTANT = 50
EPOCHS = 4  # of the keys, that a test may use


class FullStore(RamStore):
    """A flash chip that takes nothing more, after the first `room` records."""

    __slots__ = ("room",)

    def __init__(self, room=0):
        super().__init__()
        self.room = room

    def put(self, name, data):
        if self.room == 0:
            raise OSError(28)
        self.room -= 1
        super().put(name, data)

    def write(self, name, at, data):
        if self.room == 0:
            raise OSError(28)
        self.room -= 1
        super().write(name, at, data)


class PowerCut(Exception):
    """The power has gone while a store wrote."""


class CutStore(RamStore):
    """A flash chip whose power goes at a write: `left` more are done (None: all), and `torn` bytes of one to a log."""

    __slots__ = ("done", "left", "torn")

    def __init__(self):
        super().__init__()
        self.done = 0
        self.left = None
        self.torn = 0

    def put(self, name, data):
        self._count()
        super().put(name, data)

    def drop(self, name):
        if name in dict(self.items()):
            self._count()
        super().drop(name)

    def write(self, name, at, data):
        if self.left == 0 and self.torn:
            log = bytearray(self.read(name, 0, 1 << 20))
            log[at : at + self.torn] = data[: self.torn]  # what lies beyond stays
            super().write(name, 0, log[: self.torn] if at == 0 else log)
        self._count()
        super().write(name, at, data)

    def _count(self):
        if self.left == 0:
            raise PowerCut
        if self.left is not None:
            self.left -= 1
        self.done += 1


SEALS = {}


def seal(root, direction, epoch):
    """The seal of a direction and a key epoch."""
    name = (root, direction, epoch)
    if name not in SEALS:
        SEALS[name] = Seal(frame_key(root, direction, epoch), TENANT, DEVICE, direction, epoch)
    return SEALS[name]


class Sent:
    """A frame that left the device: `at` in world ms, `data` as it went, `frame` decoded."""

    def __init__(self, at, cls, data, decoded, qos, windowed):
        self.at = at
        self.cls = cls
        self.data = data
        self.frame = decoded
        self.kind = decoded.kind
        self.body = decoded.body
        self.qos = qos
        self.windowed = windowed


class Host:
    """One device, its broker (`link`) and its backend (`acks`: stored-acks for each alarm; `times`: answers to births).

    kind: the name of one, or its rules. values: what the sensors read at power-up, by channel name. latency: ms each
    way. plant: called with (output, value), it gives the (channel, value) pairs that follow at the same instant.
    kept: numbers that the device kept in an earlier life, by name.
    """

    def __init__(
        self, kind, values=None, polls=False, store=None, seed=b"seed", latency=20, link=True, acks=1, times=True,
        beat_s=None, offline_s=None, cards=(), card_key=b"", plant=None,
        data=None, kept=None, answers=None, wait=0,
    ):  # fmt: skip
        self.kind = rules(kind) if isinstance(kind, str) else kind
        self.slots = {channel[0]: at for at, channel in enumerate(self.kind.CHANNELS)}
        self.values = {channel[0]: channel[2] for channel in self.kind.CHANNELS}
        for name in values or {}:
            self.values[name] = values[name]
        self.root = device_root(ESTATE_KEY, TENANT, DEVICE)
        packed = b"".join([card.to_bytes(4, "big") for card in sorted(cards)])
        given = dict(data or {})
        if packed:
            given["cards"] = packed
        if card_key:
            given["card_key"] = card_key
        self.given = given
        self.identity = Identity(TENANT, DEVICE, self.root, beat_s, offline_s, given)
        self.store = RamStore() if store is None else store
        for name in kept or {}:
            self.store.put("k" + name, kept[name].to_bytes(4, "big"))
        self.polls = polls
        self.seed = seed
        self.latency = latency
        self.link = link
        self.acks = acks
        self.times = times
        self.plant = plant
        self.answers = answers  # to a door that asks: True elsewhere, False not, None: no answer
        self.wait = wait  # up to which its first connect waits
        self.drift_ppm = 0  # how much faster the device's clock runs
        self.now = 0
        self.trace = []
        self.sent = []
        self.outputs = {}
        self.notes = []  # (world time, what, code) of alarms
        self.connects = []  # world times of CONNECT
        self.ends = []  # world times at which a session ended
        self.arrived = []  # what reached the backend, repeats included
        self.ordered = []  # (world time of arrival, command)
        self._agenda = []  # (at, serial, function, arguments), in order
        self._serial = 0
        self._connection = 0  # counts links: what was under way on an old one is lost
        self._open = False
        self._counter = 0
        self.epoch = 0  # the newest that the device has used
        self.device = None
        self.power_on()

    # ---- power

    def power_on(self, boot=None):
        """A cold start: uptime begins at 0, the flash is what it was."""
        self.born = self.now
        self._close()
        self.outputs = {}
        self.identity.data = self.given
        self.device = Device(self.identity, self.kind, self.store, Draws(self.seed), self.polls, boot)
        for name in self.slots:
            self.device.sense(0, self.slots[name], self.values[name])
        self.device.start(0, self.wait)
        self._drain()

    def power_cycle(self, off_ms=1_000):
        """The power goes and comes back; what was on its way is lost."""
        self._close()
        self.device = None
        self.run(off_ms)
        self.power_on()

    def power_cut(self):
        """The power goes and is back at once."""
        self.device = None
        self.power_on()

    # ---- the world

    def set(self, channel, value):
        """A sensor channel reads `value` from now on."""
        self.values[channel] = value
        if self.device is not None:
            self.device.sense(self.uptime(), self.slots[channel], value)
            self._drain()

    def sense(self, channel, value):
        """`set`, and let the device answer at this very instant."""
        self.set(channel, value)
        self._steps()

    def at(self, when, function, *arguments):
        """Call `function` at world time `when`, before the device's steps at that time."""
        self._serial += 1
        entry = (when, self._serial, function, arguments)
        place = len(self._agenda)
        while place and self._agenda[place - 1][0] > when:
            place -= 1
        self._agenda.insert(place, entry)

    def run(self, ms):
        """Let time pass."""
        self.run_to(self.now + ms)

    def run_to(self, end):
        while True:
            due = NEVER if self.device is None else self.device.deadline
            due = NEVER if due >= NEVER else max(self.now, self._world(due))
            if self._agenda and self._agenda[0][0] < due:
                due = self._agenda[0][0]
            if due > end:
                break
            self.now = due
            while self._agenda and self._agenda[0][0] <= due:
                _, _, function, arguments = self._agenda.pop(0)
                function(*arguments)
            self._steps()
        self.now = end

    def uptime(self):
        ms = self.now - self.born
        return ms + ms * self.drift_ppm // 1_000_000

    def _world(self, uptime):
        """The first world time at which the device's clock reads `uptime`."""
        at = self.born + uptime * 1_000_000 // (1_000_000 + self.drift_ppm)
        while at - self.born + (at - self.born) * self.drift_ppm // 1_000_000 < uptime:
            at += 1
        return at

    # ---- the link

    def cut(self):
        """The link is lost, and no new one can be had."""
        self.link = False
        if self._open:
            self._close()
            self._tell("disconnected")

    def heal(self):
        self.link = True

    def command(self, number, arguments=None, **changes):
        """Send a command now; `changes`: counter, target, nonce, deadline, retained. Its counter."""
        self.ordered.append((self.now + self.latency, number))
        return self._order(frame.COMMAND, topics.COMMAND, {0: number, 1: arguments or {}}, None, changes)

    def acknowledge(self, ref, **changes):
        """An operator acknowledges the alarm `ref` = (boot, seq)."""
        return self._order(frame.OPERATOR_ACK, topics.ACK, {0: "Wang"}, ref, changes)

    def stored(self, data):
        """The stored-ack of an alarm frame arrives, one latency from now."""
        decoded = self.decode(topics.ALARM, data)
        payload = frame.pack(frame.STORED_ACK, {0: frame_tag(data)}, ref=(decoded.boot, decoded.seq))
        self.deliver(topics.ACK, payload)

    def time(self, asked, epoch=None):
        """The answer to a question for the time."""
        uplink = self.device.uplink
        epoch = EPOCH + self.now if epoch is None else epoch
        self.deliver(
            topics.COMMAND, frame.pack(frame.TIME, {0: asked}, epoch=epoch, target=uplink.boot, nonce=uplink.nonce)
        )

    def answer(self, ref, elsewhere, nonce=None):
        """The answer to the event `ref` = (boot, seq), with which a door has asked, arrives one latency from now."""
        nonce = self.device.uplink.nonce if nonce is None else nonce
        self.deliver(topics.COMMAND, frame.pack(frame.ANSWER, {0: elsewhere}, ref=ref, nonce=nonce))

    def configure(self, version, settings):
        """Desired configuration arrives, as it stands retained."""
        self.deliver(topics.CONFIG, frame.pack(frame.DESIRED_CONFIG, {0: version, 1: settings}), True)
        self.run(2 * self.latency)

    def request(self, body, **changes):
        """A request (kind 22); its counter."""
        return self._order(frame.REQUEST, topics.COMMAND, body, None, changes, None)

    def offer(self, body, **changes):
        """An update is offered; its counter."""
        return self._order(frame.UPDATE_OFFER, topics.UPDATE, body, None, changes)

    def chunk(self, artifact, offset, data, **changes):
        """A piece of an artifact arrives."""
        uplink = self.device.uplink
        get = changes.get
        target, nonce = get("target", uplink.boot), get("nonce", uplink.nonce)
        payload = frame.pack(frame.CHUNK, {0: artifact, 1: offset, 2: data}, target=target, nonce=nonce)
        self.deliver(topics.UPDATE, payload)

    def deliver(self, cls, payload, retained=False):
        """A payload, sealed here, arrives one latency from now if the link is still the same."""
        self.deliver_sealed(cls, seal(self.root, DOWN, self.epoch).seal(cls, payload), retained)

    def deliver_sealed(self, cls, data, retained=False):
        arguments = (self._connection, "received", cls, data, retained)
        if self.latency:
            self.at(self.now + self.latency, self._tell_on, *arguments)
        else:  # before the PUBACK of what it answers, as the tests' broker does it
            self._tell_on(*arguments)

    def acknowledge_all(self):
        """An operator acknowledges every open alarm."""
        for code in self.device.episodes.codes():
            episode = self.device.episodes.get(code)
            self.acknowledge((episode.boot, episode.seq))

    def _order(self, kind, cls, body, ref, changes, lasts=30_000):
        self._counter += 1
        uplink = self.device.uplink
        get = changes.get
        counter = get("counter", self._counter)
        payload = frame.pack(
            kind, body, counter=counter, ref=ref, target=get("target", uplink.boot), nonce=get("nonce", uplink.nonce),
            deadline=get("deadline", None if lasts is None else self.uptime() + lasts),
        )  # fmt: skip
        self.deliver(cls, payload, get("retained", False))
        return counter

    # ---- what was sent

    def of(self, kind, code=None):
        """The frames of one kind of message, repeats included; `code`: those of one alarm or event."""
        return [s for s in self.sent if s.kind == kind and (code is None or s.body.get(0) == code)]

    def once(self, kind, code=None):
        """As `of`, each frame once."""
        known = set()
        found = []
        for s in self.of(kind, code):
            name = (s.cls, s.frame.boot, s.frame.seq)
            if name not in known:
                known.add(name)
                found.append(s)
        return found

    def raised(self, code):
        return self.once(frame.RAISE, code)

    def events(self, code=None):
        return self.once(frame.EVENT, code)

    def ref(self, code):
        """(boot, seq) of the last raise."""
        last = self.raised(code)[-1].frame
        return (last.boot, last.seq)

    def response(self, counter):
        """The response code to a command, None when there was none."""
        codes_ = [s.body[0] for s in self.of(frame.RESPONSE) if s.frame.counter == counter]
        return codes_[-1] if codes_ else None

    def order(self, number, arguments=None, **changes):
        """Send a command, wait for its answer, and give the response code."""
        counter = self.command(number, arguments, **changes)
        for _ in range(10):  # events may be in front of it
            self.run(self.latency)
            if self.response(counter) is not None:
                break
        return self.response(counter)

    def switched(self, name):
        """[(world time, value)] of a local output."""
        return [(at, effect[2]) for at, effect in self.trace if effect[0] == OUTPUT and effect[1] == name]

    def effects(self, what):
        return [(at, effect) for at, effect in self.trace if effect[0] == what]

    def decode(self, cls, data):
        return frame.unpack(self._opened(cls, data))

    def local_first(self, output, value, code):
        """The local output was driven before the alarm was told to anybody, at the same instant."""
        raised = [(i, at) for i, (at, e) in enumerate(self.trace) if e[0] == NOTE and e[1:3] == (RAISED, code)]
        index, at = raised[-1]
        for i in range(index - 1, -1, -1):
            then, effect = self.trace[i]
            if effect[0] == OUTPUT and effect[1] == output:
                return then == at and effect[2] == value
            if effect[0] in (PUBLISH, NOTE) and then == at and effect[1] in (topics.ALARM, RAISED):
                return False
        return False

    def lines(self):
        """The trace as text, one effect a line, published bytes in hex."""
        return ["%d %s" % (at, " ".join([_text(part) for part in effect])) for at, effect in self.trace]

    # ---- inside

    def _opened(self, cls, data):
        """The payload of a frame, of this epoch or another."""
        for epoch in [self.epoch] + list(range(EPOCHS)):  # noqa: RUF005  MicroPython unpacks into no list
            try:
                payload = seal(self.root, UP, epoch).open(cls, data)
            except SealError:
                continue
            self.epoch = max(epoch, self.epoch)
            return payload
        raise AssertionError("a frame that no key opens")

    def _close(self):
        if self._open:
            self.ends.append(self.now)
        self._open = False
        self._connection += 1

    def _tell(self, what, *arguments):
        getattr(self.device, what)(self.uptime(), *arguments)
        self._drain()

    def _tell_on(self, connection, what, *arguments):
        """As `_tell`, for what belongs to one link and is lost with it."""
        if connection == self._connection and self.device is not None:
            self._tell(what, *arguments)

    def _steps(self):
        if self.device is None:
            return
        for _ in range(STEPS_AT_ONE_INSTANT):
            if self.device.deadline > self.uptime():
                return
            self.device.step(self.uptime())
            self._drain()
        raise AssertionError("the device wants to be stepped for ever at %d" % self.now)

    def _drain(self):
        device = self.device
        effects = device.out
        device.out = []
        self.trace.extend([(self.now, effect) for effect in effects])
        for effect in effects:
            what = effect[0]
            if what == PUBLISH:
                self._published(effect[1], effect[2], effect[3], effect[4])
            elif what == OUTPUT:
                self.outputs[effect[1]] = effect[2]
                if self.plant:
                    for channel, value in self.plant(effect[1], effect[2]):
                        self.set(channel, value)
            elif what == NOTE and effect[1] != ACCEPTED:
                self.notes.append((self.now, effect[1], effect[2]))
            elif what == CONNECT:
                self.connects.append(self.now)
                self._connection += 1
                if self.link:
                    self.at(self.now + 2 * self.latency, self._connected, self._connection)
                else:
                    self.at(self.now + 2 * self.latency, self._tell_on, self._connection, "disconnected")
            elif what == DISCONNECT:
                self._close()

    def _connected(self, connection):
        if connection != self._connection:
            return
        if self.link:
            self._open = True
            self._tell("connected")
        else:
            self._tell("disconnected")

    def _published(self, cls, data, qos, windowed):
        decoded = self.decode(cls, data)
        if not self._open:
            raise AssertionError("published without a link")
        self.sent.append(Sent(self.now, cls, data, decoded, qos, windowed))
        self.at(self.now + self.latency, self._arrived, self._connection, self.sent[-1])
        if windowed:
            self.at(self.now + 2 * self.latency, self._tell_on, self._connection, "published")

    def _arrived(self, connection, sent):
        """The backend has a frame; it answers if the device is still there."""
        if connection != self._connection:
            return
        self.arrived.append(sent)
        cls, data, decoded = sent.cls, sent.data, sent.frame
        if cls == topics.ALARM:
            for _ in range(self.acks):
                self.stored(data)
        if self.times and (decoded.kind == frame.BIRTH or (decoded.kind == frame.HEARTBEAT and decoded.body.get(4))):
            self.time(decoded.uptime)
        if self.answers is not None and decoded.kind == frame.EVENT and decoded.body.get(0) == codes.EVENT_DOOR_ASKED:
            self.answer((decoded.boot, decoded.seq), self.answers)


def _text(part):
    if isinstance(part, bytes):
        return "".join(["%02x" % b for b in part])
    return str(part)


def online(host):
    """The device has a session."""
    return host.device.session.state == ONLINE


__all__ = [
    "DAY", "DEVICE", "EPOCH", "HOUR", "MINUTE", "SECOND", "TENANT", "CutStore", "FullStore", "Host", "PowerCut",
    "codes", "online",
]  # fmt: skip

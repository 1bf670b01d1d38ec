"""A small estate of real devices (firmware) around a centre's core, in virtual time, with a broker by script."""

from dataclasses import dataclass

from lilong_firmware.device import Device, Identity
from lilong_firmware.draws import Draws
from lilong_firmware.effects import CONNECT, DISCONNECT, NOTE, OUTPUT, PUBLISH
from lilong_firmware.kinds import rules
from lilong_firmware.store import RamStore
from lilong_protocol import frame, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.pc.simulation import simulation_key
from lilong_protocol.registry import COMMAND
from lilong_protocol.seal import DOWN, UP, Seal
from lilong_tools.centre.core import Core

TENANT = "small"
KEY = simulation_key(TENANT)
NOW = 1_800_000_000_000  # epoch ms at which every story begins
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000

OBSCURATION = "obscuration"
FIRE = 400  # mdB/m, well above the trip level


@dataclass(frozen=True)
class Placed:
    id: str
    kind: str
    name: str
    core: int | None = None
    beat_s: int | None = None
    offline_s: int | None = None
    x: float = 1.0
    y: float = 1.0
    z: int = 0
    building: str | None = None
    unit: str | None = None


SMOKE, SMOKE_2, SMOKE_3, ELSEWHERE = (f"5a{number:014x}" for number in (1, 2, 3, 4))
DOOR, BASEMENT_DOOR, OTHER_DOOR = (f"d0{number:014x}" for number in (1, 2, 3))
CARD, OTHER_CARD = 1_001, 1_002
DATA = {"door": {"cards": b"".join(card.to_bytes(4, "big") for card in (CARD, OTHER_CARD)), "card_key": bytes(32)}}
LAMP, BAND, GAS = "1a00000000000001", "ba00000000000001", "9a00000000000001"


class SmallEstate:
    """Two cores; three smoke detectors and two doors in the first, one of each in the second."""

    id = TENANT
    devices = (
        Placed(SMOKE, "smoke", "core1/01F/0101/smoke", 1),
        Placed(SMOKE_2, "smoke", "core1/01F/0102/smoke", 1),
        Placed(SMOKE_3, "smoke", "core1/01F/corridor/smoke", 1),
        Placed(ELSEWHERE, "smoke", "core2/01F/0101/smoke", 2),
        Placed(DOOR, "door", "core1/ground/door", 1),
        Placed(BASEMENT_DOOR, "door", "core1/basement/door", 1),
        Placed(OTHER_DOOR, "door", "core2/ground/door", 2),
        Placed(GAS, "gas", "core1/01F/0101/gas", 1),
        Placed(LAMP, "streetlight", "ring/01/streetlight"),
        Placed(BAND, "wristband", "core1/01F/0101/p1/wristband", 1),
    )

    def escape_doors(self, core):
        return [device for device in self.devices if device.kind == "door" and device.core == core]

    def plan(self):
        return {"id": self.id, "devices": [vars(device) for device in self.devices]}


ESTATE = SmallEstate()
BY_ID = {device.id: device for device in ESTATE.devices}


class Member:
    """A device with its link. What it publishes is PUBACKed at once and handed to `publish(topic, data, retain)`."""

    def __init__(self, placed, publish, now, link=True, boot=None):
        self.placed = placed
        self.root = device_root(KEY, TENANT, placed.id)
        self.store = RamStore()
        self.publish = publish
        self.link = link
        self.online = False
        self.will = None
        self.outputs = {}
        self.notes = []  # (what, code)
        kind = rules(placed.kind)
        self.slots = {channel[0]: at for at, channel in enumerate(kind.CHANNELS)}
        self.power_on(now, boot)

    def power_on(self, now, boot=None):
        """A cold start; flash is what it was."""
        placed = self.placed
        self.base = now
        self.online = False
        data = DATA.get(placed.id, DATA.get(placed.kind, {}))
        identity = Identity(TENANT, placed.id, self.root, placed.beat_s, placed.offline_s, data)
        draws = Draws(placed.id.encode() + b"%d" % now)
        self.device = Device(identity, rules(placed.kind), self.store, draws, False, boot)
        self.device.start(0)
        self.settle(now)

    def sense(self, now, channel, value):
        self.device.sense(now - self.base, self.slots[channel], value)
        self.settle(now)

    def receive(self, now, topic, data):
        if self.online:
            self.device.received(now - self.base, topic.rpartition("/")[2], data, False)
            self.settle(now)

    def cut(self, now):
        """The link breaks: the broker sends the will."""
        self.link = False
        if self.online:
            self.online = False
            self.publish(topics.up(TENANT, self.placed.id, topics.STATE), self.will, True)
            self.device.disconnected(now - self.base)
            self.settle(now)

    @property
    def due(self):
        return self.device.deadline + self.base

    def step(self, now):
        if self.due <= now:
            self.device.step(now - self.base)
            self.settle(now)

    def settle(self, now):
        device = self.device
        while device.out:
            effects, device.out = device.out, []
            for effect in effects:
                self._do(now, effect)

    def _do(self, now, effect):
        device, uptime = self.device, now - self.base
        if effect[0] == PUBLISH:
            _, cls, data, _qos, windowed = effect
            self.publish(topics.up(TENANT, self.placed.id, cls), data, topics.retained(cls))
            if windowed:
                device.published(uptime)
        elif effect[0] == CONNECT:
            self.will = effect[1]
            if self.link:
                self.online = True
                device.connected(uptime)
            else:
                device.disconnected(uptime)
        elif effect[0] == DISCONNECT:
            self.online = False
        elif effect[0] == OUTPUT:
            self.outputs[effect[1]] = effect[2]
        elif effect[0] == NOTE:
            self.notes.append((effect[1], effect[2]))


class World:
    """Devices and a core; messages arrive at once and in order, and batches are taken, stored and carried out."""

    def __init__(self, *devices, store=None, linkages=None, estate=ESTATE):
        self.now = NOW
        self.store = store
        self.estate = estate
        options = {} if linkages is None else {"linkages": linkages}
        self.core = Core(estate, KEY, self.now, **options)
        self.batches = []
        self.lost = set()  # devices to which nothing comes through
        self.members = {}
        for device in devices:
            self.add(device)

    def add(self, device, **options):
        return self.add_placed(BY_ID[device], **options)

    def add_placed(self, placed, **options):
        member = Member(placed, self.deliver, self.now, **options)
        self.members[placed.id] = member
        self.run(0)
        return member

    def deliver(self, topic, data, retain, retained=False):
        self.core.receive(self.now, topic, data, retained)

    def restart(self):
        """The centre is killed and started again on what it had stored."""
        self.core = Core(self.estate, KEY, self.now, saved=self.store.load())

    def settle(self):
        """Carry out what the centre has decided, until it decides no more."""
        while batch := self.core.take():
            self.batches.append(batch)
            if self.store is not None:
                self.store.commit(batch.rows)
            for publish in batch.publishes:
                device = topics.parse(publish.topic)[1]
                if device in self.members and device not in self.lost:
                    self.members[device].receive(self.now, publish.topic, publish.payload)

    def sense(self, device, channel, value):
        self.members[device].sense(self.now, channel, value)
        self.settle()

    def run(self, duration):
        """Let time pass, from one thing that happens to the next."""
        end = self.now + duration
        while True:
            due = min([self.core.deadline, *(member.due for member in self.members.values())])
            if due > end:
                break
            self.now = max(self.now, due)
            for member in self.members.values():
                member.step(self.now)
            if self.core.deadline <= self.now:
                self.core.step(self.now)
            self.settle()
        self.now = end

    def burn(self, device):
        """Smoke at a detector until it has raised its alarm."""
        self.sense(device, OBSCURATION, FIRE)
        self.run(8 * SECOND)

    # ---- what is to be seen

    def rows(self, table):
        return [row.values for batch in self.batches for row in batch.rows if row.table == table]

    def feed(self, event=None):
        return [row for batch in self.batches for row in batch.feed if event in (None, row["event"])]

    def found(self, name, event="stored"):
        """The lines of the feed about findings of a name."""
        return [row for row in self.feed(event) if row.get("finding") == name]

    def silence(self, device):
        """Nothing of a device comes through any more, its will neither."""
        self.lost.add(device)
        self.members[device].publish = lambda *message: None

    def changes(self, kind):
        return [change for batch in self.batches for change in batch.changes if change["type"] == kind]

    def publishes(self):
        return [publish for batch in self.batches for publish in batch.publishes]

    def sent_to(self, device, *kinds):
        """What the centre told a device, decoded, of these kinds of message."""
        seal = Seal(frame_key(device_root(KEY, TENANT, device), DOWN), TENANT, device, DOWN)
        told = []
        for publish in self.publishes():
            _, to, _, cls = topics.parse(publish.topic)
            if to == device:
                message = frame.unpack(seal.open(cls, publish.payload))
                if not kinds or message.kind in kinds:
                    told.append(message)
        return told

    def commanded(self, device, name):
        """The commands of one name that the centre sent to a device, decoded."""
        return [told for told in self.sent_to(device, frame.COMMAND) if told.body[0] == COMMAND[name].number]

    def answers(self, cause="operator"):
        """The codes with which devices have answered the orders of one cause."""
        orders = {row[:2] for row in self.rows("command") if row[5] == cause}
        return [row[3] for row in self.rows("record") if row[2] == "response" and (row[0], row[4]) in orders]

    def alarm(self, device):
        """The one alarm of a device."""
        (found,) = [alarm for alarm in self.core.alarm_list() if alarm["device"] == device]
        return found


def up_seal(device):
    return Seal(frame_key(device_root(KEY, TENANT, device), UP), TENANT, device, UP)


def up(device, cls, kind, body, **fields):
    """(topic, frame) that a device would send."""
    data = up_seal(device).seal(cls, frame.pack(kind, body, **fields))
    return topics.up(TENANT, device, cls), data


def birth(
    device, boot=1, connection=1, seq=1, uptime=0, kind=3, offline_s=180, always_on=True, nonce=b"nonce..1", values=None
):
    """(topic, frame) of a birth."""
    body = {0: kind, 1: connection, 2: "0.1.0", 3: 60, 4: offline_s, 5: always_on, 6: 0, 7: values or {}}
    return up(device, "st", frame.BIRTH, body, boot=boot, seq=seq, uptime=uptime, nonce=nonce)


def death(device, boot=1, connection=1):
    return up(device, "st", frame.DEATH, {0: connection}, boot=boot)


def raised(device, code=1, boot=1, seq=1, uptime=0, values=None):
    body = {0: code, 1: 4, 2: 4, 3: 4, 4: values or {}}
    return up(device, "al", frame.RAISE, body, boot=boot, seq=seq, uptime=uptime)


def updated(device, state, ref, code=1, boot=1, seq=2, uptime=0):
    return up(device, "al", frame.UPDATE, {0: code, 4: {}, 5: state}, boot=boot, seq=seq, uptime=uptime, ref=ref)


def cleared(device, ref, code=1, boot=1, seq=3, uptime=0, reason=1):
    return up(device, "al", frame.CLEAR, {0: code, 6: reason}, boot=boot, seq=seq, uptime=uptime, ref=ref)


def event(device, seq, code=4, boot=1, uptime=0, values=None):
    return up(device, "ev", frame.EVENT, {0: code, 4: values or {}}, boot=boot, seq=seq, uptime=uptime)


def answer(device, counter, code=200, boot=1, seq=1, uptime=0):
    return up(device, "rs", frame.RESPONSE, {0: code}, boot=boot, seq=seq, uptime=uptime, counter=counter)


def heartbeat(device, seq, boot=1, uptime=0, values=None, nonce=b"nonce..1"):
    body = {0: 0, 1: 0, 2: 0} | ({3: values} if values else {})
    return up(device, "hb", frame.HEARTBEAT, body, boot=boot, seq=seq, uptime=uptime, nonce=nonce)

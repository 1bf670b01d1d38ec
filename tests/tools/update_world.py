"""Hundreds of simulated devices, a backend's engine and a roll-out, in virtual time; signed releases for them."""

from hashlib import sha256

import simpy
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from lilong_firmware import suit
from lilong_firmware.device import Device, Identity
from lilong_firmware.draws import Draws
from lilong_firmware.kinds import rules
from lilong_firmware.store import RamStore
from lilong_protocol.keys import device_root
from lilong_protocol.pc.engine import Engine
from lilong_protocol.pc.maker import SIMULATED, SIMULATION, class_id, simulation_release_key, vendor_id
from lilong_protocol.pc.simulation import simulation_key
from lilong_simulator.fleet.slots import simulation_image
from lilong_simulator.fleet.virtual import VirtualFleet
from lilong_tools.update.release import Release
from lilong_tools.update.rollout import RUNNING, planned
from lilong_tools.update.seen import seen_of

TENANT = "small"
KEY = simulation_key(TENANT)
EPOCH = 1_800_000_000_000
SECOND, MINUTE = 1_000, 60_000
COMMIT_MS = 5
SIGNER = Ed25519PrivateKey.from_private_bytes(simulation_release_key())


def a_release(
    sequence=2, hanging=0, kind="gas", size=2_048, signer=SIGNER, vendor=SIMULATION, board=SIMULATED, version=None
):
    """A release for simulated devices; `hanging` percent of them never reach their backend with it."""
    image = simulation_image(hanging, size)
    maker = vendor_id(vendor)
    manifest = suit.Manifest(
        sequence, maker, class_id(maker, board, kind), suit.ROMFS, len(image), sha256(image).digest(),
        version or f"1.{sequence}",
    )  # fmt: skip
    data = suit.head(manifest) + image
    return Release(manifest, data, signer.sign(sha256(data).digest()))


def ids(count, kind="gas"):
    first = {"smoke": "5a", "gas": "9a", "door": "d0", "wristband": "ba", "manhole": "a0"}[kind]
    return [f"{first}{number:014x}" for number in range(1, count + 1)]


def device_of(device_id, kind, store=None, boot=1):
    identity = Identity(TENANT, device_id, device_root(KEY, TENANT, device_id))
    return Device(identity, rules(kind), store or RamStore(), Draws(device_id.encode()), boot=boot)


class World:
    """A fleet whose backend is an engine; what `output`, `note` ... tell is kept."""

    def __init__(self, devices=(), kind="gas", delay=10):
        self.env = simpy.Environment()
        self.engine = Engine(TENANT, KEY, EPOCH)
        self.fleet = VirtualFleet(self.env, TENANT, self, self)
        self.notes = []
        self.results = {}
        self.pieces = []  # when they left
        self.step_at = None
        self.watched = None
        self.add(devices, kind, delay)
        self.run(5 * SECOND)

    def add(self, devices, kind, delay=10):
        for number, device in enumerate(devices):
            self.fleet.add(device, device_of(device, kind), int(self.env.now) + number % 1_000, delay)

    @property
    def now(self):
        return EPOCH + int(self.env.now)

    def run(self, ms):
        self.env.run(until=int(self.env.now) + ms)

    # ---- what a backend is asked for

    def receive(self, _, topic, payload, retained):
        self.engine.receive(self.now, topic, payload, retained)
        self.settle()

    def settle(self):
        decided = self.engine.take()
        if decided.publishes:
            self.env.timeout(COMMIT_MS).callbacks.append(lambda _: self.send(decided.publishes))
        due = self.engine.deadline
        if due is not None and due != self.step_at and due < self.now + 3_600_000:
            self.step_at = due
            self.env.timeout(max(0, due - self.now)).callbacks.append(lambda _: self.step(due))

    def step(self, due):
        if due == self.step_at:
            self.step_at = None
            self.engine.step(self.now)
            self.settle()

    def send(self, publishes):
        for publish in publishes:
            if publish.topic.endswith("/d/ot"):
                self.pieces.append((int(self.env.now), publish.topic.split("/")[3]))
            self.fleet.downlink(publish.topic, publish.payload)

    # ---- what its devices tell

    def note(self, at, device, what, code, boot, seq):
        self.notes.append((at, device, what))

    def sent(self, *_):
        pass

    output = link = lag = puback = lost = skipped = connect = sent

    # ---- a roll-out

    def offer(self, device, release):
        self.engine.offer(self.now, device, release.artifact())
        self.settle()

    def progress(self, device):
        return self.engine.progress(device)

    def roll_out(self, release, devices, shares=(0.01, 0.1, 1.0), stop_at=0.02, wait_ms=10 * MINUTE, at_once=300):
        plan = planned(devices, shares, stop_at, wait_ms, at_once, len(release.data), release.artifact().number)
        self.go_on(plan, release)
        return plan

    def go_on(self, plan, release, until=lambda: False):
        while plan.state == RUNNING and not until():
            number = release.artifact().number
            for device in plan.look(self.now, seen_of(self.engine, number, [m.device for m in plan.members])):
                self.offer(device, release)
            self.run(SECOND)
        if plan.state != RUNNING:
            for device in plan.busy():
                self.engine.withdraw_offer(self.now, device)
            self.settle()

"""Backends in virtual time: the library's engine with a little application around it, and the real centre."""

from contextlib import suppress

from lilong_protocol import codes, frame
from lilong_protocol.keys import device_root
from lilong_protocol.pc.engine import Engine
from lilong_protocol.pc.errors import RequestError
from lilong_protocol.pc.updates import Artifact
from lilong_tools.centre.core import Core
from lilong_tools.centre.details import details, incident_row, told
from lilong_tools.centre.store import Store
from lilong_tools.conform.backend.bench import Bench
from lilong_tools.conform.backend.run import run
from lilong_tools.conform.backend.virtual_wire import Out, VirtualWire
from lilong_tools.conform.virtual import run_now

TENANT = "conformance"
KEY = bytes(range(32))
DEVICES = {"aa00000000000001": 2, "aa00000000000002": 2, "aa00000000000003": 3}
BOOT, BOOTS = 1_000, 100
ARTIFACT = Artifact(7, 1, "conformance", bytes(range(256)) * 3)


def row(event, at_ms, device, boot, seq, code):
    return {
        "at": at_ms, "event": event, "alarm": f"{device}-{boot}-{seq}", "device": device, "code": code, "boot": boot,
        "seq": seq,
    }  # fmt: skip


class Application:
    """An honest one. `disk`: rows by (tenant, device, name), what is durable."""

    early = False

    def __init__(self, now_ms, disk):
        self.disk = disk
        self.engine = self.made(now_ms, list(disk.values()))
        self.now_ms = now_ms

    def made(self, now_ms, rows):
        return Engine(TENANT, KEY, now_ms, rows, frozenset(DEVICES))

    def receive(self, now_ms, topic, payload, retained):
        self.now_ms = now_ms
        self.engine.receive(now_ms, topic, payload, retained)

    def step(self, now_ms):
        self.now_ms = now_ms
        self.engine.step(now_ms)

    @property
    def deadline(self):
        return self.engine.deadline

    def command(self, now_ms, device):
        self.engine.command(now_ms, device, "test")

    def acknowledge(self, now_ms, device, boot, seq):
        self.engine.acknowledge(now_ms, device, (boot, seq), "conformance")

    def configure(self, now_ms, device):
        configure(self.engine, device)

    def offer(self, now_ms, device):
        self.engine.offer(now_ms, device, ARTIFACT)

    def rotate(self, now_ms, device, epoch):
        with suppress(RequestError):
            self.engine.use_epoch(now_ms, device, epoch)

    def take(self):
        decided = self.engine.take()
        feed = [one for message in decided.messages for one in self.effects(message)] + self.reports(decided)
        return Out(self.published(decided), lambda: self.store(decided.state), feed, self.early)

    def published(self, decided):
        return decided.publishes

    def reports(self, decided):
        return [incident_row(incident) for incident in decided.incidents]

    def store(self, rows):
        for one in rows:
            if one.value is None:
                self.disk.pop(one[:3], None)
            else:
                self.disk[one[:3]] = one

    def effects(self, message):
        if message.is_alarm:
            if message.kind == frame.UPDATE:
                return []
            event = "stored" if message.kind == frame.RAISE else "cleared"
            raised = message.alarm
            return [
                row(event, self.now_ms, message.device, raised.boot, raised.seq, message.code), *self.details(message)
            ]  # fmt: skip
        return self.details(message)

    def details(self, message):
        found = told(message)
        return [] if found is None else [found]


def configure(engine, device):
    """Desire something else than before."""
    level = engine.configuration(device).settings.get(codes.S_LOG_LEVEL, 0)
    engine.configure(device, {"log_level": (level + 1) % 4})


def results_of(make=Application, wanted=(), feed=True):
    """How each sentence fares with a backend in virtual time; `make(now_ms, disk)` starts it."""
    disk = {}
    wire = VirtualWire(TENANT, lambda now_ms: make(now_ms, disk), feed)
    return _run(wire, TENANT, {device: device_root(KEY, TENANT, device) for device in DEVICES}, DEVICES, wanted)


def _run(wire, tenant, roots, kinds, wanted):
    boot = BOOT

    async def bench_of():
        nonlocal boot
        boot += BOOTS
        return Bench(wire, tenant, roots, kinds, boot)

    return run_now(run(bench_of, wanted))


class CentreApplication:
    """The real centre's core and store."""

    def __init__(self, now_ms, estate, key, store):
        self._core = Core(estate, key, now_ms, saved=store.load())
        self._store = store

    def receive(self, now_ms, topic, payload, retained):
        self._core.receive(now_ms, topic, payload, retained)

    def step(self, now_ms):
        self._core.step(now_ms)

    @property
    def deadline(self):
        return self._core.engine.deadline

    def command(self, now_ms, device):
        self._core.command(now_ms, device, "test", {}, "conformance")

    def acknowledge(self, now_ms, device, boot, seq):
        self._core.acknowledge(now_ms, f"{device}-{boot}-{seq}", "conformance")

    def take(self):
        batch = self._core.take()
        return Out(batch.publishes, lambda: self._store.commit(batch.rows), batch.feed + details(batch.decided))

    def configure(self, now_ms, device):
        configure(self._core.engine, device)

    def offer(self, now_ms, device):
        self._core.engine.offer(now_ms, device, ARTIFACT)

    def rotate(self, now_ms, device, epoch):
        with suppress(RequestError):
            self._core.engine.use_epoch(now_ms, device, epoch)


def centre_results(estate, key, path, wanted=()):
    """How each sentence fares with the real centre, in virtual time."""
    placed = [device for device in estate.devices if device.kind == "gas"][:2]
    placed += [device for device in estate.devices if device.kind == "door"][:1]
    store = Store(path, estate.id)
    try:
        wire = VirtualWire(estate.id, lambda now_ms: CentreApplication(now_ms, estate, key, store))
        roots = {device.id: device_root(key, estate.id, device.id) for device in placed}
        kinds = {device.id: 2 if device.kind == "gas" else 3 for device in placed}
        return _run(wire, estate.id, roots, kinds, wanted)
    finally:
        store.close()

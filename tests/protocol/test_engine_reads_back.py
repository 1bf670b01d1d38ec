"""Whatever has happened: an engine made from the rows that were committed knows all that the running one knows."""

from engine_world import (
    CONFLICT,
    DOOR,
    DOOR_KIND,
    EXPIRED,
    NOW,
    OK,
    SMOKE,
    SMOKE_KIND,
    STALE,
    Backend,
    Scripted,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from lilong_protocol import frame, topics
from lilong_protocol.pc.errors import RequestError
from lilong_protocol.pc.updates import CARD_LIST, Artifact

devices = st.sampled_from((DOOR, SMOKE))
ARTIFACT = Artifact(7, CARD_LIST, "1", bytes(1_000))


class Memory(RuleBasedStateMachine):
    """Devices that say anything in any order, a backend that wishes anything, and a commit after each of it."""

    def __init__(self):
        super().__init__()
        self.now = NOW
        self.backend = Backend()
        self.devices = {DOOR: Scripted(DOOR, DOOR_KIND), SMOKE: Scripted(SMOKE, SMOKE_KIND)}
        self.sent = []  # what was said and has not been brought
        self.told = []  # downlinks

    def say(self, message):
        self.sent.append(message)

    # ---- devices

    @rule(device=devices, cold=st.booleans(), again=st.booleans(), config=st.sampled_from((None, 0, 1, 9)))
    def birth(self, device, cold, again, config):
        one = self.devices[device]
        one.config = config
        if cold:
            one.restart(self.now)
        self.say(one.birth(self.now, again=again and one.connection > 0))

    @rule(device=devices, count=st.integers(1, 3))
    def events(self, device, count):
        for _ in range(count):
            self.say(self.devices[device].event(self.now))

    @rule(device=devices, kind=st.sampled_from((frame.RAISE, frame.CLEAR)), malformed=st.booleans())
    def alarm(self, device, kind, malformed):
        ref = None if kind == frame.RAISE else (1, 1)
        body = {0: "x"} if malformed else {0: 1, 6: 1} if ref else None
        self.say(self.devices[device].alarm(self.now, kind=kind, ref=ref, body=body))

    @rule(device=devices, wanted=st.booleans())
    def life(self, device, wanted):
        self.say(self.devices[device].heartbeat(self.now, **({"_4": True} if wanted else {})))
        self.say(self.devices[device].telemetry(self.now))

    @rule(device=devices)
    def death(self, device):
        self.say(self.devices[device].death())

    @rule(device=devices, version=st.integers(0, 3))
    def report(self, device, version):
        self.say(self.devices[device].seal(self.now, "cf", frame.REPORTED_CONFIG, {0: version, 1: {1: 60}}, True))

    @rule(device=devices, code=st.sampled_from((None, 200, 422)))
    def update(self, device, code):
        kind, body = (frame.UPDATE_PROGRESS, {0: 7, 1: 1}) if code is None else (frame.UPDATE_RESULT, {0: 7, 1: code})
        self.say(self.devices[device].seal(self.now, "ot", kind, body))

    @rule(device=devices, code=st.sampled_from((OK, CONFLICT, STALE, EXPIRED)))
    def answer_the_last_order(self, device, code):
        one = self.devices[device]
        mine = [publish for publish in self.told if topics.parse(publish.topic)[1] == device]
        for publish in reversed(mine):
            try:
                message = one.opened(publish)
            except ValueError:
                continue  # of another epoch
            if message.counter is not None:
                if message.kind == frame.COMMAND and message.body[0] == 12 and code == OK:
                    one.use(message.body[1][0])
                self.say(one.response(self.now, message.counter, code))
                return

    # ---- the broker

    @rule(chance=st.randoms(use_true_random=False), retained=st.booleans())
    def bring(self, chance, retained):
        chance.shuffle(self.sent)
        keep = self.sent[: len(self.sent) // 3]
        for message in self.sent[len(keep) :]:
            self.backend.receive(self.now, message, retained and message[2])
            if chance.random() < 0.2:
                self.backend.receive(self.now, message)
        self.sent = keep

    @rule(device=devices, asked=st.booleans())
    def a_gap(self, device, asked):
        one = self.devices[device]
        if asked:
            self.backend.receive(self.now, one.birth(self.now))
        one.event(self.now)
        self.backend.receive(self.now, one.event(self.now))
        self.pass_time(11)
        self.pass_time(11)

    @rule(seconds=st.sampled_from((1, 5, 11, 200, 100_000)))
    def pass_time(self, seconds):
        until = self.now + seconds * 1_000
        while (due := self.backend.engine.deadline) is not None and due <= until:
            self.now = max(self.now, due)
            self.backend.engine.step(self.now)
            self.what_was_committed_reads_back_as_it_was()
        self.now = until

    # ---- the backend

    @rule(device=devices, name=st.sampled_from(("test", "reset")), insists=st.booleans())
    def command(self, device, name, insists):
        self.wish(lambda engine: engine.command(self.now, device, name, insists=insists))

    @rule(device=devices)
    def acknowledge(self, device):
        self.wish(lambda engine: engine.acknowledge(self.now, device, (1, 1), "Wang"))

    @rule(device=devices, beat=st.integers(60, 90))
    def configure(self, device, beat):
        self.wish(lambda engine: engine.configure(device, {"beat_s": beat}))

    @rule(device=devices)
    def offer(self, device):
        self.wish(lambda engine: engine.offer(self.now, device, ARTIFACT))

    @rule(device=devices, epoch=st.integers(1, 3))
    def use_epoch(self, device, epoch):
        self.wish(lambda engine: engine.use_epoch(self.now, device, epoch))

    @rule(device=devices)
    def rebirth(self, device):
        self.wish(lambda engine: engine.rebirth(self.now, device))

    def wish(self, wish):
        try:
            wish(self.backend.engine)
        except RequestError:
            pass

    @rule()
    def killed(self):
        self.backend.crash(self.now)

    @invariant()
    def what_was_committed_reads_back_as_it_was(self):
        self.told += self.backend.commit()
        running = self.backend.engine
        again = Backend(self.now)
        again.rows = self.backend.rows
        again.crash(self.now)
        for device, one in self.devices.items():
            rows = [row for row in again.rows.values() if row.device == device and row.name.startswith("ev/")]
            waiting = running.receiver.peer(one.device).order._waiting
            assert sum(len(row.value) > 8 for row in rows) == len(waiting)
            assert known(again.engine, device) == known(running, device)


def tags(seen):
    """By number."""
    runs = zip(seen._firsts, seen._runs, strict=True)
    found = {first + at // 8: run[at : at + 8] for first, run in runs for at in range(0, len(run), 8)}
    return {number: tag for number, tag in found.items() if any(tag)}


def known(engine, device):
    peer = engine.receiver.peer(device)
    progress = engine.progress(device)
    return {
        "receiver": engine.receiver.save(device),
        "seen": {cls: tags(seen) for cls, seen in peer._seen.items()},
        "waiting": sorted(peer.order._waiting),
        "counter": engine.orders.counter(device),
        "orders": sorted((order.save() for order in engine.orders.open_of(device)), key=lambda saved: saved["counter"]),
        "configuration": engine.configuration(device).save(),
        "update": None if progress is None else dict(vars(progress)),
        "never": engine.session(device) == "never",
        "lost": engine.presence.supervision.lost(device),
    }


TestReadsBack = Memory.TestCase
TestReadsBack.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_an_engine_that_nobody_will_restart_makes_no_rows_and_decides_the_same():
    decided = []
    for durable in (True, False):
        backend, door = Backend(durable=durable), Scripted(DOOR, DOOR_KIND)
        for message in (door.birth(NOW), door.event(NOW), door.alarm(NOW), door.heartbeat(NOW)):
            backend.receive(NOW, message)
        backend.engine.configure(DOOR, {"beat_s": 60})
        backend.engine.command(NOW, DOOR, "test", insists=True)
        decided.append(backend.take())
    assert [bool(one.state) for one in decided] == [True, False]
    assert decided[0].publishes == decided[1].publishes
    assert [message.key for message in decided[0].messages] == [message.key for message in decided[1].messages]

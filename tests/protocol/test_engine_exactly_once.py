"""Whatever is repeated, mixed, lost, restarted or killed: each effect once, and no ack before its commit."""

import pytest
from engine_world import DOOR, DOOR_KIND, NOW, SECOND, SMOKE, SMOKE_KIND, Backend, Scripted
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from lilong_protocol import frame, topics
from lilong_protocol.pc.errors import RequestError
from lilong_protocol.seal import frame_tag

ORDERS = (frame.COMMAND, frame.OPERATOR_ACK, frame.REQUEST)
QOS_0 = ("hb", "tm")
devices = st.sampled_from((DOOR, SMOKE))


class Estate(RuleBasedStateMachine):
    """`on_the_way`: messages that the broker has and has not been told to forget; `unacknowledged`: given to the
    backend, whose commit is still to come."""

    @initialize()
    def begin(self):
        self.now = NOW
        self.backend = Backend()
        self.devices = {DOOR: Scripted(DOOR, DOOR_KIND), SMOKE: Scripted(SMOKE, SMOKE_KIND)}
        self.on_the_way = []
        self.unacknowledged = []
        self.ever = []
        self.ordered = {DOOR: [], SMOKE: []}  # counters, in the order in which they left
        self.acknowledged = set()  # alarm frames whose stored-ack has left
        for device in self.devices.values():
            device.birth(self.now)
        self.collect()

    def collect(self):
        """What the devices have said is the broker's now."""
        for device in self.devices.values():
            sent, device.sent = device.sent, []
            self.on_the_way += sent
            self.ever += sent

    # ---- devices

    @rule(device=devices, count=st.integers(1, 4))
    def things_happen(self, device, count):
        for _ in range(count):
            self.devices[device].event(self.now)
        self.collect()

    @rule(device=devices)
    def an_alarm(self, device):
        self.devices[device].alarm(self.now)
        self.collect()

    @rule(device=devices)
    def it_lives(self, device):
        self.devices[device].heartbeat(self.now)
        self.devices[device].telemetry(self.now)
        self.collect()

    @rule(device=devices, cold=st.booleans())
    def a_new_session(self, device, cold):
        one = self.devices[device]
        if cold:
            one.restart(self.now)
        one.birth(self.now)
        one.sent += one.outbox.values()
        self.collect()

    @rule(device=devices)
    def it_repeats_its_alarms(self, device):
        self.on_the_way += self.devices[device].outbox.values()

    # ---- the broker

    @rule(chance=st.randoms(use_true_random=False), part=st.sampled_from((1, 2, 3)))
    def bring_in_any_order(self, chance, part):
        for _ in range(len(self.on_the_way) // part):
            self.bring(chance.randrange(len(self.on_the_way)))

    @rule()
    def bring_in_order(self):
        while self.on_the_way:
            self.bring(0)

    def bring(self, at):
        message = self.on_the_way.pop(at)
        self.unacknowledged.append(message)
        self.backend.receive(self.now, message)

    @rule(data=st.data(), retained=st.booleans())
    def replay(self, data, retained):
        if self.ever:
            self.backend.receive(self.now, data.draw(st.sampled_from(self.ever)), retained)

    @rule(chance=st.randoms(use_true_random=False))
    def lose_what_may_be_lost(self, chance):
        self.on_the_way = [
            message for message in self.on_the_way
            if topics.parse(message[0])[3] not in QOS_0 or chance.random() < 0.5
        ]  # fmt: skip

    # ---- the backend

    @rule(heard=st.booleans())
    def commit(self, heard):
        """`heard`: what leaves reaches the devices."""
        self.leave(self.backend.commit(), heard)
        self.unacknowledged.clear()

    @rule()
    def killed_before_its_commit(self):
        self.backend.take()
        self.killed()

    @rule()
    def killed_between_commit_and_acknowledgement(self):
        self.backend.commit()
        self.killed()

    def killed(self):
        self.on_the_way = self.unacknowledged + self.on_the_way
        self.unacknowledged = []
        self.backend.crash(self.now)

    @rule(device=devices, insists=st.booleans())
    def command(self, device, insists):
        try:
            self.backend.engine.command(self.now, device, "test", operator="Wang", insists=insists)
        except RequestError:
            assert not insists or len(self.backend.engine.orders.open_of(device)) >= 128

    @rule(seconds=st.sampled_from((1, 4, 11, 70)))
    def pass_time(self, seconds):
        until = self.now + seconds * SECOND
        while (due := self.backend.engine.deadline) is not None and due <= until:
            self.now = max(self.now, due)
            self.backend.engine.step(self.now)
        self.now = until

    def leave(self, publishes, heard):
        committed = {(m.device, m.boot, m.seq, frame_tag(m.data)) for m in self.backend.kept if m.cls == "al"}
        for publish in publishes:
            device = self.devices[topics.parse(publish.topic)[1]]
            message = device.opened(publish)
            if message.kind == frame.STORED_ACK:
                name = (device.device, *message.ref, message.body[0])
                assert name in committed
                self.acknowledged.add(name)
            elif message.kind in ORDERS:
                self.ordered[device.device].append(message.counter)
            if heard:
                device.receive(self.now, publish)
        self.collect()

    # ---- what must hold

    @invariant()
    def each_effect_came_once(self):
        if hasattr(self, "backend"):
            keys = [message.key for message in self.backend.effects if message.cls in ("al", "ev")]
            assert len(keys) == len(set(keys))

    @invariant()
    def events_had_their_effect_in_the_order_of_their_device(self):
        if hasattr(self, "backend"):
            for device in self.devices:
                places = [
                    (message.boot, message.seq) for message in self.backend.effects
                    if message.cls == "ev" and message.device == device and not message.late
                ]  # fmt: skip
                assert places == sorted(places)

    @invariant()
    def counters_rise_for_ever(self):
        if hasattr(self, "backend"):
            for counters in self.ordered.values():
                assert counters == sorted(set(counters))

    def teardown(self):
        """In the end everything arrives, once."""
        if not hasattr(self, "backend"):
            return
        for _ in range(8):
            for device in self.devices.values():
                device.sent += device.outbox.values()
                device.heartbeat(self.now)
            self.collect()
            self.bring_in_order()
            self.commit(True)
            self.pass_time(11)
            self.commit(True)
        said = [(*topics.parse(topic)[1::2], data) for topic, data, _ in self.ever]
        names = {(device, cls, data) for device, cls, data in said if cls in ("al", "ev")}
        assert sorted((m.device, m.cls, m.data) for m in self.backend.effects if m.cls in ("al", "ev")) == sorted(names)
        assert all(not device.outbox for device in self.devices.values())
        assert {name[3] for name in self.acknowledged} == {frame_tag(data) for _, cls, data in names if cls == "al"}
        for device in self.devices.values():  # nothing was carried out twice
            counters = [message.counter for message in device.taken]
            assert counters == sorted(set(counters))


TestExactlyOnce = pytest.mark.spec(
    "LIL-ALARM-011", "LIL-ALARM-012", "LIL-ALARM-014", "LIL-EVENT-004", "LIL-EVENT-007", "LIL-CMD-006", "LIL-BACK-002"
)(Estate.TestCase)
TestExactlyOnce.settings = settings(max_examples=80, stateful_step_count=50, deadline=None)

"""Whatever is repeated, reordered, replayed, lost in a crash or interrupted by a restart: one effect each."""

import contextlib

from centre_world import DOOR, ESTATE, FIRE, KEY, NOW, OBSCURATION, SECOND, SMOKE, SMOKE_2, TENANT, Member, up_seal
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from lilong_protocol import frame, topics
from lilong_tools.centre.core import Core
from lilong_tools.centre.model import CentreError
from lilong_tools.centre.store import Store
from lilong_tools.centre.store import _rows as store_rows

PLACED = {device.id: device for device in ESTATE.devices}
DEVICES = (SMOKE, SMOKE_2, DOOR)


class Estate(RuleBasedStateMachine):
    """Real devices, a broker that misbehaves in every way a broker may, a centre that is killed now and then.

    `waiting`: messages that the broker has not been told to forget; `ever`: all that it ever saw.
    """

    @initialize()
    def begin(self):
        self.now = NOW
        self.store = Store(":memory:", TENANT)
        self.core = Core(ESTATE, KEY, self.now)
        self.waiting = []
        self.taken = []  # given to the core, not committed yet
        self.ever = []
        self.feed = []
        self.told = []  # events that consoles have seen: device, boot, seq
        self.members = {}
        for device in DEVICES:
            self.members[device] = Member(PLACED[device], self.publish, self.now)
        self.pass_time(1)

    def publish(self, topic, data, retain):
        self.ever.append((topic, data))
        self.waiting.append((topic, data))

    # ---- what devices do

    @rule(device=st.sampled_from((SMOKE, SMOKE_2)))
    def burn(self, device):
        self.members[device].sense(self.now, OBSCURATION, FIRE)
        self.pass_time(8)

    @rule(device=st.sampled_from((SMOKE, SMOKE_2)))
    def clear_the_air(self, device):
        self.members[device].sense(self.now, OBSCURATION, 5)
        self.pass_time(65)

    @rule(device=st.sampled_from((SMOKE, SMOKE_2)))
    def reset(self, device):
        self.deliver_in_order()
        with contextlib.suppress(CentreError):  # it may be offline just now
            self.core.command(self.now, device, "reset", {}, "Wang")
        self.commit()

    @rule(persons=st.integers(1, 4))
    def go_through_the_door(self, persons):
        for _ in range(persons):
            for channel, value in (("exit_button", 1), ("contact", 1), ("contact", 0)):
                self.members[DOOR].sense(self.now, channel, value)

    @rule()
    def hold_the_door(self):
        for channel, value, seconds in (("exit_button", 1, 1), ("contact", 1, 31), ("contact", 0, 1)):
            self.members[DOOR].sense(self.now, channel, value)
            self.pass_time(seconds)

    @rule(seconds=st.sampled_from((1, 11, 200)))
    def pass_time(self, seconds):
        end = self.now + seconds * SECOND
        while True:
            due = min([self.core.deadline, *(member.due for member in self.members.values())])
            if due > end:
                break
            self.now = max(self.now, due)
            for member in self.members.values():
                member.step(self.now)
            if self.core.deadline <= self.now:
                self.core.step(self.now)
        self.now = end

    @rule(device=st.sampled_from(DEVICES))
    def restart_a_device(self, device):
        self.members[device].power_on(self.now)

    @rule(device=st.sampled_from(DEVICES), link=st.booleans())
    def break_or_mend_a_link(self, device, link):
        member = self.members[device]
        if link:
            member.link = True
        else:
            member.cut(self.now)

    # ---- what the broker does

    @rule(chance=st.randoms(use_true_random=False), some=st.booleans())
    def deliver_in_any_order(self, chance, some):
        for _ in range(len(self.waiting) // 2 if some else len(self.waiting)):
            self.hand_over(chance.randrange(len(self.waiting)))

    @rule()
    def deliver_in_order(self):
        while self.waiting:
            self.hand_over(0)

    def hand_over(self, at):
        message = self.waiting.pop(at)
        self.taken.append(message)
        self.core.receive(self.now, *message, False)

    @rule(data=st.data(), retained=st.booleans())
    def replay_anything(self, data, retained):
        if self.ever:
            topic, payload = data.draw(st.sampled_from(self.ever))
            self.core.receive(self.now, topic, payload, retained)

    @rule(data=st.data(), at=st.integers(0, 2_000), bit=st.integers(0, 7))
    def tamper(self, data, at, bit):
        if self.ever:
            topic, payload = data.draw(st.sampled_from(self.ever))
            broken = bytearray(payload)
            broken[at % len(broken)] ^= 1 << bit
            self.core.receive(self.now, topic, bytes(broken), False)

    # ---- what the centre does

    @rule()
    def commit(self):
        batch = self.core.take()
        self.store.commit(batch.rows)
        self.taken.clear()
        self.feed += batch.feed
        stored = {(device, cls, boot, seq): tag for device, cls, boot, seq, tag in self.store.load().numbers}
        stored |= {self.key(data): data[-8:] for *_, data in self.store.load().frames}
        for publish in batch.publishes:
            device = topics.parse(publish.topic)[1]
            member = self.members[device]
            message = self.opened(device, publish)
            if message.kind == frame.STORED_ACK:  # what is acknowledged is on the disk, byte for byte
                assert stored[(device, "al", *message.ref)] == message.body[0]
            member.receive(self.now, publish.topic, publish.payload)
        for change in batch.changes:
            if change["type"] == "event":
                self.told.append((change["device"], change["boot"], change["seq"]))

    @rule()
    def kill(self):
        """Whatever was not committed is gone; the broker, which was not told to forget it, sends it again."""
        self.waiting = self.taken + self.waiting
        self.taken = []
        self.core = Core(ESTATE, KEY, self.now, saved=self.store.load())

    @rule(data=st.data())
    def acknowledge(self, data):
        open_alarms = [alarm["id"] for alarm in self.core.alarm_list() if not alarm["cleared"]]
        if open_alarms:
            self.core.acknowledge(self.now, data.draw(st.sampled_from(open_alarms)), "Wang")

    # ---- what must hold

    def opened(self, device, publish):
        member = self.members[device]
        payload = member.device.downlink._seal.open(topics.parse(publish.topic)[3], publish.payload)
        return frame.unpack(payload)

    def key(self, data):
        device = data[8:16].hex()
        message = frame.unpack(up_seal(device).open("ev", data))
        return device, "ev", message.boot, message.seq

    def effects(self, event):
        return [row["alarm"] for row in self.feed if row["event"] == event and "finding" not in row]

    @invariant()
    def every_finding_came_once(self):
        told = [(row["alarm"], row["event"]) for row in self.feed if "finding" in row and row["event"] != "updated"]
        assert len(set(told)) == len(told)

    @invariant()
    def every_effect_came_once(self):
        for event in ("stored", "cleared"):
            effects = self.effects(event)
            assert len(effects) == len(set(effects))

    @invariant()
    def events_are_told_in_the_order_of_their_device(self):
        for device in DEVICES:
            told = [place for who, *place in self.told if who == device]
            assert told == sorted(told)
            assert len(told) == len({tuple(place) for place in told})

    @invariant()
    def a_boot_never_goes_back(self):
        for device in DEVICES:
            session = self.core.receiver.peer(device).session
            assert session.boot <= self.members[device].device.uplink.boot

    def teardown(self):
        """In the end everything arrives: then the centre and the devices agree."""
        if not hasattr(self, "core"):
            return
        for member in self.members.values():
            member.link = True
        for _ in range(6):
            self.pass_time(120)
            self.deliver_in_order()
            self.commit()
        sent = [self.parsed(message) for message in self.ever]
        raised = {(device, m.boot, m.seq) for device, cls, m in sent if cls == "al" and m.kind == frame.RAISE}
        assert sorted(self.effects("stored")) == sorted(f"{d}-{b}-{s}" for d, b, s in raised)
        for device, member in self.members.items():
            episodes = [member.device.episodes.get(code) for code in member.device.episodes.codes()]
            standing = {((episode.boot, episode.seq), episode.restored) for episode in episodes}
            assert {(alarm.ref, alarm.restored) for alarm in self.core.alarms.open_of(device)} == standing
        events = {(device, m.boot, m.seq) for device, cls, m in sent if cls == "ev"}
        rows = store_rows(self.store._db, "SELECT device, what FROM record WHERE what IN ('event', 'late event')")
        assert len(rows) == len(events)
        self.store.close()

    def parsed(self, message):
        topic, data = message
        _, device, _, cls = topics.parse(topic)
        return device, cls, frame.unpack(up_seal(device).open(cls, data))


TestExactlyOnce = Estate.TestCase
TestExactlyOnce.settings = settings(max_examples=80, stateful_step_count=50, deadline=None)

"""A fleet in virtual time: the order of one instant, the delay of every message, links that break."""

from itertools import pairwise

import pytest
import simpy
from hosts import DEVICE, TENANT, Account, Ears, the_device
from lilong_firmware.device import Device, Identity
from lilong_firmware.draws import Draws
from lilong_firmware.effects import RAISED
from lilong_firmware.kinds import rules
from lilong_firmware.store import RamStore
from lilong_protocol import frame, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.seal import DOWN, UP, Seal
from lilong_simulator.fleet.virtual import VirtualFleet

ESTATE_KEY = bytes(range(32))
SECOND, MINUTE = 1_000, 60_000


def root(device):
    return device_root(ESTATE_KEY, TENANT, device)


class Run:
    """A fleet, and what its backend gets: (virtual time, device, decoded frame)."""

    def __init__(self):
        self.env = simpy.Environment()
        self.account = Account()
        self.ears = Ears(self.account)
        self.fleet = VirtualFleet(self.env, TENANT, self, self.ears)
        self.got = []
        self.answer = lambda now, device, message: None

    def receive(self, now, topic, payload, retained):
        assert now == self.env.now
        _, device, _, cls = topics.parse(topic)
        message = frame.unpack(Seal(frame_key(root(device), UP), TENANT, device, UP).open(cls, payload))
        if cls != topics.CONFIG:
            self.got.append((now, device, message))
        self.answer(now, device, message)

    def add(self, kind="door", start=0, delay=0, device=DEVICE, beat_s=None):
        identity = Identity(TENANT, device, root(device), beat_s)
        self.fleet.add(device, Device(identity, rules(kind), RamStore(), Draws(device.encode()), boot=1), start, delay)

    def kinds(self, device=DEVICE):
        return [(at, message.kind) for at, name, message in self.got if name == device]

    def time(self, message, device=DEVICE):
        """Answer a birth with the time."""
        payload = frame.pack(
            frame.TIME, {0: message.uptime}, epoch=1_800_000_000_000, target=message.boot, nonce=message.nonce
        )
        data = Seal(frame_key(root(device), DOWN), TENANT, device, DOWN).seal(topics.COMMAND, payload)
        self.fleet.downlink(topics.down(TENANT, device, topics.COMMAND), data)


@pytest.fixture
def run():
    return Run()


def test_the_uptime_of_a_device_begins_when_its_power_comes_on(run):
    run.add(start=10_000)
    run.env.run(until=10_000)
    assert run.got == []
    run.env.run(until=10_001)
    ((at, _, birth),) = run.got
    assert (at, birth.kind, birth.uptime) == (10_000, frame.BIRTH, 0)


def test_what_sensors_read_before_the_power_is_no_change(run):
    run.add("streetlight", start=1_000)
    run.fleet.sense(DEVICE, "lux", 3)
    run.env.run(until=2_000)
    assert run.account.outputs == [("failure_level", 100), ("lamp", 100)]
    assert [kind for _, kind in run.kinds()] == [frame.BIRTH]


def test_every_message_takes_the_delay_of_its_device(run):
    """TCP, CONNECT and SUBSCRIBE take a round trip each; a frame and its PUBACK one way each."""
    run.add(delay=20)
    run.env.process(_at(run, 1_000, "exit_button", 1))
    run.env.process(_at(run, 1_001, "exit_button", 1))
    run.env.run(until=2_000)
    assert run.kinds() == [(120 + 20, frame.BIRTH), (1_020, frame.EVENT), (1_060, frame.EVENT)]
    assert run.got[0][2].uptime == 120


def _at(run, at, channel, value, device=DEVICE):
    yield run.env.timeout(at - run.env.now)
    run.fleet.sense(device, channel, value)


def test_a_downlink_takes_its_delay_too(run):
    run.add(delay=20)
    run.answer = lambda now, device, message: run.time(message) if message.kind == frame.BIRTH else None
    run.env.run(until=159)
    assert not run.account.notes
    run.env.run(until=161)
    assert [what for what, *_ in run.account.notes] == ["accepted"]


@pytest.mark.parametrize("world_first", [True, False])
def test_sensors_change_before_devices_step_whatever_was_scheduled_first(run, world_first):
    """Smoke comes at the very instant of a sample; it is that sample that sees it."""
    if world_first:
        run.env.process(_at(run, 8_000, "obscuration", 400))
    run.add("smoke", start=0)
    run.env.process(_at(run, 3_000, "obscuration", 231))  # seen at 4 s, and to be confirmed at 8 s
    if not world_first:
        run.env.process(_at(run, 8_000, "obscuration", 400))
    run.env.run(until=8_001)
    (raised,) = [message for _, _, message in run.got if message.kind == frame.RAISE]
    assert (raised.uptime, raised.body[4][1]) == (8_000, 400)


def test_an_earlier_deadline_does_not_wait_for_a_later_one(run):
    run.add("door")
    run.env.process(_at(run, 1_000, "contact", 1))  # forced: alarm now, repeated after one second
    run.env.run(until=1_001)
    assert [kind for at, kind in run.kinds() if at == 1_000] == [frame.EVENT, frame.RAISE]


def test_a_device_that_nobody_told_anything_lives_by_its_own_deadlines(run):
    run.add("door", beat_s=10)
    run.env.run(until=10 * MINUTE)
    beats = [at for at, kind in run.kinds() if kind == frame.HEARTBEAT]
    assert len(beats) == 60
    assert {later - sooner for sooner, later in pairwise(beats)} == {10 * SECOND}


def test_a_downlink_to_a_device_that_is_away_is_gone(run):
    run.add("smoke")  # it sleeps after two seconds
    run.env.run(until=MINUTE)
    assert not run.ears.online
    run.time(run.got[0][2])
    run.env.run(until=2 * MINUTE)
    assert run.account.notes == []


def test_a_topic_that_is_not_ours_is_refused(run):
    run.add()
    with pytest.raises(ValueError, match="topic 'a/b': not one of ours"):
        run.fleet.downlink("a/b", b"")


def test_a_link_that_breaks_leaves_a_will_and_comes_back(run):
    run.add(delay=20)
    run.env.run(until=MINUTE)
    run.fleet.break_link(DEVICE)
    assert not run.ears.online
    run.env.run(until=2 * MINUTE)
    told = [(at, kind) for at, kind in run.kinds() if kind in (frame.BIRTH, frame.DEATH)]
    assert [kind for _, kind in told] == [frame.BIRTH, frame.DEATH, frame.BIRTH]
    assert told[1][0] == MINUTE + 20
    births = [message.body[1] for _, _, message in run.got if message.kind == frame.BIRTH]
    (death,) = [message for _, _, message in run.got if message.kind == frame.DEATH]
    assert births == [1, 2]
    assert death.body == {0: 1}, "the will is that of the connection that broke"


def test_what_was_on_its_way_down_when_the_link_broke_is_lost(run):
    run.add(delay=20)
    run.env.run(until=MINUTE)
    birth = run.got[0][2]
    run.time(birth)
    run.fleet.break_link(DEVICE)
    run.env.run(until=2 * MINUTE)
    assert run.account.notes == []


def test_a_link_that_is_not_there_cannot_break(run):
    run.add("smoke")
    run.env.run(until=MINUTE)
    run.fleet.break_link(DEVICE)
    run.env.run(until=2 * MINUTE)
    assert [kind for _, kind in run.kinds()] == [frame.BIRTH]


def test_a_device_that_burns_leaves_its_will_and_is_never_heard_of_again(run):
    run.add(delay=20)
    run.env.run(until=MINUTE)
    run.fleet.destroy(DEVICE)
    run.fleet.sense(DEVICE, "contact", 1)
    run.time(run.got[0][2])
    run.env.run(until=10 * MINUTE)
    assert run.kinds()[-1] == (MINUTE + 20, frame.DEATH)
    assert run.account.notes == []
    assert not run.ears.online


def test_a_device_that_burns_while_it_connects_never_comes_online(run):
    run.add(delay=20)
    run.env.run(until=100)
    run.fleet.destroy(DEVICE)
    run.env.run(until=10 * MINUTE)
    assert run.got == []
    assert not run.ears.online


def test_an_alarm_under_way_when_the_link_broke_is_sent_again(run):
    run.add(delay=20)
    run.env.run(until=MINUTE)
    run.fleet.sense(DEVICE, "contact", 1)
    run.fleet.break_link(DEVICE)
    run.env.run(until=2 * MINUTE)
    raises = [message for _, _, message in run.got if message.kind == frame.RAISE]
    assert len(raises) > 1
    assert {(one.boot, one.seq, one.uptime) for one in raises} == {(1, 1, MINUTE)}


def test_a_lamp_is_felt_by_its_meter(run):
    run.add("streetlight", start=0)
    run.fleet.sense(DEVICE, "lux", 3)
    run.env.run(until=1)
    (birth,) = [message for _, _, message in run.got]
    assert birth.body[7][7] == 605  # 0.1 W


def test_devices_do_not_disturb_one_another(run):
    """Ten doors in one fleet do what each of them does alone."""
    names = [f"{number:016x}" for number in range(10)]
    for number, name in enumerate(names):
        _door(run, name, number)
    run.env.run(until=5 * MINUTE)
    for number, name in enumerate(names):
        alone = Run()
        _door(alone, name, number)
        alone.env.run(until=5 * MINUTE)
        assert [(at, vars_of(message)) for at, device, message in run.got if device == name] == [
            (at, vars_of(message)) for at, _, message in alone.got
        ]


def _door(run, name, number):
    run.add(start=number * 7, delay=number * 3, device=name, beat_s=20)
    for at in range(1, 4):
        run.env.process(_at(run, at * 10_000 + number % 3, "contact", at % 2, name))


def vars_of(message):
    return {name: getattr(message, name) for name in frame.Frame.__slots__}


def test_the_observer_hears_of_alarms_outputs_links_and_frames(run):
    run.fleet.add(DEVICE, the_device("door", None, polls=False), 0, 0)
    run.receive = lambda *_: None
    run.env.run(until=1)
    assert run.ears.online
    run.fleet.sense(DEVICE, "contact", 1)
    assert ("buzzer", 1) in run.account.outputs
    assert [what for what, *_ in run.account.notes] == [RAISED]
    assert run.ears.handed_over == 4

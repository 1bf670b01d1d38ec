"""Beats that are told later are those that would have been told at once, whatever happens to a device in between."""

import pytest
import simpy
from hosts import DEVICE, ROOT, TENANT, the_device
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_protocol import frame, topics
from lilong_protocol.keys import frame_key
from lilong_protocol.registry import KIND_BY_NUMBER
from lilong_protocol.seal import DOWN, Seal, frame_tag
from lilong_simulator.fleet.observer import Observer
from lilong_simulator.fleet.spoken import said_of
from lilong_simulator.fleet.still import Still
from lilong_simulator.fleet.uplinks import PASSING, speak
from lilong_simulator.fleet.virtual import VirtualFleet
from lilong_simulator.kinds import KINDS as FIRMWARE
from lilong_simulator.stimuli import ALARMS

MINUTE, HOUR = 60_000, 3_600_000
EPOCH = 1_800_000_000_000
DELAY_MS = 7
# Each kind's sensors by what brings its alarms about, and ends them.
TOUCHES = {
    KIND_BY_NUMBER[number].name: sorted(
        {step for alarm in alarms for stimulus in (alarm.begin, alarm.end) for step in stimulus.steps}
    )
    for number, alarms in ALARMS.items()
}
KINDS = [kind for kind in FIRMWARE if TOUCHES[kind]]


class Run(Observer):
    """One device, and a backend that answers births with the time and alarms with stored-acks."""

    def __init__(self, kind, later, tells_time=True, seals=False):
        self.env = simpy.Environment()
        self.rows = []
        self.last = None  # when the backend heard what passes
        self.watched = False  # it wants every message
        self.tells_time = tells_time
        self.fleet = VirtualFleet(self.env, TENANT, self, self)
        if later:
            self.fleet.still = Still(self.told, self)
        self.down = Seal(frame_key(ROOT, DOWN), TENANT, DEVICE, DOWN)
        device = the_device(kind, None, polls=False)
        speak(device, seals)
        self.fleet.add(DEVICE, device, 0, DELAY_MS)
        self.slots = {channel[0] for channel in device.rules.CHANNELS}

    # ---- as observer

    def sent(self, at, device, cls, data, due):
        self.told(at, 0, 1, device, cls, said_of(data), data if len(data) else None)

    def told(self, at, step, count, device, cls, said, data):
        each = data if isinstance(data, list) else [data] * count
        assert len(each) == count
        for nth in range(count):
            later = nth * step
            epoch = None if said.epoch is None else said.epoch + later
            numbers = said.kind, said.seq + nth, said.uptime + later, epoch
            self.rows.append((at + later, cls, *numbers, repr(said.body), each[nth]))

    # ---- as backend

    def passes(self, arrival, device, data):
        if said_of(data).body.get(4) is True or not self.stays(arrival, device):
            return False
        self.heard(arrival, device)
        return True

    def stays(self, arrival, device):
        return not self.watched

    def rests(self, arrival, device):
        self.resting = self.stays(arrival, device)
        return self.resting

    def stirs(self, device):
        assert self.resting
        self.resting = False

    def heard(self, arrival, device):
        self.last = arrival

    def receive(self, now, topic, payload, retained):
        cls = topics.parse(topic)[3]
        said = said_of(payload)
        if self.tells_time and (said.kind == frame.BIRTH or (said.kind == frame.HEARTBEAT and said.body.get(4))):
            answer = frame.pack(
                frame.TIME, {0: said.uptime}, epoch=EPOCH + said.uptime, target=said.boot, nonce=said.nonce
            )
            self.fleet.downlink(topics.down(TENANT, DEVICE, topics.COMMAND), self.down.seal(topics.COMMAND, answer))
        elif cls == topics.ALARM:
            answer = frame.pack(frame.STORED_ACK, {0: frame_tag(payload)}, ref=(said.boot, said.seq))
            self.fleet.downlink(topics.down(TENANT, DEVICE, topics.ACK), self.down.seal(topics.ACK, answer))
        if cls in PASSING:
            self.last = now

    # ---- in the test

    def go_on(self, until):
        self.fleet.horizon = until
        self.env.run(until=until)


def everything(kind, doings, until, later, **how):
    run = Run(kind, later, **how)
    heard = []
    for at, what, *arguments in sorted(doings, key=lambda doing: doing[0]):
        run.go_on(at)
        if what == "look":
            run.fleet.catch_up()
            heard.append(run.last)
        elif what == "watch":
            run.watched = arguments[0]
            run.fleet.watch(DEVICE)
        elif what == "cut":
            run.fleet.break_link(DEVICE)
        else:
            run.fleet.sense(DEVICE, what, *arguments)
    run.go_on(until)
    run.fleet.catch_up()
    return sorted(run.rows, key=lambda row: row[0]), heard, run.last


def doings(kind):
    at = st.integers(1, 5 * HOUR)
    touch = st.sampled_from(TOUCHES[kind])
    return st.lists(
        st.one_of(
            st.tuples(at, touch).map(lambda drawn: (drawn[0], *drawn[1])),
            st.tuples(at, st.just("watch"), st.booleans()),
            st.tuples(at, st.sampled_from(["look", "cut"])),
        ),
        max_size=8,
        unique_by=lambda doing: doing[0],
    )


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_told_later_is_told_alike(data):
    kind = data.draw(st.sampled_from(KINDS))
    plan, seals = data.draw(doings(kind)), data.draw(st.booleans())
    later, at_once = (everything(kind, plan, 6 * HOUR, how, seals=seals) for how in (True, False))
    assert later == at_once


@pytest.mark.parametrize("kind", ["door", "fence_zone", "gas", "streetlight"])
def test_the_daily_question_for_the_time_is_asked_and_answered(kind):
    later, at_once = (everything(kind, [], 25 * HOUR, how) for how in (True, False))
    assert later == at_once
    assert any("4: True" in row[6] for row in later[0] if row[2] == frame.HEARTBEAT)


def test_a_device_that_never_gets_an_answer_is_told_alike():
    later, at_once = (everything("door", [], HOUR, how, tells_time=False) for how in (True, False))
    assert later == at_once
    assert len(later[0]) > 60


def test_a_quiet_device_is_not_called_at_its_beats():
    run = Run("intercom", later=True)
    run.go_on(2 * MINUTE)
    calls = []
    step = run.fleet._step
    run.fleet._step = lambda now, member: (calls.append(now), step(now, member))
    run.go_on(10 * HOUR)
    run.fleet.catch_up()
    assert len(calls) <= 2
    assert len(run.rows) > 10 * 60

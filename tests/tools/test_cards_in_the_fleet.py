"""A resident's card is revoked while an estate lives: doors of the firmware, the centre's core, virtual time."""

from datetime import datetime
from unittest.mock import patch

import pytest
from commands import SMALL_ESTATE
from lilong_protocol import codes, frame, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.pc.simulation import simulation_key
from lilong_protocol.registry import COMMAND
from lilong_protocol.seal import DOWN, Seal
from lilong_simulator.estate import load_estate
from lilong_simulator.fleet.virtual import VirtualFleet
from lilong_simulator.recorder import Recorder
from lilong_simulator.virtual_run import VirtualRun, epoch_ms
from lilong_simulator.world.locks import Locks
from lilong_tools.centre.core import Core

SECOND, MINUTE = 1_000, 60_000
COMMIT_MS = 5
START = datetime(2026, 3, 2, 9)
REVOKE = COMMAND["card_revoke"].number
GRANTED, DENIED, EXIT = codes.EVENT_DOOR_GRANTED, codes.EVENT_DOOR_DENIED, codes.EVENT_DOOR_EXIT
FORCED = codes.ALARM_DOOR_FORCED
REVOKED = 2  # a meaning of the quantity "denial"


class Loop:
    """The core in virtual time."""

    def __init__(self, estate):
        self.zero = epoch_ms(estate, START)
        self.key = simulation_key(estate.id)
        self.tenant = estate.id
        self.core = Core(estate, self.key, self.zero)
        self.events = []
        self.orders = []  # (ms, device, frame) of what has left for a device, stored-acks and the time left out

    def attach(self, fleet):
        self.env, self.publish = fleet.env, fleet.downlink

    @property
    def now(self):
        return self.zero + int(self.env.now)

    def receive(self, _, topic, payload, retained):
        self.core.receive(self.now, topic, payload, retained)
        self.settle()

    def settle(self):
        batch = self.core.take()
        self.events += [change for change in batch.changes if change["type"] == "event"]
        if batch.publishes:
            self.env.timeout(COMMIT_MS).callbacks.append(lambda _: self.send(batch.publishes))
        wait = self.core.deadline - self.now
        if wait < 60 * MINUTE:
            self.env.timeout(max(1, wait)).callbacks.append(lambda _: self.step())

    def step(self):
        if self.core.deadline <= self.now:
            self.core.step(self.now)
            self.settle()

    def send(self, publishes):
        for publish in publishes:
            _, device, _, cls = topics.parse(publish.topic)
            seal = Seal(frame_key(device_root(self.key, self.tenant, device), DOWN), self.tenant, device, DOWN)
            message = frame.unpack(seal.open(cls, publish.payload))
            if message.kind in (frame.COMMAND, frame.OPERATOR_ACK):
                self.orders.append((int(self.env.now), device, message))
            self.publish(publish.topic, publish.payload)


class Story:
    def __init__(self):
        self.estate = load_estate(str(SMALL_ESTATE))
        self.loop = Loop(self.estate)
        self.run = VirtualRun(self.estate, self.loop.key, 7, START, (), self.loop, Recorder())
        self.doors = [device.id for device in self.estate.devices if device.kind == "door"]
        self.wait(2 * MINUTE)

    def wait(self, ms):
        self.run.run(int(self.run.env.now) + ms)

    def read(self, door, card):
        """A card is held to a door: the event's code and values."""
        seen = len(self.loop.events)
        self.run._sense(door, "credential", card)
        self.wait(SECOND)
        (event,) = [event for event in self.loop.events[seen:] if event["device"] == door and event["code"] < 4]
        return event["code"], event["values"]

    def revoke(self, who):
        self.loop.core.revoke(self.loop.now, who, "Wang")
        self.loop.settle()

    def own_door(self, resident):
        return next(
            device.id
            for device in self.estate.devices
            if device.kind == "door" and resident.card in self.estate.own_cards_of(device)
        )


@pytest.fixture
def story():
    return Story()


def test_a_revoked_resident_is_denied_at_every_door_of_the_estate(story):
    resident, other = story.estate.residents[:2]
    code, values = story.read(story.own_door(resident), resident.card)
    assert code == GRANTED
    story.revoke(values["24"])
    story.wait(30 * SECOND)
    for door in story.doors:
        assert story.read(door, resident.card) == (DENIED, {"24": values["24"], "31": REVOKED})
    assert story.read(story.own_door(other), other.card)[0] == GRANTED


def test_a_door_that_was_away_applies_a_revocation_before_anything_else(story, monkeypatch):
    away, linked = set(), VirtualFleet._linked

    def linked_unless_away(fleet, now, member, connection):
        if member.id not in away:
            linked(fleet, now, member, connection)
        elif member.connection == connection:
            member.device.disconnected(now - member.base)
            fleet._settle(now, member)

    monkeypatch.setattr(VirtualFleet, "_linked", linked_unless_away)
    resident = story.estate.residents[0]
    own, gate = story.own_door(resident), story.doors[-1]
    _, values = story.read(own, resident.card)
    story.run._sense(own, "tamper", 1)
    story.wait(10 * SECOND)
    away.add(own)
    story.run._fleet.break_link(own)
    story.wait(SECOND)
    (alarm,) = [alarm["id"] for alarm in story.loop.core.alarm_list() if alarm["device"] == own]
    story.loop.core.acknowledge(story.loop.now, alarm, "Wang")
    story.revoke(values["24"])
    story.wait(10 * MINUTE)
    assert story.read(gate, resident.card)[1]["31"] == REVOKED
    shown = {row["id"]: row["lacks"] for row in story.loop.core.cards.shown_as()["doors"]}
    assert shown == {door: int(door == own) for door in story.doors}

    away.clear()
    back = int(story.run.env.now)
    story.wait(2 * MINUTE)
    told = [message for at, device, message in story.loop.orders if device == own and at >= back]
    assert [message.kind for message in told[:2]] == [frame.COMMAND, frame.OPERATOR_ACK]
    assert told[0].body == {0: REVOKE, 1: {0: values["24"], 1: 1}}
    assert story.read(own, resident.card) == (DENIED, {"24": values["24"], "31": REVOKED})


def test_nobody_passes_with_a_card_that_an_operator_has_revoked_and_no_door_is_forced(story):
    """Those of the first core have their cards revoked in the morning, which nobody tells them."""
    people = [person for person in story.estate.residents if person.flat.core == 1]
    for person in people:
        _, values = story.read(story.own_door(person), person.card)
        story.revoke(values["24"])
    story.wait(30 * SECOND)
    story.loop.events.clear()
    opened, pushed = [], Locks._try

    def counted(self, door, until, closes_ms, told):
        pushed(self, door, until, closes_ms, lambda at_ms: (opened.append(door.id), told(at_ms)))

    with patch.object(Locks, "_try", counted):
        story.wait(8 * 60 * MINUTE)
    codes_of = {code: [e for e in story.loop.events if e["code"] == code] for code in (GRANTED, DENIED, EXIT)}
    refused = [event for event in codes_of[DENIED] if event["values"]["31"] == REVOKED]
    assert len(refused) > 10
    assert len(opened) == len(codes_of[GRANTED]) + len(codes_of[EXIT])
    assert [alarm for alarm in story.run.recorder.alarms.values() if alarm.code == FORCED] == []

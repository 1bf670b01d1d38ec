"""Everybody's passage in a rush is judged, each and all together; slow doors, late and lost events are named."""

from datetime import datetime

import pytest
from incident_world import played, plaza
from lilong_protocol.topics import EVENT
from lilong_simulator.fleet.spoken import said_of
from lilong_simulator.score.passages import arm_up, passages
from lilong_tools.virtual_centre import CentreInTheLoop

START, MINUTES = datetime(2026, 3, 4, 6, 58), 65
BUSY = "south_gate/leaf1/door"
LANE = "south_drive/out/vehicle_lane"
RAISE, LOWER, STOP = 1, 2, 0


def words(run):
    return [text.split(":")[0] for text in run.failures]


def slow(ms, channels, where):
    """A world in which what is read at a device comes to it so late."""

    class Slow(CentreInTheLoop):
        def attach(self, fleet):
            super().attach(fleet)
            sense = fleet.sense
            slow_ones = {device.id for device in plaza().devices if where(device)}

            def late(device, channel, value):
                if device in slow_ones and channel in channels:
                    fleet.call(ms, sense, device, channel, value)
                else:
                    sense(device, channel, value)

            fleet.sense = late

    return Slow


class TellsLate(CentreInTheLoop):
    """The events of one door leave it 6 s late; of its sixth nothing is ever heard where `loses`."""

    loses = False

    def attach(self, fleet):
        super().attach(fleet)
        publish, first = fleet._publish, []

        def late(now, member, cls, frame, qos, windowed):
            if cls != EVENT or member.id != plaza().device(BUSY).id:
                publish(now, member, cls, frame, qos, windowed)
                return
            number = said_of(frame).seq
            first.append(number)
            if not self.loses:
                fleet.call(6_000, lambda: publish(now + 6_000, member, cls, frame, qos, windowed))
            elif number == first[0] + 5:  # however often it is asked for
                fleet._at(now + 80, (fleet._acknowledged, member, member.connection, cls, now, windowed))
            else:
                publish(now, member, cls, frame, qos, windowed)

        fleet._publish = late


class LosesOne(TellsLate):
    loses = True


def test_every_card_and_plate_of_the_hour_is_judged():
    run = played(["morning_rush"], START, MINUTES)
    assert run.failures == []
    cards, plates = passages(run.linked)
    assert (cards.action, cards.of, len(cards.after), cards.kept, cards.share) == ("card_passes", 645, 645, 645, 1.0)
    assert plates.action == "plate_passes"
    assert 60 < plates.of == len(plates.after)
    assert plates.percentile(100) <= 3_000
    told = [one for one in run.linked if one.expectation.action == "tell_each" and one.trigger is not None]
    assert len(told) > 30
    assert {one.expectation.within_ms for one in told} == {5_000}


def test_the_same_people_are_let_in_as_soon_while_the_cloud_cannot_be_reached():
    run = played(["morning_rush_offline"], datetime(2026, 3, 4, 6, 53), 84)
    assert run.failures == []
    cards, plates = passages(run.linked)
    assert (cards.of, cards.share) == (645, 1.0)
    assert cards.percentile(99) <= 1_000
    assert plates.percentile(100) <= 3_000


@pytest.mark.parametrize(("bad", "named"), [
    (slow(2_500, ["credential"], lambda device: device.name == BUSY), {"late", "too few"}),
    (slow(1_200, ["credential"], lambda device: device.kind == "door"), {"too few"}),
    (slow(600, ["plate"], lambda device: device.name == LANE), {"late"}),
    (TellsLate, {"late"}),
    (LosesOne, {"lost"}),
], ids=["a slow door", "slow doors", "a slow lane", "late events", "a lost event"])  # fmt: skip
def test_what_is_slow_late_or_lost_is_named(bad, named):
    run = played(["morning_rush"], START, MINUTES, centre_of=bad)
    assert set(words(run)) == named, run.failures[:5]
    assert all(BUSY in text or LANE in text or "card_passes" in text for text in run.failures)


@pytest.mark.parametrize(("driven", "up"), [
    ([], None),
    ([(5, RAISE)], None),
    ([(5, RAISE), (30, STOP)], 30),
    ([(5, RAISE), (8, STOP)], 10),
    ([(5, RAISE), (8, STOP), (20, LOWER)], 10),
    ([(5, RAISE), (8, STOP), (9, LOWER), (12, RAISE), (14, STOP)], 14),
    ([(5, LOWER), (8, STOP)], None),
])  # fmt: skip
def test_an_arm_is_up_when_its_motor_has_stopped_above(driven, up):
    assert arm_up(10, [(at, "d", "barrier", motor) for at, motor in driven]) == up

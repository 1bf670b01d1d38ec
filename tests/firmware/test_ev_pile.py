"""The charging pile: OCPP's states in their order, its meter, and what cuts it off."""

import pytest
from harness import HOUR, MINUTE, SECOND, Host, codes
from lilong_protocol import frame
from lilong_simulator.fleet.plant import Plant
from lilong_simulator.kinds import rules

AVAILABLE, PREPARING, CHARGING, SUSPENDED_EV, FINISHING, FAULTED = 0, 1, 2, 4, 5, 8


class Pile(Host):
    """With a car that takes `load` mA when it is fed."""

    def __init__(self, **given):
        self.car = Plant()
        super().__init__(rules("ev_pile"), plant=self.car.answer, **given)
        self.run(2 * SECOND)

    def take(self, load):
        for channel, value in self.car.loaded(load):
            self.set(channel, value)

    def charge(self):
        self.take(32_000)
        self.set("plug", 1)
        self.set("start", 1)
        self.run(10 * SECOND)

    def states(self):
        return [event.body[4][codes.Q_PILE_STATE] for event in self.events(codes.EVENT_PILE_STATE)]


def test_a_session_goes_through_the_states_of_ocpp_and_is_metered():
    pile = Pile()
    pile.take(32_000)
    pile.set("plug", 1)
    pile.run(10 * SECOND)
    assert "contactor" not in pile.outputs or pile.outputs["contactor"] == 0
    pile.set("start", 1)
    pile.run(HOUR)
    pile.take(0)
    pile.run(2 * MINUTE)
    pile.set("plug", 0)
    pile.run(SECOND)
    assert pile.states() == [PREPARING, CHARGING, SUSPENDED_EV, AVAILABLE]
    last = pile.events(codes.EVENT_PILE_STATE)[-1].body[4]
    assert last[codes.Q_ENDED_BY] == codes.ENDED_BY_UNPLUGGED
    assert last[codes.Q_ENERGY] == pytest.approx(7_040, rel=0.01)  # 32 A at 220 V, an hour


def test_it_may_be_started_before_it_is_plugged_in_but_not_for_ever():
    pile = Pile()
    pile.set("start", 1)
    pile.run(30 * SECOND)
    pile.set("plug", 1)
    pile.run(SECOND)
    assert pile.outputs["contactor"] == 1
    pile = Pile()
    pile.set("start", 1)
    pile.run(2 * MINUTE)
    pile.set("plug", 1)
    pile.run(SECOND)
    assert pile.outputs["contactor"] == 0
    assert pile.states() == [PREPARING, AVAILABLE, PREPARING]


@pytest.mark.parametrize("by", ["person", "command"])
def test_who_stops_a_session_is_told_and_the_car_may_charge_again(by):
    pile = Pile()
    pile.charge()
    if by == "person":
        pile.set("stop", 1)
    else:
        assert pile.order(codes.CMD_SWITCH_OFF) == frame.OK
    pile.run(SECOND)
    assert pile.outputs["contactor"] == 0
    assert pile.states()[-1] == FINISHING
    ended_by = codes.ENDED_BY_PERSON if by == "person" else codes.ENDED_BY_COMMAND
    assert pile.events(codes.EVENT_PILE_STATE)[-1].body[4][codes.Q_ENDED_BY] == ended_by
    assert pile.order(codes.CMD_SWITCH_ON) == frame.OK
    assert pile.outputs["contactor"] == 1


@pytest.mark.parametrize(
    ("channel", "value", "calm", "code"),
    [
        ("leakage", 300, 0, codes.ALARM_LAMP_LEAKAGE_DETECTED),
        ("temperature", 9_000, 2_500, codes.ALARM_POWER_OVER_TEMPERATURE),
        ("current", 36_000, 0, codes.ALARM_POWER_OVER_CURRENT),
    ],
)
def test_a_danger_opens_the_contactor_before_anybody_is_told_and_it_stays_open(channel, value, calm, code):
    pile = Pile()
    pile.charge()
    pile.set(channel, value)
    pile.run(8 * SECOND)
    assert pile.device.active(code)
    assert pile.local_first("contactor", 0, code)
    assert pile.states()[-1] == FAULTED
    assert pile.order(codes.CMD_SWITCH_ON) == frame.CONFLICT
    pile.set(channel, calm)
    pile.run(2 * MINUTE)
    pile.order(codes.CMD_RESET)
    pile.run(SECOND)
    assert pile.outputs["contactor"] == 0, "nothing flows again by itself"
    assert pile.states()[-1] == FINISHING


def test_it_feeds_nothing_that_it_cannot_watch():
    pile = Pile()
    pile.charge()
    pile.set("temperature", None)
    pile.run(SECOND)
    assert pile.outputs["contactor"] == 0
    assert pile.order(codes.CMD_SWITCH_ON) == frame.CONFLICT
    pile.set("temperature", 2_500)
    pile.run(3 * SECOND)
    assert pile.states()[-1] == FINISHING


def test_a_session_ends_with_the_power_and_its_energy_is_kept():
    pile = Pile()
    pile.charge()
    pile.run(HOUR)
    before = pile.device.rules.report()[codes.Q_ENERGY]
    pile.power_cycle()
    pile.run(MINUTE)
    assert pile.outputs["contactor"] == 0
    last = pile.events(codes.EVENT_PILE_STATE)[-1].body[4]
    assert last[codes.Q_ENDED_BY] == codes.ENDED_BY_POWER
    assert before - 500 <= last[codes.Q_ENERGY] <= before


def test_it_says_its_meter_each_minute_while_it_charges_and_seldom_else():
    pile = Pile(beat_s=3_600)
    pile.charge()
    begun = len(pile.of(frame.HEARTBEAT))
    pile.run(HOUR)
    assert 59 <= len(pile.of(frame.HEARTBEAT)) - begun <= 61
    pile.set("plug", 0)
    begun = len(pile.of(frame.HEARTBEAT))
    pile.run(HOUR)
    assert len(pile.of(frame.HEARTBEAT)) - begun <= 1

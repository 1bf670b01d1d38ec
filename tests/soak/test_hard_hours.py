"""Dangers to devices in a bad way, losses and clocks: what breaks their invariants is found, in a run and by itself."""

from pathlib import Path

import pytest
from lilong_firmware.effects import CLEARED, RAISED, RESTORED
from lilong_protocol import codes, topics
from lilong_protocol.frame import BIRTH, DEATH, EVENT, HEARTBEAT, Frame
from lilong_simulator.estate import Device, load_estate
from lilong_simulator.invariants.life_safety import LifeSafety
from lilong_simulator.invariants.proved_loss import ProvedLoss
from lilong_simulator.invariants.told_time import ToldTime
from lilong_simulator.truth import truth_row

from tests.soak import planted
from tests.soak.estate_days import watched
from tests.soak.hard_hours import CAN, DANGERS, STATES, cases

SMALL = Path(__file__).parents[1] / "simulator/small_estate.toml"
FENCE = '[[devices]]\nkind = "fence_zone"\nwhere = "boundary"\ncount = 6\nfence = ["both"]\n\n[rates]'
BAD_DAY = ("partition at=100 for=300", "blackout at=500 for=60", "wrong_clock at=60 for=5000 spread=115")


@pytest.fixture(scope="module")
def fenced(tmp_path_factory):
    """The small estate, and a fence around it."""
    path = tmp_path_factory.mktemp("estate") / "fenced.toml"
    path.write_text(SMALL.read_text().replace("[rates]", FENCE, 1))
    return str(path)


def test_each_state_has_its_dangers_and_keeps_them(fenced):
    found = watched(fenced, 0.6, 7, hard=STATES, faults=BAD_DAY)
    assert found.violations == []
    assert set(found.proofs.proved) == set(STATES)
    assert found.invariants.loss.wills > 10
    assert found.invariants.time.held > 300


def test_where_there_are_few_devices_the_states_come_by_turns(fenced):
    estate = load_estate(fenced)
    days = 6
    found = cases(estate, days, 1)
    assert len({(one.device.id, one.begins_ms) for one in found}) == len(found)
    for kind, _, _ in DANGERS:
        wanted = {state for state in STATES if kind in CAN[state]}
        assert {one.state for one in found if one.device.kind == kind} == wanted


@pytest.mark.parametrize("state", STATES)
def test_what_blocks_an_alarm_is_found(state, fenced):
    with planted.BLOCKED[state]():
        found = watched(fenced, 0.5, 7, hard=(state,))
    assert any("it is blocked" in text or "it is silenced" in text for text in found.violations)


def test_a_valve_that_waits_for_the_network_is_found(fenced):
    """With a certificate of the wrong date a device has no link when its gas comes."""
    with planted.valve_by_network():
        found = watched(fenced, 0.5, 7, hard=("certificate's date wrong",))
    assert any("the valve is open" in text for text in found.violations)


def test_a_device_that_boots_inside_a_leak_and_forgets_it_is_found(fenced):
    """One of the hard hour's detectors has no power for some seconds of its leak."""
    right = watched(fenced, 0.5, 7, hard=("muted",))
    assert right.violations == []
    assert right.invariants.life.resumed > 0
    with planted.forgetful_boot():
        found = watched(fenced, 0.5, 7, hard=("muted",))
    assert any("forgets it" in text for text in found.violations)


@pytest.mark.parametrize(
    ("plant", "word"),
    [
        (planted.loss_by_will, "is declared lost after"),
        (planted.no_loss, "nobody has declared it lost"),
        (planted.boasting_clock, "a time of quality 3 is off by"),
        (planted.newest_first, "has its effect after"),
    ],
)
def test_what_is_wrong_with_losses_times_and_order_is_found(plant, word):
    with plant():
        found = watched(str(SMALL), 1.2, 7, faults=(*BAD_DAY, "partition at=500 for=3000 kind=door"))
    assert any(word in text for text in found.violations)


def test_a_state_that_never_came_about_is_told(fenced):
    found = watched(fenced, 0.2, 7, hard=("flash full",))
    assert "hard hours: none of 4 devices was flash full when its alarm came" in found.violations


# ---- each by itself

SMOKE = codes.ALARM_SMOKE_ALARM


def row(at=1_000, expect="must", alarm="smoke.alarm"):
    return truth_row(Device("d", "smoke", "a/smoke", 0, 0, 0, None, None, None, ()), alarm, at, "fire", expect)


class Told(list):
    def __call__(self, at, device, text):
        self.append(text)


def life(*happened, rows=None, grew=(), blind=False):
    told = Told()
    safety = LifeSafety(told)
    for at, what, *more in happened:
        if what in (RAISED, CLEARED):
            safety.note(at, "d", what, SMOKE, 1, *more)
        else:
            safety.output(at, "d", "sounder", more[0])
    for one in [row()] if rows is None else rows:
        safety.crossed(one)
    for at in grew:
        safety.grew(at, "d", 100)
    safety.settle(1e9, lambda *_: blind)
    return told


ON = (5_000, "on", 1)


@pytest.mark.parametrize(
    ("found", "happened", "more"),
    [
        ([], [(5_000, RAISED, 1), ON], {}),
        ([], [(10_999, RAISED, 1), ON], {}),
        ([], [], {"blind": True}),
        ([], [], {"rows": [row(expect="may")]}),
        ([], [(500, RAISED, 1), (500, "on", 1)], {}),
        (["is not raised"], [ON], {}),
        (["is not raised"], [(11_001, RAISED, 1), ON], {}),
        (["is not raised"], [(500, RAISED, 1), (900, CLEARED, 1), ON], {}),
        (["is not loud"], [(5_000, RAISED, 1)], {}),
        (["is not loud"], [(5_000, RAISED, 1), (11_001, "on", 1)], {}),
        (["is not loud"], [(5_000, RAISED, 1), (500, "on", 1), (600, "off", 0)], {}),
        ([], [ON, (6_000, "off", 0), (7_050, "on", 1)], {"rows": (), "grew": [7_000]}),
        (["is not loud"], [ON, (6_000, "off", 0), (7_150, "on", 1)], {"rows": (), "grew": [7_000]}),
    ],
)
def test_a_danger_is_raised_and_loud(found, happened, more):
    told = life(*happened, **more)
    assert len(told) == len(found)
    assert all(word in text for word, text in zip(found, told, strict=True))


@pytest.mark.parametrize(
    ("found", "driven", "blind"),
    [
        ([], [(71_000, 1)], False), ([], [(500, 1)], False), ([], [], True),
        (["the valve is open"], [], False), (["the valve is open"], [(71_001, 1)], False),
        (["the valve is open"], [(500, 1), (900, 0)], False),
    ],
)  # fmt: skip
def test_gas_shuts_its_valve(found, driven, blind):
    told = Told()
    safety = LifeSafety(told)
    safety.note(20_000, "d", RAISED, codes.ALARM_GAS_LEAK, 1, 1)
    safety.output(20_000, "d", "sounder", 1)
    for at, value in driven:
        safety.output(at, "d", "valve", value)
    safety.crossed(row(alarm="gas.leak"))
    safety.settle(1e9, lambda *_: blind)
    assert len(told) == len(found)
    assert all(word in text for word, text in zip(found, told, strict=True))


@pytest.mark.parametrize(
    ("found", "happened", "more"),
    [
        ([], [(9_000, "on", 1)], {}), ([], [(15_000, "on", 1)], {}), (["forgets it"], [(15_001, "on", 1)], {}),
        (["forgets it"], [], {}), (["forgets it"], [(9_000, "off", 0)], {}), (["forgets it"], [(8_000, "on", 1)], {}),
        ([], [(7_000, RESTORED, 1)], {}), ([], [(7_000, CLEARED, 1)], {}), ([], [], {"unkept": True}),
        ([], [], {"boot": 1}),
    ],
)  # fmt: skip
def test_who_boots_inside_a_fire_sounds_again(found, happened, more):
    told = Told()
    safety = LifeSafety(told)
    safety.unkept = lambda _: more.get("unkept", False)
    safety.note(5_000, "d", RAISED, SMOKE, 1, 1)
    safety.output(5_000, "d", "sounder", 1)
    for at, what, value in happened:
        if what in (RESTORED, CLEARED):
            safety.note(at, "d", what, SMOKE, 1, 1)
        else:
            safety.output(at, "d", "sounder", value)
    safety.booted(10_000, "d", more.get("boot", 2), 9_000)
    safety.settle(1e9, lambda *_: True)
    assert len(told) == len(found)
    assert all(word in text for word, text in zip(found, told, strict=True))


def said(kind=HEARTBEAT, boot=1, seq=1, epoch=None, quality=None, body=None):
    return Frame({1: kind, 2: boot, 3: seq, 5: epoch, 6: quality, 7: body})


@pytest.mark.parametrize(
    ("found", "told", "of"),
    [
        ([], said(epoch=1_050, quality=3), None),
        ([], said(), None),
        ([], said(EVENT, epoch=9_000, quality=3), None),
        (["off by 51 ms"], said(epoch=1_051, quality=3), None),
        (["off by 1001 ms"], said(epoch=2_001, quality=2), None),
        ([], said(epoch=2_001, quality=1), None),
        (["off by 949 ms"], said(epoch=1_051, quality=3), 2_000),
        (["without a word on how good"], said(epoch=1_000), None),
        (["without a word on how good"], said(quality=1), None),
    ],
)
def test_a_time_is_as_good_as_it_says(found, told, of):
    words = Told()
    cls = topics.EVENT if told.kind == EVENT else topics.HEARTBEAT
    ToldTime(0, words).said(1_000, "d", cls, told, of)
    assert len(words) == len(found)
    assert all(word in text for word, text in zip(found, words, strict=True))


@pytest.mark.parametrize(
    ("found", "events"),
    [
        ([], [(1, 1), (1, 3), (2, 1)]),
        (["event 1/1 has its effect after 1/2"], [(1, 2), (1, 1)]),
        (["event 1/9 has its effect after 2/1"], [(2, 1), (1, 9)]),
        (["event 1/1 has its effect after 1/1"], [(1, 1), (1, 1)]),
    ],
)
def test_events_have_their_effect_in_their_order(found, events):
    words = Told()
    times = ToldTime(0, words)
    for boot, seq in events:
        times.event(1, "d", boot, seq)
    assert words == found


BORN = (0, said(BIRTH, body={4: 10}))


@pytest.mark.parametrize(
    ("found", "arrived", "lost"),
    [
        ([], [BORN], 10_000),
        (["lost after 9999 ms of silence, 10000 prove it"], [BORN], 9_999),
        (["lost after 6000 ms"], [BORN, (4_000, said(seq=2))], 10_000),
        ([], [BORN, (4_000, said(DEATH, seq=2))], 10_000),  # a will is no sign of life
        (["lost after 4000 ms"], [BORN, (1_000, said(DEATH, seq=2))], 4_000),  # and no proof
        ([], [BORN, (1, said(boot=2)), (4_000, said(seq=2))], 10_001),  # of a former life
        ([], [BORN, (1, said(seq=2)), (4_000, said(seq=2))], 10_001),  # said again
        (["nobody has declared it lost"], [BORN], None),
        ([], [], None),
    ],
)
def test_a_loss_is_proved_by_silence(found, arrived, lost):
    words = Told()
    losses = ProvedLoss(words)
    for at, frame in arrived:
        losses.arrived(at, "d", topics.STATE if frame.kind in (BIRTH, DEATH) else topics.HEARTBEAT, frame)
    if lost is not None:
        losses.declared(lost, "d")
    losses.settle(1e6)
    assert len(words) == len(found)
    assert all(word in text for word, text in zip(found, words, strict=True))

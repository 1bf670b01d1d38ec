"""Doors open to whom their locks let pass, lanes to cars below an arm that is up; live, and on real boards, too."""

import asyncio
from copy import copy
from datetime import datetime

import pytest
from board_case import in_loop
from lilong_protocol import codes
from lilong_simulator.estate import load_estate
from lilong_simulator.fleet.arm import LOWER, RAISE, STOP, TRAVEL_MS
from lilong_simulator.fleet.process import available
from lilong_simulator.incidents import find
from lilong_simulator.recorder import Recorder
from lilong_simulator.virtual_run import VirtualRun
from lilong_simulator.world import World
from lilong_simulator.world.calls import Call, Calls
from lilong_simulator.world.doors import passage
from lilong_simulator.world.lanes import CAR, WAIT_MS, Drive, Lanes
from test_load_run import ESTATE, FILE, BrokerAndBackend, Running

START = datetime(2026, 3, 4, 12)
SECOND, MINUTE = 1_000, 60_000
DOOR = ESTATE.device("core1/ground/door")
NOBODY = dict.fromkeys(
    ("credential_reads", "door_cycles", "forced_per_door_month", "car_passages_per_bay", "calls_per_flat"), 0
)


class Seen:
    """A world in which nobody is but whom a test sends, and what the sensors of its devices have seen."""

    def __init__(self, estate=None):
        self.calls = []
        self.world = World(estate or quiet(), 7, START, sink=lambda *call: self.calls.append((self.now, *call)))

    @property
    def now(self):
        return int(self.world.env.now)

    def of(self, device, channel):
        return [(at, value) for at, who, what, value in self.calls if (who, what) == (device.id, channel)]

    def run(self, until_ms, *felt):
        """felt: (ms, device, output, value)."""
        for at, device, output, value in felt:
            self.world.agenda.at(at, self.world.felt, device.id, output, value)
        self.world.env.run(until=until_ms)


def quiet(name=FILE):
    estate = load_estate(name)
    estate.rates = estate.rates.model_copy(update=NOBODY)
    return estate


def test_a_door_whose_lock_is_free_opens_to_who_pushes():
    seen, opened = Seen(), []
    seen.world.locks.push(2_000, DOOR, 5_000, opened.append)
    seen.run(60_000, (500, DOOR, "lock", 0), (1_500, DOOR, "lock", 1))
    assert seen.of(DOOR, "contact") == [(2_000, 1), (5_000, 0)]
    assert opened == [2_000]


def test_a_locked_door_stays_shut_and_so_does_one_that_opens_when_they_have_gone():
    seen, opened = Seen(), []
    seen.world.locks.push(2_000, DOOR, 5_000, opened.append)
    seen.run(60_000, (500, DOOR, "lock", 0), (4_100, DOOR, "lock", 1))
    assert seen.of(DOOR, "contact") == []
    assert opened == []


@pytest.mark.parametrize("after_ms", [1, 250, 1_200, 1_999])
def test_people_wait_for_the_click(after_ms):
    seen, opened = Seen(), []
    seen.world.locks.push(2_000, DOOR, 5_000, opened.append)
    seen.run(60_000, (500, DOOR, "lock", 0), (2_000 + after_ms, DOOR, "lock", 1))
    (at, _), closed = seen.of(DOOR, "contact")
    assert 2_000 + after_ms <= at <= 2_250 + after_ms
    assert opened == [at]
    assert closed == (5_000, 0), "the next one is not kept waiting"


def test_a_lock_without_power_is_free():
    seen = Seen()
    seen.world.locks.push(2_000, DOOR, 5_000)
    seen.world.agenda.at(1_000, seen.world.powerless, DOOR.id)
    seen.run(60_000, (500, DOOR, "lock", 0))
    assert seen.of(DOOR, "contact") == [(2_000, 1), (5_000, 0)]


def test_a_visitor_whom_the_panel_does_not_let_in_presses_nothing():
    estate = quiet("music_plaza")
    panel, door = estate.device("core3/ground/intercom"), estate.device("core3/ground/door")
    for lets_in in (True, False):
        seen = Seen(estate)
        stream = seen.world.streams.stream("test", "visit")
        entry = passage(stream, 0, (door,), "button")
        (visit,) = Calls(seen.world).perform(Call(MINUTE, panel, 301, None, 5_000, 5_000, 0, ((0, entry),)))
        assert (visit.panel, visit.called) == (panel, MINUTE + 10_000)
        seen.world.residents._put(visit)
        felt = [(1_000, door, "lock", 1), (1_000, panel, "lock", 0)]
        seen.run(2 * MINUTE, *felt, *([(MINUTE + 10_000, panel, "lock", 1)] if lets_in else []))
        mine = [row for row in seen.of(door, "exit_button") if MINUTE + 10_000 <= row[0] <= MINUTE + 10_300]
        assert len(mine) == 2 * lets_in


def drives(*felt):
    estate = quiet("music_plaza")
    lane = estate.device("south_drive/in/vehicle_lane")
    seen = Seen(estate)
    Lanes(seen.world).perform(Drive(MINUTE, (lane,), CAR, ((800, 4_711, 96),), 3_000, 2_000))
    seen.world.claims.add(lane.id, "passage", 0, 1 << 40)
    seen.run(2 * MINUTE, *((at, lane, "barrier", motor) for at, motor in felt))
    return seen, lane, MINUTE + 800 + 3_000


@pytest.mark.parametrize("raised_ms", [0, 1_000])
def test_a_car_drives_on_below_an_arm_that_is_up(raised_ms):
    comes = MINUTE + 800 + 3_000
    seen, lane, _ = drives((0, STOP), (comes - TRAVEL_MS + raised_ms, RAISE), (comes + raised_ms, STOP))
    assert seen.of(lane, "loop") == [(comes + raised_ms, 1), (comes + raised_ms + 2_000, 0)]


@pytest.mark.parametrize("felt", [[(0, STOP)], [(0, STOP), (MINUTE, RAISE), (MINUTE + 3_000, LOWER)]])
def test_a_car_before_an_arm_that_stays_down_turns_round(felt):
    seen, lane, comes = drives(*felt)
    assert seen.of(lane, "loop") == []
    assert seen.of(lane, "approach") == [(MINUTE, 1), (comes + WAIT_MS, 0)]
    assert seen.of(lane, "plate")[-1] == (comes + WAIT_MS, 0)


class Deaf:
    """A backend that answers nothing."""

    def attach(self, fleet):
        pass

    def receive(self, *message):
        pass


@pytest.mark.parametrize("seed", [2, 9])  # somebody is before a door whose power comes
def test_a_door_whose_power_comes_in_the_middle_of_a_passage_tells_of_no_force(seed):
    estate = copy(load_estate("music_plaza"))
    for name in ("by_id", "by_name", "counts"):
        estate.__dict__.pop(name, None)
    estate.devices, estate.wearers = estate.of_kind("door"), {}
    run = VirtualRun(estate, bytes(32), seed, datetime(2026, 3, 2, 18), (), Deaf(), Recorder())
    contacts, sense = [], run._fleet.sense

    def sensed(device, channel, value):
        contacts.append(channel == "contact")
        sense(device, channel, value)

    run._fleet.sense = sensed
    run.run(2 * MINUTE)
    assert sum(contacts) > 20
    assert [alarm for alarm in run.recorder.alarms.values() if alarm.code == codes.ALARM_DOOR_FORCED] == []


CARDS = """
title = { en = "Four cards", zh = "四张卡" }
about = "Two that are known, two that are not."
[places]
known = { device = "core1/ground/door" }
known_too = { device = "front/leaf1/door" }
strange = { device = "core2/ground/door" }
strange_too = { device = "front/leaf2/door" }
home = { flat = "1/0101" }
[[physics]]
model = "card"
id = "a"
at = "known"
after_s = 0.3
holder = "home"
opens = true
[[physics]]
model = "card"
id = "b"
at = "known_too"
after_s = 0.3
holder = "home"
opens = true
[[physics]]
model = "card"
id = "c"
at = "strange"
after_s = 0.3
number = 4711
opens = true
[[physics]]
model = "card"
id = "d"
at = "strange_too"
after_s = 0.3
number = 4711
opens = true
"""


@in_loop
async def test_live_and_on_real_boards_a_card_that_is_denied_opens_nothing(tmp_path):
    """It takes 4 s of real time, as people do."""
    file = tmp_path / "cards.toml"
    file.write_text(CARDS, "utf-8")
    real = [] if available() else [ESTATE.device(f"front/leaf{leaf}/door") for leaf in (1, 2)]
    granted, denied = (
        [ESTATE.device(name).id for name in names]
        for names in (("core1/ground/door", "front/leaf1/door"), ("core2/ground/door", "front/leaf2/door"))
    )
    async with (
        BrokerAndBackend() as broker,
        Running(broker.port, duration_s=4.0, incidents=[find(str(file))], boards=real) as run,
    ):
        await run.bring_up()
        sent = run.recorder.events_sent
        async with asyncio.timeout(60):
            await run.play()
            while any(len(sent.get(door, ())) < 2 for door in granted):
                await asyncio.sleep(0)  # granted, opened
        assert [len(sent[door]) for door in denied] == [1, 1]
        assert run.recorder.alarms == {}

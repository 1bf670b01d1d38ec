"""One fee for each stay: whatever the order in which lanes are heard, what is repeated, and when the centre falls."""

from contextlib import closing
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from centre_world import BY_ID, DATA, HOUR, MINUTE, NOW, SECOND, TENANT, Placed, World
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_protocol import codes
from lilong_tools.centre.outcome import Outcome
from lilong_tools.centre.stays import ERA, PATIENCE_MS, Passage, Stay, Stays, Tariff
from lilong_tools.centre.store import Store

LANE_IN, LANE_OUT, OTHER_OUT = (f"1e{number:014x}" for number in (1, 2, 3))
LANES = tuple(Placed(lane, "vehicle_lane", f"gate/{lane[-1]}/vehicle_lane") for lane in (LANE_IN, LANE_OUT, OTHER_OUT))
TEMPORARY, RESIDENT, EMERGENCY_CLASS = 3, 1, 4
DAY = 24 * HOUR


@pytest.mark.parametrize(
    ("lasts", "fee"),
    [(0, 0), (15 * MINUTE, 0), (15 * MINUTE + 1, 500), (HOUR, 500), (HOUR + 1, 1_000), (9 * HOUR, 4_000),
     (DAY, 4_000), (DAY + 1, 4_500), (2 * DAY + 2 * HOUR, 9_000), (-5 * MINUTE, 0)],
)  # fmt: skip
def test_a_fee_is_by_the_hour_begun_and_no_more_than_a_days(lasts, fee):
    assert Tariff().fee(NOW, NOW + lasts) == fee


# ---- the ledger by itself


@dataclass(frozen=True)
class Told:
    """What a lane sends: a passage, or a heartbeat (`credential` None) with its last number."""

    device: str
    number: int
    at_ms: int
    credential: int | None = None
    leaves: bool = False
    permit: int = TEMPORARY
    vehicle_class: int = 1


class Ledger:
    """A ledger, and what it has stored."""

    def __init__(self):
        self.passages, self.settled, self.fees = {}, [], 0
        self.start()

    def start(self):
        self.outcome = Outcome()
        self.stays = Stays(LANES, self.outcome)
        waits = [one for one in self.passages.values() if not one.done]
        self.stays.restore(waits, list(self.passages), self.settled)

    def hear(self, told, now=NOW):
        if told.credential is None:
            self.stays.reported(now, told.device, told.at_ms, {codes.Q_STAY: told.number})
        else:
            code = codes.EVENT_LANE_LEFT if told.leaves else codes.EVENT_LANE_ENTERED
            values = {
                codes.Q_STAY: told.number, codes.Q_CREDENTIAL: told.credential, codes.Q_PERMIT: told.permit,
                codes.Q_VEHICLE_CLASS: told.vehicle_class,
            }  # fmt: skip
            self.stays.passed(
                now, SimpleNamespace(device=told.device, code=code, raw_values=values, at_ms=told.at_ms, since_ms=None)
            )
        for table, values in self.outcome.take()[0].rows:
            if table == "passage":
                device, number, credential, leaves, *rest, done = values
                self.passages[device, number] = Passage(device, number, credential, bool(leaves), *rest, bool(done))
            elif table == "stay":
                self.settled.append(Stay(*values))

    def pairs(self):
        return [(one.entry_device, one.entry_number, one.exit_device, one.exit_number) for one in self.settled]


def lived(stays):
    """(what each lane tells, the true pairs) of [(vehicle, minutes before it comes, minutes it stays)]."""
    passages, free = [], {}
    for vehicle, before, lasts in stays:
        begin = free.get(vehicle, 0) + 1 + before
        free[vehicle] = begin + lasts + 1
        passages.append((begin, vehicle, LANE_IN, free[vehicle]))
        passages.append((free[vehicle], vehicle, (LANE_OUT, OTHER_OUT)[(before + vehicle) % 2], None))
    told, names = {lane.id: [] for lane in LANES}, {}
    for at, vehicle, device, _ in sorted(passages, key=lambda row: (row[0], row[3] is None, row[1])):
        number = (7 << ERA) + len(told[device]) + 1
        told[device].append(Told(device, number, NOW + at * MINUTE, vehicle, device != LANE_IN))
        names[vehicle, at] = (device, number)
    pairs = [(*names[vehicle, begin], *names[vehicle, end]) for begin, vehicle, _, end in passages if end is not None]
    return told, sorted(pairs)


HISTORY = st.lists(st.tuples(st.integers(1, 4), st.integers(0, 90), st.integers(0, 2_000)), min_size=1, max_size=14)


@settings(max_examples=100, deadline=None)
@given(stays=HISTORY, data=st.data())
def test_the_pairs_are_the_true_ones_in_any_order_of_lanes_with_repetitions_and_restarts(stays, data):
    told, pairs = lived(stays)
    ledger = Ledger()
    queues = {device: list(said) for device, said in told.items()}
    heard = []
    while any(queues.values()):
        device = data.draw(st.sampled_from([device for device, queue in queues.items() if queue]))
        said = queues[device].pop(0)
        ledger.hear(said)
        heard.append(said)
        what = data.draw(st.sampled_from(("on", "on", "on", "again", "restart", "beat")))
        if what == "again":
            ledger.hear(data.draw(st.sampled_from(heard)))
        elif what == "restart":
            ledger.start()
        elif what == "beat":  # before what comes next
            ledger.hear(Told(said.device, said.number, said.at_ms + 1))
        assert set(ledger.pairs()) <= set(pairs), "none is joined that another order would part"
    for device, said in told.items():
        ledger.hear(Told(device, said[-1].number if said else 7 << ERA, NOW + 100 * DAY))
    assert sorted(ledger.pairs()) == pairs, "each pair once"
    ledger.start()
    for said in heard:
        ledger.hear(said)
    assert sorted(ledger.pairs()) == pairs, "and never again"


def beats(ledger, numbers, at):
    for device, number in zip((LANE_IN, LANE_OUT, OTHER_OUT), numbers, strict=True):
        ledger.hear(Told(device, number, at))


@pytest.mark.parametrize(
    ("entry", "leaving", "fee"),
    [({}, {}, 1_000), ({"permit": RESIDENT}, {}, 0), ({}, {"permit": RESIDENT}, 0), ({}, {"permit": 5}, 0),
     ({"vehicle_class": EMERGENCY_CLASS}, {}, 0)],
    ids=["stranger", "resident in", "resident out", "out in a fire", "ambulance"],
)  # fmt: skip
def test_who_pays(entry, leaving, fee):
    ledger = Ledger()
    ledger.hear(Told(LANE_IN, 1, NOW, 9, **entry))
    ledger.hear(Told(LANE_OUT, 1, NOW + 2 * HOUR, 9, True, **leaving))
    beats(ledger, (1, 1, 0), NOW + 3 * HOUR)
    assert [stay.fee for stay in ledger.settled] == [fee]


def test_an_exit_waits_for_a_lane_that_is_away_and_after_three_days_for_none():
    ledger = Ledger()
    ledger.hear(Told(LANE_IN, 1, NOW, 9))
    ledger.hear(Told(LANE_OUT, 1, NOW + HOUR, 9, True))
    ledger.hear(Told(LANE_IN, 1, NOW + 2 * HOUR))
    assert not ledger.settled  # nothing is known of the third lane
    ledger.hear(Told(LANE_IN, 1, NOW + 2 * HOUR), NOW + HOUR + PATIENCE_MS)
    assert len(ledger.settled) == 1


def test_a_number_that_has_not_come_is_waited_for():
    ledger = Ledger()
    ledger.hear(Told(LANE_IN, 1, NOW, 9))
    ledger.hear(Told(LANE_IN, 3, NOW + 2 * HOUR, 8))
    ledger.hear(Told(LANE_OUT, 1, NOW + HOUR, 9, True))
    beats(ledger, (3, 1, 0), NOW + 3 * HOUR)
    assert not ledger.settled
    ledger.hear(Told(LANE_IN, 2, NOW + 30 * MINUTE, 9))
    beats(ledger, (3, 1, 0), NOW + 3 * HOUR)
    assert ledger.pairs() == [(LANE_IN, 2, LANE_OUT, 1)]


def test_a_lane_that_numbers_anew_is_no_repetition():
    ledger = Ledger()
    for era in (7, 8):
        ledger.hear(Told(LANE_IN, (era << ERA) + 1, NOW + era * HOUR, era))
        ledger.hear(Told(LANE_OUT, era - 6, NOW + (era + 10) * HOUR, era, True))
    beats(ledger, ((8 << ERA) + 1, 2, 0), NOW + DAY)
    assert len(ledger.settled) == 2


def test_whoever_was_not_read_is_joined_to_nobody():
    ledger = Ledger()
    for leaves, device in ((False, LANE_IN), (True, LANE_OUT)):
        code = codes.EVENT_LANE_LEFT if leaves else codes.EVENT_LANE_ENTERED
        message = SimpleNamespace(device=device, code=code, raw_values={codes.Q_STAY: 1}, at_ms=NOW, since_ms=None)
        ledger.stays.passed(NOW, message)
    beats(ledger, (1, 1, 0), NOW + HOUR)
    assert not ledger.settled
    assert ledger.stays.shown_as()["inside"] == []


# ---- with real lanes


@pytest.fixture
def world(tmp_path, monkeypatch):
    """Two lanes and a centre with its database."""
    given = {"card_key": bytes(32), "paying": b"\x01"}
    for lane, more in ((LANES[0], {}), (LANES[1], {"out": b"\x01"})):
        monkeypatch.setitem(BY_ID, lane.id, lane)
        monkeypatch.setitem(DATA, lane.id, {**given, **more})
    place = SimpleNamespace(id=TENANT, devices=LANES[:2], escape_doors=lambda core: (), plan=dict)
    with closing(Store(str(tmp_path / "centre.db"), TENANT)) as store:
        yield World(LANE_IN, LANE_OUT, store=store, estate=place)


def drives(world, device, plate):
    for channel, value, wait in (
        ("approach", 1, 0), ("confidence", 96, 0), ("vehicle_class", 1, 0), ("plate", plate, 0), ("plate", plate, 0),
        ("down", 0, 0), ("up", 1, 2 * SECOND), ("loop", 1, 0), ("plate", plate, SECOND), ("approach", 0, 0),
        ("loop", 0, 2 * SECOND), ("up", 0, 0), ("down", 1, 15 * SECOND),
    ):  # fmt: skip
        world.sense(device, channel, value)
        world.run(wait)


def settled(world):
    return world.store.load().stays


def test_a_stay_is_stored_once_with_its_fee_whatever_network_lane_and_centre_do(world):
    drives(world, LANE_IN, 4_711)
    world.run(2 * HOUR)
    out = world.members[LANE_OUT]
    out.cut(world.now)
    drives(world, LANE_OUT, 4_711)
    world.run(10 * MINUTE)
    assert not settled(world)
    out.power_on(world.now)
    world.run(10 * MINUTE)
    out.link = True
    world.restart()
    world.run(10 * MINUTE)
    (stay,) = settled(world)
    assert (stay["entry_device"], stay["exit_device"], stay["fee"]) == (LANE_IN, LANE_OUT, 1_500)
    world.restart()
    world.run(10 * MINUTE)
    assert settled(world) == [stay]
    assert world.core.stays.shown_as()["settled"] == [stay]
    drives(world, LANE_OUT, 4_711)  # nobody has come in under this plate since
    world.run(10 * MINUTE)
    assert settled(world) == [stay]

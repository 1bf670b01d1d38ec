"""Local linkage as a state machine of its own: what holds for any rows, any alarms, in any order."""

import pytest
from harness import MINUTE, SECOND, Host
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware.bus import ASK, CLEARED, RAISED, command_of, heard
from lilong_firmware.linkage import ALARMS_MAX, ROWS_MAX, Linkage
from stories.gateway import bits, children, rows

COUNT = 12
PLACES = st.sets(st.integers(1, COUNT), max_size=6).map(lambda chosen: bits(*chosen))
ROWS = st.builds(
    lambda quorum, within, grouped, codes, triggers, command, argument, end, targets: (
        1, quorum, within, grouped, bytes(sorted(codes)), triggers, command, argument, end, targets,
    ),
    st.integers(1, 3), st.sampled_from((60, 600)), st.booleans(), st.sets(st.integers(1, 3), min_size=1),
    PLACES, st.sampled_from((4, 5, 24)), st.sampled_from((None, 0, 80, 100)), st.sampled_from((0, 8)), PLACES,
)  # fmt: skip
TABLES = st.lists(ROWS, min_size=1, max_size=4)
ALARMS = st.tuples(st.integers(1, COUNT), st.integers(1, 3))
STEPS = st.lists(
    st.tuples(st.sampled_from((RAISED, RAISED, CLEARED)), ALARMS, st.sampled_from((0, 1_000, 61_000, 601_000))),
    max_size=25,
)


def group(child):
    return child % 3


def among(mask, child):
    return int.from_bytes(mask, "little") >> (child - 1) & 1 == 1


def confirmed(row, told):
    """The groups of a row for which as many children told within its time as it wants; `told`: {(child, code): at}."""
    _, quorum, within, grouped, codes, triggers, *_ = row
    mine = [(at, child) for (child, code), at in told.items() if code in codes and among(triggers, child)]
    names = {group(child) if grouped else 0 for _, child in mine}
    return {
        name
        for name in names
        for last, _ in mine
        if len({
            child for at, child in mine
            if (not grouped or group(child) == name) and last - within * SECOND <= at <= last
        }) >= quorum
    }  # fmt: skip


def acting_on(child, table, acting):
    """The rows that act on a child, in their order."""
    rows_ = [(table[at], name) for at, name in acting]
    return [row for row, name in rows_ if among(row[9], child) and (not row[3] or name == group(child))]


def played(table, steps):
    """A linkage through its steps, after each (it, what it was told and is open, what acted, the orders)."""
    linkage = Linkage(rows(*table), group)
    now, told = 0, {}
    for what, (child, code), wait in steps:
        now += wait
        if what == RAISED:
            linkage.alarmed(now, child, code)
            told.setdefault((child, code), now)
        else:
            linkage.ended(child, code)
            told.pop((child, code), None)
        before = list(linkage.acting)
        yield linkage, told, before, linkage.change(linkage.judge(True, 0))


@settings(max_examples=150, deadline=None)
@given(table=TABLES, steps=STEPS)
def test_nothing_acts_without_its_quorum_and_everything_does_with_it_until_the_last_alarm_is_cleared(table, steps):
    for linkage, told, before, _ in played(table, steps):
        for at, row in enumerate(table):
            ready = confirmed(row, told)
            open_groups = {
                group(child) if row[3] else 0 for child, code in told if code in row[4] and among(row[5], child)
            }
            goes_on = {name for row_at, name in before if row_at == at and name in open_groups}
            assert {name for row_at, name in linkage.acting if row_at == at} == ready | goes_on


@settings(max_examples=150, deadline=None)
@given(table=TABLES, steps=STEPS)
def test_each_child_does_what_the_first_row_that_acts_on_it_says_and_is_told_once(table, steps):
    doing = {}
    for linkage, _, before, orders in played(table, steps):
        assert len({child for child, _, _ in orders}) == len(orders)
        for child, command, argument in orders:
            assert doing.get(child) != (command, argument), "it is told what it does already"
            doing[child] = (command, argument)
        for child in range(1, COUNT + 1):
            is_, was = acting_on(child, table, linkage.acting), acting_on(child, table, before)
            ordered = [order[1:] for order in orders if order[0] == child]
            if is_:
                assert doing[child] == (is_[0][6], is_[0][7])
            else:
                assert ordered == ([(was[0][8], None)] if was and was[0][8] else [])
                doing.pop(child, None)


@settings(max_examples=60, deadline=None)
@given(table=TABLES, told=st.lists(ALARMS, unique=True, max_size=12), data=st.data())
def test_the_order_of_what_is_heard_at_one_instant_does_not_matter(table, told, data):
    given_ = {"children": children(COUNT), "linkage": rows(*table)}
    traces = []
    for order in (told, data.draw(st.permutations(told))):
        host = Host("gateway", data=given_)
        host.run(3 * MINUTE)
        for child, code in order:
            host.set("bus", heard(child, RAISED, code))
        host.run(SECOND)
        for child, code in reversed(order):
            host.set("bus", heard(child, CLEARED, code))
        host.run(SECOND)
        traces.append([(at, command_of(value)) for at, value in host.switched("bus") if value != ASK])
    assert traces[0] == traces[1]


@pytest.mark.parametrize("count", [ALARMS_MAX, 4 * ALARMS_MAX])
def test_however_many_alarms_are_told_few_are_kept_and_fire_goes_before_others(count):
    every = (2**500 - 1).to_bytes(63, "little")
    fire = (1, 2, 600, False, b"\1", every, 5, None, 0, bits(1))
    gas = (2, 1, 600, True, b"\2", every, 24, None, 0, every)
    linkage = Linkage(rows(fire, gas), lambda child: child)
    for n in range(count):
        linkage.alarmed(n, 1 + n, 2)
    linkage.alarmed(count, 1, 1)
    linkage.alarmed(count, 2, 1)
    linkage.change(linkage.judge(True, 0))
    assert len(linkage._alarms) == ALARMS_MAX
    assert linkage.acting[0] == (0, 0)
    assert len(linkage.acting) <= 1 + ALARMS_MAX


def test_a_table_has_at_most_so_many_rows():
    row = (1, 2, 600, False, b"\1", bits(1, 2), 5, None, 0, bits(3))
    assert Linkage(rows(*[row] * (ROWS_MAX + 5)), group).count == ROWS_MAX


ANYTHING = st.one_of(st.none(), st.booleans(), st.integers(-1, 300), st.binary(max_size=2))


@settings(max_examples=150, deadline=None)
@given(
    table=st.one_of(
        st.binary(max_size=40),
        TABLES.map(lambda table: rows(*table)[:-3]),
        st.tuples(ROWS, st.integers(0, 9), ANYTHING).map(
            lambda one: rows((*one[0][: one[1]], one[2], *one[0][one[1] + 1 :]))
        ),
    )
)
def test_no_table_stops_a_gateway(table):
    host = Host("gateway", data={"children": children(COUNT)[:-1], "linkage": table})
    for child in range(1, COUNT + 1):
        for code in (1, 2):
            host.set("bus", heard(child, RAISED, code))
    host.run(3 * MINUTE)
    assert host.device.rules.report()

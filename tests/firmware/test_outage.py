"""Telemetry of an outage: thinned, bounded, and told afterwards with its true times."""

from pathlib import Path

import pytest
from harness import HOUR, MINUTE, Host, codes
from hypothesis import given
from hypothesis import strategies as st
from lilong_firmware.outage import BATCHES, Outage, thinned
from lilong_protocol import frame, topics
from lilong_protocol.seal import MAX_FRAME
from micropython import run_micropython
from outages import gas_after

QUARTER = 15 * MINUTE


def rows_of(said):
    """(uptime of the row, its values) of a batch."""
    quantities, ages, columns = said.body[0], said.body[1], said.body[2]
    return [
        (said.uptime - age, {quantity: columns[nth][at] for nth, quantity in enumerate(quantities)})
        for at, age in enumerate(ages)
    ]


def told(batches):
    return [row for batch in batches for row in rows_of(batch.frame)]


@pytest.mark.spec("LIL-TELE-004")
def test_each_quarter_of_an_hour_of_an_outage_is_told_after_it():
    host, back = gas_after(2, lambda minute: minute % 7)
    late = [batch for batch in host.of(frame.TELEMETRY) if batch.at >= back]
    assert len(late) == 8
    assert all(batch.qos == 1 and batch.windowed and batch.cls == topics.TELEMETRY for batch in late)
    rows = told(late)
    assert rows == sorted(rows, key=lambda row: row[0])
    for begin in range(HOUR + QUARTER, back - QUARTER, QUARTER):
        assert any(begin <= at < begin + QUARTER for at, _ in rows)
    assert all(values[codes.Q_GAS] == (at - HOUR) // MINUTE % 7 for at, values in rows if HOUR < at < back)


@pytest.mark.spec("LIL-TELE-004")
def test_a_long_outage_is_coarser_and_its_peak_is_still_told():
    peak = 5 * 60 + 20
    host, back = gas_after(20, lambda minute: 9 if peak <= minute < peak + 5 else minute % 3)
    late = [batch for batch in host.of(frame.TELEMETRY) if batch.at >= back]
    assert BATCHES // 2 <= len(late) <= BATCHES
    rows = told(late)
    assert [at for at, values in rows if values[codes.Q_GAS] == 9 and peak <= (at - HOUR) // MINUTE <= peak + 5]
    spans = [batch.body[1][0] - batch.body[1][-1] for batch in late]
    assert spans[0] > spans[-1]  # the older, the coarser


@pytest.mark.spec("LIL-TELE-004")
def test_it_waits_for_alarms_and_events():
    host = Host("gas")
    host.run(HOUR)
    host.cut()
    host.run(2 * HOUR)
    host.sense("tamper", 1)
    back = host.now
    host.heal()
    host.run(5 * MINUTE)
    after = [sent for sent in host.sent if sent.at >= back]
    classes = [sent.cls for sent in after]
    assert classes.index(topics.ALARM) < classes.index(topics.TELEMETRY)
    assert topics.TELEMETRY in classes


@pytest.mark.spec("LIL-TELE-004")
def test_one_that_was_on_its_way_when_the_link_broke_again_comes_with_the_same_bytes():
    host = Host("gas")
    host.run(HOUR)
    host.cut()
    host.run(2 * HOUR)
    host.heal()
    while not [sent for sent in host.sent if sent.qos and sent.cls == topics.TELEMETRY]:
        host.run(1)
    host.cut()
    host.run(HOUR)
    host.heal()
    host.run(10 * MINUTE)
    late = [sent for sent in host.sent if sent.cls == topics.TELEMETRY and sent.qos]
    assert late[0].data == late[1].data
    numbers = [sent.frame.seq for sent in late[1:]]
    assert numbers == sorted(set(numbers))
    assert host.device.session.later == []


SOURCE = """
import sys
sys.path.append(sys.argv[1])
from outages import gas_after
for line in gas_after(20, lambda minute: minute * minute % 11)[0].lines():
    print(line)
"""


def test_the_same_bytes_leave_real_micropython():
    there = run_micropython(SOURCE, Path(__file__).parent, heap="32m").splitlines()
    assert there == gas_after(20, lambda minute: minute * minute % 11)[0].lines()


def test_a_device_that_was_always_heard_keeps_nothing():
    host = Host("gas")
    host.run(3 * HOUR)
    assert host.device.session.later == ()


ROWS = st.lists(
    st.fixed_dictionaries({1: st.integers(-50, 50), 7: st.integers(0, 2**32 - 1), 9: st.sampled_from((0, 1))}),
    min_size=1, max_size=24,
)  # fmt: skip


@given(ROWS)
def test_thinned_rows_have_the_least_the_greatest_and_the_last_of_each_quantity(values):
    rows = [(300_000 * at, row) for at, row in enumerate(values)]
    kept = thinned(rows)
    assert kept == [row for row in rows if row in kept]
    assert kept[-1] == rows[-1]
    assert len(kept) <= 2 * 3 + 1
    for quantity in (1, 7, 9):
        for extreme in (min, max):
            assert extreme(row[quantity] for _, row in kept) == extreme(row[quantity] for row in values)
    assert thinned(kept) == kept


@given(st.lists(ROWS, min_size=1, max_size=70), st.integers(0, 1_000_000))
def test_any_outage_is_kept_in_bounded_memory_with_its_extremes_and_its_end(batches, later):
    host = Host("gas")
    outage = Outage(host.device)
    rows, at = [], 0
    for batch in batches:
        begin = len(rows)
        for values in batch:
            at += 300_000
            rows.append((at, values))
        outage.keep(rows[begin:])
    host.device.session.later = [outage]
    batches, kept = 0, []
    while host.device.session.later:
        cls, data, _ = outage.first(at + later)
        assert outage.first(at + 2 * later)[1] is data
        assert len(data) <= MAX_FRAME
        said = host.decode(cls, data)
        assert said.uptime == at + later
        kept += rows_of(said)
        batches += 1
        assert not outage.sent(at, bytes(bytearray(data)))
        assert outage.sent(at, data)
    assert batches <= BATCHES
    assert kept == [row for row in rows if row in kept]
    assert kept[-1] == rows[-1]
    for quantity in (1, 7, 9):
        for extreme in (min, max):
            assert extreme(row[quantity] for _, row in kept) == extreme(row[quantity] for _, row in rows)

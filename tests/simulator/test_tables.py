"""Tables: what stands in columns is what stands in the frames, and what data people use can read it."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest
from backends import KEY, InTheLoop
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_protocol import frame as frames
from lilong_protocol.pc.sealed import payload_of
from lilong_protocol.registry import MESSAGE, QUANTITY
from lilong_simulator.estate import load_estate
from lilong_simulator.fleet.spoken import Spoken
from lilong_simulator.incidents import OneAlarm
from lilong_simulator.recorder import Recorder
from lilong_simulator.tables import parquet, read, rows, schema
from lilong_simulator.tables.messages import Messages
from lilong_simulator.truth import Expectation, finding_row, truth_row
from lilong_simulator.virtual_run import VirtualRun, epoch_ms

ESTATE = load_estate(Path(__file__).with_name("small_estate.toml"))
START = datetime(2026, 3, 4, 18)
ZERO = epoch_ms(ESTATE, START)
README = Path(__file__).parents[2] / "simulator/README.md"


class Log(Recorder):
    def __init__(self, *logs):
        super().__init__()
        self.logs = logs
        self.frames = []

    def sent(self, at, device, cls, frame, due):
        super().sent(at, device, cls, frame, due)
        self.frames.append((at, device, cls, bytes(frame)))
        for log in self.logs:
            log.up(at, device, cls, frame)


@pytest.fixture(scope="module")
def run():
    """Half an hour with a smoke alarm: (frames, table of them as they were spoken)."""
    messages = Messages(ESTATE, ZERO)
    log = Log(messages)
    VirtualRun(ESTATE, KEY, 7, START, [OneAlarm("smoke.alarm")], InTheLoop(ESTATE.id), log).run(1_800_000)
    return log.frames, messages


@pytest.fixture(scope="module")
def file(run, tmp_path_factory):
    path = tmp_path_factory.mktemp("tables") / "messages.parquet"
    parquet.write(path, schema.MESSAGES, run[1].take() + run[1].rest(), {"seed": 7})
    return path


def test_columns_tell_what_the_frames_say(run, file):
    read = pq.read_table(file).to_pylist()
    for row, (at, device, cls, data) in zip(read, run[0], strict=True):
        said = frames.unpack(payload_of(data))
        assert (row["run_ms"], row["device"], row["class"], row["frame"]) == (at, device, cls, data)
        assert row["size"] == len(data)
        assert row["time"] == datetime.fromtimestamp((ZERO + at) / 1000, UTC)
        assert (row["boot"], row["seq"], row["uptime_ms"]) == (said.boot, said.seq, said.uptime)
        assert row["clock"] == (None if said.epoch is None else datetime.fromtimestamp(said.epoch / 1000, UTC))
        assert row["message"] == MESSAGE[said.kind].name
        assert (row["estate"], row["direction"]) == (ESTATE.id, "up")
        assert row["kind"] == next(placed.kind for placed in ESTATE.devices if placed.id == device)
        assert sorted(map(reading, row["readings"])) == sorted(measured(said))


def reading(row):
    return row["quantity"], row["value"], row["age_ms"]


def measured(said):
    """(quantity, value in its unit, age) by the specification of bodies."""
    if said.kind == frames.TELEMETRY:
        for quantity, column in zip(said.body[0], said.body[2], strict=True):
            for age, value in zip(said.body[1], column, strict=True):
                yield QUANTITY[quantity].name, value / 10 ** -QUANTITY[quantity].exponent, age
    else:
        values = said.body.get({frames.BIRTH: 7, frames.HEARTBEAT: 3}.get(said.kind, 4))
        for quantity, value in (values if isinstance(values, dict) else {}).items():
            yield QUANTITY[quantity].name, value / 10 ** -QUANTITY[quantity].exponent, 0


def test_the_frames_of_another_maker_give_the_same_columns(run, file):
    """What a frame says is read from its bytes where nobody in this process has said it."""
    anew = Messages(ESTATE, ZERO)
    for at, device, cls, data in run[0]:
        anew.up(at, device, cls, data)
    other = file.with_name("other.parquet")
    parquet.write(other, schema.MESSAGES, anew.take() + anew.rest(), {"seed": 7})
    assert other.read_bytes() == file.read_bytes()


def times(said, nth, later):
    """The nth of frames that say the same, so many ms later than the first."""
    epoch = None if said.epoch is None else said.epoch + later
    return frames.pack(
        said.kind, said.body, said.boot, said.seq + nth, said.uptime + later, epoch, said.quality, nonce=said.nonce
    )


@settings(deadline=None)
@given(data=st.data())
def test_what_is_told_at_once_of_many_stands_in_as_many_rows(run, data):
    """As if each had been told of when it was sent, whatever else was."""
    heartbeats = [row for row in run[0] if row[2] == "hb"]
    telemetry = [row for row in run[0] if row[2] == "tm"]
    many, single = Messages(ESTATE, ZERO), Messages(ESTATE, ZERO)
    for rows_of in data.draw(st.permutations([heartbeats, telemetry])):
        at, device, cls, first = data.draw(st.sampled_from(rows_of))
        said = frames.unpack(payload_of(first))
        step, count = data.draw(st.integers(1, 900_000)), data.draw(st.integers(1, 9))
        sealed = data.draw(st.booleans())
        each = [Spoken(bytes(nth + 1) if sealed else b"") for nth in range(count)]
        many.told(at, step, count, device, cls, said, list(each) if sealed else None)
        for nth, spoken in enumerate(each):
            spoken.said = frames.unpack(times(said, nth, nth * step))
            single.up(at + nth * step, device, cls, spoken)
        if data.draw(st.booleans()):
            many.down(at, device, "cm", first)
            single.down(at, device, "cm", first)
    (one,), (other,) = many.rest(), single.rest()
    assert one.num_rows == other.num_rows == many.count
    for name in schema.names(schema.MESSAGES.columns):
        assert one[name].to_pylist() == other[name].to_pylist(), name


def test_an_alarm_has_its_name_and_its_id_wherever_it_is_told_of(file):
    alarms = [row for row in pq.read_table(file).to_pylist() if row["class"] == "al"]
    assert {row["code"] for row in alarms} == {"smoke.alarm"}
    (name,) = {row["alarm"] for row in alarms}
    raised = alarms[0]
    assert name == f"{raised['device']}-{raised['boot']}-{raised['seq']}"
    assert {row["message"] for row in alarms} >= {"alarm raise", "alarm update"}


def test_duckdb_and_pandas_read_every_table(file):
    tables = {
        schema.MESSAGES: None,
        schema.DEVICES: rows.devices(ESTATE),
        schema.TRUTH: rows.truth(ESTATE, ZERO, [truth_row(ESTATE.devices[0], "smoke.alarm", 5, "a fire")]),
        schema.EXPECTATIONS: rows.expectations(ESTATE, [expectation("a", ("x", "y")), expectation("b", ())]),
        schema.OBSERVED: rows.observed(ESTATE, [observed("stored"), observed("shown")]),
    }  # fmt: skip
    for table, columns in tables.items():
        path = file.with_name(f"{table.name}.parquet")
        if columns is not None:
            parquet.write(path, table, [columns], {})
        frame = pd.read_parquet(path)
        assert list(frame) == schema.names(table.columns)
        found = duckdb.sql(f"select * from '{path}'")
        assert found.columns == list(frame)
        assert len(found.to_arrow_table()) == len(frame) > 0
    after = duckdb.sql(f"select id, after from '{file.with_name('expectations.parquet')}'").fetchall()
    assert after == [("a", ["x", "y"]), ("b", [])]


def expectation(name, after):
    return Expectation(name, "fire", "command", "fire_release", ESTATE.devices[0].id, "door", after, 2, None)


def observed(event):
    return {"at": ZERO + 1.4, "event": event, "alarm": "a-1-2", "device": "a", "code": 1, "boot": 1, "seq": 2}


@pytest.mark.parametrize("table", schema.TABLES, ids=lambda table: table.name)
def test_a_table_without_rows_is_one_all_the_same(tmp_path, table):
    path = tmp_path / "empty.parquet"
    parquet.write(path, table, [[]], {"seed": 7})
    read = pq.read_table(path)
    assert (read.num_rows, read.column_names) == (0, schema.names(table.columns))
    about = json.loads(pq.read_metadata(path).metadata[b"lilong"])
    assert about == {"schema": schema.SCHEMA_VERSION, "seed": 7}


@pytest.mark.parametrize("table", [one for one in schema.TABLES if one is not schema.MESSAGES], ids=lambda it: it.name)
def test_a_table_takes_columns_of_its_types(tmp_path, table):
    values = {
        schema.TEXT: ["a"], schema.WHOLE: [1], schema.NUMBER: [1.5], schema.TIME: [ZERO],
        schema.TEXTS: parquet.Lists([1], ["a"]),
    }  # fmt: skip
    parquet.write(tmp_path / "file", table, [[values[column.type] for column in table.columns]], {})
    (row,) = pq.read_table(tmp_path / "file").to_pylist()
    assert list(row) == schema.names(table.columns)
    assert None not in row.values()


@pytest.mark.parametrize("table", schema.TABLES, ids=lambda table: table.name)
def test_the_readme_says_what_every_column_means(table):
    text = README.read_text()
    for column in table.columns:
        assert f"`{column.name}`" in text
        assert column.about in text, column


def numbers(count):
    """Batches of `count` rows of the table of what was observed."""
    return rows.observed(ESTATE, [observed("stored") | {"seq": seq} for seq in range(count)])


def test_row_groups_have_a_fixed_size_whatever_comes_at_a_time(tmp_path):
    batch = numbers(8_000)
    path = tmp_path / "rows.parquet"
    parquet.write(path, schema.OBSERVED, [batch] * 20, {})
    about = pq.read_metadata(path)
    assert [about.row_group(at).num_rows for at in range(2)] == [parquet.GROUP_ROWS, 160_000 - parquet.GROUP_ROWS]


def test_a_batch_is_asked_for_when_the_last_one_has_been_taken(tmp_path):
    """So no more than one is ever held."""
    asked = []

    def batches():
        for number in range(3):
            asked.append(number)
            yield numbers(10)
            assert asked[-1] == number

    parquet.write(tmp_path / "rows.parquet", schema.OBSERVED, batches(), {})
    assert asked == [0, 1, 2]


@pytest.mark.parametrize("error", [ValueError("broken"), KeyboardInterrupt()])
def test_what_there_is_when_a_run_breaks_off_is_kept(tmp_path, error):
    def batches():
        yield numbers(10)
        raise error

    path = tmp_path / "rows.parquet"
    with pytest.raises(type(error)):
        parquet.write(path, schema.OBSERVED, batches(), {})
    assert pq.read_table(path).num_rows == 10


def test_a_full_disk_is_told_in_words(tmp_path):
    with pytest.raises(parquet.ParquetError, match="No space left on device; make room"):
        parquet.write(Path("/dev/full"), schema.OBSERVED, [numbers(10)], {})
    with pytest.raises(parquet.ParquetError, match="choose a folder"):
        parquet.write(tmp_path / "none/rows.parquet", schema.OBSERVED, [numbers(10)], {})


def test_the_queries_of_the_readme_answer(run, file, monkeypatch):
    out = file.parent / "out/lane_house"
    out.mkdir(parents=True)
    (out / "messages.parquet").write_bytes(file.read_bytes())
    alarm = next(row for row in run[0] if row[2] == "al")
    placed = next(device for device in ESTATE.devices if device.id == alarm[1])
    truth = [truth_row(placed, "smoke.alarm", alarm[0] - 5_000, "a fire")]
    stored = observed("stored") | {"at": ZERO + alarm[0] + 40, "device": placed.id}
    parquet.write(out / "truth.parquet", schema.TRUTH, [rows.truth(ESTATE, ZERO, truth)], {})
    parquet.write(out / "observed.parquet", schema.OBSERVED, [rows.observed(ESTATE, [stored])], {})
    monkeypatch.chdir(file.parent)
    queries = re.findall(r"```sql\n(.*?)```", README.read_text(), re.DOTALL)
    hours, alarms = (duckdb.sql(query).to_arrow_table() for query in queries)
    assert set(hours["quantity"].to_pylist()) >= {"gas", "co"}
    assert alarms.to_pylist() == [{"alarm": "smoke.alarm", "name": placed.name, "stored_ms": 5_040}]


def test_what_is_seen_in_part_and_what_is_confirmed_is_read_back(tmp_path):
    device = ESTATE.devices[0]
    fire = truth_row(device, "smoke.alarm", 1_000, "a fire", recall=0.9)
    told = finding_row("fire.forwarded", 1_000, "two detectors", after=[fire.id, "another"], quorum=2)
    parquet.write(tmp_path / "truth.parquet", schema.TRUTH, [rows.truth(ESTATE, ZERO, [fire, told])], {})
    found, _ = read.truth(tmp_path / "truth.parquet")
    assert [(one.recall, one.after, one.quorum) for one in found] == [
        (0.9, (), 0), (None, (fire.id, "another"), 2),
    ]  # fmt: skip

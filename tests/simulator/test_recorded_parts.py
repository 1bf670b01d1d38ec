"""A recording of several processes: a part each, and one file of them in the order of its rows."""

from pathlib import Path

import pytest
from lilong_simulator.load.lines import RecordingError
from lilong_simulator.load.parts import Parts
from lilong_simulator.load.record import RecordError, Recording
from lilong_simulator.load.recorded import look_through, open_source

EPOCH = 1_800_000_000_000
DEVICES = ("a4cf12fffe0b3c5d", "00cf12fffe0b3c5d", "b4cf12fffe0b3c5d")
TENANTS = dict(zip(DEVICES, ("acme", "acme_2", "acme"), strict=True))
FIRST = [(0.0, DEVICES[0], "st", b"a", None), (5.0, DEVICES[0], "tm", b"b", 1), (5.0, DEVICES[0], "", b"", None)]
SECOND = [
    (2.5, DEVICES[1], "st", b"c", None), (5.0, DEVICES[2], "st", b"d", None), (5_007.25, DEVICES[1], "hb", b"e", None),
]  # fmt: skip


def packed(folder, rows):
    """The bytes that a worker sends."""
    path = folder / "of_a_worker"
    with Recording(path, EPOCH + 17, "a test", TENANTS.__getitem__) as recording:
        for row in rows:
            recording.put(row)
    return path.read_bytes()


def parts_of(path, *pieces, told=None):
    told = [] if told is None else told
    parts = Parts(path, len(pieces), told.append)
    for index, data in enumerate(pieces):
        parts.take(index, data[:7])
        parts.take(index, data[7:])
    return parts


def rows_of(path):
    source = open_source(path)
    return [(at, device, cls, data, qos) for at, _, device, cls, data, qos in source.rows()], source


def test_rows_stand_in_the_order_of_their_times_and_at_one_time_in_that_of_the_shards(tmp_path):
    pieces = packed(tmp_path, FIRST), packed(tmp_path, SECOND)
    assert parts_of(tmp_path / "one", *pieces).merge(EPOCH) is None
    rows, source = rows_of(tmp_path / "one")
    assert rows == [FIRST[0], SECOND[0], *FIRST[1:], *SECOND[1:]]
    found = look_through(source)
    assert (found.cut, found.epoch_zero, found.devices) == (None, EPOCH, TENANTS)
    assert not list(tmp_path.glob("*.part*")), "the parts are gone"
    assert parts_of(tmp_path / "other", *pieces).merge(EPOCH) is None
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


@pytest.mark.parametrize(("keeps", "lacks"), [(-12, "after 5.0 s what shard 1 sent"), (0, "all shard 1 sent")])
def test_what_a_lost_shard_has_not_sent_is_lacking_and_said_so(tmp_path, keeps, lacks):
    """Without its last bytes a part lacks its end, without all of them everything."""
    parts_of(tmp_path / "run", packed(tmp_path, FIRST), packed(tmp_path, SECOND)[:keeps]).merge(EPOCH)
    rows, source = rows_of(tmp_path / "run")
    assert set(FIRST) <= set(rows) <= {*FIRST, *SECOND}
    assert source.cut == f"{tmp_path}/run: lacks {lacks}"


def test_a_part_that_is_damaged_leaves_all_parts_and_a_word(tmp_path):
    data = bytearray(packed(tmp_path, SECOND))
    data[20] ^= 0xFF
    parts = parts_of(tmp_path / "run", packed(tmp_path, FIRST), bytes(data))
    why = parts.merge(EPOCH)
    assert why.startswith(f"{tmp_path}/run: cannot be made of its parts (")
    assert why.endswith("; replay run.part0 and the others")
    assert rows_of(tmp_path / "run.part0")[0] == FIRST
    assert not (tmp_path / "run").exists(), "half a recording would be taken for one"


def test_a_disk_that_is_full_ends_one_part_with_a_word_and_not_the_run(tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("no full disk to be had")
    (tmp_path / "run.part1").symlink_to("/dev/full")
    told = []
    parts = parts_of(tmp_path / "run", packed(tmp_path, FIRST), packed(tmp_path, SECOND), told=told)
    assert told == [
        f"{tmp_path}/run.part1: the recording of shard 1 has ended, the run goes on (No space left on device)"
    ]
    (tmp_path / "run.part1").unlink()
    (tmp_path / "run.part1").touch()
    assert parts.merge(EPOCH) is None
    assert rows_of(tmp_path / "run")[0] == FIRST


def test_where_nothing_can_be_written_is_a_clear_error(tmp_path):
    with pytest.raises(RecordError, match=r"--record .*: Is a directory; name a file that can be written"):
        Parts(tmp_path, 2, print)
    assert parts_of(tmp_path / "run", b"", b"").merge(EPOCH) is None
    with pytest.raises(RecordingError, match="holds nothing that a device sent"):
        look_through(open_source(tmp_path / "run"))

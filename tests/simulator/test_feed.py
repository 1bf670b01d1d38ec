"""The observed feed: JSON lines in a file that grows while it is read; a bad line is named."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_simulator.feed import EVENTS, FeedError, FeedEvent, FeedReader, parse_line

ROW = {"at": 1_800_000_000_000, "event": "stored", "alarm": "a-1-1", "device": "a", "code": 1, "boot": 1, "seq": 1}
EVENT = FeedEvent(1_800_000_000_000.0, "stored", "a-1-1", "a", 1, 1, 1)


def line(**changes):
    return json.dumps(ROW | changes).encode() + b"\n"


def test_a_file_that_is_not_there_yet_is_an_empty_one(tmp_path):
    reader = FeedReader(tmp_path / "observed.jsonl")
    assert reader.poll() == []
    (tmp_path / "observed.jsonl").write_bytes(line())
    assert reader.poll() == [EVENT]


def test_each_event_is_given_once(tmp_path):
    path = tmp_path / "observed.jsonl"
    path.write_bytes(line() + line(event="shown"))
    reader = FeedReader(path)
    assert [event.event for event in reader.poll()] == ["stored", "shown"]
    assert reader.poll() == []
    with path.open("ab") as file:
        file.write(line(event="cleared"))
    assert [event.event for event in reader.poll()] == ["cleared"]


@settings(deadline=None)
@given(data=st.data())
def test_lines_that_arrive_in_pieces_are_read_whole(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("feed") / "observed.jsonl"
    events = data.draw(st.lists(st.sampled_from(EVENTS), max_size=5))
    content = b"".join(line(event=event, alarm=f"火-{at}", members=[]) for at, event in enumerate(events))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=6)))
    reader = FeedReader(path)
    read = []
    for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True):
        with path.open("ab") as file:
            file.write(content[start:end])
        read += reader.poll()
    assert [event.event for event in read] == events


def test_keys_of_the_backends_own_are_ignored(tmp_path):
    path = tmp_path / "observed.jsonl"
    path.write_bytes(line(operator="Wang"))
    assert FeedReader(path).poll() == [EVENT]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b"\n", "not a line"),
        (b"{\n", "not a line of an observed feed (no JSON: "),
        (b"\xff\n", "(no UTF-8)"),
        (b"[1]\n", "(no object)"),
        (b"7\n", "(no object)"),
        (b'{"at": 1}\n', '(it lacks "event"); it needs {"at": epoch ms, '),
        (line(at="yesterday"), "yesterday"),
        (line(at=None), "not a line"),
        (line(at=float("nan")), "at is nan"),
        (line(at=10**400), "not a line"),
        (line(seq="one"), "one"),
        (line(seq=float("inf")), "not a line"),
        (line(event="merged"), "event 'merged' is unknown; use one of stored, updated, shown, "),
        (line(event=["stored"]), "is unknown"),
    ],
)
def test_a_bad_line_is_told_with_file_and_line(tmp_path, bad, why):
    path = tmp_path / "observed.jsonl"
    path.write_bytes(line() + bad)
    with pytest.raises(FeedError) as told:
        FeedReader(path).poll()
    assert str(told.value).startswith(f"{path}:2: ")
    assert why in str(told.value)


def test_what_cannot_be_read_is_told(tmp_path):
    with pytest.raises(FeedError, match="name the file that the backend appends to"):
        FeedReader(tmp_path).poll()


def test_a_finding_is_read_with_its_name_and_members():
    line = (
        b'{"at": 5, "event": "updated", "alarm": "f-1", "device": "", "code": 1002, "boot": 0, "seq": 0, '
        b'"finding": "comms.feeder_lost", "members": ["a", "b"]}'
    )
    event = parse_line(line, "here")
    assert (event.finding, event.members, event.event) == ("comms.feeder_lost", ("a", "b"), "updated")

"""The store of two copies, on volumes that a test damages as it likes; `test_power_cuts_micropython` has real ones."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware.mirror import Mirror
from lilong_firmware.store import RamStore


class Shelf:
    """A volume in memory. `history`: all its states, since rot takes a LittleFS back to one of them."""

    def __init__(self):
        self.files = {}
        self.history = [{}]
        self.fails = False
        self.left = None  # changes until the power goes

    def put(self, name, data):
        self._change({**self.files, name: data})

    def drop(self, name):
        if name not in self.files:
            raise OSError(2, name)
        self._change({kept: data for kept, data in self.files.items() if kept != name})

    def get(self, name):
        if name not in self.files:
            raise OSError(2, name)
        return self.files[name]

    def names(self):
        if self.files is BROKEN:
            raise OSError(84, "corrupt")
        return list(self.files)

    def renew(self):
        self.files = {}

    def _change(self, files):
        if self.fails or self.files is BROKEN:
            raise OSError(5, "flash")
        if self.left is not None:
            if self.left == 0:
                raise KeyboardInterrupt
            self.left -= 1
        self.files = files
        self.history.append(files)


BROKEN = {}  # the state of a volume that cannot be mounted


@pytest.fixture
def shelves():
    return [Shelf(), Shelf()]


def test_keeps_records_by_name(shelves):
    store = Mirror(shelves)
    store.put("b", b"2")
    store.put("a", b"1")
    store.put("b", b"3")
    assert store.items() == [("a", b"1"), ("b", b"3")]
    store.drop("b")
    store.drop("b")
    assert store.items() == Mirror(shelves).items() == [("a", b"1")]
    assert (store.damaged, store.failed) == (0, 0)


@pytest.mark.parametrize("broken", [0, 1])
def test_a_volume_that_cannot_be_read_is_made_anew_from_the_other(shelves, broken):
    store = Mirror(shelves)
    for name in "abc":
        store.put(name, name.encode())
    shelves[broken].files = BROKEN
    store = Mirror(shelves)
    assert store.items() == [("a", b"a"), ("b", b"b"), ("c", b"c")]
    assert store.damaged == 1
    assert shelves[0].files == shelves[1].files


@pytest.mark.parametrize("rotten", [0, 1])
def test_a_record_whose_bytes_have_rotted_comes_from_the_other_copy(shelves, rotten):
    Mirror(shelves).put("a", b"all of it")
    file = shelves[rotten].files["a"]
    shelves[rotten].files["a"] = file[:-1] + bytes([file[-1] ^ 1])
    store = Mirror(shelves)
    assert store.items() == [("a", b"all of it")]
    assert shelves[0].files == shelves[1].files


def test_what_both_have_lost_is_counted_and_stops_nothing(shelves):
    store = Mirror(shelves)
    store.put("a", b"1")
    store.put("b", b"2")
    for shelf in shelves:
        shelf.files["a"] = b"junk of another length"
    store = Mirror(shelves)
    assert store.items() == [("b", b"2")]
    assert store.damaged == 1


def test_one_volume_is_enough_and_none_is_an_error(shelves):
    store = Mirror(shelves)
    store.put("a", b"1")
    shelves[0].fails = True
    store.put("a", b"2")
    shelves[0].fails = False
    assert Mirror(shelves).items() == [("a", b"2")]
    shelves[0].fails = shelves[1].fails = True
    store = Mirror(shelves)
    with pytest.raises(OSError, match="28"):
        store.put("a", b"3")
    assert store.items() == [("a", b"2")]


def test_a_log_is_where_it_is_told(shelves):
    assert not Mirror(shelves).LOGS
    assert Mirror(shelves).read("l00", 0, 9) == b""
    with pytest.raises(OSError, match="19"):
        Mirror(shelves).write("l00", 0, b"1")
    store = Mirror(shelves, RamStore())
    assert store.LOGS
    store.write("l00", 0, b"event")
    assert store.read("l00", 1, 3) == b"ven"
    assert store.items() == []


CHANGES = st.tuples(
    st.sampled_from("abcd"),
    st.one_of(st.none(), st.binary(max_size=3)),  # None: drop
    st.one_of(st.none(), st.integers(0, 3)),  # changes of the volumes until the power goes
    st.one_of(st.none(), st.tuples(st.integers(0, 1), st.integers(1, 8))),  # a volume goes back by so many changes
)


def start(shelves):
    """As a device starts: it reads all, and writes its boot number before anything else."""
    store = Mirror(shelves)
    found = dict(store.items())
    found.pop("boot", None)
    store.put("boot", b"")
    return store, found


@settings(max_examples=500, deadline=None)
@given(story=st.lists(CHANGES, max_size=25), restarts=st.booleans())
def test_after_any_story_each_record_is_as_it_was_or_as_it_was_about_to_be(story, restarts):
    shelves = [Shelf(), Shelf()]
    store, known = start(shelves)
    for name, data, left, back in story:
        after = {other: kept for other, kept in known.items() if other != name}
        if data is not None:
            after[name] = data
        shelves[0].left = left
        shelves[1].left = None if left is None else max(0, left - 2)
        cut = False
        try:
            if data is None:
                store.drop(name)
            else:
                store.put(name, data)
        except KeyboardInterrupt:
            cut = True
        for shelf in shelves:
            shelf.left = None
        if cut or restarts or back:
            if back:
                shelf = shelves[back[0]]
                del shelf.history[max(1, len(shelf.history) - back[1]) :]
                shelf.files = shelf.history[-1]
            store, found = start(shelves)
            assert found in ([known, after] if cut else [after])
            known = found
        else:
            known = after
    assert start(shelves)[1] == known

"""The record of a deep sleep is what was written, or it is none."""

from hypothesis import given
from hypothesis import strategies as st
from lilong_firmware.rtc import DAY_MS, ROOM, Kept, Watch, pack_record, unpack_record

TIMES = st.integers(0, 1 << 60)
COUNTS = st.integers(0, 0xFFFFFFFF)
SIGNED = st.integers(-(1 << 31), (1 << 31) - 1)
NAMES = [name for name in Kept.__slots__ if name not in ("watched", "numbers", "waiting", "failures")]


@st.composite
def kepts(draw):
    kept = Kept()
    for name in NAMES:
        wide = name.endswith("_at") or name in ("epoch", "error")
        setattr(kept, name, draw(TIMES if wide else COUNTS))
    kept.failures = draw(st.integers(0, 255))
    kept.watched = [
        Watch(*draw(st.tuples(st.integers(0, 15), st.booleans(), SIGNED, SIGNED, COUNTS, TIMES)))
        for _ in range(draw(st.integers(0, 6)))
    ]
    kept.numbers = draw(st.lists(st.integers(-(1 << 60), 1 << 60), max_size=3))
    kept.waiting = draw(st.lists(st.tuples(st.sampled_from(("ev", "rs")), COUNTS, st.binary(max_size=200)), max_size=5))
    return kept


def told(kept):
    watched = [tuple(getattr(watch, name) for name in Watch.__slots__) for watch in kept.watched]
    plain = [getattr(kept, name) for name in (*NAMES, "failures", "numbers")]
    return plain, watched, [(cls, number, bytes(data)) for cls, number, data in kept.waiting]


@given(kept=kepts())
def test_what_was_written_is_read(kept):
    assert told(unpack_record(pack_record(kept))) == told(kept)


@given(kept=kepts(), size=st.integers(0, ROOM))
def test_a_record_that_was_cut_short_is_none(kept, size):
    record = pack_record(kept)
    assert size >= len(record) or unpack_record(record[:size]) is None


@given(old=kepts(), new=kepts(), size=st.integers(0, ROOM))
def test_a_write_that_is_cut_leaves_the_old_record_the_new_one_or_none(old, new, size):
    before, after = pack_record(old), pack_record(new)
    torn = unpack_record(after[:size] + before[size:])
    assert torn is None or told(torn) in (told(old), told(new))


@given(kept=kepts(), at=st.integers(0, 8 * ROOM))
def test_one_bit_that_has_turned_makes_it_none(kept, at):
    record = bytearray(pack_record(kept))
    at %= 8 * len(record)
    record[at >> 3] ^= 1 << (at & 7)
    assert unpack_record(bytes(record)) is None


def test_what_the_memory_holds_after_power_on_is_none():
    for size in (0, 4, 5, 200, ROOM):
        assert unpack_record(bytes(size)) is None
        assert unpack_record(b"\xff" * size) is None


def test_a_day_is_told_when_it_is_over_and_counting_begins_anew():
    kept = Kept()
    kept.count(1_000, 300)
    assert (kept.told_ms, kept.told_wakes) == (0, 0)
    kept.count(1_000 + DAY_MS - 1, 300)
    assert kept.wakes == 2
    kept.count(1_000 + DAY_MS, 300)
    assert (kept.told_ms, kept.told_wakes, kept.awake_ms, kept.wakes) == (900, 3, 0, 0)
    kept.count(1_000 + 5 * DAY_MS, 400)
    assert (kept.told_ms, kept.told_wakes) == (400, 1), "days without a waking are passed over"
    assert kept.day_at == 1_000 + 6 * DAY_MS

"""Episodes: one alarm from raise to clear, over restarts too."""

import pytest
from harness import FullStore, codes
from lilong_firmware.episodes import Episodes
from lilong_firmware.store import RamStore
from lilong_protocol import cbor

SMOKE, TAMPER, BATTERY = codes.ALARM_SMOKE_ALARM, codes.ALARM_TAMPER, codes.ALARM_BATTERY_LOW


def reloaded(store):
    episodes = Episodes(store)
    for name, data in store.items():
        episodes.load(name, data)
    return episodes


@pytest.mark.spec("LIL-ALARM-005")
def test_a_restart_takes_up_what_was_open_under_its_old_name():
    store = RamStore()
    episodes = Episodes(store)
    episodes.open(SMOKE, 3, 7)
    episodes.open(BATTERY, 3, 8)
    episodes.get(SMOKE).restored = True
    episodes.get(SMOKE).acknowledged = True
    episodes.keep(SMOKE)
    again = reloaded(store)
    assert again.codes() == [SMOKE, BATTERY]
    assert (again.get(SMOKE).boot, again.get(SMOKE).seq) == (3, 7)
    assert again.get(SMOKE).restored
    assert again.get(SMOKE).acknowledged
    assert not again.get(BATTERY).restored
    assert again.waiting() == 0, "an hour from the start"


def test_what_is_closed_stays_closed():
    store = RamStore()
    episodes = Episodes(store)
    episodes.open(SMOKE, 3, 7)
    episodes.close(SMOKE)
    assert store.items() == []
    assert reloaded(store).codes() == []
    assert episodes.get(SMOKE) is None


def test_an_alarm_is_found_by_its_name():
    episodes = Episodes(RamStore())
    episodes.open(SMOKE, 3, 7)
    episodes.open(TAMPER, 4, 7)
    assert episodes.find(4, 7) == TAMPER
    assert episodes.find(3, 7) == SMOKE
    assert episodes.find(3, 8) is None


def test_waits_from_when_the_backend_had_the_last_frame_of_an_alarm_that_latches():
    episodes = Episodes(RamStore())
    assert episodes.waiting() is None
    episodes.open(BATTERY, 1, 1)
    episodes.confirm(500, BATTERY, 1, 1)
    assert episodes.waiting() is None
    episodes.open(TAMPER, 1, 2)
    episodes.confirm(7_000, TAMPER, 1, 2)
    assert episodes.waiting() == 7_000
    episodes.confirm(8_000, BATTERY, 1, 3)
    assert episodes.waiting() == 7_000, "nobody resets a battery"
    episodes.confirm(9_000, TAMPER, 1, 4)  # an update of it
    assert episodes.waiting() == 9_000
    episodes.close(TAMPER)
    assert episodes.waiting() is None


def test_a_store_that_fails_costs_the_resume_and_nothing_else():
    episodes = Episodes(FullStore())
    episodes.open(SMOKE, 1, 1)
    assert episodes.get(SMOKE) is not None
    episodes.close(SMOKE)


def test_an_alarm_whose_raise_is_in_ram_only_has_no_record_until_the_backend_has_it():
    episodes = Episodes(store := RamStore())
    episodes.open(SMOKE, 3, 7, stored=False)
    episodes.keep(SMOKE)
    assert store.items() == []
    episodes.confirm(5_000, SMOKE, 3, 8)
    assert store.items() == []
    episodes.confirm(5_000, SMOKE, 3, 7)
    assert reloaded(store).codes() == [SMOKE]


def test_a_record_that_could_not_be_written_is_written_when_the_raise_leaves_the_outbox():
    episodes = Episodes(store := FullStore())
    episodes.open(SMOKE, 3, 7)
    store.room = 1
    episodes.confirm(5_000, SMOKE, 3, 7)
    assert reloaded(store).codes() == [SMOKE]
    episodes.confirm(5_000, SMOKE, 3, 7)  # once more: nothing is to be written


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a01", b""),
        ("a01", b"\xff"),
        ("a01", cbor.encode([1, 2, False, False])),
        ("a01", cbor.encode(["1", 2, False, False, 1, 1])),
        ("a01", cbor.encode([-1, 2, False, False, 1, 1])),
        ("a01", cbor.encode(None)),
        ("a", cbor.encode([1, 2, False, False, 1, 1])),
        ("aff", cbor.encode([1, 2, False, False, 1, 1])),
        ("axy", cbor.encode([1, 2, False, False, 1, 1])),
    ],
)
def test_what_is_no_record_of_an_episode_is_refused(name, data):
    episodes = Episodes(RamStore())
    with pytest.raises((ValueError, TypeError, IndexError)):
        episodes.load(name, data)
    assert episodes.codes() == []

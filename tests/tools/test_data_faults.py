"""Data faults of virtual runs: labels that are true, a reference checker that finds them, no alarm to be blamed for."""

import itertools
from functools import cache

import pytest
from data_fault_run import HOUR_MS, Played
from lilong_protocol.registry import QUANTITIES
from lilong_simulator.data_faults import DATA_FAULTS, parse
from lilong_simulator.data_faults.base import values_of
from lilong_simulator.score.quality import quality_score

NUMBERS = {row.name: row for row in QUANTITIES}


@cache
def faulty() -> Played:
    return Played(60, parse("0.02"))


@cache
def clean() -> Played:
    return Played(30, {})


def test_the_checker_never_doubts_a_clean_day() -> None:
    assert clean().run.data_faults is None
    assert len(clean().recorder.frames) > 10_000
    assert clean().recorder.feed == []


def test_the_checker_finds_every_evident_fault_of_each_kind_and_nothing_else() -> None:
    played = faulty()
    judged = quality_score(played.run.data_faults.faults.labels, played.recorder.feed, 0, played.zero)
    assert {kind for kind, one in judged.by_kind.items() if one.labels} == set(DATA_FAULTS), "each kind was planted"
    assert (judged.not_found, judged.wrong) == ((), ())
    assert judged.whole.precision == judged.whole.recall == 1


def test_the_run_is_blamed_for_no_alarm_of_wrong_data() -> None:
    played = faulty()
    judged = played.score()
    assert judged.failures == []
    assert judged.raised == judged.true > 20
    leaks = [row for row in played.run.world.truth if row.cause == "a data fault: out_of_range"]
    assert leaks
    assert {row.expect for row in leaks} == {"may"}


def test_labels_name_the_first_message_that_shows_what_is_wrong() -> None:
    played = faulty()
    frames = {(device, cls, said.boot, said.seq): (at, said) for at, device, cls, said in played.recorder.frames}
    shown = 0
    for label in played.run.data_faults.faults.labels:
        if label.messages == 0:
            assert (label.evident, label.boot, label.seq) == (False, None, None)
            continue
        at, said = frames[label.device, label.cls, label.boot, label.seq]
        assert label.from_ms <= at <= (label.to_ms or played.horizon)
        if label.kind == "out_of_range":
            quantity = NUMBERS[label.quantity]
            assert any(not quantity.low <= value <= quantity.high for value in values_of(said, quantity.number))
            shown += 1
        elif label.kind == "future_time":
            assert said.epoch - (played.zero + at) > HOUR_MS - 1_000
            shown += 1
    assert shown > 20


def test_a_device_has_one_fault_at_a_time_and_is_right_again_after_it() -> None:
    played = faulty()
    by_device: dict[str, list] = {}
    for label in played.run.data_faults.faults.labels:
        by_device.setdefault(label.device, []).append(label)
    for labels in by_device.values():
        for before, after in itertools.pairwise(labels):
            assert before.to_ms is not None
            assert before.to_ms <= after.from_ms
    wrong = {(one.device, one.finding) for one in played.recorder.feed if one.event == "stored"}
    right = {(one.device, one.finding) for one in played.recorder.feed if one.event == "cleared"}
    assert wrong - right <= {one for one in wrong if one[1] == "quality.gap"} | _last(played)


def _last(played: Played) -> set[tuple[str, str]]:
    """What may not be over by the end: its device has not told of it since."""
    late = played.horizon - 24 * HOUR_MS
    return {
        (one.device, f"quality.{one.kind}")
        for one in played.run.data_faults.faults.labels
        if one.to_ms is None or one.to_ms > late
    }


def test_the_same_seed_gives_the_same_labels_and_another_rate_leaves_other_kinds_alone() -> None:
    first, again, alone = (
        Played(12, rates).run.data_faults.faults.labels for rates in (parse("0.05"), parse("0.05"), {"gap": 0.05})
    )
    assert first == again
    assert first != Played(12, parse("0.05"), seed=8).run.data_faults.faults.labels
    assert {label.kind for label in alone} == {"gap"}


@pytest.mark.parametrize("kind", DATA_FAULTS)
def test_faults_of_a_kind_are_as_many_as_the_rate_says(kind: str) -> None:
    """A Poisson process: of n expected, n within four standard deviations, fewer where one is on already."""
    played = Played(24, {kind: 0.5})
    labels = played.run.data_faults.faults.labels
    at_all = [device for device in played.estate.devices if device.kind in DATA_FAULTS[kind].KINDS]
    expected = 0.5 * 24 * len(at_all)
    assert len(labels) <= expected + 4 * expected**0.5
    assert {label.device for label in labels} <= {device.id for device in at_all}
    assert labels

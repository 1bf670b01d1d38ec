"""Precision and recall of a backend's quality checks, by labels and its observed feed."""

from dataclasses import replace
from pathlib import Path

import pytest
from lilong_protocol.pc.findings import BY_NAME
from lilong_simulator.data_faults import DATA_FAULTS, DataFaultError, Label, parse, read_labels, write_labels
from lilong_simulator.data_faults.label import LabelError
from lilong_simulator.feed import FeedEvent
from lilong_simulator.load.scenario import Scenario, ScenarioError, read_scenario
from lilong_simulator.score.quality import GRACE_MS, quality_score

ZERO = 1_800_000_000_000.0


def label(device: str, kind: str, from_ms: int, to_ms: int | None, evident: bool = True) -> Label:
    return Label(device, device, "", kind, from_ms, to_ms, 1, "hb", 7, int(evident), evident)


def finding(device: str, kind: str, at: float, event: str = "stored") -> FeedEvent:
    name = f"quality.{kind}"
    return FeedEvent(ZERO + at, event, f"{name}-{device}-{at}", device, BY_NAME[name].number, 0, 0, name)


LABELS = [
    label("a", "stuck", 1_000, 2_000),
    label("b", "stuck", 1_000, None),
    label("c", "gap", 5_000, 5_000, evident=False),
    label("d", "gap", 5_000, 6_000),
]


def test_precision_and_recall_by_kind_and_together() -> None:
    feed = [
        finding("a", "stuck", 1_500),
        finding("a", "stuck", 2_000 + GRACE_MS),  # of the same
        finding("b", "stuck", 999),  # before it began
        finding("b", "rate", 3_000),  # of another kind
        finding("d", "gap", 5_000),
        finding("d", "gap", 5_000, "cleared"),
        FeedEvent(ZERO, "stored", "a-1-1", "a", 1, 1, 1),
    ]
    judged = quality_score(LABELS, feed, 0.0, ZERO)
    stuck = judged.by_kind["stuck"]
    assert (stuck.labels, stuck.found, stuck.findings, stuck.right) == (2, 1, 3, 2)
    assert (stuck.precision, stuck.recall) == (pytest.approx(2 / 3), 0.5)
    assert (judged.by_kind["rate"].precision, judged.by_kind["rate"].recall) == (0.0, None)
    assert (judged.by_kind["gap"].labels, judged.by_kind["gap"].not_evident, judged.by_kind["gap"].recall) == (1, 1, 1)
    assert (judged.whole.precision, judged.whole.recall) == (0.6, pytest.approx(2 / 3))
    assert [one.device for one in judged.not_found] == ["b"]
    assert [one.device for one in judged.wrong] == ["b", "b"]
    assert judged.to_json()["by_kind"]["future_time"]["precision"] is None


def test_a_finding_that_lasts_answers_for_what_begins_before_it_is_cleared() -> None:
    labels = [label("a", "rate", 0, 10), label("a", "rate", 3 * GRACE_MS, 3 * GRACE_MS + 10)]
    first = finding("a", "rate", 5)
    assert quality_score(labels, [first], 0.0, ZERO).whole.found == 1
    cleared = replace(first, event="cleared", at=ZERO + 3 * GRACE_MS + 5)
    judged = quality_score(labels, [first, cleared], 0.0, ZERO)
    assert (judged.whole.found, judged.whole.findings, judged.whole.right) == (2, 1, 1)


def test_the_clocks_of_run_and_world_are_reckoned_with() -> None:
    judged = quality_score([label("a", "stuck", 0, 10)], [finding("a", "stuck", 60_005)], 60_000.0, ZERO)
    assert judged.whole.recall == judged.whole.precision == 1


def test_what_was_not_observed_is_not_known() -> None:
    judged = quality_score(LABELS, None)
    assert judged.whole.labels == 3
    assert judged.whole.found is judged.whole.findings is judged.whole.precision is judged.whole.recall is None
    assert quality_score([], []).whole.precision is None


def test_labels_are_written_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    write_labels(path, LABELS)
    assert read_labels(path) == LABELS
    assert '"class": "hb"' in path.read_text("utf-8")
    path.write_text(path.read_text("utf-8") + '{"device": "a"}\n', "utf-8")
    with pytest.raises(LabelError, match=r"labels\.jsonl:5: is no label; give the labels\.jsonl of a run"):
        read_labels(path)


def test_rates_by_kind() -> None:
    assert parse("0.001") == dict.fromkeys(DATA_FAULTS, 0.001)
    assert parse("0.001, stuck=0.0005, gap=0") == {
        **{kind: 0.001 for kind in DATA_FAULTS if kind != "gap"}, "stuck": 0.0005,
    }  # fmt: skip
    assert parse("rate=2") == {"rate": 2.0}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("often", "'often' is no rate; give faults of each kind per device and hour"),
        ("", "'' is no rate"),
        ("stuk=1", "no kind is called 'stuk'; did you mean \"stuck\""),
        ("-1", "-1: out of bounds; give 0 to 60 an hour"),
        ("nan", "nan: out of bounds"),
        ("1,2", "two rates for all kinds; leave one out"),
        ("gap=1,gap=2", "gap is given twice; leave one out"),
    ],
)
def test_what_is_no_rate_is_told(text: str, complaint: str) -> None:
    with pytest.raises(DataFaultError, match=repr(text)) as told:
        parse(text)
    assert complaint in str(told.value)


def test_a_street_file_says_how_often_data_are_wrong(tmp_path: Path) -> None:
    street = tmp_path / "street.toml"
    street.write_text('data_faults = "0.01,gap=0.5"\n[[estates]]\nestate = "music_plaza"\n', "utf-8")
    scenario = read_scenario(str(street))
    assert scenario.data_faults == parse("0.01,gap=0.5")
    assert Scenario.from_json(scenario.to_json()) == scenario
    street.write_text('seed = 1\ndata_faults = "gap"\n[[estates]]\nestate = "music_plaza"\n', "utf-8")
    with pytest.raises(ScenarioError, match=r"street\.toml:2: data_faults: 'gap': 'gap' is no rate; give faults"):
        read_scenario(str(street))

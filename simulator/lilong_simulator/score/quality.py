"""How well a backend's quality checks do: what it has found, by its observed feed, against the labels of data faults.

A finding is right when it names the kind of a label at its device, and was there between the label's beginning and
GRACE_MS after its end: at the instant when it was stored, or, where the feed says when it was cleared, until then.
Precision is the share of findings that are right; recall is the share of the labels that were found, of those that are
evident: what no message showed is asked of nobody. Of what was not observed nothing is known: None.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..data_faults.kinds import DATA_FAULTS
from ..data_faults.label import Label
from ..feed import FeedEvent

PREFIX = "quality."
GRACE_MS = 7_200_000  # (ours) two reports of a lamp that is not lit: what shows an end may come so late


@dataclass(frozen=True, slots=True)
class KindQuality:
    """labels: evident ones, and those that were not evident apart; None for what was not observed."""

    labels: int
    not_evident: int
    found: int | None
    findings: int | None
    right: int | None

    @property
    def precision(self) -> float | None:
        """None where nothing was found."""
        return self.right / self.findings if self.findings and self.right is not None else None

    @property
    def recall(self) -> float | None:
        """None where there was nothing to find."""
        return self.found / self.labels if self.labels and self.found is not None else None

    def to_json(self) -> dict[str, Any]:
        return {
            "labels": self.labels, "not_evident": self.not_evident, "found": self.found, "findings": self.findings,
            "right": self.right, "precision": self.precision, "recall": self.recall,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class QualityScore:
    """by_kind: of each kind of data fault, `out_of_range` and so on; `whole`: of all together."""

    whole: KindQuality
    by_kind: dict[str, KindQuality]
    not_found: tuple[Label, ...] = ()
    wrong: tuple[FeedEvent, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {**self.whole.to_json(), "by_kind": {kind: one.to_json() for kind, one in self.by_kind.items()}}


def quality_score(
    labels: Sequence[Label], feed: Iterable[FeedEvent] | None, world_zero: float = 0.0, epoch_zero: float = 0.0
) -> QualityScore:
    """`world_zero`: the run's clock at world time 0; `epoch_zero`: epoch ms at the run's clock 0; `feed` None: nothing
    was observed."""
    kinds = dict.fromkeys(DATA_FAULTS)
    if feed is None:
        nothing = {kind: _kind([one for one in labels if one.kind == kind], None, None) for kind in kinds}
        return QualityScore(_kind(labels, None, None), nothing)
    of: dict[tuple[str, str], list[Label]] = {}
    for label in labels:
        of.setdefault((label.device, label.kind), []).append(label)
    seen = [event for event in feed if event.finding.startswith(PREFIX)]
    cleared = {event.alarm: event.at for event in seen if event.event == "cleared"}
    found: set[int] = set()
    right: list[FeedEvent] = []
    wrong: list[FeedEvent] = []
    for event in seen:
        if event.event != "stored":
            continue
        since = event.at - epoch_zero - world_zero
        until = cleared.get(event.alarm, event.at) - epoch_zero - world_zero
        mine = [
            label for label in of.get((event.device, event.finding.removeprefix(PREFIX)), ())
            if label.from_ms <= until and (label.to_ms is None or since <= label.to_ms + GRACE_MS)
        ]  # fmt: skip
        found.update(id(label) for label in mine)
        (right if mine else wrong).append(event)
    by_kind = {}
    for kind in kinds:
        mine = [label for label in labels if label.kind == kind]
        name = PREFIX + kind
        hits, misses = (sum(1 for event in events if event.finding == name) for events in (right, wrong))
        by_kind[kind] = _kind(mine, found, (hits, misses))
    missed = tuple(label for label in labels if label.evident and id(label) not in found)
    return QualityScore(_kind(labels, found, (len(right), len(wrong))), by_kind, missed, tuple(wrong))


def _kind(labels: Sequence[Label], found: set[int] | None, findings: tuple[int, int] | None) -> KindQuality:
    evident = [label for label in labels if label.evident]
    if found is None or findings is None:
        return KindQuality(len(evident), len(labels) - len(evident), None, None, None)
    hits = sum(1 for label in evident if id(label) in found)
    return KindQuality(len(evident), len(labels) - len(evident), hits, sum(findings), findings[0])

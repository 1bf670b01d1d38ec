"""All that a shard saw, as plain values that go to another process, and the one result that several make together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import inf
from typing import Any

from .. import recorder_json
from ..data_faults.label import Label
from ..recorder import Recorder
from ..recorder_json import REGULAR
from ..truth import Expectation, TruthRow
from .faults.excuses import Hindrance
from .faults.outcome import Outcome
from .faults.outcome import merged as merged_faults
from .fingerprint import added
from .measures import Measures, merged
from .run import LiveRun


@dataclass
class ShardResult:
    """What one shard, or several together, came to. Times in ms of the run's clock, which all shards share.

    connect_s: from power-on until the backend had accepted every device. lost: always-on devices that were not
    connected at the end. refused: devices that were never let in, by why. missing: shards that were lost. stimuli: of
    the sensors within the duration, how many and a sum over them, the same for every number of shards.
    """

    shards: tuple[int, ...]
    count: int
    recorder: Recorder
    truth: list[TruthRow]
    expectations: list[Expectation]
    world_zero: float | None
    epoch_zero: float
    horizon: float
    played_s: float
    devices: int
    lost: int
    connect_s: float | None
    troubles: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    boards: dict[str, str] = field(default_factory=dict)
    stimuli: tuple[int, str] = (0, "0")
    faults: list[Outcome] = field(default_factory=list)
    hindrances: list[Hindrance] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)

    @property
    def missing(self) -> int:
        return self.count - len(self.shards)

    @classmethod
    def of(cls, run: LiveRun, connect_s: float | None, lost: int, index: int = 0, count: int = 1) -> ShardResult:
        """What a run has come to."""
        faults, data_faults = run.faults, run.data_faults
        hindrances = [] if faults is None else faults.timeline.hindrances
        return cls(
            (index,), count, run.recorder, run.truth, run.expectations, run.world_zero, run.epoch_zero, run.horizon,
            round(run.world_now / 1000, 1), len(run.devices), lost, connect_s, run.troubles,
            run.refusals.counted, {device.kind: device.name for device in run.settings.boards}, run.stimuli,
            [] if faults is None else faults.timeline.outcomes,
            hindrances if data_faults is None else hindrances + data_faults.hindrances,
            [] if data_faults is None else data_faults.labels,
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Plain values, for another process."""
        asked = {one.device for one in self.expectations}
        seen = self.recorder
        plain: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("count", "world_zero", "epoch_zero", "played_s", "devices", "lost", "connect_s")
        }
        return plain | {
            "shards": list(self.shards),
            "horizon": None if self.horizon == inf else self.horizon,
            "troubles": self.troubles,
            "refused": self.refused,
            "boards": self.boards,
            "stimuli": list(self.stimuli),
            "faults": [one.to_json() for one in self.faults],
            "hindrances": [one.to_json() for one in self.hindrances],
            "labels": [asdict(one) for one in self.labels],
            "truth": [asdict(row) for row in self.truth],
            "expectations": [asdict(row) for row in self.expectations],
            "measures": None if seen.measures is None else seen.measures.to_json(),
            **recorder_json.to_json(seen, asked),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> ShardResult:
        """What `to_json` gave."""
        seen = recorder_json.from_json(values)
        if values["measures"] is not None:
            seen.measures = Measures.from_json(values["measures"])
            seen.lags = seen.measures.lag
        return cls(
            tuple(values["shards"]), values["count"], seen,
            [TruthRow(**{**row, "members": tuple(row["members"])}) for row in values["truth"]],
            [Expectation(**{**row, "after": tuple(row["after"])}) for row in values["expectations"]],
            values["world_zero"], values["epoch_zero"],
            inf if values["horizon"] is None else values["horizon"],
            values["played_s"], values["devices"], values["lost"], values["connect_s"],
            dict(values["troubles"]), dict(values["refused"]), dict(values["boards"]), tuple(values["stimuli"]),
            [Outcome.from_json(one) for one in values["faults"]],
            [Hindrance(**one) for one in values["hindrances"]],
            [Label(**one) for one in values["labels"]],
        )  # fmt: skip


def merge(results: Sequence[ShardResult]) -> ShardResult:
    """What several shards of one run came to together; ValueError when they are not of one run."""
    if not results:
        raise ValueError("no shard has given a result; there is nothing to judge")
    first = results[0]
    shards = [index for one in results for index in one.shards]
    if len(set(shards)) != len(shards) or any(one.count != first.count for one in results):
        of = sorted({one.count for one in results})
        raise ValueError(f"shards {sorted(shards)} of {of} make no run; give each once")
    zeros = {one.world_zero for one in results if one.world_zero is not None}
    if len(zeros) > 1:
        raise ValueError(f"the shards' worlds began at {sorted(zeros)} ms; give all of them the same instant")
    whole = Recorder()
    for one in results:
        _take(whole, one.recorder)
    whole.measures = merged(one.recorder.measures for one in results if one.recorder.measures is not None)
    whole.lags = whole.measures.lag
    whole.outputs.sort(key=lambda row: row[0])
    waited = [one.connect_s for one in results]
    return ShardResult(
        tuple(sorted(shards)), first.count, whole,
        sorted((row for one in results for row in one.truth), key=lambda row: (row.crossing_ms, row.id)),
        sorted((row for one in results for row in one.expectations), key=lambda row: row.id),
        min(zeros, default=None), first.epoch_zero, min(one.horizon for one in results),
        max(one.played_s for one in results), sum(one.devices for one in results), sum(one.lost for one in results),
        None if None in waited else max(one for one in waited if one is not None),
        dict(sum((Counter(one.troubles) for one in results), Counter())),
        dict(sum((Counter(one.refused) for one in results), Counter())),
        {kind: name for one in reversed(results) for kind, name in one.boards.items()},
        added([one.stimuli for one in results]),
        merged_faults([one.faults for one in results]),
        [hindrance for one in results for hindrance in one.hindrances],
        sorted((label for one in results for label in one.labels), key=lambda label: (label.from_ms, label.device)),
    )  # fmt: skip


def _take(whole: Recorder, part: Recorder) -> None:
    for cls, count in part.messages.items():
        whole.messages[cls] = whole.messages.get(cls, 0) + count
    whole.alarms.update(part.alarms)
    for name in REGULAR:
        getattr(whole, name).update(getattr(part, name))
    whole.burnt.update(part.burnt)
    whole.linked |= part.linked
    whole.online |= part.online
    whole.accepted |= part.accepted
    whole.stored_frames += part.stored_frames
    whole.outputs += part.outputs
    whole.events_sent.update(part.events_sent)
    whole.said.update(part.said)

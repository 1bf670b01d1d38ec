"""What a run knows of itself that neither frames nor a backend's feed tell: `witness.json`, beside its truth.

How long it was judged, who was there to answer, what faults kept devices from; of alarms when they sounded; of what
devices had to do what they did. With it a recording is judged as the run judged itself; without it that is null.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import inf
from pathlib import Path

from .. import recorder_json
from ..load.faults.excuses import Hindrance
from ..recorder import AlarmClocks, Recorder
from ..said import Said
from ..truth import Expectation
from .incidents import Step

FORMAT = "lilong witness 1"


class WitnessError(ValueError):
    """A witness.json that cannot be read; the text says what and what to do."""


@dataclass(frozen=True, slots=True)
class Judging:
    """How a run was judged. Times in ms of its clock, `epoch_zero` Unix ms at its 0.

    horizon: what crosses later is not judged. ended: nothing was seen after it. counted_to: so far periods promise
    heartbeats. console, people, arrivals: somebody was there to be shown alarms, to answer them, to say who has
    arrived; None: where the feed says so once. asks: what a backend need not have was asked of it, to command other
    devices, to conclude, to forward; None: the first, the others where its feed tells of any. rate: by what periods
    were divided. started: local time of the estates' worlds, which were played so long.
    """

    epoch_zero: float
    world_zero: float
    horizon: float
    ended: float
    counted_to: float
    console: bool | None = None
    people: bool | None = None
    arrivals: bool | None = None
    asks: bool | None = None
    rate: float = 1.0
    started: str = ""
    lasted_s: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Witness:
    """`seen`: of a recorder's what `recorder_json.witnessed` gives."""

    judging: Judging
    seen: Recorder
    hindrances: Sequence[Hindrance] = ()
    steps: Mapping[str, Sequence[Step]] = field(default_factory=dict)

    def on(self, epoch_zero: float) -> Witness:
        """The same by a clock whose 0 is that Unix ms."""
        by = self.judging.epoch_zero - epoch_zero
        if not by:
            return self
        asked = self.judging
        seen = Recorder()
        seen.alarms = {key: _later(alarm, by) for key, alarm in self.seen.alarms.items()}
        seen.burnt = {device: at + by for device, at in self.seen.burnt.items()}
        for device, said in self.seen.said.items():
            seen.said[device] = Said(accepts=[at + by for at in said.accepts])
        seen.outputs = [(at + by, device, name, value) for at, device, name, value in self.seen.outputs]
        return Witness(
            replace(
                asked, epoch_zero=epoch_zero, world_zero=asked.world_zero + by, horizon=asked.horizon + by,
                ended=asked.ended + by, counted_to=asked.counted_to + by,
            ),
            seen,
            [
                replace(one, begin=one.begin + by, end=_plus(one.end, by), sendable=_plus(one.sendable, by))
                for one in self.hindrances
            ],
            {name: [Step(_plus(one.at_ms, by), one.what) for one in steps] for name, steps in self.steps.items()},
        )  # fmt: skip

    def write(self, path: Path, expectations: Iterable[Expectation]) -> None:
        """Of outputs those of the devices that something is expected of."""
        judging = asdict(self.judging)
        judging["horizon"] = None if self.judging.horizon == inf else self.judging.horizon
        content = {
            "format": FORMAT,
            "judging": judging,
            "hindrances": [one.to_json() for one in self.hindrances],
            "steps": {name: [asdict(one) for one in steps] for name, steps in self.steps.items()},
            **recorder_json.witnessed(self.seen, {one.device for one in expectations}),
        }
        path.write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path) -> Witness:
    """What `Witness.write` wrote; WitnessError for what is none."""
    try:
        content = json.loads(path.read_text("utf-8"))
        if content["format"] != FORMAT:
            raise ValueError(f"is a {content['format']!r}, this reads {FORMAT!r}")
        judging = content["judging"]
        judging["horizon"] = inf if judging["horizon"] is None else judging["horizon"]
        return Witness(
            Judging(**judging), recorder_json.from_json(content), [Hindrance(**one) for one in content["hindrances"]],
            {name: [Step(**one) for one in steps] for name, steps in content["steps"].items()},
        )  # fmt: skip
    except OSError as error:
        raise WitnessError(f"{path}: {error.strerror}; name the witness.json of the run") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WitnessError(f"{path}: is no witness.json of a run ({error}); give that of the run, or none") from None


def _plus(at: float | None, by: float) -> float | None:
    return None if at is None else at + by


def _later(alarm: AlarmClocks, by: float) -> AlarmClocks:
    later = replace(alarm, decided=alarm.decided + by)
    for name in _CLOCKS:
        setattr(later, name, _plus(getattr(alarm, name), by))
    return later


_CLOCKS = ("local", "stored", "acknowledged", "restored", "cleared", "sent", "puback")

"""The lanes of an incident's drawing, from its rows of a report: alarms, findings, what followed, what must not be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from ..load.faults.base import CUT_OFF
from ..plots import span
from ..score.incidents import AT_ONCE_MS, DONE, PLURAL, kind_of
from ..score.judged import ALL_CLOCKS
from ..truth import STAYS, What

FOLLOWED = tuple(what for what in get_args(What) if what not in STAYS)
MOST = 14  # lanes of their own for alarms; of more, those of one kind that went well share one
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Track:
    """How long something took, of one or of several: times in ms since the crossing; `limit` None: none."""

    clock: str
    times: tuple[float, ...]
    limit: float | None
    missing: int = 0  # what never came
    late: bool = False
    earliest: float | None = None  # it may not come before


@dataclass(frozen=True, slots=True)
class Lane:
    """One line of the drawing. `from_ms`, `to_ms` on the run's clock; to None: it is not known to have ended."""

    title: str
    about: str
    kind: str  # "alarm", "finding", "linkage" or "must_not"
    begins: tuple[float, ...]
    to_ms: float | None
    tracks: tuple[Track, ...]
    verdict: str
    good: bool | None  # None: not observed
    acknowledged: tuple[float, ...] = ()
    details: tuple[str, ...] = ()
    figure: str = ""  # what the verdict is about, in a word or two


def lanes(rows: Iterable[Row], linkage: Iterable[Row]) -> list[Lane]:
    """In the order in which things happened, what must not be last. `rows`, `linkage`: those of one incident."""
    rows = list(rows)
    must = [row for row in rows if row["expect"] == "must"]
    shared: dict[tuple[str, str], list[Row]] = {}
    for row in must:
        own = len(must) <= MOST or bool(row["failures"])
        shared.setdefault((row["alarm"], row["truth"] if own else ""), []).append(row)
    found = [_raised(own) for own in shared.values()]
    followed: dict[str, list[Row]] = {}
    stays = []
    kept: dict[str, list[Row]] = {}
    for row in linkage:
        if row["what"] in ("not_cleared", "latched"):
            stays.append(_stays([row]))
        elif row["what"] == "kept":
            kept.setdefault(row["action"], []).append(row)
        elif row["triggered"]:
            followed.setdefault(row["action"], []).append(row)
    found += [_followed(action, own) for action, own in followed.items()]
    stays += [_stays(own) for own in kept.values()]
    found.sort(key=lambda lane: lane.begins[0])
    forbidden: dict[tuple[str, bool], list[Row]] = {}
    for row in rows:
        if row["expect"] == "must_not":
            forbidden.setdefault((row["alarm"], bool(row["broken"])), []).append(row)
    return found + stays + [_forbidden(own) for own in forbidden.values()]


def _raised(rows: Sequence[Row]) -> Lane:
    first = rows[0]
    backend = first["by"] == "backend"
    tracks = [_track(clock, rows) for clock in ALL_CLOCKS if not (backend and clock == "local")]
    ends = [row["until_ms"] for row in rows]
    failures = [text for row in rows for text in row["failures"]]
    return Lane(
        _place(first["name"]) if len(rows) == 1 else f"{len(rows)} devices",
        first["alarm"],
        "finding" if backend else "alarm",
        tuple(row["crossing_ms"] for row in rows),
        None if None in ends else max(ends),
        tuple(track for track in tracks if track.times or track.limit is not None),
        *_said(rows, failures, backend),
        tuple(
            row["crossing_ms"] + at for row in rows if (at := row["after_crossing_ms"]["acknowledged"]) is not None
        ),
        tuple(failures),
        _figure(tracks),
    )


def _figure(tracks: Sequence[Track]) -> str:
    """When it was stored, or the slowest of several was."""
    stored = [max(track.times) for track in tracks if track.clock == "ingest" and track.times]
    return f"stored {span(stored[0])}" if stored else ""


def put_off_ms(row: Row, clock: str) -> float:
    """How long after the crossing the limit of a clock begins to count."""
    return 0.0 if clock == "local" else float(row["possible_after_ms"] or 0.0)


def _track(clock: str, rows: Sequence[Row]) -> Track:
    """Times as its limit counts them: what a fault or a confirmation put off, from when it could be."""
    times = tuple(
        max(at - put_off_ms(row, clock), 0.0) for row in rows if (at := row["after_crossing_ms"][clock]) is not None
    )
    limits = [limit for row in rows if (limit := row["limits_ms"][clock]) is not None]
    return Track(
        clock, times, min(limits, default=None), sum(clock in row["missing"] for row in rows),
        any(clock in row["late"] for row in rows), rows[0]["not_before_ms"] if clock == "local" else None,
    )  # fmt: skip


def _said(rows: Sequence[Row], failures: Sequence[str], backend: bool) -> tuple[str, bool | None]:
    """The verdict of a lane in a word."""
    if failures:
        words = list(dict.fromkeys(text.partition(":")[0] for text in failures))
        return words[0], False
    if any(row["excused"] and (row["alarm_id"] is None or row["excused"] == CUT_OFF) for row in rows):
        return "excused", None
    if all(row["alarm_id"] is None for row in rows):
        return "not observed", None
    ingests = [at for row in rows if (at := row["after_crossing_ms"]["ingest"]) is not None]
    return ("found" if backend else "in time") if ingests else "not observed", True if ingests else None


def _followed(action: str, rows: Sequence[Row]) -> Lane:
    kinds = sorted({PLURAL.get(kind_of(row["name"]), "devices") for row in rows})
    devices = len({row["name"] for row in rows})
    failures = [row["failure"] for row in rows if row["failure"] is not None]
    tracks = []
    for what in FOLLOWED:
        own = [row for row in rows if row["what"] == what]
        if own:
            limits = [row["limit_ms"] for row in own if row["limit_ms"] is not None]
            times = tuple(row["after_ms"] for row in own if row["after_ms"] is not None)
            late = any(row["failure"] is not None and row["after_ms"] is not None for row in own)
            tracks.append(Track(what, times, min(limits, default=None), len(own) - len(times), late))
    done = len({row["name"] for row in rows if row["failure"] is None})
    title = " and ".join(kinds) if len(kinds) < 3 else "devices"
    return Lane(
        f"{devices} {title.removesuffix('s') if devices == 1 else title} {DONE.get(action, '')}".rstrip(),
        action,
        "linkage",
        (min(row["trigger_ms"] for row in rows),),
        None,
        tuple(tracks),
        f"{done} of {devices}" if failures else "in time",
        not failures,
        details=tuple(failures),
        figure=_after(tracks[0].times),
    )


def _after(times: Sequence[float]) -> str:
    if not times:
        return ""
    return "at once" if max(times) < AT_ONCE_MS else f"after {span(max(times))}"


def _stays(rows: Sequence[Row]) -> Lane:
    """An alarm, or what devices have done for one."""
    seen = [row for row in rows if row["triggered"]]
    begins = (min((row["trigger_ms"] for row in seen), default=0.0),)
    details = tuple(row["failure"] for row in rows if row["failure"] is not None)
    verdict = details[0].partition(":")[0] if details else "kept"
    return Lane(
        _place(rows[0]["name"]) if len(rows) == 1 else f"{len(rows)} devices", f"{rows[0]['action']} must stay",
        "must_not", begins, None, (), verdict if seen else "not observed", not details if seen else None,
        details=details,
    )  # fmt: skip


def _forbidden(rows: Sequence[Row]) -> Lane:
    ends = [row["until_ms"] for row in rows]
    broken = sum(len(row["broken"]) for row in rows)
    return Lane(
        _place(rows[0]["name"]) if len(rows) == 1 else f"{len(rows)} devices",
        f"no {rows[0]['alarm']}: {rows[0]['cause']}",
        "must_not",
        tuple(row["crossing_ms"] for row in rows),
        None if None in ends else max(ends),
        (),
        f"broken {broken}×" if broken else "kept",
        not broken,
        details=tuple(text for row in rows for text in row["failures"]),
    )


def _place(name: str) -> str:
    """A device by where it is: its kind stands beside."""
    return (name.rpartition("/")[0] if kind_of(name) else name) or "the estate"

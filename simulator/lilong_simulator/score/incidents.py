"""The score of each incident, and of a whole run in a sentence: "3 of 3 alarms in time, 11 doors released in 1.2 s"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lilong_protocol.registry import KIND

from ..incidents import Incident
from ..plots import span
from ..truth import STAYS
from ..world.local_time import LocalTime
from . import Score
from .judged import Judged
from .linkage import Linked
from .told import untrue

PASS, FAIL, NOT_JUDGED = "pass", "fail", "not judged"
DONE = {
    "fire_release": "released", "close_valve": "shut", "set_level": "lit", "switch_off": "cut off", "look_at": "turned",
    "unlock": "unlocked", "open_barrier": "opened", "mute": "muted", "tell_events": "told all",
    "warn_wearer": "warned at the wrist", "band.fall_candidate": "suspected a fall",
    "tell_each": "told each event", "card_passes": "let every card in", "plate_passes": "let every car in",
    "tell_telemetry": "measured again", "card_granted": "opened to a card", "card_denied": "denied a card",
    "card_elsewhere": "denied a card that is in use elsewhere",
    "door_left": "let out", "alarm_delivered": "stored once delivered", "alarm_repeated": "said again in time",
    "tell_born": "back",
    "tell_beats": "always there", "tell_accepted": "waited to be accepted",
    "card_revoked": "denied a card that is revoked",
}  # fmt: skip
PLURAL = {
    "door": "doors", "vehicle_lane": "lanes", "cycle_gate": "cycle gates", "gas": "valves", "streetlight": "lamps",
    "camera": "cameras", "wristband": "bands", "shed_socket": "sockets",
}  # fmt: skip
AT_ONCE_MS = 1.0  # it was so already, or its device did it by itself
AFTER_MS = 60_000.0  # (ours) what is false at a device of an incident so long after it is still its own


@dataclass(frozen=True, slots=True)
class Step:
    """What happens, and when on the run's clock; None: nobody has said when."""

    at_ms: float | None
    what: str


def steps_of(incident: Incident, start: datetime, world_zero: float = 0.0) -> list[Step]:
    """Those of its timeline in a world that begins at `start`, at `world_zero` of the run's clock."""
    began = incident.begins(LocalTime(start))
    zero = None if began is None else world_zero + began
    return [Step(None if zero is None else zero + one.after_ms, one.what) for one in incident.timeline]


def incidents_of(
    score: Score, linkage: Sequence[Linked], names: Iterable[str], steps: Mapping[str, Sequence[Step]]
) -> list[dict[str, Any]]:
    """The part `by_incident` of a report, in the order of the names, then of those that only the truth knows."""
    found = dict.fromkeys(names)
    found.update(dict.fromkeys(one.row.incident for one in score.judged if one.row.incident))
    return [
        _incident(
            name, [one for one in score.judged if one.row.incident == name],
            [one for one in linkage if one.expectation.incident == name], score, steps.get(name, ()),
        )
        for name in found
    ]  # fmt: skip


def conclusion(score: Score, linkage: Sequence[Linked], incidents: Sequence[Mapping[str, Any]], verdict: str) -> str:
    """A whole run in one line."""
    judged = [one for one in incidents if one["verdict"] != NOT_JUDGED]
    parts = []
    if judged:
        kept = sum(1 for one in judged if one["verdict"] == PASS)
        parts.append(f"{kept} of {len(judged)} {'incident' if len(judged) == 1 else 'incidents'} in order")
    parts += _parts(score.judged, linkage)
    lost = sum(1 for one in linkage if one.expectation.what == "not_cleared" and one.failure is not None)
    findings = score.findings
    parts += _wrong(
        (score.false or 0) + (findings.false or 0), (score.duplicate or 0) + (findings.duplicate or 0),
        score.out_of_order or 0, max(lost, score.wrongly_cleared or 0), score.early, score.untrue or 0,
        score.forgotten or 0,
    )  # fmt: skip
    return f"{', '.join(parts)}: {verdict}"


def _incident(
    name: str, rows: list[Judged], linked: list[Linked], score: Score, steps: Sequence[Step]
) -> dict[str, Any]:
    must = [one for one in rows if one.row.expect == "must"]
    observed = score.findings.stored is not None
    stray = _stray(rows, linked, score)
    failures = [text for one in rows for text in one.failures] + [text for text, _ in stray]
    failures += [one.failure for one in linked if one.failure is not None]
    failures += [one.failure for one in score.recalls if one.incident == name and one.failure is not None]
    mine = [one for one in must if one.row.by == "device"]
    concluded = [one for one in must if one.row.by == "backend"]
    heard = [one for one in concluded if one.seen]
    must_nots = [one for one in rows if one.row.expect == "must_not"]
    stays = [one for one in linked if one.expectation.what in STAYS]
    verdict = FAIL if failures else PASS if must or must_nots or linked else NOT_JUDGED
    lost = sum(one.failure is not None for one in stays)
    parts = _parts(rows, linked) + _wrong(
        sum(len(one.broken) for one in rows) + len(stray), sum(len(one.repeated) for one in rows),
        sum(one.disordered for one in rows), max(lost, sum(one.cleared is not None for one in rows)),
        sum(one.early for one in rows), sum(bool(one.untrue) for one in rows),
        sum(one.forgotten is not None for one in rows),
    )  # fmt: skip
    times = [one.crossing for one in must] + [one.at_ms for one in steps if one.at_ms is not None]
    return {
        "name": name,
        "verdict": verdict,
        "told": f"{name}: {', '.join(parts)}: {verdict}" if rows or linked else f"{name}: it did not happen: {verdict}",
        "began_ms": round(min(times), 3) if times else None,
        "steps": [{"at_ms": one.at_ms, "what": one.what} for one in steps],
        "alarms": _counts(mine, True) | {
            "undetected": sum(1 for one in mine if one.alarm is None and one.excused is None),
            "excused": sum(1 for one in mine if one.alarm is None and one.excused is not None),
            "false": sum(len(one.broken) for one in must_nots if one.row.by == "device")
            + sum(1 for _, by in stray if by == "device"),
            "duplicate": sum(len(one.repeated) for one in mine),
            "out_of_order": sum(one.disordered for one in rows) if score.out_of_order is not None else None,
            "wrongly_cleared": sum(one.cleared is not None for one in rows)
            if score.wrongly_cleared is not None
            else None,
            "early": sum(one.early for one in mine),
            "untrue": untrue(must),
            "forgotten": sum(one.forgotten is not None for one in rows) if score.forgotten is not None else None,
        },
        "findings": _counts(heard, True) | {"true": len(concluded)}
        if observed and (heard or not concluded)
        else _counts(concluded, False),
        "must_nots": {
            "told": len(must_nots) + len(stays),
            "broken": sum(bool(one.broken) for one in must_nots) + sum(one.failure is not None for one in stays),
        },
        "linkage": _actions(linked),
        "failures": failures,
    }  # fmt: skip


def _counts(rows: Sequence[Judged], observed: bool) -> dict[str, int | None]:
    """None: nobody could see it."""
    if not observed:
        return {"true": len(rows), "in_time": None, "missed": None, "late": None, "over_limit": None}
    return {
        "true": len(rows),
        "in_time": sum(map(_in_time, rows)),
        "missed": sum(1 for one in rows if one.ingest is None and _could_be(one)),
        "late": sum("ingest" in one.late for one in rows),
        "over_limit": sum(
            one.ingest is not None and "ingest" not in one.late and bool(one.late or one.missing) for one in rows
        ),
    }


def _could_be(one: Judged) -> bool:
    """Whether the backend could have had it: a device has raised it, or nothing excuses a finding that lacks."""
    return (one.alarm is not None and not one.unheard) or (one.row.by == "backend" and one.excused is None)


def _in_time(one: Judged) -> bool:
    wrong = one.late or one.missing or one.unnamed or one.misnamed or one.early
    return one.ingest is not None and not wrong


def _stray(rows: Sequence[Judged], linked: Sequence[Linked], score: Score) -> list[tuple[str, str]]:
    """What is false at the incident's devices while it lasts, and stands at no row: in words, and by whom."""
    must = [one for one in rows if one.row.expect == "must"]
    if not must:
        return []
    devices = {one.row.device for one in rows} | {one.expectation.device for one in linked}
    told = {name for one in rows for name in one.broken}
    longest = max(max([limit or 0 for limit in one.row.limits.values()], default=0) for one in must)
    first, last = min(one.crossing for one in rows), max(one.crossing for one in must) + longest + AFTER_MS
    strays = [(name, device, at, "device") for name, device, at in score.false_alarms]
    strays += [(name, device, at, "backend") for name, device, at in score.findings.baseless]
    return [
        (f"false: {name} at {device or 'the estate'} has no cause", by)
        for name, device, at, by in strays if device in devices and first <= at <= last and name not in told
    ]  # fmt: skip


def _parts(rows: Sequence[Judged], linked: Sequence[Linked]) -> list[str]:
    """What a sentence says of what had to be, and of linkage."""
    must = [one for one in rows if one.row.expect == "must"]
    parts = []
    for by, one_of, many in (("device", "alarm", "alarms"), ("backend", "finding", "findings")):
        mine = [one for one in must if one.row.by == by]
        if not mine:
            continue
        unseen = [one for one in mine if by == "backend" and not one.seen]
        if unseen:
            parts.append(f"{len(unseen)} {one_of if len(unseen) == 1 else many} not observed")
            mine = [one for one in mine if one.seen]
        if not mine:
            continue
        counts = _counts(mine, True)
        parts.append(f"{counts['in_time']} of {len(mine)} {one_of if len(mine) == 1 else many} in time")
        undetected = sum(1 for one in mine if by == "device" and one.alarm is None and one.excused is None)
        excused = sum(1 for one in mine if one.unheard or (one.alarm is None and one.excused is not None))
        for count, word in (
            (undetected, "undetected"), (excused, "excused"), (counts["missed"], "missed"), (counts["late"], "late"),
            (counts["over_limit"], "over another limit"),
        ):  # fmt: skip
            if count:
                parts.append(f"{count} {word}")
    return parts + [_done(one) for one in _actions(linked)]


WRONG = ("false", "duplicate", "out of order", "wrongly cleared", "early", "untrue", "forgotten")


def _wrong(*counts: int) -> list[str]:
    """How many of each of WRONG."""
    return [f"{count} {word}" for count, word in zip(counts, WRONG, strict=True) if count] or ["nothing false"]


def _actions(linked: Sequence[Linked]) -> list[dict[str, Any]]:
    """By action: how many devices were asked, did it, when the last did; what they had to report alike."""
    actions: dict[str, list[Linked]] = {}
    for one in linked:
        if one.expectation.what not in STAYS and one.trigger is not None:
            actions.setdefault(one.expectation.action, []).append(one)
    told = []
    for action, rows in actions.items():
        commands = [one for one in rows if one.expectation.what == "command"] or rows
        after = [one.after for one in commands if one.after is not None and one.wrong is None]
        told.append({
            "action": action,
            "devices": len({one.expectation.device for one in rows}),
            "done": len({one.expectation.device for one in commands if one.after is not None and one.wrong is None}),
            "late": sum(one.failure is not None and one.after is not None for one in rows),
            "missing": sum(one.after is None for one in rows),
            "slowest_ms": round(max(after), 3) if after else None,
            "limit_ms": max((one.expectation.within_ms or 0 for one in commands), default=0) or None,
            "kinds": sorted({kind_of(one.expectation.name) for one in rows}),
        })  # fmt: skip
    return told


def _done(action: Mapping[str, Any]) -> str:
    """ "11 doors released in 1.2 s"."""
    named = [PLURAL.get(kind, "devices") for kind in action["kinds"]]
    many = "devices" if "devices" in named else " and ".join(filter(None, (", ".join(named[:-1]), named[-1])))
    if action["devices"] == 1:
        many = many.removesuffix("s")
    verb = DONE.get(action["action"], action["action"].replace("_", " "))
    done, asked = action["done"], action["devices"]
    count = f"{done}" if done == asked else f"{done} of {asked}"
    slowest = action["slowest_ms"]
    when = "" if slowest is None else " at once" if slowest < AT_ONCE_MS else f" in {span(slowest)}"
    late = f", {action['late']} late" if action["late"] else ""
    silent = action["missing"] - (asked - done)
    return f"{count} {many} {verb}{when}{late}{f', {silent} without a report' if silent > 0 else ''}"


def kind_of(name: str) -> str:
    """Of a device, by the end of its name; empty where that is none."""
    kind = name.rpartition("/")[2].rstrip("0123456789")
    return kind if kind in KIND else ""

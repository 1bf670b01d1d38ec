"""Ground truth: what really happened, what must be raised and by when; JSON lines beside the messages of a run.

Limits are milliseconds after the true crossing, all four of them, so that "late" is one subtraction: I is late
when it comes after `crossing_ms + ingest_ms`. Where the rule is "I within 10 s of L" the row carries the
latest L plus 10 s, and the 10 s alone as `transfer_ms`, which counts from the decision: a device that was quick leaves
its backend no more time. None: no limit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from lilong_protocol.pc.findings import BY_NAME
from lilong_protocol.registry import ALARMS, EVENTS

from lilong_simulator.estate.parts import Device

Expect = Literal["must", "may", "must_not"]
By = Literal["device", "backend"]
What = Literal[
    "command", "report", "not_cleared", "kept", "latched", "events", "telemetry", "granted", "denied", "done",
    "noted", "delivered", "repeated", "born", "beats", "accepted",
]  # fmt: skip
STAYS = ("not_cleared", "kept", "latched")
BY_FRAMES = frozenset({"events", "telemetry", "noted", "delivered", "repeated", "born", "beats", "accepted"})
"""What is judged by what a device says, and not by its outputs and alarms alone."""
CARD_ELSEWHERE = "card_elsewhere"  # one that is judged where the feed finds cards that are at two places
TELL_EACH = "tell_each"  # of "events": within_ms holds for each from when it was made
PASSES = {"door": "card_passes", "vehicle_lane": "plate_passes"}  # the actions of a "granted" of everybody who passes
CARD_REVOKED = "card_revoked"  # the action of a "denied" that is judged where the feed says that a card was revoked
Limits = dict[str, int | None]

ALARM_CODES = {row.name: row.number for row in ALARMS}
EVENT_CODES = {row.name: row.number for row in EVENTS}


def limits(local: int | None, ingest: int | None, shown: int | None, acknowledged: int | None) -> Limits:
    """Limits in ms after the crossing: local output, commit, a console has it, a human acknowledged."""
    return {"local_ms": local, "ingest_ms": ingest, "shown_ms": shown, "acknowledged_ms": acknowledged}


NO_LIMITS = limits(None, None, None, None)
MORE_LIMITS = ("not_before_ms", "on_site_ms", "ended_ms", "transfer_ms")
"""Limits that few rows have: not decided before; whoever was sent is there; the backend has told that it is over; the
commit, after the decision or after when its device could send it."""
TRANSFER: Limits = {"transfer_ms": 10_000}  # GB 26875.1 4.1.2, from the device to the centre
ANY, DECIDED = "any", "decided"  # of `tells`: whatever it is; when its device decided it
_LIMITS = {
    # L 10 s; I 10 s after L (GB 26875.1 4.1.2); S 20 s; H 60 s (assumed).
    "smoke.alarm": limits(10_000, 20_000, 20_000, 60_000) | TRANSFER,
    # New GB 15322.2: not before 15 s and not after 60 s; then I 10 s, S 20 s, H 60 s after L.
    "gas.leak": limits(60_000, 70_000, 80_000, 120_000) | TRANSFER,
    # GB 50396 5.1.2: alarm to centre 2 s at one level, 5 s over a network that is not public-free.
    "door.forced": limits(2_000, 5_000, None, None),
    "door.held": limits(2_000, 5_000, None, None),
    # GB/T 41401-2022: from wake to the system within 30 s.
    "manhole.moved": limits(None, 30_000, None, None),
    "manhole.level": limits(None, 30_000, None, None),
    "manhole.overfull": limits(None, 30_000, None, None),
    "manhole.gas": limits(None, 30_000, None, None),
    # Sent by 35 s (10 s stillness, 20 s cancel window), I 10 s later, S 45 s in all (assumed); H 60 s of I.
    "band.fall": limits(35_000, 45_000, 45_000, 105_000) | TRANSFER,
    # No cancel window; I 10 s, H 60 s of I.
    "band.sos": limits(None, 10_000, None, 70_000),
    # Two minutes beyond the fence, a position every half minute; then I 10 s, S 20 s (assumed). A band that sleeps
    # hears of the answer with its next report, so none is judged.
    "band.geofence": limits(None, 160_000, 170_000, None),
    # Perimeter: 3 s after the 2 s that a climb must last; a touch by three pulses; a cut or a short 2 s. The centre has
    # it 3 s later at most (assumed).
    "fence.climb": limits(5_000, 8_000, None, None),
    "fence.touch": limits(5_000, 8_000, None, None),
    "fence.short": limits(2_000, 5_000, None, None),
    "fence.cut": limits(2_000, 5_000, None, None),
    "panic": limits(None, 5_000, None, None),
    # (ours) As at a door: the reader sounds at once, and an event is known in 5 s (GB 50396 5.1.2).
    "gate.ebike_in_lobby": limits(2_000, 5_000, None, None),
    # A lamp's fault must last 10 to 60 s; then as any other fault. A lamp may take 15 min (assumed).
    "lamp.failure": limits(None, 160_000, None, None),
    "lamp.control_gear_comm_failure": limits(None, 160_000, None, None),
    # Tens of seconds for the analytics, a minute in all (assumed).
    "camera.falling_object": limits(None, 60_000, None, None),
    # EN 54-21: a fault of the transmission is told within 100 s; so is any other here (assumed).
    "sensor.fault": limits(None, 100_000, None, None),
    "camera.blocked": limits(None, 100_000, None, None),
    "door.reader_offline": limits(None, 100_000, None, None),
}


@dataclass(frozen=True, slots=True)
class TruthRow:
    """One physical episode at one device. Times are ms of world time, limits ms after the crossing.

    by "backend": what a backend itself must conclude, a finding (`lilong_protocol.pc.findings`): `alarm` is its name,
    `code` its number, `device` may be empty for the estate. No device raises it, so it has no local output.
    """

    id: str
    device: str
    name: str
    code: int
    alarm: str
    expect: Expect
    crossing_ms: int
    cause: str
    incident: str | None = None
    limits: Limits = field(default_factory=dict)
    until_ms: int | None = None
    """When the world's value was back below its level; of a must_not, when the temptation was over."""
    by: By = "device"
    members: tuple[str, ...] = ()
    """Of a finding about several devices: all of them."""
    tells: dict[str, Any] = field(default_factory=dict)
    """What a backend's stored line must say, where it says such things: [from, to], a text, ANY or DECIDED, by name."""
    through: str = ""
    """Of a finding that a gateway has to tell: the gateway; what keeps it from that is no fault of the backend."""
    recall: float | None = None
    """The share of such rows that must be raised, of what a sensor by design does not always see; None: each must."""
    after: tuple[str, ...] = ()
    quorum: int = 0
    """Of a finding that follows from alarms of these rows: its limits count from when the backend has stored so many of
    them, of different devices, or a person has confirmed one; before that it must not be."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What must follow at a device once `quorum` of the alarms of the truth rows `after` have been raised.

    `what`: "command" (it must be sent within `within_ms`), "report" (the device must have reported the new
    state), "not_cleared" (the alarm of the row must stay, whatever happens to the device), "kept" (what the command
    has done stays until all those alarms have been ended), "latched" (whatever comes, the alarm of the row lasts until
    somebody has reset its device).

    Or what follows from time alone, with `from_ms` and `until_ms` of world time: "events" (of all that the device made
    in between none is lost, none comes before an older one, no more than `most` have waited, and it has told them
    within `within_ms` of when it could), "telemetry" (within that it tells what it measures again), "granted" (a card
    that it has read at `from_ms` frees its lock), "denied" (it does not, until `until_ms`, and the device says so),
    "done" (by itself it has driven its outputs as `action` wants them), "noted" (it has made the event `action`,
    whenever it could tell it).

    Or of the network: "delivered" (the alarm is stored `within_ms` of when the network had delivered it), "repeated"
    (until that it is said again, after no more than `within_ms` each time). With `from_ms` and `until_ms`, "born" (its
    birth comes within `within_ms` of when it could, and no more than `most` devices of the same demand are born in one
    second), "beats" (it is never silent for longer than `within_ms`), "accepted" (after each boot it says nothing but
    who it is, before it has been answered).
    """

    id: str
    incident: str
    what: What
    action: str
    device: str
    name: str
    after: tuple[str, ...]
    quorum: int
    within_ms: int | None
    from_ms: int | None = None
    until_ms: int | None = None
    most: int | None = None
    share: float | None = None
    share_ms: int | None = None
    """Of passages: the share of all of that incident and action which must be let in within `share_ms`."""


def truth_row(
    device: Device,
    alarm: str,
    crossing_ms: int,
    cause: str,
    expect: Expect = "must",
    incident: str | None = None,
    until_ms: int | None = None,
    bounds: Limits | None = None,
    tells: Mapping[str, Any] | None = None,
    recall: float | None = None,
) -> TruthRow:
    """A row with the number and, for what must be raised, its limits: `bounds`, or those of its alarm."""
    row_id = f"{device.name}:{alarm}:{crossing_ms}"
    if bounds is None:
        bounds = _LIMITS[alarm] if expect == "must" else NO_LIMITS
    return TruthRow(
        row_id, device.id, device.name, ALARM_CODES[alarm], alarm, expect, crossing_ms, cause, incident,
        dict(bounds), until_ms, tells=dict(tells or {}), recall=recall,
    )  # fmt: skip


def finding_row(
    finding: str,
    crossing_ms: int,
    cause: str,
    device: Device | None = None,
    expect: Expect = "must",
    incident: str | None = None,
    until_ms: int | None = None,
    bounds: Limits = NO_LIMITS,
    members: Iterable[str] = (),
    tells: Mapping[str, Any] | None = None,
    through: str = "",
    after: Iterable[str] = (),
    quorum: int = 0,
) -> TruthRow:
    """A row about what a backend must conclude; `finding`: its name in `lilong_protocol.pc.findings`. `device` None:
    about the estate, or `members`, the ids of several devices."""
    name = "" if device is None else device.name
    return TruthRow(
        f"{name}:{finding}:{crossing_ms}", "" if device is None else device.id, name, BY_NAME[finding].number, finding,
        expect, crossing_ms, cause, incident, dict(bounds), until_ms, "backend", tuple(members), dict(tells or {}),
        through, None, tuple(after), quorum,
    )  # fmt: skip


def has_limits(alarm: str) -> bool:
    """Whether an alarm that must be raised has limits of its own."""
    return alarm in _LIMITS


class TruthError(ValueError):
    """A truth file that cannot be read; the text says `file:line: what; what to do`."""


Row = TypeVar("Row", TruthRow, Expectation)


def write_rows(path: str | Path, rows: Iterable[TruthRow] | Iterable[Expectation]) -> None:
    """Writes rows as JSON lines, keys in the order of the fields."""
    with Path(path).open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(asdict(row), ensure_ascii=False) + "\n")


def read_truth(path: str | Path) -> list[TruthRow]:
    """The rows that `write_rows` wrote; raises TruthError with the line of what is not a truth row."""
    return _read(path, TruthRow)


def read_expectations(path: str | Path) -> list[Expectation]:
    """The expectations that `write_rows` wrote; raises TruthError with the line of what is none."""
    return _read(path, Expectation)


def _read(path: str | Path, kind: type[Row]) -> list[Row]:
    rows = []
    for number, line in enumerate(Path(path).read_text("utf-8").splitlines(), 1):
        try:
            rows.append(_row(json.loads(line), kind))
        except (ValueError, TypeError) as error:
            raise TruthError(f"{path}:{number}: {error}; give the {_FILE[kind]} that a run has left") from None
    return rows


def _row(values: Any, kind: type[Row]) -> Row:
    if not isinstance(values, dict):
        raise ValueError(f"is no row of {_FILE[kind]}")
    names = {f.name for f in fields(kind)}
    if unknown := set(values) - names:
        raise ValueError(f"a row of {_FILE[kind]} has no field {sorted(unknown)[0]}")
    if missing := names - set(values) - _ADDED[kind]:
        raise ValueError(f"a row of {_FILE[kind]} lacks the field {sorted(missing)[0]}")
    for name, known in _WORDS[kind].items():
        if values.get(name, known[0]) not in known:
            raise ValueError(f"{name} is {values[name]!r}, not {', '.join(known[:-1])} or {known[-1]}")
    for name in ("after", "members"):
        if name in values:
            values[name] = tuple(values[name])
    return kind(**values)


_ADDED: dict[type, set[str]] = {
    kind: {
        one.name for one in fields(kind)
        if one.name not in ("incident", "limits") and (one.default is not MISSING or one.default_factory is not MISSING)
    } for kind in (TruthRow, Expectation)
}  # fmt: skip
"""What files of earlier versions lack: a field that is added has a default."""
_FILE = {TruthRow: "truth.jsonl", Expectation: "expectations.jsonl"}
_WORDS: dict[type, dict[str, tuple[str, ...]]] = {
    TruthRow: {"expect": get_args(Expect), "by": get_args(By)},
    Expectation: {"what": get_args(What)},
}

"""What follows from time alone, judged: a backlog that is told, a card that opens, a card that does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from lilong_protocol.topics import EVENT, TELEMETRY

from ..carried_out import carried_out
from ..load.faults.excuses import Excuses
from ..recorder import Recorder
from ..truth import CARD_ELSEWHERE, CARD_REVOKED, EVENT_CODES, PASSES, TELL_EACH, Expectation
from .judged import TICK_MS
from .passages import arm_up

Timed = tuple[float | None, float | None, str | None]
"""The instant from which it counts (None: not observed), ms after it (None: it never came), what else is wrong."""
UNLOCK = "unlock"
QUARTER_MS = 900_000  # telemetry of an outage is thinned to the least, the greatest and the last of so long
SLACK_MS = 1_000  # (ours)
WAITED_MS = 60_000  # (ours) an event that waited longer before it was handed over is asked for in the backend's record
REACHES_MS = 30_000  # (ours) until every reader that is online knows that a card is revoked
BACK_MS = 2_000  # (ours) one that was away is told first: as long as a read may take from its link's return on


def judge(
    expectation: Expectation,
    recorder: Recorder,
    excuses: Excuses | None,
    world_zero: float,
    horizon: float,
    revoked: Sequence[float] = (),
    finds_copies: bool = False,
    outputs: Iterable[tuple[float, str, str, int]] | None = None,
    recorded: Mapping[tuple[int, int], float] | None = None,
) -> Timed | None:
    """None: the run ended too early to tell. `horizon`: it saw what came until then; `revoked`: when cards were;
    `finds_copies`: the backend does, by its feed. `outputs`: those of the device, where they stand apart; `recorded`:
    when the feed says that events which had waited are in the record, by boot and number, None: it never says so."""
    begin, device = world_zero + (expectation.from_ms or 0), expectation.device
    end = begin if expectation.until_ms is None else world_zero + expectation.until_ms
    if device in recorder.burnt:
        return None, None, None
    if expectation.what in ("granted", "denied"):
        if end + (expectation.within_ms or 0) > horizon:
            return None
        silences = [] if excuses is None else excuses.silences(device)
        if expectation.action == CARD_REVOKED and not any(_known_by(at, silences) <= begin for at in revoked):
            return None, None, None  # nobody has said so, or it could not have heard of it
        if expectation.action == CARD_ELSEWHERE and not finds_copies:
            return None, None, None  # whom its doors ask knows of no card at another one
        hindered = excuses is not None and excuses.of(device, begin, {}, None).why is not None
        driven = recorder.outputs if outputs is None else outputs
        return (None, None, None) if hindered else _read(expectation, recorder, driven, begin, end)
    if expectation.what in ("done", "noted"):
        return _by_itself(expectation, recorder, excuses, begin, horizon)
    possible = end if excuses is None else excuses.sendable(device, end)
    if possible + (expectation.within_ms or 0) > horizon:
        return None
    said = recorder.said.get(device)
    if said is None or any(expectation.what == TOLD[cls] for cls in said.unread if cls in TOLD):
        return None, None, None
    if expectation.what == TOLD[TELEMETRY]:
        after = [at - possible for at, _, _, _ in said.of(TELEMETRY) if at >= possible]
        told = [made for at, made in said.sampled() if at <= possible + (expectation.within_ms or 0)]
        return possible, min(after, default=None), _gap(expectation.name, told, begin, end)
    rows = said.of(EVENT)
    waited = [row for row in rows if begin <= row[1] <= end and row[0] - row[1] > WAITED_MS]
    known = [(row, None if recorded is None else recorded.get((row[2], row[3]))) for row in waited]
    found = _events(expectation, rows, begin, end, possible, excuses)
    if recorded is None or found[1] is None or found[2] is not None:
        return found
    if missing := sum(at is None for _, at in known):
        return possible, found[1], f"lost: {missing} events of {expectation.name} were told, and are not recorded"
    return possible, max([found[1], *(at - possible for _, at in known if at is not None)]), None


def _known_by(revoked: float, silences: Sequence[tuple[float, float]]) -> float:
    """When a reader must know of a revocation, whose link was away from when to when."""
    known = revoked + REACHES_MS
    for begin, end in silences:
        if begin <= revoked < end or begin < known < end + BACK_MS:
            known = end + BACK_MS
    return known


def _by_itself(
    expectation: Expectation, recorder: Recorder, excuses: Excuses | None, begin: float, horizon: float
) -> Timed | None:
    """What a device does where it stands, whoever hears of it: an output, or an event of its record."""
    device, within = expectation.device, expectation.within_ms or 0
    if begin + within > horizon:
        return None
    if excuses is not None and excuses.of(device, begin, {"local_ms": within}, None).why is not None:
        return None, None, None
    if expectation.what == "done":
        at = carried_out(expectation.action, device, begin, recorder.outputs)
        return begin, None if at is None else at - begin, None
    said = recorder.said.get(device)
    if said is None or EVENT in said.unread:
        return None, None, None
    if excuses is not None and excuses.sendable(device, begin + within) > horizon:
        return None  # it could not yet tell
    made = [at - begin for at in said.noted(EVENT_CODES[expectation.action]) if at >= begin - TICK_MS]
    return begin, max(0.0, min(made)) if made else None, None


def _gap(name: str, told: Sequence[float], begin: float, end: float) -> str | None:
    """What is wrong with what is told of an outage; no batch is whole in a shorter one."""
    if end - begin < QUARTER_MS:
        return None
    times = [begin, *sorted(at for at in told if begin <= at <= end), end]
    longest = max(then - now for now, then in pairwise(times))
    if longest <= QUARTER_MS + SLACK_MS:
        return None
    return f"lost: {longest / 60_000:.0f} min of what {name} measured were never told, not even one of 15 min"


TOLD = {EVENT: "events", TELEMETRY: "telemetry"}


def _events(
    expectation: Expectation, rows: Sequence[tuple[float, float, int, int]], begin: float, end: float, possible: float,
    excuses: Excuses | None,
) -> Timed:  # fmt: skip
    """Of all that was made in between: told, whole, in its order, and no more than the device's log holds."""
    made = [row for row in rows if begin <= row[1] <= end]
    if not made:
        return None, None, None  # nothing happened there
    waited = sum(1 for row in made if row[0] > end)
    numbers = sorted((boot, seq, at) for _, at, boot, seq in rows)
    lost = sum(then[1] - now[1] - 1 for now, then in pairwise(numbers) if now[0] == then[0] and then[2] >= begin)
    told = [(boot, seq) for _, _, boot, seq in rows]
    name = expectation.name
    wrong = None
    if lost:
        wrong = f"lost: {lost} events of {name} were never told"
    elif any(then < now for now, then in pairwise(told)):
        wrong = f"out of order: events of {name} are told before older ones"
    elif expectation.most is not None and waited > expectation.most:
        wrong = f"too many: {waited} events of {name} waited, its log has room for {expectation.most}"
    if expectation.action == TELL_EACH:
        could = (row[1] if excuses is None else excuses.sendable(expectation.device, row[1]) for row in made)
        return begin, max(0.0, *(row[0] - since for row, since in zip(made, could, strict=True))), wrong
    return possible, max(0.0, max(row[0] for row in made) - possible), wrong


def _read(
    expectation: Expectation, recorder: Recorder, outputs: Iterable[tuple[float, str, str, int]], read: float,
    until: float,
) -> Timed:  # fmt: skip
    if expectation.action == PASSES["vehicle_lane"]:
        up = arm_up(read, outputs)
        return read, None if up is None else up - read, None
    done = carried_out(UNLOCK, expectation.device, read, outputs)
    if expectation.what == "granted":
        return read, None if done is None else done - read, None
    if done is not None and done <= until:
        return read, None, f"granted: a card at {expectation.name} that must be denied, after {done - read:.0f} ms"
    said = sorted(at - read for at in recorder.events_sent.get(expectation.device, ()) if at >= read)
    first = expectation.action == CARD_ELSEWHERE  # its first event is the question
    return read, next(iter(said[first:]), None), None

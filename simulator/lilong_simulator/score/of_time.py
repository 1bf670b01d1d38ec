"""What follows from time alone, judged: a backlog that is told, a card that opens, a card that does not."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from lilong_protocol.topics import EVENT, TELEMETRY

from ..carried_out import carried_out
from ..load.faults.excuses import Excuses
from ..recorder import Recorder
from ..truth import CARD_REVOKED, Expectation

Timed = tuple[float | None, float | None, str | None]
"""The instant from which it counts (None: not observed), ms after it (None: it never came), what else is wrong."""
UNLOCK = "unlock"
REACHES_MS = 30_000  # (ours) until every reader that is online knows that a card is revoked


def judge(
    expectation: Expectation,
    recorder: Recorder,
    excuses: Excuses | None,
    world_zero: float,
    horizon: float,
    revoked: Sequence[float] = (),
) -> Timed | None:
    """None: the run ended too early to tell. `horizon`: it saw what came until then; `revoked`: when cards were."""
    begin, device = world_zero + (expectation.from_ms or 0), expectation.device
    end = begin if expectation.until_ms is None else world_zero + expectation.until_ms
    if device in recorder.burnt:
        return None, None, None
    if expectation.what in ("granted", "denied"):
        if end + (expectation.within_ms or 0) > horizon:
            return None
        if expectation.action == CARD_REVOKED and not any(at <= begin - REACHES_MS for at in revoked):
            return None, None, None  # nobody has said so
        hindered = excuses is not None and excuses.of(device, begin, {}, None).why is not None
        return (None, None, None) if hindered else _read(expectation, recorder, begin, end)
    possible = end if excuses is None else excuses.sendable(device, end)
    if possible + (expectation.within_ms or 0) > horizon:
        return None
    said = recorder.said.get(device)
    if said is None:
        return None, None, None
    if expectation.what == TOLD[TELEMETRY]:
        after = [at - possible for at, _, _, _ in said.of(TELEMETRY) if at >= possible]
        return possible, min(after, default=None), None
    return _events(expectation, said.of(EVENT), begin, end, possible)


TOLD = {EVENT: "events", TELEMETRY: "telemetry"}


def _events(
    expectation: Expectation, rows: Sequence[tuple[float, float, int, int]], begin: float, end: float, possible: float
) -> Timed:
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
    return possible, max(0.0, max(row[0] for row in made) - possible), wrong


def _read(expectation: Expectation, recorder: Recorder, read: float, until: float) -> Timed:
    done = carried_out(UNLOCK, expectation.device, read, recorder.outputs)
    if expectation.what == "granted":
        return read, None if done is None else done - read, None
    if done is not None and done <= until:
        return read, None, f"granted: a card at {expectation.name} that must be denied, after {done - read:.0f} ms"
    said = [at - read for at in recorder.events_sent.get(expectation.device, ()) if at >= read]
    return read, min(said, default=None), None

"""Events: each once, in order; a gap is waited for, asked for once, and passed."""

from lilong_protocol import frame, topics

from ...scenario import Judge, NotTriedError
from ..bench import ANSWER_MS, GAP_MS, Bench, Told, name_of
from ..book import scenario
from ..player import Player

EARLY_MS, LATE_MS = 500, 4_000
BACKFILL = 1
MANY = 66  # beyond a gap


def requests(bench: Bench, player: Player, since: int) -> list[Told]:
    """The requests for frames that never came."""
    return [one for one in bench.of(player, frame.REQUEST, since) if one.body.get(0) == BACKFILL]


def tells_events(bench: Bench) -> bool:
    """There is a feed, and it tells of events."""
    return any(row.get("event") == "event" for row in bench.wire.observed() or [])


def order_of(bench: Bench, player: Player) -> list[tuple[int, int]]:
    """(boot, seq) of the events that have had their effect, as the feed tells it."""
    rows = bench.wire.observed() or []
    mine = [row for row in rows if row.get("event") == "event" and row.get("device") == player.device]
    return [(row["boot"], row["seq"]) for row in mine if row["boot"] == player.boot]


@scenario("LIL-EVENT-004", "LIL-EVENT-005")
async def a_gap(bench: Bench, judge: Judge) -> None:
    """Events 1, 2, 5: after 10 s 3 and 4 are asked for, once; they come, and all have their effect in order, once."""
    player = bench.players[0]
    since = bench.mark()
    began = bench.wire.now()
    frames = [player.eventing() for _ in range(5)]
    for at in (0, 1, 4):
        player.send(topics.EVENT, frames[at])
    await bench.until(lambda: bool(requests(bench, player, since)), GAP_MS + LATE_MS)
    asked = requests(bench, player, since)
    judge("LIL-EVENT-005", "a gap is asked for", bool(asked), f"no request in {(GAP_MS + LATE_MS) // 1000} s")
    if asked:
        waited = asked[0].at - began
        judge("LIL-EVENT-005", "after 10 s", waited >= GAP_MS - EARLY_MS, f"after {waited} ms")
        body = asked[0].body
        right = (body.get(1), body.get(2)) == (topics.EVENT, player.boot) and body.get(3) == 3 and body.get(4) == 4
        judge("LIL-EVENT-005", "for what is missing", right, f"{body}")
        answer = {0: 200, 1: 2}
        said = player.frame(frame.RESPONSE, topics.RESPONSE, answer, counter=asked[0].frame.counter)
        player.send(topics.RESPONSE, said)
    for at in (3, 2, 3):
        player.send(topics.EVENT, frames[at])
    await bench.quiet(GAP_MS + LATE_MS)
    count = len(requests(bench, player, since))
    judge("LIL-EVENT-005", "once", count <= 1, f"{count} requests")
    _inorder_of(bench, judge, player, [name_of(data) for data in frames])


def _inorder_of(bench: Bench, judge: Judge, player: Player, wanted: list[tuple[int, int]]) -> None:
    if not tells_events(bench):
        judge.skip("LIL-EVENT-004", 'not observed: needs --observed FILE with rows of event "event"')
        return
    found = [one for one in order_of(bench, player) if one in wanted]
    judge("LIL-EVENT-004", "events have their effect once each, in order", found == wanted, f"{found}")


@scenario("LIL-EVENT-005", "LIL-EVENT-007")
async def a_gap_for_ever(bench: Bench, judge: Judge) -> None:
    """The device has nothing of what is asked for: the gap is passed, and what comes late moves nothing back."""
    player = bench.players[1]
    since = bench.mark()
    frames = [player.eventing() for _ in range(3)]
    player.send(topics.EVENT, frames[0])
    player.send(topics.EVENT, frames[2])
    await bench.until(lambda: bool(requests(bench, player, since)), GAP_MS + LATE_MS)
    for one in requests(bench, player, since)[:1]:
        said = player.frame(frame.RESPONSE, topics.RESPONSE, {0: 404}, counter=one.frame.counter)
        player.send(topics.RESPONSE, said)
    await bench.until(lambda: name_of(frames[2]) in order_of(bench, player), ANSWER_MS)
    passed = name_of(frames[2]) in order_of(bench, player)
    player.send(topics.EVENT, frames[1])
    await bench.quiet(GAP_MS + LATE_MS)
    count = len(requests(bench, player, since))
    judge("LIL-EVENT-005", "a gap of which nothing comes is asked for once", count <= 1, f"{count} requests")
    if not tells_events(bench):
        judge.skip("LIL-EVENT-007", 'not observed: needs --observed FILE with rows of event "event"')
        return
    found = [one for one in order_of(bench, player) if one in [name_of(data) for data in frames]]
    judge("LIL-EVENT-005", "and passed", passed, "what comes after it has had no effect")
    if not passed:
        raise NotTriedError("the gap was not passed")
    right = found == [name_of(frames[0]), name_of(frames[2])]
    judge("LIL-EVENT-007", "what comes late moves nothing back", right, f"{found}")


@scenario("LIL-EVENT-010")
async def many_beyond_a_gap(bench: Bench, judge: Judge) -> None:
    """One event is missing and 66 come after it: the wait ends at once."""
    if not tells_events(bench):
        raise NotTriedError('not observed: needs --observed FILE with rows of event "event"')
    player = bench.players[2]
    player.start(player.boot + 1)
    player.birth()
    await bench.probe(player)
    frames = [player.eventing() for _ in range(MANY + 2)]
    player.send(topics.EVENT, frames[0])
    for data in frames[2:]:
        player.send(topics.EVENT, data)
    wanted = name_of(frames[-1])
    passed = await bench.until(lambda: wanted in order_of(bench, player), GAP_MS // 2)
    judge("LIL-EVENT-010", "more than 64 that wait end the wait for a gap", passed, f"not in {GAP_MS // 2000} s")

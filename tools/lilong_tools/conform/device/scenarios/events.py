"""Events: in order, one in flight, again with the same bytes until their PUBACK."""

from lilong_protocol import codes, frame, topics
from lilong_protocol.codes import link
from lilong_protocol.registry import KIND_BY_NUMBER
from lilong_simulator.stimuli import EVENTS

from ...scenario import Judge, NotTriedError
from ..bench import SOON_MS, Bench
from ..book import scenario

TESTS = 4
BACKFILL = 1
CARD = 271_828_182


async def pile_up(bench: Bench, count: int) -> None:
    """So many events wait, and the link is held: `release` is the caller's."""
    press = EVENTS.get(bench.kind or 0)
    if press is not None:
        await bench.wire.hold()
        for _ in range(count):
            await bench.wire.stimulate(*press)
        return
    await bench.settle()
    bench.wire.withhold_pubacks(True)
    for _ in range(count):
        bench.say(topics.COMMAND, bench.order(codes.CMD_TEST))
    await bench.quiet(1_000)
    bench.wire.withhold_pubacks(False)
    await bench.wire.hold()


@scenario("LIL-EVENT-001", "LIL-EVENT-002")
async def events_in_order(bench: Bench, judge: Judge) -> None:
    """Several self-tests at once: their events come in the order of their numbers, each number once."""
    since = bench.mark()
    for _ in range(TESTS):
        bench.say(topics.COMMAND, bench.order(codes.CMD_TEST))
    await bench.settle()
    await bench.until(lambda: len({one.ref for one in bench.of(frame.EVENT, since)}) >= TESTS, 5_000)
    seqs = [one.frame.seq for one in bench.of(frame.EVENT, since)]
    if len(seqs) < TESTS:
        raise NotTriedError(f"{TESTS} self-tests have left {len(seqs)} events")
    judge("LIL-EVENT-002", "events leave in their order", seqs == sorted(seqs), f"{seqs}")
    steps = {after - before for before, after in zip(sorted(set(seqs)), sorted(set(seqs))[1:], strict=False)}
    judge("LIL-EVENT-001", "numbers rise by one", steps == {1}, f"{seqs}")


@scenario("LIL-EVENT-002")
async def events_until_their_puback(bench: Bench, judge: Judge) -> None:
    """The broker acknowledges nothing: one event is in flight; after a reconnect it comes again, then the others."""
    await bench.settle()  # nothing else is in flight
    await bench.quiet(SOON_MS)
    bench.wire.withhold_pubacks(True)
    since = bench.mark()
    for _ in range(TESTS):
        bench.say(topics.COMMAND, bench.order(codes.CMD_TEST))
    await bench.quiet(2_000)
    flying = bench.of(frame.EVENT, since) + bench.of(frame.RESPONSE, since)
    judge("LIL-EVENT-002", "one message is in flight", len(flying) == 1, f"{len(flying)} were")
    bench.wire.withhold_pubacks(False)
    after = bench.mark()
    await bench.cut()
    await bench.until(lambda: len({one.ref for one in bench.of(frame.EVENT, after)}) >= TESTS, 10_000)
    events = bench.of(frame.EVENT, after)
    first = [one for one in flying if one.kind == frame.EVENT]
    again = not first or (bool(events) and events[0].data == first[0].data)
    judge("LIL-EVENT-002", "without its PUBACK it comes again with the same bytes", again, "it did not come first")
    seqs = [one.frame.seq for one in events]
    whole = seqs == sorted(seqs) and len(set(seqs)) == TESTS
    judge("LIL-EVENT-002", "and all others after it, in order", whole, f"{seqs}")


@scenario("LIL-TELE-001")
async def a_telemetry_batch(bench: Bench, judge: Judge) -> None:
    """The next batch: a column for each quantity, a value or null in each row, ages before the frame's uptime."""
    period_s = link(bench.kind or 0)[4] if bench.kind in KIND_BY_NUMBER else 0
    if not period_s or period_s * 1000 > bench.wire.longest_ms:
        raise NotTriedError(f"a {bench.kind_name()} sends no telemetry soon")
    batch = await bench.obtain("a telemetry batch", lambda: bench.of(frame.TELEMETRY), period_s * 1000 + 65_000)
    quantities, ages, columns = batch.body[0], batch.body[1], batch.body[2]
    fits = len(columns) == len(quantities) and all(len(column) == len(ages) for column in columns)
    judge("LIL-TELE-001", "one column for each quantity, one value for each row", fits, f"{batch.body}")
    before = all(0 <= age <= batch.frame.uptime for age in ages)
    judge("LIL-TELE-001", "ages are ms before the frame's uptime", before, f"{ages} at {batch.frame.uptime}")


def _backfill(bench: Bench, boot: int, first: int, last: int) -> bytes:
    body = {0: BACKFILL, 1: topics.EVENT, 2: boot, 3: first, 4: last}
    return frame.pack(frame.REQUEST, body, counter=bench.counter(), target=bench.boot, nonce=bench.nonce)


@scenario("LIL-EVENT-006")
async def a_backfill(bench: Bench, judge: Judge) -> None:
    """Events that have been sent are asked for again: a count, then those frames, byte for byte; of others 404."""
    since = bench.mark()
    for _ in range(3):
        await bench.code_of(bench.order(codes.CMD_TEST))
    await bench.until(lambda: len(bench.of(frame.EVENT, since)) >= 3, 5_000)
    sent = bench.of(frame.EVENT, since)
    if len(sent) < 3:
        raise NotTriedError("no events to ask for")
    since = bench.mark()
    answer = await bench.answer(_backfill(bench, sent[0].frame.boot, sent[0].frame.seq, sent[-1].frame.seq))
    code = None if answer is None else answer.body.get(0)
    count = 0 if answer is None else answer.body.get(1, 0)
    known = answer is not None and answer.kind == frame.RESPONSE
    judge("LIL-EVENT-006", "a backfill request has a response", known, "an error, or nothing")
    await bench.until(lambda: len(bench.of(frame.EVENT, since)) >= count, 5_000)
    came = bench.of(frame.EVENT, since)
    kept = [one.data for one in came] == [one.data for one in sent[len(sent) - count :]]
    if code == frame.OK:
        judge("LIL-EVENT-006", "the frames that are still there follow, byte for byte, oldest first", kept,
              f"count {count}, {len(came)} came")  # fmt: skip
    else:
        nothing = code == frame.NOT_FOUND and not came
        judge("LIL-EVENT-006", "404 when none is there", nothing, f"{code}, {len(came)} came")
    code = await bench.code_of(_backfill(bench, sent[0].frame.boot, 5_000, 5_001))
    judge("LIL-EVENT-006", "404 for what never was", code == frame.NOT_FOUND, f"{code}")


@scenario("LIL-SEC-003")
async def a_card_number(bench: Bench, judge: Judge) -> None:
    """A card is read at a door: its event names a pseudonym, or nobody, never the number of the card."""
    if bench.kind != codes.KIND_DOOR:
        raise NotTriedError(f"a {bench.kind_name()} reads no cards")
    since = bench.mark()
    await bench.wire.stimulate("credential", CARD)
    event = await bench.obtain("an event after a card was read", lambda: bench.of(frame.EVENT, since), 5_000)
    values = list((event.body.get(4) or {}).values())
    judge("LIL-SEC-003", "the number of a card does not travel", CARD not in values, f"{event.body}")

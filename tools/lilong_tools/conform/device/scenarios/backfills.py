"""Backfills that are refused, and what exactly one that is not brings again."""

from lilong_protocol import codes, frame, topics

from ...scenario import Judge, NotTriedError
from ..bench import ANSWER_MS, Bench
from ..book import scenario
from ..seen import Seen
from .orders import backfill, request

EVENTS = 4
AT_ONCE = 4  # may be under way


async def _events(bench: Bench) -> list[Seen]:
    """Some events in a row, which have had their PUBACK."""
    since = bench.mark()
    for _ in range(EVENTS):
        await bench.code_of(bench.order(codes.CMD_TEST))
    await bench.until(lambda: len(bench.of(frame.EVENT, since)) >= EVENTS, ANSWER_MS)
    await bench.settle()
    return bench.of(frame.EVENT, since)[:EVENTS]


@scenario("LIL-EVENT-008")
async def backfills_that_are_refused(bench: Bench, judge: Judge) -> None:
    """Of another class: 404; with its boot, first or last number missing or no number: 422."""
    whole = backfill(bench.boot or 0, 1, 9)
    for cls in (topics.ALARM, topics.HEARTBEAT):
        said = await bench.code_of(request(bench, {**whole, 1: cls}))
        judge("LIL-EVENT-008", f"a backfill of {cls} is refused with 404", said == frame.NOT_FOUND, f"{said}")
    for key, name in ((2, "boot"), (3, "first number"), (4, "last number")):
        less = {known: value for known, value in whole.items() if known != key}
        for what, body in (("missing", less), ("text", {**whole, key: "1"})):
            said = await bench.code_of(request(bench, body))
            claim = f"one whose {name} is {what} is refused with 422"
            judge("LIL-EVENT-008", claim, said == frame.INVALID, f"{said or 'no response'}")


@scenario("LIL-EVENT-008", "LIL-EVENT-009")
async def some_events_again(bench: Bench, judge: Judge) -> None:
    """Two of four events are asked for, under their boot and another; then five backfills at once: the fifth is 409."""
    sent = await _events(bench)
    boot, numbers = bench.boot or 0, [one.frame.seq for one in sent]
    since = bench.mark()
    answer = await bench.answer(request(bench, backfill(boot, numbers[1], numbers[2]))) if sent else None
    if answer is None or answer.body.get(0) != frame.OK:
        raise NotTriedError("it keeps no events that were sent")
    await bench.until(lambda: len(bench.of(frame.EVENT, since)) >= 2, ANSWER_MS)
    await bench.settle()
    came = [one.frame.seq for one in bench.of(frame.EVENT, since)]
    judge("LIL-EVENT-009", "first and last number are included", came == numbers[1:3], f"{came}, not {numbers[1:3]}")
    said = await bench.code_of(request(bench, backfill(boot + 1, numbers[1], numbers[2])))
    judge("LIL-EVENT-009", "of another boot there is nothing", said == frame.NOT_FOUND, f"{said or 'no response'}")
    since = bench.mark()
    counters = []
    for _ in range(AT_ONCE + 1):
        payload = request(bench, backfill(boot, numbers[0], numbers[-1]))
        counters.append(frame.unpack(payload).counter)
        bench.say(topics.COMMAND, payload)
    await bench.until(lambda: all(bench.responses(counter, since) for counter in counters), ANSWER_MS)
    said_ = [one.body.get(0) for counter in counters for one in bench.responses(counter, since)[:1]]
    fifth = said_[-1] == frame.CONFLICT if len(said_) == AT_ONCE + 1 else False
    if fifth or bench.wire.virtual:  # over a network the first may be over by then
        judge("LIL-EVENT-008", "a fifth while four are being answered is refused with 409", fifth, f"{said_}")

"""Orders: which fault is told first, one series of counters for all of them, requests, arguments."""

from typing import Any

from lilong_protocol import codes, frame, topics

from ...scenario import Judge
from ..bench import UNKNOWN_COMMAND, Bench
from ..book import scenario
from .alarms import operator_ack
from .commands import U32

BACKFILL, UNKNOWN_REQUEST = 1, 77
_OTHER_NONCE = bytes(8)


def request(bench: Bench, body: dict[int, Any], **changes: Any) -> bytes:
    """The payload of a request; without a deadline, unless it is given one."""
    return bench.order(0, kind=frame.REQUEST, body=body, **{"deadline": None, **changes})


def backfill(boot: int, first: int, last: int) -> dict[int, Any]:
    """The body of a request for events."""
    return {0: BACKFILL, 1: topics.EVENT, 2: boot, 3: first, 4: last}


@scenario("LIL-CMD-009")
async def the_first_fault(bench: Bench, judge: Judge) -> None:
    """Commands with several faults: 412 before 409, 409 before 408, 408 before the rest; 412 uses no counter up."""
    await bench.quiet(1_500)
    old, late = bench.counter(), max(0, bench.uptime() - 1_000)
    await bench.code_of(bench.order(codes.CMD_TEST))
    for what, payload, code in (
        (
            "another nonce, an old counter, too late",
            bench.order(0, counter=old, nonce=_OTHER_NONCE, deadline=late),
            412,
        ),
        ("an old counter, too late, unknown", bench.order(UNKNOWN_COMMAND, counter=old, deadline=late), 409),
        ("too late, unknown", bench.order(UNKNOWN_COMMAND, deadline=late), 408),
    ):
        said = await bench.code_of(payload)
        judge("LIL-CMD-009", f"{what}: {code}", said == code, f"{said or 'no response'}")
    counter = bench.counter()
    await bench.code_of(bench.order(codes.CMD_TEST, counter=counter, nonce=_OTHER_NONCE))
    said = await bench.code_of(bench.order(codes.CMD_TEST, counter=counter))
    judge("LIL-CMD-009", "a counter that was refused with 412 is unused", said == frame.OK, f"{said}")
    counter = bench.counter()
    await bench.code_of(bench.order(codes.CMD_TEST, counter=counter, deadline=late))
    since = bench.mark()
    said = await bench.code_of(bench.order(codes.CMD_TEST, counter=counter))
    used = said in (frame.EXPIRED, frame.CONFLICT) and not await bench.tested(since)
    judge("LIL-CMD-009", "one that was refused with 408 is used up", used, f"{said or 'no response'}")


@scenario("LIL-CMD-010")
async def one_series_of_counters(bench: Bench, judge: Judge) -> None:
    """A command, then a request and an operator-ack with lower counters: 409; after a restart the first may be 1."""
    lower, low = bench.counter(), bench.counter()
    await bench.code_of(bench.order(codes.CMD_TEST))
    for what, payload, cls in (
        ("a request", request(bench, backfill(bench.boot or 0, 1, 2), counter=lower), topics.COMMAND),
        ("an operator-ack", operator_ack(bench, (bench.boot or 0, 1), counter=low), topics.ACK),
    ):
        said = await bench.code_of(payload, cls)
        judge("LIL-CMD-010", f"{what} below a command is refused with 409", said == frame.CONFLICT, f"{said}")
    await bench.restart()
    said = await bench.code_of(bench.order(codes.CMD_TEST, counter=1))
    judge("LIL-CMD-010", "after a restart a counter of 1 will do", said == frame.OK, f"{said or 'no response'}")


@scenario("LIL-CMD-011", "LIL-CMD-012")
async def requests(bench: Bench, judge: Judge) -> None:
    """Requests for another boot, with another nonce, too late, unknown: 412, 412, 408, 404; one has no deadline."""
    boot = bench.boot or 0
    body = backfill(boot, 1, 1)
    for what, target, nonce in (
        ("for another boot", boot + 1, bench.nonce),
        ("with another nonce", boot, _OTHER_NONCE),
    ):
        since = bench.mark()
        answer = await bench.answer(request(bench, {0: 0}, target=target, nonce=nonce))
        code = None if answer is None else answer.body.get(0)
        judge("LIL-CMD-011", f"a request {what} is refused with 412", code == frame.STALE, f"{code or 'no response'}")
        judge("LIL-CMD-011", "and not carried out", not bench.of(frame.BIRTH, since), "a birth came")
        own = answer is None or answer.frame.boot == boot
        judge("LIL-CMD-011", "its response carries the device's own boot", own, "another boot")
    await bench.quiet(1_500)
    said = await bench.code_of(request(bench, body, deadline=max(0, bench.uptime() - 1_000)))
    judge("LIL-CMD-012", "a request after its deadline is refused with 408", said == frame.EXPIRED, f"{said}")
    said = await bench.code_of(request(bench, body))
    lives = said in (frame.OK, frame.NOT_FOUND)
    judge("LIL-CMD-012", "one without a deadline does not lapse", lives, f"{said or 'no response'}")
    said = await bench.code_of(request(bench, {0: UNKNOWN_REQUEST}))
    judge("LIL-CMD-012", "one for something unknown is refused with 404", said == frame.NOT_FOUND, f"{said}")


@scenario("LIL-CMD-013", "LIL-FRAME-011")
async def arguments(bench: Bench, judge: Judge) -> None:
    """An argument that is missing: 422; some that the registry does not give to the command: passed over."""
    said = await bench.code_of(bench.order(codes.CMD_USE_EPOCH))
    judge("LIL-CMD-013", "an argument that is missing is refused with 422", said == frame.INVALID, f"{said}")
    said = await bench.code_of(bench.order(codes.CMD_TEST, {7: 5, 99: U32}))
    judge("LIL-CMD-013", "arguments that it has not are passed over", said == frame.OK, f"{said or 'no response'}")
    said = await bench.code_of(bench.order(codes.CMD_TEST, {-1: 5}))
    judge("LIL-FRAME-011", "so is one whose key can be no number of any", said == frame.OK, f"{said or 'no response'}")

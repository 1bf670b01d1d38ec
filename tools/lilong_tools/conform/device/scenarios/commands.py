"""Commands: fresh ones are carried out once and answered once, all others are refused with their code."""

from lilong_protocol import codes, frame, topics

from ...scenario import Judge, NotTriedError
from ..bench import ANSWER_MS, SOON_MS, UNKNOWN_COMMAND, Bench
from ..book import scenario

U32 = (1 << 32) - 1
_OTHER_NONCE = bytes(8)


async def _refused(bench: Bench, judge: Judge, id_: str, what: str, payload: bytes, code: int) -> None:
    """A self-test that must be refused with a code, and not carried out."""
    since = bench.mark()
    said = await bench.code_of(payload)
    judge(id_, f"{what} is refused with {code}", said == code, "no response" if said is None else f"{said}")
    done = await bench.tested(since)
    judge(id_, f"{what} is not carried out", not done, "its event came")


@scenario("LIL-CMD-001")
async def commands_for_others(bench: Bench, judge: Judge) -> None:
    """A command with the boot before, the boot after, another nonce: 412, not carried out."""
    test, boot = codes.CMD_TEST, bench.boot or 0
    for what, payload in {
        "a command for the boot before": bench.order(test, target=max(0, boot - 1)),
        "a command for the boot to come": bench.order(test, target=boot + 1),
        "a command with another nonce": bench.order(test, nonce=_OTHER_NONCE),
    }.items():
        await _refused(bench, judge, "LIL-CMD-001", what, payload, frame.STALE)


@scenario("LIL-CMD-002", "LIL-SEC-006")
async def a_replayed_command(bench: Bench, judge: Judge) -> None:
    """The same frame again, now and later, and a counter never used: the same bytes, or 409; done once."""
    door = bench.kind == codes.KIND_DOOR
    number, event = (codes.CMD_UNLOCK, codes.EVENT_DOOR_UNLOCKED) if door else (codes.CMD_TEST, codes.EVENT_TESTED)
    skipped = bench.counter()
    since = bench.mark()
    payload = bench.order(number)
    counter = frame.unpack(payload).counter
    sent = bench.sealed(topics.COMMAND, payload)
    first = await bench.answer(payload)
    if first is None or first.body[0] != frame.OK:
        raise NotTriedError("the command was not carried out the first time")
    await bench.quiet(SOON_MS)  # no other answer may take the place of this one
    done = len({one.ref for one in bench.of(frame.EVENT, since, event)})
    for _ in range(3):
        bench.publish(topics.COMMAND, sent)
    await bench.until(lambda: len(bench.responses(counter, since)) > 1, ANSWER_MS)
    await bench.settle()
    again = bench.responses(counter, since)
    same = all(one.data == first.data for one in again)
    said = f"{len(again)} responses{'' if same else ', of other bytes'}"
    judge("LIL-CMD-002", "answered again with the same bytes", same and len(again) > 1, said)
    events = len({one.ref for one in bench.of(frame.EVENT, since, event)})
    judge("LIL-CMD-002", "carried out once", events == done, f"{events} events for {done}")
    judge("LIL-SEC-006", "a replayed command is not carried out", events == done, f"{events} events for {done}")
    for _ in range(6):  # more answers than most devices keep
        await bench.settle()
    since = bench.mark()
    bench.publish(topics.COMMAND, sent)
    await bench.settle()
    late = bench.responses(counter, since)
    right = bool(late) and all(one.data == first.data or one.body[0] == frame.CONFLICT for one in late)
    said = f"responses {[one.body[0] for one in late]}, of other bytes" if late else "no response"
    judge("LIL-CMD-002", "after six others it has the same bytes again, or 409", right, said)
    judge("LIL-CMD-002", "and is not carried out", not bench.of(frame.EVENT, since, event), "its event came")
    low = await bench.code_of(bench.order(codes.CMD_TEST, counter=skipped))
    judge("LIL-CMD-002", "a lower counter that was never answered is refused with 409", low == frame.CONFLICT, f"{low}")


@scenario("LIL-CMD-001", "LIL-SEC-006")
async def a_command_of_the_boot_before(bench: Bench, judge: Judge) -> None:
    """A command that was good before a restart comes again after it: 412, not carried out."""
    payload = bench.order(codes.CMD_TEST, deadline=(1 << 40))
    sent = bench.sealed(topics.COMMAND, payload)
    if await bench.code_of(payload) != frame.OK:
        raise NotTriedError("the command was not carried out the first time")
    await bench.restart()
    since = bench.mark()
    bench.publish(topics.COMMAND, sent)
    done = await bench.tested(since)
    said = [one.body[0] for one in bench.responses(frame.unpack(payload).counter, since)]
    judge("LIL-CMD-001", "it is refused with 412", said == [frame.STALE], f"{said}")
    done = [one for one in done if one.frame.boot == bench.boot]  # the boot before may tell its own once more
    judge("LIL-SEC-006", "a replayed command is refused", not done, "its event came")


@scenario("LIL-CMD-003")
async def a_late_command(bench: Bench, judge: Judge) -> None:
    """A command whose deadline has passed: 408, not carried out; one whose deadline is to come is carried out."""
    await bench.quiet(1_500)
    payload = bench.order(codes.CMD_TEST, deadline=max(0, bench.uptime() - 1_000))
    await _refused(bench, judge, "LIL-CMD-003", "a command after its deadline", payload, frame.EXPIRED)
    good = await bench.code_of(bench.order(codes.CMD_TEST))
    judge("LIL-CMD-003", "one before its deadline is carried out", good == frame.OK, f"{good}")


@scenario("LIL-CMD-004")
async def commands_that_make_no_sense(bench: Bench, judge: Judge) -> None:
    """An unknown command: 404; arguments of a wrong type or range: 422."""
    said = await bench.code_of(bench.order(UNKNOWN_COMMAND))
    judge("LIL-CMD-004", "an unknown command is refused with 404", said == frame.NOT_FOUND, f"{said}")
    said = await bench.code_of(bench.order(codes.CMD_TEST, {0: "text"}))
    judge("LIL-CMD-004", "an argument that is no number is refused with 422", said == frame.INVALID, f"{said}")
    said = await bench.code_of(bench.order(codes.CMD_TEST, {0: True}))
    judge("LIL-CMD-004", "a boolean is no number", said == frame.INVALID, f"{said}")
    if bench.kind == codes.KIND_STREETLIGHT:
        for level in (101, -1):
            said = await bench.code_of(bench.order(codes.CMD_SET_LEVEL, {0: level}))
            judge("LIL-CMD-004", f"a level of {level} is refused with 422", said == frame.INVALID, f"{said}")


@scenario("LIL-CMD-005")
async def one_response(bench: Bench, judge: Judge) -> None:
    """Each command has one response, with its counter; one whose PUBACK is missing comes again with the same bytes."""
    since = bench.mark()
    counters = []
    for _ in range(3):
        payload = bench.order(UNKNOWN_COMMAND)
        counters.append(frame.unpack(payload).counter)
        bench.say(topics.COMMAND, payload)
    await bench.settle()
    counts = [len(bench.responses(counter, since)) for counter in counters]
    judge("LIL-CMD-005", "one response each", counts == [1, 1, 1], f"{counts}")
    await bench.quiet(SOON_MS)
    bench.wire.withhold_pubacks(True)
    payload = bench.order(UNKNOWN_COMMAND)
    counter = frame.unpack(payload).counter
    bench.say(topics.COMMAND, payload)
    await bench.until(lambda: bool(bench.responses(counter)), 5_000)
    bench.wire.withhold_pubacks(False)
    since = bench.mark()
    await bench.cut()
    again = await bench.until(lambda: bool(bench.responses(counter, since)), 5_000)
    judge("LIL-CMD-005", "kept until its PUBACK", again, "without a PUBACK it did not come again")
    same = len({one.data for one in bench.responses(counter)}) == 1
    judge("LIL-CMD-005", "with the same bytes", same, "other bytes")


@scenario("LIL-ALARM-010", "LIL-CMD-001", "LIL-CMD-003")
async def stale_operator_acks(bench: Bench, judge: Judge) -> None:
    """Operator-acks for another boot, with another nonce, or too late: refused as commands are."""
    from .alarms import operator_ack  # noqa: PLC0415  both judge what the other sends

    raised = await bench.begins(bench.alarms()[0])
    said = await bench.code_of(operator_ack(bench, raised.ref, nonce=_OTHER_NONCE), topics.ACK)
    judge("LIL-CMD-001", "an operator-ack with another nonce is refused with 412", said == frame.STALE, f"{said}")
    await bench.quiet(1_200)
    said = await bench.code_of(operator_ack(bench, raised.ref, deadline=0), topics.ACK)
    judge("LIL-CMD-003", "an operator-ack after its deadline is refused with 408", said == frame.EXPIRED, f"{said}")
    said = await bench.code_of(operator_ack(bench, raised.ref), topics.ACK)
    judge("LIL-ALARM-010", "a fresh one is answered with 200", said == frame.OK, f"{said}")

"""Bodies that have not the shape of their kind, and frames with faults that have no code of their own."""

from typing import Any

from lilong_protocol import cbor, codes, frame, topics

from ...scenario import Judge, NotTriedError
from ..bench import Bench
from ..book import scenario


def _fields(payload: bytes) -> dict[Any, Any]:
    fields = cbor.decode(payload)
    assert isinstance(fields, dict)
    return fields


@scenario("LIL-FRAME-008", "LIL-FRAME-009")
async def faults_without_a_code(bench: Bench, judge: Judge) -> None:
    """Payloads that are no frame at all: 400; frames with two faults: either code; texts have at most 64 characters."""
    good = _fields(bench.order(codes.CMD_TEST))
    answered = []
    for what, payload, right in (
        ("no payload", b"", (400,)),
        ("an array", cbor.encode([1, 2]), (400,)),
        ("a body that is text", cbor.encode({**good, 7: "test"}), (400,)),
        ("a counter that is text", cbor.encode({**good, 8: "7"}), (400,)),
        ("another version and a critical key", cbor.encode({**good, 0: 2, 17: 1}), (501, 402)),
        ("a reserved key and a critical one", cbor.encode({**good, 14: 1, 17: 1}), (400, 402)),
    ):
        since = bench.mark()
        bench.say(topics.COMMAND, payload)
        await bench.settle()
        errors = bench.of(frame.ERROR, since)
        said = [one.body.get(0) for one in errors]
        claim = f"{what} is answered with error {' or '.join(map(str, right))}"
        judge("LIL-FRAME-008", claim, len(said) == 1 and said[0] in right, f"{said or 'no error'}")
        answered += errors
    longest = max((len(str(one.body.get(1, ""))) for one in answered), default=0)
    if answered:
        judge("LIL-FRAME-009", "the text of an error has at most 64 characters", longest <= 64, f"{longest}")


@scenario("LIL-FRAME-010")
async def bodies_of_no_shape(bench: Bench, judge: Judge) -> None:
    """Bodies of orders and of a configuration that have not the shape of their kind: refused, without an effect."""
    orders: tuple[tuple[str, int, dict[int, Any]], ...] = (
        ("a command without a number", frame.COMMAND, {}),
        ("a command that is text", frame.COMMAND, {0: "test"}),
        ("arguments in an array", frame.COMMAND, {0: codes.CMD_TEST, 1: [1]}),
        ("a request for nothing", frame.REQUEST, {}),
    )
    for what, kind, body in orders:
        since = bench.mark()
        said = await bench.code_of(bench.order(0, kind=kind, body=body))
        judge("LIL-FRAME-010", f"{what} is refused with 400 or 422", said in (400, 422), f"{said or 'no response'}")
        judge("LIL-FRAME-010", f"{what} has no effect", not await bench.tested(since), "it was carried out")
    wrong: tuple[tuple[str, dict[int, Any]], ...] = (
        ("no version", {1: {}}),
        ("no settings", {0: bench.configured + 1}),
    )
    for what, body in wrong:
        since = bench.mark()
        bench.say(topics.CONFIG, frame.pack(frame.DESIRED_CONFIG, body))
        await bench.settle()
        said_ = [one.body.get(0) for one in bench.of(frame.ERROR, since)]
        judge("LIL-FRAME-010", f"a configuration with {what} is answered with error 400", said_ == [400], f"{said_}")
        judge("LIL-FRAME-010", "and not taken", not bench.of(frame.REPORTED_CONFIG, since), "it was reported")


@scenario("LIL-FRAME-010")
async def a_stored_ack_of_no_shape(bench: Bench, judge: Judge) -> None:
    """Stored-acks without a tag, and with one that is text: the alarm is sent again."""
    bench.acknowledges = False
    raised = await bench.begins(bench.alarms()[0])
    for body in ({}, {0: "tag"}):
        bench.say(topics.ACK, frame.pack(frame.STORED_ACK, body, ref=raised.ref))
    if not await bench.settle():
        raise NotTriedError("no answer to a command after it")
    since = bench.mark()
    await bench.cut()
    again = await bench.until(lambda: any(one.data == raised.data for one in bench.seen[since:]), 5_000)
    judge("LIL-FRAME-010", "a stored-ack without its tag has no effect", again, "the alarm was not sent again")

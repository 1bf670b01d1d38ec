"""Key epochs: a rotation that cannot be undone, so that it is tried on a simulated device only."""

from lilong_protocol import codes, frame, topics

from ...scenario import Judge, NotTriedError
from ..bench import ANSWER_MS, Bench
from ..book import scenario
from .repeats import copies


@scenario("LIL-KEY-003", "LIL-KEY-004", "LIL-KEY-008")
async def a_new_epoch(bench: Bench, judge: Judge) -> None:
    """use_epoch 1: response, birth and all new frames are sealed in it; what waits keeps its bytes; 1 again is 409."""
    if not bench.wire.wiped:
        raise NotTriedError("a rotation cannot be undone: with --simulate only")
    bench.acknowledges = False
    raised = await bench.begins(bench.alarms()[0])
    since, connection = bench.mark(), bench.connection
    answer = await bench.answer(bench.order(codes.CMD_USE_EPOCH, {0: 1}))
    code = None if answer is None else answer.body.get(0)
    judge("LIL-KEY-003", "use_epoch is answered with 200", code == frame.OK, f"{code}")
    if answer is None or code != frame.OK:
        raise NotTriedError("it does not rotate its keys")
    judge("LIL-KEY-003", "the response is sealed in the new epoch", answer.epoch == 1, f"in epoch {answer.epoch}")
    await bench.until(lambda: bool(bench.of(frame.BIRTH, since)), ANSWER_MS)
    births = bench.of(frame.BIRTH, since)
    right = bool(births) and (births[0].epoch, births[0].body.get(9)) == (1, 1)
    judge("LIL-KEY-003", "a birth in the new epoch follows", right, "no birth" if not births else f"{births[0].body}")
    first = bool(births) and births[0].at <= answer.at and births[0].body[1] > connection
    judge("LIL-KEY-008", "it connects anew, and the birth comes before the response", first, "it did not")
    unheard = bench.sealed(topics.COMMAND, bench.order(codes.CMD_TEST), epoch=0)
    mark = bench.mark()
    bench.publish(topics.COMMAND, unheard)
    heard = await bench.tested(mark)
    judge("LIL-KEY-008", "downlinks of the epoch before are not opened", not heard, "it was carried out")
    code = await bench.code_of(bench.order(codes.CMD_USE_EPOCH, {0: 1}))
    judge("LIL-KEY-003", "an epoch that is not above is refused with 409", code == frame.CONFLICT, f"{code}")
    since = bench.mark()
    await bench.cut()
    await bench.until(lambda: bool(copies(bench, raised, since)), ANSWER_MS)
    wills = bench.of(frame.DEATH, since)
    if wills:
        judge("LIL-KEY-008", "its will is of that epoch", wills[0].epoch == 1, f"of epoch {wills[0].epoch}")
    found = copies(bench, raised, since)
    same = bool(found) and all(one.data == raised.data for one in found)
    judge("LIL-KEY-004", "alarm frames that wait keep their bytes", same, "other bytes" if found else "none came")
    birth = await bench.restart()
    judge("LIL-KEY-003", "the epoch is stored", birth.epoch == 1, f"after a restart epoch {birth.epoch}")
    bench.say(topics.ACK, bench.stored(raised))

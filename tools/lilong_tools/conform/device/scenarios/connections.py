"""Connections: how they are counted, when one has failed, and how a device that sleeps is heard."""

from lilong_protocol import frame, topics

from ...scenario import Judge, NotTriedError
from ..bench import BIRTH_MS, Bench
from ..book import scenario
from .orders import request

HELD_MS, TRIED = 30_000, 3  # LIL-SESSION-005: the first three waits are at most 4, 8 and 16 s
FAILED_MS, PAUSE_MS = 15_000, 60_000
NEAR_MS = 500
REBIRTH = 0


@scenario("LIL-SESSION-012")
async def connections_that_fail(bench: Bench, judge: Judge) -> None:
    """No link for half a minute: the attempts are counted too; a birth that is asked for keeps its connection."""
    await bench.settle()
    before = bench.connection
    since = bench.mark()
    bench.say(topics.COMMAND, request(bench, {0: REBIRTH}))
    asked = await bench.obtain("a birth that was asked for", lambda: bench.of(frame.BIRTH, since), 5_000)
    same = asked.body[1] == before
    judge("LIL-SESSION-012", "a birth that is told again carries its number again", same, f"{asked.body[1]}")
    await bench.wire.hold()
    await bench.quiet(HELD_MS)
    since = bench.mark()
    await bench.wire.release()
    birth = await bench.born(since, "a birth after its link had been cut")
    counted = birth.body[1] > before + TRIED
    claim = "connections that come to nothing are counted"
    judge("LIL-SESSION-012", claim, counted, f"{before}, then {birth.body[1]} after {HELD_MS // 1000} s without a link")


@scenario("LIL-SESSION-016")
async def a_broker_that_says_nothing(bench: Bench, judge: Judge) -> None:
    """CONNECTs are not answered: each has failed after 15 s, and another follows."""
    await bench.settle()
    bench.wire.deafen(True)
    await bench.wire.hold()
    await bench.wire.release()
    first = len(bench.wire.attempts())
    await bench.until(lambda: len(bench.wire.attempts()) >= first + 2, 2 * (FAILED_MS + PAUSE_MS))
    tried = bench.wire.attempts()[first : first + 2]
    bench.wire.deafen(False)
    waited = tried[1] - tried[0] if len(tried) > 1 else 0
    right = FAILED_MS - NEAR_MS <= waited <= FAILED_MS + PAUSE_MS + NEAR_MS
    judge("LIL-SESSION-016", "a CONNECT without an answer has failed after 15 s", right, f"another after {waited} ms")
    since = bench.mark()
    back = await bench.until(lambda: bool(bench.of(frame.BIRTH, since)), FAILED_MS + BIRTH_MS)
    judge("LIL-SESSION-016", "it is back when it is answered again", back, "no birth")


@scenario("LIL-SESSION-016")
async def nothing_waits_for_the_time(bench: Bench, judge: Judge) -> None:
    """Nobody tells the time: an alarm and a response come all the same."""
    bench.tells_time = False
    await bench.restart()
    answered = await bench.settle()
    judge("LIL-SESSION-016", "a response does not wait for the time", answered, "no response")
    alarm = bench.alarms()[0]
    since = bench.mark()
    await bench.apply(alarm.begin)
    raised = await bench.told(frame.RAISE, alarm, since, alarm.begin)
    judge("LIL-SESSION-016", "an alarm does not wait for the time", raised is not None, "no raise")


@scenario("LIL-SESSION-018")
async def the_beat_of_a_sleeper(bench: Bench, judge: Judge) -> None:
    """A device that sleeps is born at each beat; while a stored-ack is awaited it stays, and tells a heartbeat."""
    if bench.always_on or not bench.beat_s:
        raise NotTriedError(f"a {bench.kind_name()} does not sleep, or tells no beat")
    beat_ms = bench.beat_s * 1000
    if beat_ms > bench.wire.longest_ms:
        raise NotTriedError(f"its beat of {bench.beat_s} s is too long here")
    await bench.quiet(10_000)
    since = bench.mark()
    born = await bench.until(lambda: bool(bench.of(frame.BIRTH, since)), beat_ms + BIRTH_MS)
    judge("LIL-SESSION-018", "it is born at its beat", born, f"no birth in {bench.beat_s} s")
    bench.acknowledges = False
    raised = await bench.begins(bench.alarms()[0])
    since = bench.mark()
    told = await bench.until(lambda: bool(bench.of(frame.HEARTBEAT, since)), beat_ms + 2_000)
    judge("LIL-SESSION-018", "one that is connected tells a heartbeat", told, f"none in {bench.beat_s} s")
    bench.say(topics.ACK, bench.stored(raised))

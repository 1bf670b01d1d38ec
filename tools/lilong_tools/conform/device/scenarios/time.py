"""Time: taken for the one open question, within 5 s, under its own boot and nonce."""

from typing import Any

from lilong_protocol import topics

from ...scenario import Judge, NotTriedError
from ..bench import UNKNOWN_COMMAND, Bench
from ..book import scenario
from ..seen import Seen

WRONG_MS = 86_400_000  # a false time is a day off
LATE_MS = 5_300
NEAR_MS = 500


async def silent(bench: Bench) -> Seen:
    """A new connection whose question for the time is not answered."""
    bench.tells_time = False
    birth = await bench.restart()
    if birth.frame.epoch is not None:
        raise NotTriedError("it has time of its own before anybody has told it")
    return birth


async def dated(bench: Bench) -> Seen | None:
    """A frame that it seals now."""
    return await bench.answer(bench.order(UNKNOWN_COMMAND))


async def _false(bench: Bench, judge: Judge, what: str, birth: Seen, **changes: Any) -> None:
    bench.say(topics.COMMAND, bench.time(birth, **{"epoch": bench.wire.epoch() + WRONG_MS, **changes}))
    now = await dated(bench)
    taken = now is None or now.frame.epoch is not None
    judge("LIL-TIME-002", f"{what} is not taken", not taken, "no answer" if now is None else "its frames carry it")


@scenario("LIL-TIME-002")
async def false_times(bench: Bench, judge: Judge) -> None:
    """Times for another question, with another nonce, for another boot, and too late: none is taken."""
    birth = await silent(bench)
    boot = birth.frame.boot
    await _false(bench, judge, "a time for another question", birth, body={0: birth.frame.uptime + 1})
    birth = await silent(bench)
    await _false(bench, judge, "a time with another nonce", birth, nonce=bytes(8))
    birth = await silent(bench)
    await _false(bench, judge, "a time for another boot", birth, target=boot)
    birth = await silent(bench)
    await _awake(bench, LATE_MS)
    await _false(bench, judge, "a time that comes after 5 s", birth)


async def _awake(bench: Bench, ms: int) -> None:
    """Let time pass; a device that sleeps is kept there by being spoken to."""
    end = bench.wire.now() + ms
    while bench.wire.now() < end:
        await bench.settle()
        await bench.quiet(min(1_000, max(1, end - bench.wire.now())))


@scenario("LIL-TIME-003", "LIL-TIME-002")
async def the_time(bench: Bench, judge: Judge) -> None:
    """The right answer to a birth: its frames carry epoch and quality; the same answer again changes nothing."""
    birth = await silent(bench)
    bench.say(topics.COMMAND, bench.time(birth))
    first = await dated(bench)
    if first is None:
        raise NotTriedError("no answer to a command")
    told = first.frame.epoch is not None and first.frame.quality in (2, 3)
    judge("LIL-TIME-003", "its frames carry epoch and quality", told, f"{first.frame.epoch}, {first.frame.quality}")
    if first.frame.epoch is None:
        raise NotTriedError("it did not take the time")
    off = abs(first.frame.epoch - (bench.wire.epoch() - (bench.wire.now() - first.at)))
    judge("LIL-TIME-003", f"it is right within {NEAR_MS} ms", off <= NEAR_MS, f"{off} ms off")
    bench.say(topics.COMMAND, bench.time(birth, epoch=bench.wire.epoch() + WRONG_MS))
    second = await dated(bench)
    kept = second is not None and second.frame.epoch is not None and second.frame.epoch - first.frame.epoch < WRONG_MS
    judge("LIL-TIME-002", "a second answer to one question is not taken", kept, "its clock has jumped")

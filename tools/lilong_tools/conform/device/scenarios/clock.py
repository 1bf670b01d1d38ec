"""The clock of a device: which question is open, and how its quality falls as the answer grows old."""

from lilong_protocol import frame, topics

from ...scenario import Judge, NotTriedError
from ..bench import BIRTH_MS, Bench
from ..book import scenario
from ..seen import Seen
from .config import BEAT_S, configured
from .orders import request
from .time import WRONG_MS, dated, silent

DRIFT_PER = 8_640  # 10 s a day
TRIP_MS = 500  # half the round trip is less than this
LIMITS_MS = (50, 1_000, 60_000)  # of quality 3, 2 and 1
BEAT, HOUR, DAY = 3_600, 3_600_000, 86_400_000
REBIRTH = 0


@scenario("LIL-TIME-007")
async def the_question_that_is_open(bench: Bench, judge: Judge) -> None:
    """Two births, one after the other: only an answer to the second is taken; a heartbeat asks where none came."""
    birth = await silent(bench)
    since = bench.mark()
    bench.say(topics.COMMAND, request(bench, {0: REBIRTH}))
    second = await bench.obtain("a birth that was asked for", lambda: bench.of(frame.BIRTH, since), 5_000)
    bench.say(topics.COMMAND, bench.time(birth, epoch=bench.wire.epoch() + WRONG_MS))
    now = await dated(bench)
    taken = now is not None and now.frame.epoch is not None
    judge("LIL-TIME-007", "a birth takes the place of an earlier question", not taken, "the earlier was taken")
    bench.say(topics.COMMAND, bench.time(second))
    now = await dated(bench)
    taken = now is not None and now.frame.epoch is not None
    judge("LIL-TIME-007", "each birth opens the question", taken, "the answer to a birth was not taken")
    if not bench.always_on:
        return
    await silent(bench)
    for what in ("where no answer came the next heartbeat asks", "and the one after it"):
        since = bench.mark()
        beat = await bench.obtain("a heartbeat", lambda since=since: bench.of(frame.HEARTBEAT, since), bench.beat_ms())  # type: ignore[misc]
        judge("LIL-TIME-007", what, beat.body.get(4) is True, f"{beat.body}")
    bench.say(topics.COMMAND, bench.time(beat))
    now = await dated(bench)
    taken = now is not None and now.frame.epoch is not None
    judge("LIL-TIME-007", "its answer is taken", taken, "it was not")


@scenario("LIL-TIME-006")
async def a_clock_that_ages(bench: Bench, judge: Judge) -> None:
    """One answer, and none for a week: quality falls to 2 and 1, then frames carry neither epoch nor quality."""
    if not bench.wire.virtual:
        raise NotTriedError("a week is too long here: in virtual time only (--simulate)")
    if await configured(bench, bench.configured + 1, {BEAT_S: BEAT}) is None:
        raise NotTriedError("it takes no configuration")
    birth = await silent(bench)
    bench.say(topics.COMMAND, bench.time(birth))
    taken = bench.wire.now()
    first = await dated(bench)
    if first is None or first.frame.epoch is None:
        raise NotTriedError("it did not take the time")
    judge("LIL-TIME-006", "quality is 3 at first", first.frame.quality == 3, f"{first.frame.quality}")
    for what, age in (("ten minutes", HOUR // 6), ("three hours", 3 * HOUR), ("a day", DAY), ("a week", 7 * DAY)):
        await bench.quiet(taken + age - bench.wire.now())
        one = await _next(bench)
        error = (one.frame.uptime - birth.frame.uptime) // DRIFT_PER
        right = {_quality(error), _quality(error + TRIP_MS)}
        fits = one.frame.quality in right and (one.frame.epoch is None) == (one.frame.quality is None)
        said = f"quality {one.frame.quality}, epoch {one.frame.epoch}, not {right} at an error of {error} ms"
        judge("LIL-TIME-006", f"after {what} quality is what the error allows", fits, said)


def _quality(error_ms: int) -> int | None:
    return next((3 - n for n, limit in enumerate(LIMITS_MS) if error_ms <= limit), None)


async def _next(bench: Bench) -> Seen:
    """The next frame that it seals by itself."""
    since = bench.mark()

    def told() -> list[Seen]:
        return bench.of(frame.BIRTH, since) + bench.of(frame.HEARTBEAT, since)

    return await bench.obtain("a birth or a heartbeat", told, BEAT * 1000 + BIRTH_MS)

"""Logs: at the level that was set, behind all that waits; a crash is told once."""

from lilong_protocol import frame

from ...scenario import Judge, NotTriedError
from ..bench import ANSWER_MS, SOON_MS, Bench
from ..book import scenario
from .config import CHOSEN, LOG_LEVEL, configured
from .events import pile_up

DEBUG = 7
EVENTS = 3
_BEFORE = (frame.RAISE, frame.EVENT, frame.RESPONSE)


@scenario("LIL-LOG-001")
async def a_log_level(bench: Bench, judge: Judge) -> None:
    """Lines of every level: those of its log level and below are sent, and go behind an alarm and events that wait."""
    alarm = bench.alarms()[0]
    await bench.wire.say(0)  # or it was not tried
    report = await configured(bench, bench.configured + 1, {LOG_LEVEL: CHOSEN})
    if report is None or report.body[1].get(LOG_LEVEL) != CHOSEN:
        raise NotTriedError("it takes no log level")
    await bench.settle()
    since = bench.mark()
    for level in range(DEBUG + 1):
        await bench.wire.say(level)
        await bench.settle()
    await bench.quiet(SOON_MS)
    levels = sorted({one.body[0] for one in bench.of(frame.LOG, since)})
    above = [level for level in levels if level > CHOSEN]
    judge("LIL-LOG-001", f"at log level {CHOSEN} no line above it is sent", not above, f"lines of level {above}")
    missing = [level for level in range(CHOSEN + 1) if level not in levels]
    judge("LIL-LOG-001", "those at it and below are", not missing, f"none of level {missing}")
    await pile_up(bench, EVENTS)
    await bench.wire.say(0)
    await bench.apply(alarm.begin)
    await bench.quiet(alarm.begin.within_s * 1000)
    since = bench.mark()
    await bench.wire.release()
    await bench.born(since, "a birth after its link had been cut")
    await bench.until(lambda: bool(bench.of(frame.LOG, since)), ANSWER_MS)
    await bench.quiet(SOON_MS)
    order = [one.kind for one in bench.seen[since:] if one.kind in (*_BEFORE, frame.LOG)]
    if frame.LOG not in order or frame.RAISE not in order:
        raise NotTriedError("no line and alarm waited together")
    behind = order[order.index(frame.LOG) :]
    overtaken = [kind for kind in behind if kind in _BEFORE]
    judge("LIL-LOG-001", "lines go last of all that waits", not overtaken, f"{len(overtaken)} messages came after one")


@scenario("LIL-LOG-002")
async def a_crash(bench: Bench, judge: Judge) -> None:
    """Its program faults, and once more where nothing leaves: the next boot tells it until it is sent, then no more."""
    since, boot = bench.mark(), bench.boot
    await bench.wire.crash()
    await bench.born(since, "a birth after a fault of its program")
    told = await bench.until(lambda: bool(bench.of(frame.CRASH, since)), ANSWER_MS)
    judge("LIL-LOG-002", "a crash is told after the next start", told, "no frame of kind 10 came")
    if told:
        teller = bench.of(frame.CRASH, since)[0]
        which = teller.body.get(3, boot)
        right = which == boot or (boot or 0) < (which or 0) < teller.frame.boot
        judge("LIL-LOG-002", "it names the boot that ended", right, f"boot {which} in boot {teller.frame.boot}")
    await bench.settle()
    await bench.quiet(SOON_MS)
    since = bench.mark()
    await bench.restart()
    await bench.quiet(ANSWER_MS)
    again = bench.of(frame.CRASH, since)
    judge("LIL-LOG-002", "once it has been sent it is told no more", not again, "it came again after a restart")
    since = bench.mark()
    bench.wire.withhold_pubacks(True)
    try:
        await bench.wire.crash()
        await bench.born(since, "a birth after a fault of its program")
        await bench.quiet(SOON_MS)
    finally:
        bench.wire.withhold_pubacks(False)
    since = bench.mark()
    await bench.restart()
    told = await bench.until(lambda: bool(bench.of(frame.CRASH, since)), ANSWER_MS)
    judge("LIL-LOG-002", "until then it is kept over restarts", told, "what had not been sent was forgotten")

"""Desired configuration: versions that rise are stored, then told; what cannot be taken is told by itself."""

from lilong_protocol import codes, frame, topics

from ...scenario import Judge, NotTriedError
from ..bench import ANSWER_MS, SOON_MS, Bench
from ..book import scenario
from ..seen import Seen

BEAT_S, LOG_LEVEL, UNKNOWN = 1, 12, 60_000
CHOSEN, OTHER = 3, 6  # log levels: a setting of every kind, and one that does no harm
DANGERS = {codes.KIND_SMOKE: (2, 10_000), codes.KIND_GAS: (3, 1_000)}  # a trip level that no fire or leak reaches


async def configured(bench: Bench, version: int, settings: dict[int, int]) -> Seen | None:
    """Publish a desired configuration; the report of its version, None when there is none."""
    since = bench.mark()
    bench.say(topics.CONFIG, frame.pack(frame.DESIRED_CONFIG, {0: version, 1: settings}), True)
    await bench.until(lambda: bool(bench.of(frame.REPORTED_CONFIG, since, version)), ANSWER_MS)
    found = bench.of(frame.REPORTED_CONFIG, since, version)
    return found[-1] if found else None


def _told(one: Seen | None) -> str:
    return "no report" if one is None else f"{one.body}"


@scenario("LIL-CONF-002", "LIL-CONF-003", "LIL-CONF-005")
async def versions_that_rise(bench: Bench, judge: Judge) -> None:
    """A version above the one in effect is taken and reported, kept over a restart; no other changes anything."""
    version = bench.configured + 1
    try:
        report = await configured(bench, version, {LOG_LEVEL: CHOSEN})
        right = report is not None and (report.body[0], report.body[1].get(LOG_LEVEL)) == (version, CHOSEN)
        judge("LIL-CONF-005", "a version that is taken is reported", right, _told(report))
        for what, number in (("the same version", version), ("an earlier one", version - 1)):
            if number:
                since = bench.mark()
                bench.say(topics.CONFIG, frame.pack(frame.DESIRED_CONFIG, {0: number, 1: {LOG_LEVEL: OTHER}}))
                await bench.settle()
                await bench.quiet(SOON_MS)
                reports = bench.of(frame.REPORTED_CONFIG, since)
                changed = any(one.body[1].get(LOG_LEVEL) == OTHER for one in reports)
                judge("LIL-CONF-002", f"{what} changes nothing", not changed, "it was taken")
        since = bench.mark()
        bench.publish(topics.CONFIG, b"", True)
        birth = await bench.restart()
        kept = birth.body.get(10) == version
        judge("LIL-CONF-002", "it is stored", kept, f"after a restart the birth tells version {birth.body.get(10)}")
        judge("LIL-CONF-005", "births carry the version", 10 in birth.body, "this one does not")
        await bench.until(lambda: bool(bench.of(frame.REPORTED_CONFIG, since)), ANSWER_MS)
        found = bench.of(frame.REPORTED_CONFIG, since)
        again = bool(found) and found[-1].body[1].get(LOG_LEVEL) == CHOSEN
        claim = "it is reported at the first connection of a boot"
        judge("LIL-CONF-005", claim, again, _told(found[-1] if found else None))
        report = await configured(bench, version + 1, {})
        right = report is not None and (report.body[0], report.body[1]) == (version + 1, {})
        judge("LIL-CONF-003", "a setting that is absent is at its default", right, _told(report))
    finally:
        bench.publish(topics.CONFIG, b"", True)


@scenario("LIL-CONF-004", "LIL-CONF-006")
async def settings_that_are_refused(bench: Bench, judge: Judge) -> None:
    """An unknown setting and one out of range beside a good one: each refused by itself, the good one taken."""
    version = bench.configured + 1
    wanted = {LOG_LEVEL: CHOSEN, BEAT_S: 1, UNKNOWN: 1}
    danger = DANGERS.get(bench.kind or 0)
    if danger is not None:
        wanted[danger[0]] = danger[1]
    try:
        report = await configured(bench, version, wanted)
        if report is None:
            judge("LIL-CONF-004", "the configuration is reported", False, "no report")
            raise NotTriedError("it reports no configuration")
        refused, taken = report.body.get(2) or {}, report.body[1]
        unknown, beat = refused.get(UNKNOWN), refused.get(BEAT_S)
        judge("LIL-CONF-004", "an unknown setting is refused with 404", unknown == frame.NOT_FOUND, f"{refused}")
        judge("LIL-CONF-004", "one out of range with 422", beat == frame.INVALID, f"{refused}")
        judge("LIL-CONF-004", "the others take effect", taken.get(LOG_LEVEL) == CHOSEN, f"{taken}")
        if danger is None:
            raise NotTriedError(f"no setting of a {bench.kind_name()} could hide a fire or a leak")
        safe = refused.get(danger[0]) == frame.INVALID and danger[0] not in taken
        judge("LIL-CONF-006", "a trip level that nothing reaches is refused", safe, f"{taken}, refused {refused}")
        await configured(bench, version + 1, {})
    finally:
        bench.publish(topics.CONFIG, b"", True)

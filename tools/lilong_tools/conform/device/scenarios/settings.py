"""Settings of other kinds, too many of them, and the one that says how often a device is heard."""

from lilong_protocol import frame, topics
from lilong_protocol.codes import link
from lilong_protocol.registry import KIND_BY_NUMBER, SETTINGS

from ...scenario import Judge, NotTriedError
from ..bench import ANSWER_MS, Bench
from ..book import scenario
from .config import BEAT_S, CHOSEN, LOG_LEVEL, configured

TOLD = 32  # of the settings that are refused
MANY = 45
ASKED = 2
OFFLINE = 4
SHORTEST_S, LONGEST_S = 10, 172_800


@scenario("LIL-CONF-007")
async def settings_of_others(bench: Bench, judge: Judge) -> None:
    """A setting of another kind of device: 404; its own at their defaults: taken, and not in the report."""
    known = KIND_BY_NUMBER.get(bench.kind or -1)
    if known is None:
        raise NotTriedError(f"kind {bench.kind} is in no registry here")
    others = {one.number: one.default for one in SETTINGS if one.name not in known.settings}
    own = {one.number: one.default for one in SETTINGS if one.name in known.settings}
    try:
        report = await configured(bench, bench.configured + 1, {**others, **own})
        if report is None:
            raise NotTriedError("it reports no configuration")
        refused, taken = report.body.get(2) or {}, report.body[1]
        right = refused == dict.fromkeys(others, frame.NOT_FOUND)
        judge("LIL-CONF-007", "settings of other kinds are refused with 404", right, f"{refused}")
        judge("LIL-CONF-007", "its own at their defaults are taken, and not in the report", not taken, f"{taken}")
    finally:
        bench.publish(topics.CONFIG, b"", True)


@scenario("LIL-CONF-008")
async def more_than_a_report_holds(bench: Bench, judge: Judge) -> None:
    """Settings that nobody knows, more than a frame has room for: the first 32 are told, a good one is taken."""
    unknown = range(60_000, 60_000 + MANY)
    try:
        report = await configured(bench, bench.configured + 1, {LOG_LEVEL: CHOSEN, **dict.fromkeys(unknown, 1)})
        refused = {} if report is None else report.body.get(2) or {}
        told = report is not None and all(refused.get(number) == frame.NOT_FOUND for number in unknown[:TOLD])
        judge("LIL-CONF-008", "the first 32 are told", told, "no report" if report is None else f"{len(refused)} told")
        await configured(bench, bench.configured + 1, {})
    finally:
        bench.publish(topics.CONFIG, b"", True)


@scenario("LIL-CONF-009")
async def another_beat(bench: Bench, judge: Judge) -> None:
    """A longer period, a shorter one, the default: each is told in a birth, and `offline` with it."""
    birth = bench.of(frame.BIRTH)[-1]
    own, offline = birth.body.get(3), birth.body.get(OFFLINE)
    if not own or not offline or 2 * own > LONGEST_S or (bench.configured and not bench.wire.wiped):
        raise NotTriedError("its own period is not told, or cannot be lengthened")
    usual = link(bench.kind or 0)[2] if bench.kind in KIND_BY_NUMBER else own  # `own` may be another by its rules
    shorter = max(SHORTEST_S, min(own, usual) // 2)
    try:
        for what, wanted, beats, away in (
            ("a longer period", 2 * own, (2 * own,), (2 * offline, offline * 2 * own // usual)),
            ("a shorter one", shorter, (shorter,), (offline,)),
            ("0", 0, (own, usual), (offline,)),
        ):
            since = bench.mark()
            if await configured(bench, bench.configured + 1, {BEAT_S: wanted}) is None:
                raise NotTriedError("it reports no configuration")
            await bench.until(lambda since=since: bool(bench.of(frame.BIRTH, since)), ANSWER_MS)  # type: ignore[misc]
            births = bench.of(frame.BIRTH, since)
            claim = f"{what} is told in a birth of reason {ASKED}"
            judge("LIL-CONF-009", claim, bool(births) and births[0].body.get(6) == ASKED, "no such birth")
            if births:
                beat, lost = births[0].body.get(3), births[0].body.get(OFFLINE)
                judge("LIL-CONF-009", f"{what}: the period", beat in beats, f"{beat} s")
                judge("LIL-CONF-009", f"{what}: silence that proves loss", lost in away, f"{lost} s")
    finally:
        bench.publish(topics.CONFIG, b"", True)

"""An alarm frame is stored, and repeated until its stored-ack."""

from itertools import pairwise

from lilong_protocol import codes, frame, topics
from lilong_protocol.seal import frame_tag

from ...scenario import Judge
from ..bench import Bench
from ..book import scenario
from ..seen import Seen

EARLY_MS, LATE_MS = 40, 400  # what a frame may be early and late on its way
TRIES = 4


def copies(bench: Bench, one: Seen, since: int = 0) -> list[Seen]:
    """Everything under the number of a frame."""
    return [other for other in bench.of(one.kind, since) if other.cls == topics.ALARM and other.ref == one.ref]


@scenario("LIL-ALARM-003", "LIL-ALARM-004")
async def repeats(bench: Bench, judge: Judge) -> None:
    """No stored-ack comes: the frame is sent again, byte for byte, on the schedule of its alarm, then acknowledged."""
    bench.acknowledges = False
    raised = await bench.begins(bench.alarms()[0])
    code = raised.body[0]
    waits = codes.retry_s(code)
    wanted = [waits[min(n, len(waits) - 1)] * 1000 for n in range(TRIES)]
    await bench.until(lambda: len(copies(bench, raised)) > TRIES, sum(wanted) * 1.1 + 4 * LATE_MS)
    found = copies(bench, raised)
    gaps = [after.at - before.at for before, after in pairwise(found)][:TRIES]
    claim = f"after {', '.join(f'{ms // 1000}' for ms in wanted)} s and up to a tenth more"
    kept = len(gaps) == TRIES and all(
        ms - EARLY_MS <= gap <= ms * 1.1 + LATE_MS for ms, gap in zip(wanted, gaps, strict=False)
    )
    judge("LIL-ALARM-003", f"sent again {claim}", kept, f"after {gaps} ms")
    same = {one.data for one in found} == {raised.data}
    judge("LIL-ALARM-003", "byte for byte", same, "other bytes under the same number")
    bench.acknowledge_all()
    await bench.settle()
    since = bench.mark()
    await bench.quiet(min(wanted[-1] * 2.5, 20_000) + LATE_MS)
    again = copies(bench, raised, since)
    judge("LIL-ALARM-004", "its stored-ack ends the repeats", not again, f"{len(again)} more")


@scenario("LIL-ALARM-004")
async def wrong_stored_acks(bench: Bench, judge: Judge) -> None:
    """PUBACKs, and stored-acks of other tags, numbers and boots: none of them ends the repeats."""
    bench.acknowledges = False
    raised = await bench.begins(bench.alarms()[0])
    boot, seq = raised.ref
    tag = frame_tag(raised.data)
    for changes in (
        {"tag": bytes([tag[0] ^ 1]) + tag[1:]}, {"tag": tag[::-1]}, {"ref": (boot, seq + 1)}, {"ref": (boot + 1, seq)},
    ):  # fmt: skip
        bench.say(topics.ACK, bench.stored(raised, **changes))
    await bench.settle()
    since = bench.mark()
    await bench.cut()
    again = await bench.until(lambda: bool(copies(bench, raised, since)), 5_000)
    claim = "no PUBACK counts, and no stored-ack with another tag, number or boot"
    judge("LIL-ALARM-004", claim, again, "the frame was not sent again at the next connection")


@scenario("LIL-ALARM-003", "LIL-SESSION-002")
async def repeats_after_a_reconnect(bench: Bench, judge: Judge) -> None:
    """The link is cut while a frame waits: it is sent again after the next birth, and the birth is first."""
    bench.acknowledges = False
    raised = await bench.begins(bench.alarms()[0])
    await bench.wire.hold()
    since = bench.mark()
    await bench.wire.release()
    await bench.born(since, "a birth after its link had been cut")
    again = await bench.until(lambda: bool(copies(bench, raised, since)), 5_000)
    found = copies(bench, raised, since)
    judge("LIL-ALARM-003", "sent again after a reconnect", again, "not in 5 s after the birth")
    judge("LIL-ALARM-003", "with the same bytes", all(one.data == raised.data for one in found), "other bytes")
    _first(bench, judge, since)


def _first(bench: Bench, judge: Judge, since: int) -> None:
    live = [one for one in bench.seen[since:] if not one.retained and one.kind != frame.DEATH]
    live = [one for one in live if one.cls == topics.ALARM or one.frame.boot == bench.boot]  # the rest was under way
    first = live[0].cls if live else "nothing"
    judge("LIL-SESSION-002", "the birth is its first publish", live[0].kind == frame.BIRTH, f"u/{first} was")


@scenario("LIL-ALARM-001", "LIL-ALARM-003", "LIL-ALARM-005", "LIL-SESSION-002", "LIL-SESSION-003", "LIL-SESSION-004")
async def repeats_after_a_restart(bench: Bench, judge: Judge) -> None:
    """The power goes as soon as an alarm frame has been seen: the next boot sends it again, and goes on with it."""
    bench.acknowledges = False
    alarm = bench.alarms()[0]
    raised = await bench.begins(alarm)
    boot, nonce = bench.boot or 0, bench.nonce
    since = bench.mark()
    birth = await bench.restart()
    again = await bench.until(lambda: bool(copies(bench, raised, since)), 5_000)
    judge("LIL-ALARM-001", "stored before its first publish", again, "a restart right after it has forgotten it")
    found = copies(bench, raised, since)
    judge("LIL-ALARM-003", "sent again after a restart", bool(found), "not in 5 s after the birth")
    if found:
        judge("LIL-ALARM-003", "with the same bytes", all(one.data == raised.data for one in found), "other bytes")
    judge("LIL-SESSION-003", "the boot has risen", birth.frame.boot > boot, f"{boot}, then {birth.frame.boot}")
    judge("LIL-SESSION-004", "the nonce is new", birth.frame.nonce != nonce, "the same in both boots")
    judge("LIL-SESSION-002", "connections count from 1", birth.body[1] >= 1, f"{birth.body[1]}")
    await bench.quiet((alarm.begin.within_s + 1) * 1000)
    second = [one for one in bench.of(frame.RAISE, since, alarm.code) if one.ref != raised.ref]
    judge("LIL-ALARM-005", "a restart goes on under the key of the raise", not second, "it was raised a second time")
    _first(bench, judge, since)

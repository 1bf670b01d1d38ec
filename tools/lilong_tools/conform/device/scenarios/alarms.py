"""Episodes: one alarm from raise to clear, each code by itself, and what a person's acknowledgement does not end."""

from typing import Any

from lilong_protocol import codes, frame, topics
from lilong_protocol.registry import ALARM
from lilong_simulator.stimuli import Alarm, Stimulus

from ...scenario import Judge, NotTriedError
from ..bench import Bench
from ..book import scenario
from ..seen import Seen
from .events import pile_up
from .repeats import LATE_MS, copies

RESTORED, ACTIVE_AGAIN, BY_OPERATOR = 2, 1, 1
WAITING = 5  # events behind a broken link
TOGGLES = 14  # two frames each: more than any outbox holds


async def _ended(bench: Bench) -> tuple[Alarm, Seen, Seen | None, int]:
    """A latching alarm whose condition has ended: it, its raise, the update that came, the mark before that."""
    alarm = _latching(bench, ends=True)
    raised = await bench.begins(alarm)
    since = bench.mark()
    await bench.ends(alarm)
    return alarm, raised, await bench.told(frame.UPDATE, alarm, since, alarm.end), since


@scenario("LIL-ALARM-005")
async def one_episode(bench: Bench, judge: Judge) -> None:
    """The condition ends and is there again before a reset: an update of the same alarm, not a second one."""
    alarm, raised, restored, _ = await _ended(bench)
    if restored is None:
        raise NotTriedError("not seen: the update when the condition had ended")
    since = bench.mark()
    await bench.apply(alarm.begin)
    again = await bench.told(frame.UPDATE, alarm, since, alarm.begin)
    second = [one for one in bench.of(frame.RAISE, since, alarm.code) if one.ref != raised.ref]
    judge("LIL-ALARM-005", "a re-crossing raises no second alarm", not second, "it was raised again")
    claim = "it is an update that names the raise"
    told = again is not None and again.told == raised.ref and again.body.get(5) == ACTIVE_AGAIN
    judge("LIL-ALARM-005", claim, told, "none came" if again is None else f"ref {again.told}, {again.body}")


@scenario("LIL-ALARM-006")
async def the_end_of_an_alarm(bench: Bench, judge: Judge) -> None:
    """A latching alarm's condition ends: an update; only a reset clears it, with a frame that names the raise."""
    alarm, raised, restored, since = await _ended(bench)
    told = restored is not None and restored.told == raised.ref and restored.body.get(5) == RESTORED
    judge("LIL-ALARM-006", "the end of its condition is an update", told, _seen(bench, since))
    await bench.settle()
    early = bench.of(frame.CLEAR, since, alarm.code)
    judge("LIL-ALARM-006", "which clears nothing", not early, "it was cleared without a reset")
    since = bench.mark()
    code = await bench.code_of(bench.order(codes.CMD_RESET))
    cleared = await bench.told(frame.CLEAR, alarm, since, Stimulus((), 2))
    judge("LIL-ALARM-006", "a reset is answered with 200", code == frame.OK, f"{code}")
    named = cleared is not None and cleared.told == raised.ref and cleared.ref != raised.ref
    judge("LIL-ALARM-006", "and clears it, in a frame that names the raise", named, _seen(bench, since))
    if cleared is not None:
        by = cleared.body.get(6) == BY_OPERATOR
        judge("LIL-ALARM-006", "by an operator", by, f"reason {cleared.body.get(6)}")


@scenario("LIL-ALARM-006", "LIL-CMD-004")
async def a_reset_in_danger(bench: Bench, judge: Judge) -> None:
    """A reset while the condition still holds: refused with 409, and nothing is cleared."""
    alarm = _latching(bench, ends=True)
    await bench.begins(alarm)
    since = bench.mark()
    code = await bench.code_of(bench.order(codes.CMD_RESET))
    judge("LIL-CMD-004", "what the situation forbids is refused with 409", code == frame.CONFLICT, f"{code}")
    await bench.settle()
    cleared = bench.of(frame.CLEAR, since, alarm.code)
    judge("LIL-ALARM-006", "a reset clears nothing while the condition holds", not cleared, "it was cleared")


@scenario("LIL-ALARM-007")
async def two_alarms(bench: Bench, judge: Judge) -> None:
    """Two conditions at one time: two raises, each under its own number and code."""
    one, other = bench.alarms()
    first = await bench.begins(one)
    since = bench.mark()
    await bench.apply(other.begin)
    second = await bench.told(frame.RAISE, other, since, other.begin)
    judge("LIL-ALARM-007", "an alarm is raised while another is open", second is not None, _seen(bench, since))
    if second is not None:
        judge("LIL-ALARM-007", "under a number of its own", second.ref != first.ref, "under that of the other")


@scenario("LIL-ALARM-010")
async def an_operator_acknowledges(bench: Bench, judge: Judge) -> None:
    """An operator-ack while no stored-ack has come: answered with 200; neither the repeats nor the alarm end."""
    bench.acknowledges = False
    alarm = bench.alarms()[0]
    raised = await bench.begins(alarm)
    since = bench.mark()
    code = await bench.code_of(operator_ack(bench, raised.ref), topics.ACK)
    judge("LIL-ALARM-010", "it is answered with 200", code == frame.OK, f"{code}")
    waits = codes.retry_s(alarm.code)
    await bench.cut()
    again = await bench.until(lambda: bool(copies(bench, raised, since)), waits[0] * 1100 + 5_000)
    judge("LIL-ALARM-010", "it does not end the repeats", again, "the frame was not sent again")
    await bench.quiet(LATE_MS)
    judge("LIL-ALARM-010", "nor the alarm", not bench.of(frame.CLEAR, since, alarm.code), "it was cleared")
    code = await bench.code_of(operator_ack(bench, (raised.frame.boot, raised.frame.seq + 1000)), topics.ACK)
    judge("LIL-ALARM-010", "of an alarm that is not there it is refused with 404", code == frame.NOT_FOUND, f"{code}")


def operator_ack(bench: Bench, ref: tuple[int, int], **changes: Any) -> bytes:
    """The payload of an operator-ack."""
    return bench.order(0, kind=frame.OPERATOR_ACK, body={0: "conformance"}, ref=ref, **changes)


@scenario("LIL-ALARM-008")
async def alarms_go_first(bench: Bench, judge: Judge) -> None:
    """Events wait behind a broken link, then an alarm: at most one of them goes before it."""
    alarm = bench.alarms()[0]
    await pile_up(bench, WAITING)
    await bench.apply(alarm.begin)
    await bench.quiet(alarm.begin.within_s * 1000)
    since = bench.mark()
    await bench.wire.release()
    await bench.born(since, "a birth after its link had been cut")
    await bench.obtain("the alarm after its link was back", lambda: bench.of(frame.RAISE, since, alarm.code), 10_000)
    await bench.settle()
    await bench.until(lambda: len(bench.of(frame.EVENT, since)) >= WAITING, 5_000)
    order = [one.cls for one in bench.seen[since:] if one.kind in (frame.EVENT, frame.RESPONSE, frame.RAISE)]
    before = order.index(topics.ALARM)
    if len(order) - order.count(topics.ALARM) < 4:
        raise NotTriedError("nothing waited behind the link that an alarm could go before")
    judge("LIL-ALARM-008", "at most one message goes before an alarm", before <= 1, f"{before} went before it")


def _latching(bench: Bench, ends: bool = False) -> Alarm:
    for alarm in bench.alarms():
        if ALARM[alarm.code].latches and (alarm.end.steps or not ends):
            return alarm
    raise NotTriedError(f"no latching alarm of a {bench.kind_name()} can be caused and ended here")


def _seen(bench: Bench, since: int) -> str:
    """What came instead, in short."""
    alarms = [f"kind {one.kind} {one.body}" for one in bench.seen[since:] if one.cls == topics.ALARM]
    return "; ".join(alarms) or "nothing came"


@scenario("LIL-ALARM-009")
async def a_full_outbox(bench: Bench, judge: Judge) -> None:
    """No stored-acks, and an alarm whose condition comes and goes: another still has its place, the first its raise."""
    one, other = bench.alarms()
    if not one.end.steps or one.end.within_s > 5:
        raise NotTriedError(f"no alarm of a {bench.kind_name()} comes and goes quickly enough")
    bench.acknowledges = False
    raised = await bench.begins(one)
    for _ in range(TOGGLES):
        await bench.ends(one)
        await bench.apply(one.begin)
    second = await bench.begins(other)
    since = bench.mark()
    await bench.cut()
    await bench.until(lambda: bool(copies(bench, raised, since) and copies(bench, second, since)), 10_000)
    judge("LIL-ALARM-009", "a full outbox has a place for another alarm", bool(copies(bench, second, since)), "none")
    if not bench.of(frame.CLEAR, 0, one.code):
        kept = bool(copies(bench, raised, since))
        judge("LIL-ALARM-009", "and keeps the raise of the first, which is open", kept, "it was given up")

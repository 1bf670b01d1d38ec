"""What a device does when it has no room: flash that takes nothing, more events than it can keep."""

from lilong_protocol import codes, frame, topics
from lilong_simulator.stimuli import alarm_name

from ...scenario import Judge, NotTriedError
from ..bench import SOON_MS, Bench
from ..book import scenario
from ..seen import Seen
from .events import pile_up
from .repeats import copies

MANY = 60  # events: more than a device holds in RAM


@scenario("LIL-ALARM-002", "LIL-ALARM-003")
async def an_alarm_that_cannot_be_stored(bench: Bench, judge: Judge) -> None:
    """The flash takes nothing: an alarm is published all the same, and repeated until its stored-ack."""
    alarm = bench.alarms()[0]
    bench.acknowledges = False
    await bench.wire.fill_flash(True)
    try:
        since = bench.mark()
        await bench.apply(alarm.begin)
        raised = await bench.told(frame.RAISE, alarm, since, alarm.begin)
        claim = "an alarm that cannot be stored is published"
        judge("LIL-ALARM-002", claim, raised is not None, f"no raise of {alarm_name(alarm.code)} came")
        if raised is None:
            return
        since = bench.mark()
        await bench.cut()
        again = await bench.until(lambda: bool(copies(bench, raised, since)), 5_000)
        judge("LIL-ALARM-003", "and sent again from memory", again, "it was not sent again at the next connection")
        bench.acknowledge_all()
        await bench.settle()
        since = bench.mark()
        await bench.cut()
        await bench.quiet(SOON_MS)
        judge("LIL-ALARM-002", "until its stored-ack", not copies(bench, raised, since), "it goes on")
    finally:
        await bench.wire.fill_flash(False)


def _latest(bench: Bench, kind: int) -> Seen:
    return bench.of(kind)[-1]


@scenario("LIL-EVENT-003")
async def events_that_are_given_up(bench: Bench, judge: Judge) -> None:
    """More events than a device can keep while its link is away: the next heartbeat counts those that never come."""
    beat_ms = bench.beat_ms()
    await bench.wire.fill_flash(True)
    bench.overflows = True
    try:
        before = await bench.obtain("a heartbeat", lambda: bench.of(frame.HEARTBEAT), beat_ms)
        since = bench.mark()
        await bench.code_of(bench.order(codes.CMD_TEST))
        await bench.obtain("the event of a self-test", lambda: bench.of(frame.EVENT, since), 5_000)
        await bench.quiet(SOON_MS)
        first = _latest(bench, frame.EVENT).frame.seq
        await pile_up(bench, MANY)
        back = bench.mark()
        await bench.wire.release()
        await bench.born(back, "a birth after its link had been cut")
        await bench.quiet(5_000)
        bench.say(topics.COMMAND, bench.order(codes.CMD_TEST))
        await bench.quiet(SOON_MS)
        came = {one.frame.seq for one in bench.of(frame.EVENT, since) if one.frame.seq >= first}
        lost = max(came) - first + 1 - len(came)
        if not lost:
            raise NotTriedError(f"it has given up none of {MANY} events")
        since = bench.mark()
        after = await bench.obtain("a heartbeat", lambda: bench.of(frame.HEARTBEAT, since), beat_ms)
        told = after.body[2] - before.body[2]
        judge("LIL-EVENT-003", "the heartbeat counts what was given up", told >= lost, f"{told} of {lost} events")
    finally:
        await bench.wire.fill_flash(False)

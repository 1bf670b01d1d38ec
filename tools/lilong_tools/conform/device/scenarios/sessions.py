"""Sessions: births, wills, boots, and what a heartbeat tells."""

from itertools import pairwise

from lilong_protocol import frame, topics

from ...scenario import Judge, NotTriedError
from ..bench import BIRTH_MS, Bench
from ..book import scenario

REBIRTH, ASKED, AT_MOST_MS = 0, 2, 10_000


@scenario("LIL-SESSION-001", "LIL-SESSION-002", "LIL-SESSION-004", "LIL-SESSION-005")
async def a_lost_link(bench: Bench, judge: Judge) -> None:
    """The link is cut without a word: its will comes, the device is back within a minute, under its next connection."""
    boot, connection, nonce = bench.boot, bench.connection, bench.nonce
    since = bench.mark()
    await bench.wire.hold()
    died = await bench.until(lambda: bool(bench.of(frame.DEATH, since)), 5_000)
    judge("LIL-SESSION-001", "its will is published when the link breaks under its id", died, "no death came")
    if died:
        death = bench.of(frame.DEATH, since)[0]
        right = (death.frame.boot, death.body.get(0)) == (boot, connection)
        claim = "the will carries the boot and connection of the birth"
        judge("LIL-SESSION-002", claim, right, f"boot {death.frame.boot}, connection {death.body.get(0)}")
    kept = await bench.wire.kept(topics.STATE)
    retained = kept is not None and any(one.data == kept for one in bench.of(frame.DEATH, since))
    judge("LIL-SESSION-001", "and retained", retained, "the broker does not keep it")
    mark = bench.mark()
    await bench.wire.release()
    back = await bench.until(lambda: bool(bench.of(frame.BIRTH, mark)), BIRTH_MS)
    judge("LIL-SESSION-005", "it is back within 60 s", back, "no birth")
    if not back:
        raise NotTriedError("it did not come back")
    birth = bench.of(frame.BIRTH, mark)[0]
    claim = "connections are counted"
    judge("LIL-SESSION-002", claim, birth.body[1] > connection, f"{connection}, then {birth.body[1]}")
    judge("LIL-SESSION-004", "the nonce is that of the boot", birth.frame.nonce == nonce, "another nonce")


@scenario("LIL-SESSION-003", "LIL-SESSION-004", "LIL-SESSION-013", "LIL-EVENT-001")
async def a_restart(bench: Bench, judge: Judge) -> None:
    """Two restarts: boots rise, nonces are new, numbers and connections begin anew."""
    told = [(bench.boot or 0, bench.nonce)]
    for _ in range(2):
        birth = await bench.restart()
        told.append((birth.frame.boot, birth.frame.nonce))
        judge("LIL-EVENT-001", "numbers begin at 1", birth.frame.seq == 1, f"its first birth has {birth.frame.seq}")
    boots, nonces = [boot for boot, _ in told], [nonce for _, nonce in told]
    rise = all(before < after for before, after in pairwise(boots))
    judge("LIL-SESSION-003", "boots rise", rise, f"{boots}")
    generations = [boot >> 24 for boot in boots]
    same = len(set(generations)) == 1
    judge("LIL-SESSION-013", "cold starts count on within a generation", same, f"generations {generations}")
    judge("LIL-SESSION-004", "each boot has a nonce of its own", len(set(nonces)) == len(nonces), "one came twice")


@scenario("LIL-SESSION-005")
async def an_alarm_connects_at_once(bench: Bench, judge: Judge) -> None:
    """An alarm while a device waits for its next attempt: it connects at once."""
    alarm = bench.alarms()[0]
    await bench.wire.hold()
    await bench.quiet(min(100_000, bench.wire.longest_ms // 10))  # failures in a row make its waits long
    since = bench.mark()
    await bench.wire.release()
    await bench.apply(alarm.begin)
    within_ms = alarm.begin.within_s * 1000 + 2_000
    there = await bench.until(lambda: bool(bench.of(frame.RAISE, since, alarm.code)), within_ms)
    judge("LIL-SESSION-005", "an alarm connects at once", there, f"no alarm in {within_ms / 1000:.0f} s")


@scenario("LIL-SESSION-006")
async def asleep_with_a_full_outbox(bench: Bench, judge: Judge) -> None:
    """A device that sleeps does not leave while a stored-ack is awaited."""
    if bench.always_on:
        raise NotTriedError(f"a {bench.kind_name()} does not sleep")
    bench.acknowledges = False
    raised = await bench.begins(bench.alarms()[0])
    await bench.quiet(8_000)
    answered = await bench.settle()
    judge("LIL-SESSION-006", "it stays while its outbox waits", answered, "it has left, or does not answer")
    bench.say(topics.ACK, bench.stored(raised))


@scenario("LIL-TELE-002", "LIL-TELE-003")
async def what_a_heartbeat_tells(bench: Bench, judge: Judge) -> None:
    """Three forged frames, then an alarm that waits: the next heartbeat counts them."""
    beat_ms = bench.beat_ms()
    first = await bench.obtain("a heartbeat", lambda: bench.of(frame.HEARTBEAT), beat_ms)
    good = bench.sealed(topics.COMMAND, bench.order(1))
    for n in range(3):
        bench.publish(topics.COMMAND, good[:-1] + bytes([good[-1] ^ (n + 1)]))
    await bench.settle()
    bench.acknowledges = False
    waiting = 1
    try:
        await bench.begins(bench.alarms()[0])
    except NotTriedError:
        waiting = 0
    since = bench.mark()
    await bench.until(lambda: bool(bench.of(frame.HEARTBEAT, since)), beat_ms)
    beats = bench.of(frame.HEARTBEAT, since)
    judge("LIL-TELE-002", "it comes every beat", bool(beats), f"none in {beat_ms / 1000:.0f} s")
    if beats:
        told, before = beats[0].body, first.body
        judge("LIL-TELE-002", "it counts the downlinks rejected", told[1] - before[1] == 3, f"{told[1] - before[1]}")
        judge("LIL-TELE-002", "it tells the outbox depth", told[0] == waiting, f"{told[0]} for {waiting}")
        rises = beats[0].frame.seq > first.frame.seq
        judge("LIL-TELE-003", "numbers of heartbeats rise", rises, f"{first.frame.seq}, then {beats[0].frame.seq}")


@scenario("LIL-SESSION-010")
async def a_rebirth(bench: Bench, judge: Judge) -> None:
    """A request for the birth: a birth with reason 2, at most one in 10 s."""
    since = bench.mark()
    for _ in range(3):
        payload = frame.pack(frame.REQUEST, {0: REBIRTH}, counter=bench.counter(), target=bench.boot, nonce=bench.nonce)
        bench.say(topics.COMMAND, payload)
    await bench.until(lambda: bool(bench.of(frame.BIRTH, since)), 3_000)
    await bench.settle()
    births = bench.of(frame.BIRTH, since)
    judge("LIL-SESSION-010", "it is answered with a birth", bool(births), "no birth came")
    if births:
        judge("LIL-SESSION-010", "of reason 2", births[0].body.get(6) == ASKED, f"reason {births[0].body.get(6)}")
        again = births[0].body[1] == bench.connection and len(births) == 1
        judge("LIL-SESSION-010", "at most one in 10 s", again, f"{len(births)} births")

"""What a kill right after the first stored-ack leaves behind."""

from lilong_protocol import codes, frame, topics

from ...scenario import Judge, NotTriedError
from ..bench import ANSWER_MS, GAP_MS, Bench, name_of
from ..book import scenario
from .events import LATE_MS, requests

KILLS = 3
BACK_MS = 60_000


async def back(bench: Bench) -> None:
    """Until the backend acknowledges again: a device repeats until then."""
    player = bench.players[2]
    data = player.raising(codes.ALARM_BATTERY_LOW)
    end = bench.wire.now() + BACK_MS * bench.patience
    while bench.wire.now() < end:
        player.send(topics.ALARM, data)
        if await bench.until(lambda: bool(bench.acks(player, data)), 1_000):
            return
    raise NotTriedError(f"the backend is not back {BACK_MS // 1000} s after it was killed")


@scenario("LIL-ALARM-011", "LIL-ALARM-012", "LIL-ALARM-013")
async def killed_after_a_stored_ack(bench: Bench, judge: Judge) -> None:
    """Killed as soon as a stored-ack is seen, and started again: it remembers the alarm, acknowledged or not."""
    player = bench.players[0]
    for n in range(KILLS):
        data = player.alarm()
        if not await bench.acked(player, data):
            raise NotTriedError("not seen: the stored-ack of an honest alarm")
        await bench.wire.kill()
        await back(bench)
        since = bench.mark()
        _, seq = name_of(data)
        other = player.send(topics.ALARM, player.raising(codes.ALARM_SENSOR_FAULT, seq=seq))
        await bench.probe(player)
        lost = bench.acks(player, other, since)
        claim = f"kill {n + 1}: what was acknowledged is remembered"
        judge("LIL-ALARM-011", claim, not lost, "another frame under its number was acknowledged: the first is lost")
        judge("LIL-ALARM-013", f"kill {n + 1}: after it other bytes are not acknowledged", not lost, "they were")
        since = bench.mark()
        player.send(topics.ALARM, data)
        again = await bench.acked(player, data, since)
        judge("LIL-ALARM-012", f"kill {n + 1}: its repeat is acknowledged", again, "no stored-ack")
        await bench.effects(judge, "LIL-ALARM-011", f"kill {n + 1}: it is an alarm", "stored", player, data, 1)
        await bench.effects(judge, "LIL-ALARM-012", f"kill {n + 1}: one alarm", "stored", player, data, 1)


@scenario("LIL-BACK-002")
async def killed_before_its_stored_ack(bench: Bench, judge: Judge) -> None:
    """Killed while alarms are under way: the broker, or the device, has them still, and each is acknowledged."""
    player = bench.players[0]
    sent = [player.alarm() for _ in range(5)]
    await bench.wire.kill()
    await back(bench)
    for data in sent:
        if not bench.acks(player, data):
            player.send(topics.ALARM, data)
    all_ = await bench.until(lambda: all(bench.acks(player, data) for data in sent), ANSWER_MS)
    judge("LIL-BACK-002", "a crash loses no alarm", all_, "not all were acknowledged in the end")
    for data in sent:
        await bench.effects(judge, "LIL-BACK-002", "each is an alarm", "stored", player, data, 1, more=True)


@scenario("LIL-CMD-006")
async def counters_over_a_kill(bench: Bench, judge: Judge) -> None:
    """Requests for gaps before and after a kill: their counters rise."""
    player = bench.players[0]
    counters = []
    for last in (3, 7):
        since = bench.mark()
        player.send(topics.EVENT, player.eventing(seq=last))
        await bench.until(lambda since=since: bool(requests(bench, player, since)), GAP_MS + LATE_MS)  # type: ignore[misc]
        asked = requests(bench, player, since)
        if not asked:
            raise NotTriedError("not seen: a request for a gap")
        counters.append(asked[0].frame.counter)
        said = player.frame(frame.RESPONSE, topics.RESPONSE, {0: 404}, counter=counters[-1])
        player.send(topics.RESPONSE, said)
        if last == 3:
            await bench.probe(player)
            await bench.wire.kill()
            await back(bench)
            player.heartbeat()
    judge("LIL-CMD-006", "counters rise over a restart of the backend", counters[0] < counters[1], f"{counters}")

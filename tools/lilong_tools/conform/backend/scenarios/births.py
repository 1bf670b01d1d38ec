"""Which birth is the newer, what needs none, and devices that were provisioned anew."""

from lilong_protocol import codes, frame, topics

from ...scenario import Judge, NotTriedError
from ..bench import ANSWER_MS, FEED_MS, Bench, name_of, uptime_of
from ..book import scenario
from ..player import Player
from .events import order_of, tells_events
from .sessions import times

GENERATION = 24  # bits below it


async def _welcomed(bench: Bench, player: Player, data: bytes) -> bool:
    """Send a birth, then an alarm that is answered; whether the birth was told the time."""
    since = bench.mark()
    player.send(topics.STATE, data)
    await bench.probe(player)
    return bool(times(bench, player, since, uptime_of(data)))


@scenario("LIL-SESSION-019")
async def a_boot_without_a_birth(bench: Bench, judge: Judge) -> None:
    """An alarm and an event of a new boot, and no birth of it: both are taken."""
    player = bench.players[0]
    player.start(player.boot + 1)
    since = bench.mark()
    data, event = player.alarm(), player.eventing()
    player.send(topics.EVENT, event)
    acked = await bench.acked(player, data, since)
    judge("LIL-SESSION-019", "an alarm needs no birth before it", acked, "it was not acknowledged")
    await bench.effects(judge, "LIL-SESSION-019", "it begins", "stored", player, data, 1)
    if tells_events(bench):
        there = await bench.until(lambda: name_of(event) in order_of(bench, player), FEED_MS)
        judge("LIL-SESSION-019", "an event needs none either", there, "it had no effect")


@scenario("LIL-SESSION-020")
async def births_of_a_boot(bench: Bench, judge: Judge) -> None:
    """Births of connections 5, 3 and 5 again: the second changes nothing, the third is the newer by its number."""
    player = bench.players[0]
    player.start(player.boot + 1)
    first = player.bearing(5)
    if not await _welcomed(bench, player, first):
        raise NotTriedError("not seen: the time that answers a birth")
    earlier = await _welcomed(bench, player, player.bearing(3))
    judge("LIL-SESSION-020", "a birth of a lower connection is not the newer", not earlier, "it was told the time")
    again = await _welcomed(bench, player, player.bearing(5))
    judge("LIL-SESSION-020", "in one connection that of the higher number is", again, "it was not told the time")
    old = await _welcomed(bench, player, first)
    judge("LIL-SESSION-020", "and that of the lower number is not", not old, "it was told the time")


@scenario("LIL-SESSION-021")
async def a_death_before_its_birth(bench: Bench, judge: Judge) -> None:
    """The death of a connection to come, then its birth: the birth changes nothing; that of the next one does."""
    player = bench.players[1]
    player.start(player.boot + 1)
    if not await _welcomed(bench, player, player.bearing(1)):
        raise NotTriedError("not seen: the time that answers a birth")
    unheard = player.bearing(3)
    player.send(topics.STATE, player.death(connection=3))
    late = await _welcomed(bench, player, unheard)
    judge("LIL-SESSION-021", "a birth after the death of its connection changes nothing", not late, "it was welcomed")
    player.connection = 4
    fresh = await _welcomed(bench, player, player.bearing(4))
    judge("LIL-SESSION-021", "the next connection is welcome", fresh, "its birth was not told the time")


@scenario("LIL-SESSION-013")
async def a_device_provisioned_anew(bench: Bench, judge: Judge) -> None:
    """A boot of the next generation: a higher boot like any; one of the generation before it is refused after that."""
    player = bench.players[2]
    generation = bench.wire.generation(player.device)  # NotTriedError where a later run could not go on below it
    before = player.boot
    player.start((generation << GENERATION) + 1)
    since = bench.mark()
    data = player.bearing(1)
    player.connection = 1
    player.send(topics.STATE, data)
    there = await bench.until(lambda: bool(times(bench, player, since, uptime_of(data))), ANSWER_MS)
    judge("LIL-SESSION-013", "a boot of the next generation is a higher one", there, "its birth was not told the time")
    acked = await bench.acked(player, player.alarm(codes.ALARM_SENSOR_FAULT), since)
    judge("LIL-SESSION-013", "its alarms are taken, from 1", acked, "not acknowledged")
    since = bench.mark()
    player.send(topics.STATE, player.bearing(9, boot=before + 1, nonce=b"rollback"))
    await bench.probe(player)
    fooled = [one for one in bench.of(player, frame.TIME, since) if one.frame.target == before + 1]
    judge("LIL-SESSION-013", "one of the generation before it is a lower one", not fooled, "it was told the time")

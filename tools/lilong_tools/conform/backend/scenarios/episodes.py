"""What an alarm is, told by the observed feed: never merged, never cleared by anything but its own clear."""

from lilong_protocol import codes, topics

from ...scenario import Judge
from ..bench import Bench, name_of
from ..book import scenario
from ..player import Player

ACTIVE_AGAIN, RESTORED = 1, 2


@scenario("LIL-ALARM-015", "LIL-BACK-003")
async def two_episodes(bench: Bench, judge: Judge) -> None:
    """Two codes at once, one code twice, two devices at once: each is an alarm of its own."""
    one, other = bench.players[0], bench.players[1]
    sent: list[tuple[str, Player, bytes]] = [
        ("two codes of a device at once", one, one.alarm(codes.ALARM_SMOKE_ALARM)),
        ("two codes of a device at once, the other", one, one.alarm(codes.ALARM_SENSOR_FAULT)),
        ("the code of another device at once", other, other.alarm(codes.ALARM_SMOKE_ALARM)),
        ("a code again while it is open", one, one.alarm(codes.ALARM_SMOKE_ALARM)),
    ]
    first = sent[0][2]
    one.send(topics.ALARM, one.clearing(name_of(first), codes.ALARM_SMOKE_ALARM))
    sent.append(("a code again after its clear", one, one.alarm(codes.ALARM_SMOKE_ALARM)))
    for what, player, data in sent:
        acked = await bench.acked(player, data)
        judge("LIL-ALARM-015", f"{what}: it is acknowledged", acked, "no stored-ack")
        await bench.effects(judge, "LIL-ALARM-015", f"{what}: an alarm of its own", "stored", player, data, 1)
    _, player, data = sent[2]
    claim = "the clear of one device ends no alarm of another"
    await bench.effects(judge, "LIL-BACK-003", claim, "cleared", player, data, 0)


@scenario("LIL-ALARM-016")
async def deaths_clear_nothing(bench: Bench, judge: Judge) -> None:
    """The device dies, is born in a later boot, falls silent: its alarm stays."""
    player = bench.players[0]
    data = await bench.stored(player, player.raising())
    player.send(topics.STATE, player.death())
    await bench.probe(bench.players[1])
    await bench.effects(judge, "LIL-ALARM-016", "a death clears no alarm", "cleared", player, data, 0)
    player.start(player.boot + 1)
    player.birth()
    await bench.probe(player)
    await bench.effects(judge, "LIL-ALARM-016", "a restart clears no alarm", "cleared", player, data, 0)
    await bench.stored(player, player.clearing(name_of(data)))
    await bench.effects(judge, "LIL-ALARM-016", "its clear does, from a later boot too", "cleared", player, data, 1)


@scenario("LIL-ALARM-017")
async def a_clear_before_its_raise(bench: Bench, judge: Judge) -> None:
    """The clear overtakes the raise: both are acknowledged, and the alarm is over when the raise comes."""
    player = bench.players[0]
    data = player.raising()
    since = bench.mark()
    update = player.send(topics.ALARM, player.updating(name_of(data), RESTORED))
    clear = player.send(topics.ALARM, player.clearing(name_of(data)))
    early = await bench.acked(player, update, since) and await bench.acked(player, clear, since)
    judge("LIL-ALARM-017", "update and clear are acknowledged before their raise", early, "not both")
    player.send(topics.ALARM, data)
    judge("LIL-ALARM-017", "the raise too", await bench.acked(player, data, since), "no stored-ack")
    await bench.effects(judge, "LIL-ALARM-017", "it is an alarm", "stored", player, data, 1)
    await bench.effects(judge, "LIL-ALARM-017", "that is over", "cleared", player, data, 1)

"""Stored-acks: for what is durable, again for every repeat, never for anything else."""

from lilong_protocol import codes, frame, topics

from ...scenario import Judge
from ..bench import Bench, name_of
from ..book import scenario

REPEATS = 3
UNKNOWN = 9_999
SOON_MS = 1_000


@scenario("LIL-ALARM-011", "LIL-ALARM-012")
async def repeats(bench: Bench, judge: Judge) -> None:
    """An alarm, and the same bytes again and again: each is acknowledged, one alarm comes of it."""
    player = bench.players[0]
    data = player.alarm()
    first = await bench.acked(player, data)
    judge("LIL-ALARM-011", "an alarm is acknowledged", first, "no stored-ack with its number and tag in 5 s")
    for n in range(REPEATS):
        since = bench.mark()
        player.send(topics.ALARM, data)
        again = await bench.acked(player, data, since)
        judge("LIL-ALARM-012", f"repeat {n + 1} is acknowledged again", again, "no stored-ack in 5 s")
    await bench.effects(judge, "LIL-ALARM-012", "repeats have no second effect", "stored", player, data, 1)


@scenario("LIL-ALARM-012", "LIL-SEC-006")
async def repeats_for_ever(bench: Bench, judge: Judge) -> None:
    """The same bytes after the alarm's clear, after a death, in a later boot: acknowledged, without an effect."""
    player = bench.players[0]
    data = await bench.stored(player, player.raising())
    clear = await bench.stored(player, player.clearing(name_of(data)))
    since = bench.mark()
    player.send(topics.ALARM, data)
    judge("LIL-ALARM-012", "after its clear", await bench.acked(player, data, since), "no stored-ack")
    player.send(topics.STATE, player.death())
    player.start(player.boot + 1)
    player.birth()
    since = bench.mark()
    player.send(topics.ALARM, data)
    player.send(topics.ALARM, clear)
    judge("LIL-ALARM-012", "in a later boot", await bench.acked(player, data, since), "no stored-ack")
    judge("LIL-ALARM-012", "of a clear too", await bench.acked(player, clear, since), "no stored-ack")
    claim = "a replayed alarm is a repeat"
    await bench.effects(judge, "LIL-SEC-006", claim, "stored", player, data, 1)
    await bench.effects(judge, "LIL-ALARM-012", "its clear counts once", "cleared", player, data, 1)


@scenario("LIL-ALARM-012", "LIL-ALARM-013")
async def other_bytes(bench: Bench, judge: Judge) -> None:
    """The number of a stored alarm with other bytes: not acknowledged; the first bytes still are."""
    player = bench.players[0]
    data = await bench.stored(player, player.raising())
    _, seq = name_of(data)
    since = bench.mark()
    other = player.send(topics.ALARM, player.raising(codes.ALARM_SENSOR_FAULT, seq=seq))
    await bench.probe(player)
    judge("LIL-ALARM-013", "other bytes are not acknowledged", not bench.acks(player, other, since), "they were")
    await bench.effects(judge, "LIL-ALARM-013", "they have no effect", "stored", player, data, 1)
    since = bench.mark()
    player.send(topics.ALARM, data)
    judge("LIL-ALARM-012", "the first still are", await bench.acked(player, data, since), "no stored-ack")


@scenario("LIL-ALARM-014")
async def alarms_beyond_gaps(bench: Bench, judge: Judge) -> None:
    """Alarms whose numbers leave a gap, behind events that leave one: they count at once."""
    player = bench.players[0]
    player.send(topics.EVENT, player.eventing(seq=1))
    player.send(topics.EVENT, player.eventing(seq=9))
    _, seq = name_of(await bench.stored(player, player.raising()))
    since = bench.mark()
    beyond = player.alarm(seq=seq + 5)
    before = player.alarm(codes.ALARM_SENSOR_FAULT, seq=seq + 2)
    soon = await bench.until(
        lambda: bool(bench.acks(player, beyond, since) and bench.acks(player, before, since)), SOON_MS
    )
    judge("LIL-ALARM-014", "both are acknowledged within a second", soon, "not both")
    await bench.effects(judge, "LIL-ALARM-014", "and are alarms at once", "stored", player, beyond, 1)
    await bench.effects(judge, "LIL-ALARM-014", "the earlier one too", "stored", player, before, 1)
    for _ in range(6):
        player.number(topics.ALARM)


@scenario("LIL-FRAME-007")
async def malformed_alarms(bench: Bench, judge: Judge) -> None:
    """Authentic alarms and events whose bodies nobody understands: acknowledged, without an effect."""
    player = bench.players[0]
    for what, body in (("no code", {4: {}}), ("a text for a code", {0: "fire", 1: 4, 2: 4, 3: 4}), ("nothing", {})):
        since = bench.mark()
        data = player.send(topics.ALARM, player.frame(frame.RAISE, topics.ALARM, body))
        judge("LIL-FRAME-007", f"an alarm with {what} is acknowledged", await bench.acked(player, data, since), "not")
        await bench.effects(judge, "LIL-FRAME-007", f"one with {what} has no effect", "stored", player, data, 0)


@scenario("LIL-FRAME-002", "LIL-FRAME-004")
async def what_is_to_come(bench: Bench, judge: Judge) -> None:
    """Unknown codes, quantities, kinds of device and keys: all are let through."""
    player, other = bench.players[0], bench.players[1]
    since = bench.mark()
    data = player.alarm(UNKNOWN)
    judge("LIL-FRAME-004", "an unknown alarm counts", await bench.acked(player, data, since), "no stored-ack")
    await bench.effects(judge, "LIL-FRAME-004", "under its number", "stored", player, data, 1)
    body = {0: codes.ALARM_TAMPER, 1: 3, 2: 4, 3: 4, 4: {UNKNOWN: 1}, 99: ["new"]}
    payload = player.payload(frame.RAISE, topics.ALARM, body, seq=1)  # each of those below has its own
    for id_, what, keys in (
        ("LIL-FRAME-004", "an unknown quantity and an unknown key of the body", {}),
        ("LIL-FRAME-002", "a key from 24 to 255", {24: "new", 200: 1}),
        ("LIL-FRAME-002", "a negative key", {-1: b"private"}),
    ):
        whole = player.with_keys(payload, {**keys, 3: player.number(topics.ALARM)})
        data = player.sealed(topics.ALARM, whole)
        player.raised.append(data)
        since = bench.mark()
        player.send(topics.ALARM, data)
        judge(id_, f"{what}: the alarm counts", await bench.acked(player, data, since), "no stored-ack")
        await bench.effects(judge, id_, f"{what}: it is an alarm", "stored", player, data, 1)
    other.kind, kind = UNKNOWN, other.kind
    other.start(other.boot + 1)
    since = bench.mark()
    other.birth()
    data = other.alarm()
    judge("LIL-FRAME-004", "a device of an unknown kind is heard", await bench.acked(other, data, since), "not")
    other.kind = kind

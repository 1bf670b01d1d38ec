"""Authentic uplinks that are malformed, and values that no sensor has."""

from typing import Any

from lilong_protocol import cbor, codes, frame, topics

from ...scenario import Judge
from ..bench import GRACE_MS, Bench
from ..book import scenario
from ..player import Player

_NO_NUMBER, _FAR = -1, 1 << 40


def _malformed(player: Player) -> list[tuple[str, str, bytes]]:
    """(what it is, class, frame): births and heartbeats that ask for the time, each with a fault."""

    def beat(body: dict[int, Any], **fields: Any) -> bytes:
        return player.payload(frame.HEARTBEAT, topics.HEARTBEAT, body, nonce=player.nonce, **fields)

    whole: dict[int, Any] = {0: 0, 1: 0, 2: 0, 4: True}
    birth = player.payload(frame.BIRTH, topics.STATE, {0: player.kind}, nonce=player.nonce)
    return [
        ("a birth without its connection", topics.STATE, birth),
        ("a heartbeat without its counts", topics.HEARTBEAT, beat({4: True})),
        ("a heartbeat whose counts are text", topics.HEARTBEAT, beat({**whole, 0: "0"})),
        ("a heartbeat without a nonce", topics.HEARTBEAT, player.with_keys(beat(whole), {11: None})),
        ("a heartbeat of another version", topics.HEARTBEAT, player.with_keys(beat(whole), {0: 2})),
        ("no map", topics.HEARTBEAT, cbor.encode([1, 2, 3])),
    ]


@scenario("LIL-FRAME-012")
async def malformed_uplinks(bench: Bench, judge: Judge) -> None:
    """Births and heartbeats that ask for the time, each with a fault: no answer; a right one has its answer."""
    player = bench.players[0]
    for what, cls, payload in _malformed(player):
        since = bench.mark()
        player.send(cls, player.sealed(cls, payload))
        await bench.probe(bench.players[1])
        await bench.quiet(GRACE_MS)
        told = [one for one in bench.told[since:] if one.device == player.device]
        judge("LIL-FRAME-012", f"{what} has no answer", not told, f"kind {told[0].kind}" if told else "")
    since = bench.mark()
    player.heartbeat(asks=True)
    answered = await bench.until(lambda: bool(bench.of(player, frame.TIME, since)), 5_000)
    judge("LIL-FRAME-012", "they have no effect: a right one is answered", answered, "no time came")


@scenario("LIL-FRAME-011")
async def values_that_cannot_be(bench: Bench, judge: Judge) -> None:
    """An alarm with a value out of the range of its quantity, one under no number, one that is null: it is taken."""
    player = bench.players[1]
    since = bench.mark()
    values = {codes.Q_GAS: _FAR, _NO_NUMBER: 5, codes.Q_BATTERY: None}
    severity, urgency, certainty = codes.cap(codes.ALARM_TAMPER)
    body = {0: codes.ALARM_TAMPER, 1: severity, 2: urgency, 3: certainty, 4: values}
    data = player.frame(frame.RAISE, topics.ALARM, body)
    player.raised.append(data)
    player.send(topics.ALARM, data)
    acked = await bench.acked(player, data, since)
    judge("LIL-FRAME-011", "it is acknowledged", acked, "no stored-ack")
    await bench.effects(judge, "LIL-FRAME-011", "it begins", "stored", player, data, 1)

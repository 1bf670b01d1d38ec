"""What may be an attack is reported, told by rows "incident" of the feed; a flood of it is not told row by row."""

from collections.abc import Callable

from lilong_protocol import codes, topics

from ...scenario import Judge, NotTriedError
from ..bench import FEED_MS, Bench, name_of
from ..book import scenario
from ..player import Player

FLOOD = 500
AT_ONCE, PAUSE_MS = 25, 50  # what a connection takes without an answer
STRANGER = "f" * 16


def _reports(bench: Bench, device: str) -> int:
    rows = bench.wire.observed() or []
    return sum(row.get("event") == "incident" and row.get("device") == device for row in rows)


def _attacks(bench: Bench, player: Player, known: bytes) -> list[tuple[str, str, Callable[[], object]]]:
    """(what, whose topic, what does it); `known`: an alarm that is stored."""
    good = player.raising()
    forged = good[:-1] + bytes([good[-1] ^ 1])
    other = player.raising(codes.ALARM_SENSOR_FAULT, seq=name_of(known)[1])
    earlier = player.bearing(1, boot=player.boot - 1, nonce=b"rollback")
    return [
        ("a forged frame", player.device, lambda: player.send(topics.ALARM, forged)),
        ("a birth of an earlier boot", player.device, lambda: player.send(topics.STATE, earlier)),
        ("one number with other bytes", player.device, lambda: player.send(topics.ALARM, other)),
        ("an unknown device", STRANGER, lambda: bench.wire.publish_stranger(STRANGER, topics.ALARM, good)),
        ("a retained alarm", player.device, lambda: bench.kept(player, topics.ALARM, player.raising())),
    ]


@scenario("LIL-SEC-007")
async def what_may_be_an_attack(bench: Bench, judge: Judge) -> None:
    """Forged, rolled back, other bytes, unknown, retained: each is reported; of a flood not every frame is."""
    player = bench.players[0]
    player.birth()
    known = await bench.stored(player, player.raising())
    told: dict[str, bool] = {}
    skipped: dict[str, str] = {}
    for what, device, attack in _attacks(bench, player, known):
        before = _reports(bench, device)
        try:
            attack()
        except NotTriedError as reason:
            skipped[what] = str(reason)
            continue
        await bench.probe(player)
        told[what] = await bench.until(
            lambda device=device, before=before: _reports(bench, device) > before,  # type: ignore[misc]
            FEED_MS,
        )
    if not any(told.values()):
        raise NotTriedError('not observed: needs --observed FILE with rows of event "incident"')
    for what, reported in told.items():
        judge("LIL-SEC-007", f"{what} is reported", reported, 'no row "incident" in the feed')
    for what, why in skipped.items():
        judge.skip("LIL-SEC-007", f"{what}: {why}")
    good = player.raising()
    before = _reports(bench, player.device)
    for n in range(FLOOD):
        player.send(topics.ALARM, good[:-8] + n.to_bytes(8, "big"))
        if n % AT_ONCE == 0:
            await bench.quiet(PAUSE_MS)
    await bench.probe(player)
    await bench.quiet(FEED_MS)
    count = _reports(bench, player.device) - before
    judge("LIL-SEC-007", f"a flood of {FLOOD} forged frames is not told one by one", count < FLOOD, f"{count} rows")

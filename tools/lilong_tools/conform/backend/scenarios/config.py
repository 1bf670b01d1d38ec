"""Desired configuration: kept by the broker, under a version that rises, published until the device has reported it."""

from lilong_protocol import frame, topics

from ...scenario import Judge
from ..bench import ANSWER_MS, Bench, Told
from ..book import scenario
from ..player import BEAT_S, Player
from .durability import back

BEATS = 15  # heartbeats of a device that reports nothing


async def _desired(bench: Bench, player: Player) -> Told:
    since = bench.mark()
    await bench.wire.configure(player.device)
    return await bench.obtain(player, frame.DESIRED_CONFIG, since, "the desired configuration on d/cf")


@scenario("LIL-CONF-001")
async def a_configuration(bench: Bench, judge: Judge) -> None:
    """It is desired, not reported, desired anew, and once more after a kill: kept, published again, versions rise."""
    player = bench.players[0]
    first = await _desired(bench, player)
    kept = await bench.wire.kept(player.device, topics.CONFIG)
    judge("LIL-CONF-001", "the broker keeps it", kept == first.data, "nothing" if kept is None else "another frame")
    since = bench.mark()

    def again() -> bool:
        return any(one.body[0] == first.body[0] for one in bench.of(player, frame.DESIRED_CONFIG, since))

    player.birth()
    await bench.until(again, ANSWER_MS)
    for _ in range(min(BEATS, bench.wire.longest_ms // (BEAT_S * 1000))):
        if not again():
            player.heartbeat()
            await bench.until(again, BEAT_S * 1000)
    if again() or bench.wire.longest_ms >= BEATS * BEAT_S * 1000:
        judge("LIL-CONF-001", "it is published again while it is not reported", again(), f"not in {BEATS} heartbeats")
    body = {0: first.body[0], 1: first.body[1]}
    player.configured = first.body[0]
    player.send(topics.CONFIG, player.frame(frame.REPORTED_CONFIG, topics.CONFIG, body))
    second = await _desired(bench, player)
    versions = [first.body[0], second.body[0]]
    judge("LIL-CONF-001", "its version rises with each change", versions[0] < versions[1], f"{versions}")
    await bench.wire.kill()
    await back(bench)
    versions.append((await _desired(bench, player)).body[0])
    judge("LIL-CONF-001", "over a restart of the backend too", versions[1] < versions[2], f"{versions}")

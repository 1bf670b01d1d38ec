"""Desired configuration: kept by the broker, under a version that rises, published until the device has reported it."""

from lilong_protocol import frame, topics

from ...scenario import Judge
from ..bench import ANSWER_MS, Bench, Told
from ..book import scenario
from ..player import BEAT_S, Player
from .durability import back
from .epochs import enters, rotated

FAR = 700
BEATS = 15  # heartbeats of a device that reports nothing


async def _desired(bench: Bench, player: Player) -> Told:
    since = bench.mark()
    await bench.wire.configure(player.device)
    return await bench.obtain(player, frame.DESIRED_CONFIG, since, "the desired configuration on d/cf")


@scenario("LIL-CONF-010")
async def a_version_of_others(bench: Bench, judge: Judge) -> None:
    """A device reports a version far above what it was given: the next one is above that."""
    player = bench.players[2]
    told = player.configured + FAR
    player.configured = told
    player.send(topics.CONFIG, player.frame(frame.REPORTED_CONFIG, topics.CONFIG, {0: told, 1: {}}))
    await bench.probe(player)
    version = (await _desired(bench, player)).body[0]
    judge("LIL-CONF-010", "a new version is above each that it was told of", version > told, f"{version} after {told}")
    player.send(topics.CONFIG, player.frame(frame.REPORTED_CONFIG, topics.CONFIG, {0: version, 1: {}}))


@scenario("LIL-CONF-011")
async def a_configuration_in_a_new_epoch(bench: Bench, judge: Judge) -> None:
    """It is desired and reported, then the device goes over to other keys: it is published anew, sealed in those."""
    player = bench.players[1]
    first = await _desired(bench, player)
    player.configured = first.body[0]
    player.send(topics.CONFIG, player.frame(frame.REPORTED_CONFIG, topics.CONFIG, {0: first.body[0], 1: first.body[1]}))
    await bench.probe(player)
    order = await rotated(bench, player)
    since = bench.mark()
    enters(bench, player, order)
    player.birth()
    await bench.until(lambda: bool(bench.of(player, frame.DESIRED_CONFIG, since)), ANSWER_MS)
    found = [one.epoch for one in bench.of(player, frame.DESIRED_CONFIG, since)]
    right = found[-1:] == [player.epoch]
    judge("LIL-CONF-011", "it is published anew in the new epoch", right, f"epochs {found or 'none'}")


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

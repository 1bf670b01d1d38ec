"""Births, heartbeats, the time, and who is no session of anybody's."""

from lilong_protocol import frame, topics

from ...scenario import Judge, NotTriedError
from ..bench import ANSWER_MS, GAP_MS, Bench, uptime_of
from ..book import scenario
from ..player import Player

WRONG_MS = 5_000  # a backend's clock may be off by so much


def times(bench: Bench, player: Player, since: int, asked: int | None = None) -> list[tuple[int, int]]:
    """(epoch, uptime asked) of each time message to the present boot."""
    return [
        (one.frame.epoch, one.body[0])
        for one in bench.of(player, frame.TIME, since)
        if one.frame.target == player.boot and one.frame.nonce == player.nonce and asked in (None, one.body[0])
    ]


@scenario("LIL-TIME-001")
async def the_time(bench: Bench, judge: Judge) -> None:
    """A birth, and a heartbeat that asks: both are answered with the time, for their boot, nonce and uptime."""
    player = bench.players[0]
    for what in ("a birth", "a heartbeat that asks"):
        since = bench.mark()
        asked = uptime_of(player.birth() if what == "a birth" else player.heartbeat(asks=True))
        answered = await _answered(bench, player, since)
        judge("LIL-TIME-001", f"{what} is answered with the time", answered, "no time came")
        if answered:
            right = times(bench, player, since, asked)
            judge("LIL-TIME-001", f"{what}: with its boot, nonce and uptime", bool(right), "for another question")
            off = min((abs(epoch - bench.wire.epoch()) for epoch, _ in right), default=0)
            judge("LIL-TIME-001", f"{what}: the epoch is right within 5 s", off <= WRONG_MS, f"{off} ms off")


async def _answered(bench: Bench, player: Player, since: int) -> bool:
    return await bench.until(lambda: bool(bench.of(player, frame.TIME, since)), ANSWER_MS)


@scenario("LIL-SESSION-008", "LIL-SEC-006")
async def births_of_the_past(bench: Bench, judge: Judge) -> None:
    """Births of a lower boot, and of an earlier connection: nobody is told the time for them, the session stays."""
    player = bench.players[0]
    player.birth()
    await bench.probe(player)
    since = bench.mark()
    old = player.boot - 1
    player.send(topics.STATE, player.bearing(1, boot=old, nonce=b"rollback"))
    await bench.probe(player)
    fooled = [one for one in bench.of(player, frame.TIME, since) if one.frame.target == old]
    judge("LIL-SESSION-008", "a birth of a lower boot is refused", not fooled, "it was told the time")
    since = bench.mark()
    asked = uptime_of(player.heartbeat(asks=True))
    await bench.until(lambda: bool(times(bench, player, since, asked)), ANSWER_MS)
    known = bool(times(bench, player, since, asked))
    judge("LIL-SESSION-008", "and changes nothing", known, "the present boot is not answered any more")
    judge("LIL-SEC-006", "a replayed birth changes nothing", known, "the present boot is not answered any more")


@scenario("LIL-SESSION-009", "LIL-TIME-001")
async def a_retained_birth(bench: Bench, judge: Judge) -> None:
    """A birth that the broker had kept: nobody is told the time for it."""
    player = bench.players[0]
    player.start(player.boot + 1)
    since = bench.mark()
    bench.kept(player, topics.STATE, player.bearing(1))
    await bench.probe(bench.players[1])
    told = times(bench, player, since)
    judge("LIL-SESSION-009", "a retained birth proves no life", not told, "it was told the time")
    since = bench.mark()
    player.birth(connection=2)
    answered = await bench.until(lambda: bool(times(bench, player, since)), ANSWER_MS)
    judge("LIL-TIME-001", "the next live birth is answered", answered, "no time came")


@scenario("LIL-TELE-003")
async def gaps_in_heartbeats(bench: Bench, judge: Judge) -> None:
    """Numbers of heartbeats are missing: nobody asks for them."""
    player = bench.players[0]
    since = bench.mark()
    for seq in (1, 2, 9):
        player.heartbeat(seq=seq)
    await bench.quiet(GAP_MS + 2_000)
    asked = bench.of(player, frame.REQUEST, since)
    judge("LIL-TELE-003", "nobody asks for a gap of QoS 0", not asked, f"{asked[0].body}" if asked else "")


@scenario("LIL-UPD-005")
async def chunks_of_nothing(bench: Bench, judge: Judge) -> None:
    """A device asks for a piece of an artifact that nobody has offered to it: no chunk comes."""
    player = bench.players[0]
    since = bench.mark()
    for artifact in (0, 1, 7):
        body = {0: artifact, 1: 0, 2: 256}
        player.send(topics.UPDATE, player.frame(frame.CHUNK_REQUEST, topics.UPDATE, body))
    await bench.probe(player)
    sent = bench.of(player, frame.CHUNK, since)
    judge("LIL-UPD-005", "chunks come only of what was offered", not sent, f"{len(sent)} chunks came")


@scenario("LIL-SESSION-007")
async def deaths_of_others(bench: Bench, judge: Judge) -> None:
    """Deaths of another connection and boot: commands reach the device all the same."""
    player = bench.players[0]
    player.birth()
    player.birth()
    await bench.probe(player)
    player.send(topics.STATE, player.death(connection=player.connection - 1))
    player.send(topics.STATE, player.death(boot=player.boot - 1))
    await bench.probe(player)
    since = bench.mark()
    await bench.wire.command(player.device)
    there = await bench.until(lambda: bool(bench.of(player, frame.COMMAND, since)), ANSWER_MS)
    judge("LIL-SESSION-007", "a death of another connection is none", there, "no command came")
    if not there:
        raise NotTriedError("no command came")

"""Updates that somebody at the backend offers: pieces of what was offered, to whom it was offered, to its end."""

from lilong_protocol import frame, topics

from ...scenario import Judge, NotTriedError
from ..bench import ANSWER_MS, Bench, Told
from ..book import scenario
from ..player import Player

PIECE = 256
LAST = 10


async def _asks(bench: Bench, player: Player, artifact: int, offset: int, size: int = PIECE) -> list[Told]:
    """Ask for a piece; the chunks that come."""
    since = bench.mark()
    body = {0: artifact, 1: offset, 2: size}
    player.send(topics.UPDATE, player.frame(frame.CHUNK_REQUEST, topics.UPDATE, body))
    await bench.until(lambda: bool(bench.of(player, frame.CHUNK, since)), 1_000)
    await bench.probe(player)
    return bench.of(player, frame.CHUNK, since)


@scenario("LIL-UPD-005", "LIL-UPD-009")
async def an_offer(bench: Bench, judge: Judge) -> None:
    """Pieces are asked for from its beginning, beyond its end, at its end, and by a device that has no such offer."""
    player, other = bench.players[0], bench.players[1]
    since = bench.mark()
    await bench.wire.offer(player.device)
    there = await bench.until(lambda: bool(bench.of(player, frame.UPDATE_OFFER, since)), ANSWER_MS)
    if not there:
        raise NotTriedError("not seen: the offer that was asked for")
    offer = bench.of(player, frame.UPDATE_OFFER, since)[0]
    artifact, size = offer.body[0], offer.body[3]
    answer = player.frame(frame.RESPONSE, topics.RESPONSE, {0: 200}, counter=offer.frame.counter)
    player.send(topics.RESPONSE, answer)
    first = await _asks(bench, player, artifact, 0, min(PIECE, size))
    told = [(one.body[0], one.body[1], len(one.body[2])) for one in first]
    whole = told == [(artifact, 0, min(PIECE, size))]
    judge("LIL-UPD-005", "a piece of what was offered is sent as it was asked for", whole, f"{len(first)} chunks")
    stranger = await _asks(bench, other, artifact, 0)
    judge("LIL-UPD-005", "another device gets none of it", not stranger, f"{len(stranger)} chunks")
    begin = max(0, size - LAST)
    beyond = await _asks(bench, player, artifact, begin)
    lengths = [len(one.body[2]) for one in beyond]
    claim = "a request that reaches beyond the end is answered with what there is"
    judge("LIL-UPD-009", claim, lengths == [size - begin], f"{lengths or 'no chunk'}")
    at_end = await _asks(bench, player, artifact, size)
    nothing = all(not one.body[2] for one in at_end)
    judge("LIL-UPD-009", "one that begins at the end brings nothing", nothing, "bytes came")

"""All messages of an estate go through one worker: what a device has said is taken in the order in which it said it."""

from lilong_protocol import topics

from ...scenario import Judge
from ..bench import ANSWER_MS, FEED_MS, GAP_MS, Bench, name_of
from ..book import scenario
from .events import order_of, requests, tells_events

BURST = 40  # events of each device


@scenario("LIL-BACK-001")
async def a_burst_of_several_devices(bench: Bench, judge: Judge) -> None:
    """Many events of three devices, mixed, at once: those of each take effect in their order, none is missing."""
    since = bench.mark()
    frames = {player.device: [player.eventing() for _ in range(BURST)] for player in bench.players}
    for n in range(BURST):
        for player in bench.players:
            player.send(topics.EVENT, frames[player.device][n])
    observed = bench.wire.observed() is not None and await bench.until(lambda: tells_events(bench), FEED_MS)
    if not observed:
        judge.skip("LIL-BACK-001", 'not observed: needs --observed FILE with rows of event "event"')
    for player in bench.players if observed else ():
        wanted = [name_of(data) for data in frames[player.device]]

        def found(player: object = player, wanted: object = wanted) -> list[tuple[int, int]]:
            return [one for one in order_of(bench, player) if one in wanted]  # type: ignore[arg-type, operator]

        await bench.until(lambda found=found, wanted=wanted: len(found()) >= len(wanted), ANSWER_MS)  # type: ignore[misc]
        seqs = [seq for _, seq in found()]
        judge("LIL-BACK-001", f"the order of {player.device} is kept", found() == wanted, f"numbers {seqs}")
    await bench.quiet(GAP_MS + 1_000)
    asked = [one for player in bench.players for one in requests(bench, player, since)]
    judge("LIL-BACK-001", "nobody is asked for what has come", not asked, f"{asked[0].body}" if asked else "")

"""A door asks whether a card is elsewhere: nobody has to answer, and whoever does, does it right."""

from lilong_protocol import codes, frame, topics
from lilong_protocol.pc.bodies import well_formed

from ...scenario import Judge
from ..bench import Bench, name_of
from ..book import scenario

WAITED_MS = 2_000  # far more than a door waits
CARD = 0x1F2E3D4C


@scenario("LIL-ASK-005")
async def a_door_asks(bench: Bench, judge: Judge) -> None:
    """Two devices ask about one card, the second one twice with the same bytes: at most one right answer to each."""
    since = bench.mark()
    asked = {}
    for player in bench.players[:2]:
        question = {0: codes.EVENT_DOOR_ASKED, 4: {codes.Q_CREDENTIAL: CARD}}
        data = player.frame(frame.EVENT, topics.EVENT, question)
        asked[player.device] = list(name_of(data))
        player.send(topics.EVENT, data)
        await bench.quiet(WAITED_MS)
    bench.players[1].send(topics.EVENT, data)
    await bench.quiet(WAITED_MS)
    for player in bench.players:
        answers = bench.of(player, frame.ANSWER, since)
        most = 1 if player.device in asked else 0
        judge("LIL-ASK-005", f"at most {most} answers to {player.device}", len(answers) <= most, f"{len(answers)}")
        for one in answers:
            said = one.frame.ref, one.frame.nonce, well_formed(one.kind, one.body)
            right = said == (asked.get(player.device), player.nonce, True)
            judge("LIL-ASK-005", "for its boot, number and nonce", right, f"{one.frame.ref} {one.body}")

"""A board with flash, on real MicroPython in 64 KB: an outage and a power cut lose no event."""

from pathlib import Path

from board_case import BoardCase, in_loop
from lilong_protocol import codes, frame
from lilong_simulator.fleet.board_lines import Offline
from lilong_simulator.fleet.process import HEAP

MINUTE = 60_000
CARDS = b"".join((n * 1_000).to_bytes(4, "big") for n in range(338))  # as many as a door of the estate has
DATA = {"cards": CARDS, "card_key": bytes(32)}
EVENTS = 200
CEILING = 60_000  # bytes live, in an outage and after it


@in_loop
async def test_an_outage_of_200_events_and_a_power_cut_lose_none(tmp_path: Path) -> None:
    store = str(tmp_path / "flash")
    async with BoardCase("door", heap=HEAP, data=DATA, store=store) as case:
        await case.at(0)
        await case.broker.stop()
        await case.lines.take_a(Offline)
        for number in range(EVENTS):
            await case.process.at(1_000 + 3_000 * number, ("exit_button", 1))
        assert (await case.process.memory()).allocated < CEILING
        assert not case.frames(frame.EVENT)
    async with BoardCase("door", heap=HEAP, data=DATA, store=store) as case:
        case.broker.answer = case.backend
        await case.at(0)
        await case.at(MINUTE)
        events = case.frames(frame.EVENT)
        assert [sent.body[0] for sent in events].count(codes.EVENT_DOOR_EXIT) == EVENTS
        assert [(sent.frame.boot, sent.frame.seq) for sent in events] == [(1, 1 + at) for at in range(len(events))]
        assert (await case.process.memory()).allocated < CEILING

"""A MicroPython process among the devices of a live fleet: the observer hears of it as of any other."""

import asyncio
import itertools
import os
import signal
import time
from pathlib import Path

import pytest
from board_case import Inbox, in_loop
from lilong_firmware.effects import RAISED
from lilong_protocol import codes
from lilong_simulator.estate import load_estate
from lilong_simulator.fleet.board_lines import Output, Sent
from lilong_simulator.fleet.live import LiveFleet, Target
from lilong_simulator.fleet.live_board import LiveBoard
from lilong_simulator.fleet.observer import Observer
from lilong_simulator.fleet.process import available
from lilong_simulator.fleet.provision import Provisioner
from lilong_tools.broker.embedded import EmbeddedBroker


class Heard(Observer):
    """An observer that keeps what it hears as (what, time, device, details)."""

    def __init__(self) -> None:
        self.inbox = Inbox()

    def output(self, at, device, name, value):
        self.inbox.put(("output", at, device, (name, value)))

    def note(self, at, device, what, code, boot, seq):
        self.inbox.put(("note", at, device, (what, code, boot, seq)))

    def sent(self, at, device, cls, frame, due):
        self.inbox.put(("sent", at, device, cls))

    def link(self, at, device, up):
        self.inbox.put(("link", at, device, up))


@in_loop
async def test_the_observer_hears_of_a_board_on_the_clock_of_the_fleet():
    if available():
        pytest.skip(str(available()))
    estate = load_estate(Path(__file__).with_name("small_estate.toml"))
    placed = estate.of_kind("smoke")[0]
    heard = Heard()
    async with EmbeddedBroker(port=0) as broker:
        fleet = LiveFleet(estate.id, Target("127.0.0.1", broker.port), heard)
        board = LiveBoard(placed, Provisioner(estate, bytes(32), 1), fleet, boot=7)
        before = fleet.time()
        await board.start()
        linked = await heard.inbox.take(lambda told: told[0] == "link")
        assert linked[2:] == (placed.id, True)
        board.set("tamper", 1)
        raised = await heard.inbox.take(lambda told: told[0] == "note")
        assert raised[2:] == (placed.id, (RAISED, codes.ALARM_TAMPER, 7, 1))
        sent = await heard.inbox.take(lambda told: told[0] == "sent")
        assert sent[2:] == (placed.id, "al")
        assert before < raised[1] <= sent[1] <= fleet.time()
        os.kill(board.pid, signal.SIGKILL)
        lost = await heard.inbox.take(lambda told: told[0] == "link")
        assert lost[3] is False
        assert any("ended by signal 9" in why for why in fleet.troubles)
        board.set("tamper", 0)  # nobody there, which has been told
        await board.stop()
        await fleet.close()
        await asyncio.sleep(0)


@in_loop
async def test_what_a_board_tells_keeps_its_order_and_distance_whenever_the_fleet_reads_its_clock():
    estate = load_estate(Path(__file__).with_name("small_estate.toml"))
    placed = estate.of_kind("door")[0]
    held_up = itertools.cycle((3, 0, 40))  # ms until the machine goes on after a reading of the fleet's clock
    heard = Heard()
    fleet = LiveFleet(estate.id, Target("127.0.0.1", 1), heard, lambda: time.monotonic() * 1000 - next(held_up))
    board = LiveBoard(placed, Provisioner(estate, bytes(32), 1), fleet, boot=7)
    for at_us in range(1_000, 4_000, 300):
        board._take(Output("lock", 1, at_us))
        board._take(Sent("ev", at_us + 100))
    times = [(await heard.inbox.take(lambda told: True))[1] for _ in range(20)]
    assert [round((later - sooner) * 1000) for sooner, later in itertools.pairwise(times)] == [100, 200] * 9 + [100]
    await fleet.close()

"""A quick check of a broker: what a stalled one leaves undone, one that is not there, and a check that is stopped."""

import asyncio
import socket

import pytest
from board_case import in_loop
from fleet_case import soon
from lilong_simulator.fleet.live import PLAIN, Target
from lilong_simulator.load import plain
from lilong_simulator.load.errors import NotOnline
from lilong_simulator.load.places import Shard
from lilong_simulator.load.plain import Plain, PlainRun, shortcomings, summary
from lilong_tools.broker.embedded import EmbeddedBroker


@pytest.fixture
def soon_drained(monkeypatch):
    monkeypatch.setattr(plain, "DRAIN_S", 0.05)


async def whole(run, beside=None):
    try:
        await run.bring_up()
        if not run.stopped:
            await asyncio.gather(run.play(), *([] if beside is None else [beside()]))
    finally:
        await run.close()


def test_the_parts_of_a_check_are_all_of_it_and_their_messages_fall_between_each_other():
    asked = Plain(7, 70.0)
    parts = [asked.part(Shard(index, 3)) for index in range(3)]
    assert [name for part in parts for name in part.names] == asked.names
    assert [part.rate for part in parts] == [20.0, 20.0, 30.0]
    assert [round(part.after_ms, 3) for part in parts] == [0.0, 14.286, 28.571]


@pytest.mark.usefixtures("soon_drained")
@in_loop
async def test_what_a_broker_has_not_taken_is_counted_and_said():
    async with EmbeddedBroker() as broker:
        run = PlainRun(Plain(2, 500, 10, 1, 0.3), Target("127.0.0.1", broker.port))
        broker.drop_pubacks(1_000)
        await whole(run)
    counts = run.recorder.measures.counts[PLAIN]
    assert (counts.sent, counts.in_flight, counts.unexplained) == (64, 64, 0), "32 of each client"
    assert counts.skipped >= 50
    (why,) = shortcomings(run.recorder)
    assert why.startswith(f"not sustained: of {64 + counts.skipped:,} messages {counts.skipped:,} had no room, 0 were ")
    assert summary(run.asked, run.result())["acknowledged_per_s"] == 0


@in_loop
async def test_a_client_without_its_connection_at_the_end_is_lost():
    async with EmbeddedBroker() as broker:
        run = PlainRun(Plain(3, 30, 10, 1, 0.2), Target("127.0.0.1", broker.port))

        async def cut():
            await soon(lambda: run.world_zero is not None)
            broker.drop("lilong-plain-2")

        await whole(run, cut)
    assert run.lost == 1
    assert run.clients.troubles == {"closed by the broker": 1}


@in_loop
async def test_a_broker_that_is_not_there_is_told_with_the_most_frequent_reason():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        run = PlainRun(Plain(2, 10), Target("127.0.0.1", port), 0.1)
        with pytest.raises(NotOnline) as wrong:
            await whole(run)
    assert str(wrong.value) == (
        f"only 0 of 2 clients connected after 0.1 s; most often: no connection to 127.0.0.1:{port}: Connection refused "
        "(2 times)"
    )


@in_loop
async def test_connections_that_fail_at_once_are_all_told_and_tried_again():
    """As those of a process that has no file left."""
    wrong = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: wrong.append(context))
    run = PlainRun(Plain(3, 10), Target("127.0.0.1", 9, sources=("192.0.2.9",)), 0.1)
    with pytest.raises(NotOnline, match=r"only 0 of 3 clients connected .* is not of this machine \(3 times\)"):
        await whole(run)
    assert wrong == []


@in_loop
async def test_a_check_that_is_stopped_tells_what_it_has_done():
    async with EmbeddedBroker() as broker:
        run = PlainRun(Plain(2, 100, duration_s=None), Target("127.0.0.1", broker.port))

        async def stop():
            await soon(lambda: run.recorder.measures.counts_of(PLAIN).acknowledged >= 3)
            run.stop()

        async with asyncio.timeout(60):
            await whole(run, stop)
    counts = run.recorder.measures.counts[PLAIN]
    assert counts.sent == counts.acknowledged >= 3
    assert shortcomings(run.recorder) == []
    assert run.lost == 0


@in_loop
async def test_a_ramp_spreads_connects_and_can_be_stopped():
    async with EmbeddedBroker() as broker:
        run = PlainRun(Plain(1_000, 10, ramp_s=600.0), Target("127.0.0.1", broker.port))

        async def stop():
            await soon(lambda: run.recorder.linked)
            run.stop()

        async with asyncio.timeout(60):
            await asyncio.gather(whole(run), stop())
    assert 1 <= len(run.clients.members) < 100
    assert run.connect_s is None

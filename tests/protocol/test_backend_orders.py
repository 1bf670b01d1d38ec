"""What an application asks of devices through a `Backend`: checked by the registry, and told in batches, all of it."""

import inspect
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from backend_world import backend_at, device_at, next_with, run
from engine_world import DOOR, NOW, TENANT, Scripted
from lilong_protocol import frame
from lilong_protocol.pc.backend import Backend, RequestError
from lilong_tools.broker.embedded import EmbeddedBroker


@asynccontextmanager
async def a_door(tmp_path, state=None):
    """A backend, its batches, the wire of a door, and the batch with its birth, which was not stored yet."""
    state = tmp_path / "state.db" if state is None else state
    async with EmbeddedBroker() as broker, backend_at(broker, state) as backend:
        await backend.connected()
        async with device_at(broker, Scripted(DOOR)) as wire:
            batches = aiter(backend)
            wire.device.birth(NOW)
            await wire.say()
            batch = await next_with(batches, frame.BIRTH)
            yield SimpleNamespace(backend=backend, batches=batches, wire=wire, batch=batch)


class TestOrdersOfABatch:
    def test_an_order_of_a_moment_ago_is_told_by_the_batch_that_is_looked_at(self, tmp_path):
        async def scenario():
            async with a_door(tmp_path) as at:
                order = at.backend.command(TENANT, DOOR, "test")
                assert at.batch.orders == [order]
                await at.batch.stored()
                await at.wire.hear(frame.COMMAND)
                assert not at.backend._untold

        run(scenario())

    @pytest.mark.parametrize("own_file", [True, False])
    def test_one_that_was_folded_in_after_the_last_look_is_told_by_the_next(self, tmp_path, own_file):
        async def scenario():
            async with a_door(tmp_path, None if own_file else []) as at:
                assert at.batch.orders == []
                order = at.backend.command(TENANT, DOOR, "test")
                assert any(row.name.startswith("order/") for row in at.batch.state)
                await at.batch.stored()
                following = await anext(at.batches)
                assert (following.orders, order.code) == ([order], None)
                await following.stored()

        run(scenario())

    def test_a_batch_of_nothing_but_an_order_is_told(self, tmp_path):
        async def scenario():
            async with a_door(tmp_path) as at:
                await at.batch.stored()
                order = at.backend.command(TENANT, DOOR, "test")
                alone = await anext(at.batches)
                assert (alone.orders, alone.messages, order.code) == ([order], [], None)
                await alone.stored()

        run(scenario())

    def test_after_the_stop_nothing_is_left_untold(self, tmp_path):
        async def scenario():
            async with a_door(tmp_path) as at:
                orders = [at.backend.command(TENANT, DOOR, "test")]
                at.backend.stop()
                await at.batch.stored()
                told = [order for last in [one async for one in at.batches] for order in last.orders]
                assert told == orders

        run(scenario())


class TestOptions:
    def test_a_command_names_them_one_by_one(self):
        named = inspect.signature(Backend.command).parameters
        assert [one.kind for one in named.values()].count(inspect.Parameter.VAR_KEYWORD) == 0
        assert list(named)[5:] == ["operator", "cause", "insists", "label"]

    @pytest.mark.parametrize(
        ("name", "arguments", "options", "complaint"),
        [
            ("explode", None, {}, "command 'explode': unknown; use one of"),
            ("set_level", {"level": 3}, {}, f"{DOOR} is a door; it takes"),
            ("test", {"level": 3}, {}, "argument 'level': unknown; it takes none"),
            ("test", [], {}, '"args": not an object'),
            ("cards_confirm", {}, {}, "argument 'stamp': None for .* give an integer from 0 to"),
            ("test", None, {"operator": ""}, r"command 'test' for .*, operator='': give a text of 1 to 64 characters"),
            ("test", None, {"operator": "W" * 65}, "operator='WWW.*give a text of 1 to 64 characters"),
            ("test", None, {"operator": 7}, "operator=7: give a text"),
            ("test", None, {"cause": None}, "cause=None: give a text of 1 to 200 characters"),
            ("test", None, {"insists": 1}, "insists=1: give True or False"),
            ("test", None, {"label": "the gate", "cause": ""}, "command 'test' for the gate, cause=''"),
        ],
    )
    def test_what_makes_no_sense_is_refused_before_anything_is_ordered(
        self, tmp_path, name, arguments, options, complaint
    ):
        async def scenario():
            async with a_door(tmp_path) as at:
                with pytest.raises(RequestError, match=complaint):
                    at.backend.command(TENANT, DOOR, name, arguments, **options)
                assert at.backend.engine(TENANT).orders.all_open() == []

        run(scenario())

    def test_an_option_that_there_is_not_is_named(self, tmp_path):
        async def scenario():
            async with a_door(tmp_path) as at:
                with pytest.raises(TypeError, match="unexpected keyword argument 'insist'"):
                    at.backend.command(TENANT, DOOR, "test", insist=True)

        run(scenario())

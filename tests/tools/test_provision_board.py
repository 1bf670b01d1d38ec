"""What `lilong provision` has made works: real MicroPython logs in to a real mosquitto with it, in its generation."""

import asyncio

import pytest
from board_case import Inbox, in_loop
from commands import SMALL_TENANT
from hardened_broker import HardenedBroker, _end, _ready, _start
from lilong_firmware.config import load
from lilong_protocol import frame
from lilong_protocol.keys import frame_key
from lilong_protocol.seal import UP, Seal
from lilong_simulator.fleet.board_config import BoardConfig
from lilong_simulator.fleet.process import BoardProcess
from lilong_tools.broker import find_mosquitto
from provisioning import EUI, Bench, free_pair
from test_provision_leave import mosquitto_conf


def given_to_a_board(bench, store):
    """The configuration that was made, its files where this machine's board finds them."""
    made = load(str(bench.out / EUI / "device.json"))
    tls = {name: (bench.out / EUI / path.rpartition("/")[2]).read_bytes() for name, path in made["tls"].items()}
    return BoardConfig(
        made["tenant"], made["device"], made["kind"], made["root"], made["host"], made["port"], username=EUI,
        generation=made["generation"], tls=tls, store=str(store),
    )  # fmt: skip


@pytest.mark.spec("LIL-SESSION-013")
@in_loop
async def test_a_device_that_was_provisioned_twice_logs_in_and_tells_a_birth_of_its_second_life(tmp_path):
    if find_mosquitto() is None:
        pytest.skip("mosquitto is not installed: no mosquitto in PATH, /usr/sbin or /usr/local/sbin")
    bench = Bench(tmp_path, port=free_pair())
    bench.make("--client-certificates")
    mosquitto_conf(bench)
    there = HardenedBroker(bench.broker, bench.config(EUI)["port"], bench.config(EUI)["port"] + 1, _start(bench.broker))
    heard = Inbox()

    async def listen():
        async with there.centre() as client:
            await client.subscribe(f"lilong/1/{SMALL_TENANT}/{EUI}/u/st", 1)
            heard.put("ready")
            async for message in client.messages:
                seal = Seal(frame_key(bench.store.root(SMALL_TENANT, EUI), UP), SMALL_TENANT, EUI, UP)
                heard.put(frame.unpack(seal.open("st", message.payload)))

    async def life(boots):
        board = BoardProcess(lambda _: None)
        await board.start(given_to_a_board(bench, tmp_path / "flash"))
        try:
            said = await heard.take(lambda said: said.kind == frame.BIRTH and said.boot in boots)
            return said.boot
        finally:
            await board.stop()

    try:
        await _ready(there)
        listening = asyncio.create_task(listen())
        await heard.take(lambda said: said == "ready")
        assert await life((1,)) == 1
        assert (await asyncio.to_thread(bench.run, "--again", EUI, "--client-certificates")).code == 0
        assert await life((0x01000001,)) == 0x01000001
        assert await life((0x01000002,)) == 0x01000002
        listening.cancel()
    finally:
        _end(there)

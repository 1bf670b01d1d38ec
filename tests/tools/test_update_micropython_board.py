"""A roll-out through a centre to a real MicroPython process of a live fleet, as in `lilong demo`: forward, and back."""

import os
from pathlib import Path

import pytest
from board_case import in_loop
from lilong_protocol.pc.backend.pump import now_ms
from lilong_protocol.pc.maker import SIMULATED, SIMULATION, simulation_release_key
from lilong_simulator.estate import load_estate
from lilong_simulator.fleet import image
from lilong_simulator.fleet.live_board import LiveBoard
from lilong_simulator.fleet.process import available
from lilong_simulator.fleet.provision import Provisioner
from lilong_tools.provision.change import plain, write_change
from lilong_tools.provision.networks import Networks
from lilong_tools.update import rollout
from lilong_tools.update.access import read as read_access
from lilong_tools.update.carry_out import carry_out
from lilong_tools.update.channel import ThroughCentre
from lilong_tools.update.keys import make
from lilong_tools.update.release import sign
from test_update_live import LOOK_S, Screen, centre_of, estate, kept_of
from update_world import KEY, TENANT

KIND = "gas"
BROKEN = b"\xd2\xcd\x31\x00" + bytes(600)


@pytest.mark.spec("LIL-UPD-004")
@in_loop
async def test_a_micropython_board_of_a_fleet_rolls_forward_and_back_from_what_does_not_start(tmp_path):
    if available():
        pytest.skip(str(available()))
    key = tmp_path / "sim.key"
    make(key, SIMULATION, simulation_release_key())
    small = load_estate(Path(__file__).parents[1] / "simulator" / "small_estate.toml")
    small.id = TENANT
    placed = small.of_kind(KIND)[0]
    ended = []
    async with estate() as there:
        board = LiveBoard(placed, Provisioner(small, KEY, 1), there.fleet, boot=now_ms() // 1_000)
        await board.start()
        try:
            async with centre_of(there, [(placed.id, KIND)], tmp_path / "centre.db") as centre:
                for sequence, bundle in ((2, image.build().read_bytes()), (3, BROKEN)):
                    made = sign(key, SIMULATED, KIND, sequence, f"1.{sequence}.0", bundle)
                    kept = kept_of(made, [placed.id], shares=(1.0,))
                    async with ThroughCentre(centre.url, made, "Li") as channel:
                        await carry_out(kept, tmp_path / f"{sequence}.json", channel, Screen(), now_ms, LOOK_S)
                    (member,) = kept.rollout.members
                    ended.append((member.state, member.code))
        finally:
            await board.stop()
    assert ended == [(rollout.UPDATED, 200), (rollout.ROLLED_BACK, 408)]


@pytest.mark.spec("LIL-UPD-010", "LIL-UPD-011")
@in_loop
async def test_new_access_for_a_micropython_board_is_offered_tried_and_told(tmp_path):
    if available():
        pytest.skip(str(available()))
    small = load_estate(Path(__file__).parents[1] / "simulator" / "small_estate.toml")
    small.id = TENANT
    placed = small.of_kind(KIND)[0]
    provisioner = Provisioner(small, KEY, 1)
    async with estate() as there:
        content = plain(Networks((), None), ("127.0.0.1", there.broker.port), None)
        root = provisioner.identity(placed).root
        made = read_access(write_change(tmp_path, placed.id, root, content, os.urandom))
        board = LiveBoard(placed, provisioner, there.fleet, boot=now_ms() // 1_000)
        await board.start()
        try:
            async with (
                centre_of(there, [(placed.id, KIND)], tmp_path / "centre.db") as centre,
                ThroughCentre(centre.url, made, "Li") as channel,
            ):
                kept = kept_of(made, [made.device], shares=(1.0,))
                await carry_out(kept, tmp_path / "access.json", channel, Screen(), now_ms, LOOK_S)
        finally:
            await board.stop()
    (member,) = kept.rollout.members
    assert (member.state, member.code) == (rollout.UPDATED, 200)

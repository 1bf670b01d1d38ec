"""`lilong update offer` and `resume` as a user has them: a process that is killed, interrupted, and gone on with."""

import asyncio
import json
import os
import signal
import time
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from board_case import in_loop
from centre_service import Notes
from commands import LILONG, SMALL_ESTATE, run_lilong
from lilong_protocol.pc.simulation import simulation_key
from lilong_simulator.estate import load_estate
from lilong_simulator.fleet.live import LiveFleet, Target
from lilong_simulator.fleet.provision import Provisioner
from lilong_tools.broker.embedded import EmbeddedBroker
from lilong_tools.inputs import InputError
from lilong_tools.update import rollout
from lilong_tools.update.offer import chosen, duration_ms, share_of, shares_of
from lilong_tools.update.state import read
from update_world import a_release

PATIENCE_S = 90
ESTATE = load_estate(str(SMALL_ESTATE))


@asynccontextmanager
async def lane_house(kind, folder, **release):
    """The live devices of a kind in the small estate, on a broker; and a release for them in a folder."""
    broker = EmbeddedBroker(port=0)
    await broker.start()
    fleet = LiveFleet(ESTATE.id, Target("127.0.0.1", broker.port), Notes())
    devices = [placed for placed in ESTATE.devices if placed.kind == kind]
    provisioner = Provisioner(ESTATE, simulation_key(ESTATE.id), 7)
    for placed in devices:
        fleet.add(placed.id, provisioner.device(placed, int(time.time())), fleet.now())
    made = a_release(kind=kind, **release)
    file = folder / f"{kind}.llfw"
    file.write_bytes(made.packed())
    url = f"mqtt://127.0.0.1:{broker.port}"
    options = ("update", "offer", file, "--broker", url, "--estate", SMALL_ESTATE, "--kind", kind)
    try:
        yield SimpleNamespace(
            fleet=fleet,
            devices=[one.id for one in devices],
            options=options,
            state=folder / f"{kind}.llfw.rollout.json",
        )
    finally:
        await fleet.close()
        await broker.stop()


async def lilong(*arguments):
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(LILONG, *map(str, arguments), stdout=pipe, stderr=pipe)


async def end(process):
    async with asyncio.timeout(PATIENCE_S):
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def until_mid_wave(there):
    """The tool has opened a wave and its devices have begun to fetch."""
    async with asyncio.timeout(PATIENCE_S):
        while not any(member.flash and member.device.session.later for member in there.fleet.members.values()):
            await asyncio.sleep(0.02)


def newest(there):
    return {member.flash.slots.newest if member.flash else None for member in there.fleet.members.values()}


@in_loop
async def test_it_offers_shows_what_happens_and_writes_reports(tmp_path):
    async with lane_house("gas", tmp_path) as there:
        process = await lilong(*there.options, "--waves", "20%,100%", "--report", tmp_path / "out")
        code, out, err = await end(process)
        assert (code, err) == (0, "")
        count = len(there.devices)
        assert out.splitlines()[-1] == f"done: {count} of {count} devices updated"
        assert "wave 1 of 2: " in out
        assert newest(there) == {2}
    told = json.loads((tmp_path / "out" / "report.json").read_text())
    assert (told["state"], told["counts"], len(told["waves"])) == ("done", {"updated": count}, 2)
    assert set(told["devices"]) == set(there.devices)
    assert (tmp_path / "out" / "junit.xml").is_file()


@pytest.mark.long
@in_loop
async def test_a_tool_that_is_killed_mid_wave_is_gone_on_with(tmp_path):
    async with lane_house("gas", tmp_path, size=64 * 1_024) as there:
        process = await lilong(*there.options, "--waves", "100%")
        await until_mid_wave(there)
        os.kill(process.pid, signal.SIGKILL)
        assert (await end(process))[0] == -signal.SIGKILL
        kept = read(there.state)
        assert kept.rollout.state == rollout.RUNNING
        assert newest(there) <= {None, 0}
        assert there.state.stat().st_mode & 0o777 == 0o600
        code, _, err = await end(await lilong("update", "resume", there.state))
        assert (code, err) == (0, "")
        assert newest(there) == {2}
        assert read(there.state).rollout.state == rollout.DONE
        again = run_lilong("update", "resume", there.state)
        assert (again.code, "has ended" in again.out) == (0, True)


@in_loop
async def test_ctrl_c_says_how_to_go_on(tmp_path):
    async with lane_house("gas", tmp_path, size=64 * 1_024) as there:
        process = await lilong(*there.options, "--waves", "100%")
        await until_mid_wave(there)
        process.send_signal(signal.SIGINT)
        code, out, err = await end(process)
        assert (code, err) == (130, "")
        last = out.splitlines()[-1]
        assert last.startswith("interrupted: 0 of ")
        assert last.endswith(f"`lilong update resume {there.state}` goes on")
        refused = run_lilong(*there.options)
        assert (refused.code, "is there already" in refused.err) == (2, True)
        assert (await end(await lilong("update", "resume", there.state)))[0] == 0
        assert newest(there) == {2}


@in_loop
async def test_what_devices_refuse_stops_it_and_the_exit_code_says_so(tmp_path):
    async with lane_house("gas", tmp_path, board="esp32_c3") as there:
        code, out, err = await end(await lilong(*there.options, "--waves", "20%,100%", "--report", tmp_path))
        assert (code, err) == (1, "")
        assert out.splitlines()[-1].startswith("stopped in wave 1: ")
        assert 'message="refused (422)"' in (tmp_path / "junit.xml").read_text()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "give --centre URL where a centre serves the estate, else --broker URL and --estate NAME"),
        (("--broker", "mqtt://127.0.0.1:1"), "--broker: whose devices? give --estate too"),
        (("--centre", "http://127.0.0.1:1"), "to which devices? give --kind"),
        (("--centre", "http://127.0.0.1:1", "--kind", "gas"), "centre http://127.0.0.1:1: "),
        (("--centre", "127.0.0.1:1", "--kind", "gas"), "--centre 127.0.0.1:1: no address"),
        (("--centre", "http://127.0.0.1:1", "--kind", "gas", "--waves", "10%"), "--waves 10%: give shares"),
        (("--centre", "http://127.0.0.1:1", "--kind", "gas", "--stop-at", "2"), "--stop-at 2: give a share"),
        (("--centre", "http://127.0.0.1:1", "--kind", "gas", "--wait", "10"), "--wait 10: give a time"),
    ],
)
def test_what_was_given_wrongly_is_told(tmp_path, options, said):
    file = tmp_path / "a.llfw"
    file.write_bytes(a_release().packed())
    ended = run_lilong("update", "offer", file, *options)
    assert ended.code == 2
    assert ended.err.startswith(f"lilong: {said}")
    assert list(tmp_path.iterdir()) == [file]


def test_shares_and_times_are_read():
    assert shares_of("1%,10%,100%") == [0.01, 0.1, 1.0]
    assert share_of("", "2.5 %") == 0.025
    assert [duration_ms("", text) for text in ("90s", "10m", "2h", "1d")] == [90_000, 600_000, 7_200_000, 86_400_000]
    for text in ("100%,1%", "0%,100%", "1%,1%,100%", "x", "1%", "101%"):
        with pytest.raises(InputError):
            shares_of(text)


def test_devices_are_chosen_by_kind_or_by_id():
    there = {"a": "gas", "b": "gas", "c": "door"}
    assert chosen(there, ["gas"], []) == ["a", "b"]
    assert chosen(there, [], ["c"]) == ["c"]
    assert chosen(there, ["gas"], ["b"]) == ["b"]
    for kinds, devices in ((["lamp"], []), ([], ["d"]), (["gas"], ["c"])):
        with pytest.raises(InputError):
            chosen(there, kinds, devices)


def test_new_access_that_is_none_is_refused_before_anything_is_offered(tmp_path):
    file = tmp_path / "a4cf12fffe0b3c5d.access"
    file.write_bytes(bytes(16))
    done = run_lilong("update", "offer", file, "--centre", "http://127.0.0.1:1")
    assert done.code == 2
    assert "16 bytes, and new access has" in done.err

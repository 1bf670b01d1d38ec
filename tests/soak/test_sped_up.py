"""Clocks that run faster: only where they do, and only as fast as the generator keeps up with."""

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lilong_simulator.estate import load_estate
from lilong_simulator.incidents import INCIDENTS

from tests.soak import incidents_live, sped_up
from tests.soak.incidents_live import SATURATED, TRIAL, keeps_up, long_ones
from tests.soak.sped_up import FASTEST, MARK, NotSpedUp, begun_anew

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def plaza():
    return load_estate("music_plaza")


def test_a_speed_that_no_generator_keeps_up_with_is_refused():
    for speed in (-8, 1, FASTEST + 1):
        with pytest.raises(NotSpedUp, match=f"--speed {speed}: from 2 to 16"):
            begun_anew(speed, [])


def test_without_faketime_it_says_what_to_install(monkeypatch):
    with pytest.raises(NotSpedUp, match="--speed 8: faketime is not installed; apt install faketime"):
        begun_anew(8, [], "no-faketime-by-that-name")
    monkeypatch.setenv(MARK, "8")
    begun_anew(8, [], "no-faketime-by-that-name")  # its clocks are sped up already


def test_it_begins_anew_with_its_own_arguments(monkeypatch):
    called = []
    monkeypatch.setattr(sped_up.shutil, "which", lambda name: f"/there/{name}")
    monkeypatch.setattr(sped_up.os, "execve", lambda *given: called.append(given))
    begun_anew(8, ["-m", "tests.soak.incidents_live", "--speed", "8"])
    (program, command, env), = called
    assert program == "/there/faketime"
    assert command[1:] == ["-f", "+0 x8", sys.executable, "-m", "tests.soak.incidents_live", "--speed", "8"]
    assert env[MARK] == "8"


@pytest.mark.parametrize(("asked", "says"), [(4, ""), (12, "--speed 12: by faketime clocks run ")])
def test_clocks_are_looked_at_and_not_believed(asked, says):
    faketime = shutil.which("faketime")
    if faketime is None:
        pytest.skip("faketime is not installed")
    program = f"from tests.soak.sped_up import check\ncheck({asked}, None)"
    ended = subprocess.run(
        [faketime, "-f", "+0 x4", sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert (ended.returncode == 0) == (not says)
    assert says in ended.stderr


@pytest.mark.parametrize(("verdict", "kept"), [("pass", True), ("fail", True), (SATURATED, False)])
def test_a_trial_says_whether_the_generator_keeps_up(monkeypatch, plaza, tmp_path, capsys, verdict, kept):
    async def played(form, *_):
        return verdict, form.name

    monkeypatch.setattr(incidents_live, "play", played)
    assert asyncio.run(keeps_up(tmp_path, plaza)) is kept
    assert capsys.readouterr().out == f"trial: {TRIAL}\n"


def test_a_speed_that_saturates_the_generator_ends_before_anything_is_played(monkeypatch, plaza, capsys):
    async def no(*_):
        return False

    monkeypatch.setattr(sys, "argv", ["incidents_live", "--only", "gas_leak", "--speed", "8"])
    for name in ("begun_anew", "check"):
        monkeypatch.setattr(incidents_live, name, lambda *_: None)
    monkeypatch.setattr(incidents_live.board_process, "available", lambda: "none here")
    monkeypatch.setattr(incidents_live, "keeps_up", no)
    monkeypatch.setattr(incidents_live, "load_estate", lambda name: plaza)
    assert incidents_live.main() == 3
    told = capsys.readouterr().err
    assert told == (
        "--speed 8: the generator does not keep up with it here and now; --speed 4 may do, or a quiet machine\n"
    )


def test_the_long_ones_are_those_that_are_cut_else(plaza):
    found = long_ones(plaza)
    assert set(found) >= {"cloudburst", "elder_inactive", "morning_rush_offline", "wan_partition"}
    assert all(f"{name}_cut" in INCIDENTS for name in found)

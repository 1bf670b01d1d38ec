"""Two loads of one estate at one broker take each other's connections: that is told, and ends a run."""

import json
import signal
import threading
from pathlib import Path

import pytest
from commands import PATIENCE_S, SMALL_ESTATE, Process, lilong
from hardened_broker import free_port
from lilong_simulator.fleet.live.cut_offs import TIMES, WITHIN_S, CutOffs
from lilong_tools.broker import find_mosquitto


def test_who_is_cut_off_once_by_a_broker_that_is_started_anew_is_not_taken_over() -> None:
    seen = CutOffs()
    for number in range(TIMES - 1):
        seen.note("here", number)
        seen.note("there", number * WITHIN_S)
    assert seen.again == set()
    seen.note("there", TIMES * WITHIN_S)
    assert seen.again == set(), "thrice, and not within a minute"
    seen.note("here", WITHIN_S)
    assert seen.again == {"here"}


def test_a_load_whose_devices_are_taken_over_by_another_ends_and_says_so(tmp_path: Path) -> None:
    binary = find_mosquitto()
    if binary is None:
        pytest.skip("mosquitto is not installed")
    port = free_port()
    config = tmp_path / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
    ended = threading.Semaphore(0)

    def load(name: str) -> Process:
        return lilong(
            "load", SMALL_ESTATE, "--broker", f"mqtt://127.0.0.1:{port}", "--accept", "puback", "--duration", 600,
            "--no-real-micropython", "--incident", "none", "--report", tmp_path / name,
        )  # fmt: skip

    with Process("sh", "-c", f"exec {binary} -c {config} 2>&1") as broker:
        broker.wait_for("mosquitto version .* running")
        with load("one") as one:
            one.wait_for(r"^all 40 devices online")
            with load("other") as other:
                def await_end(run: Process) -> None:
                    run.wait_for("verdict: ")
                    ended.release()

                waiting = [threading.Thread(target=await_end, args=(run,), daemon=True) for run in (one, other)]
                for thread in waiting:
                    thread.start()
                assert ended.acquire(timeout=PATIENCE_S), "neither has said a word"
                other.signal(signal.SIGINT)
                last = other.end(PATIENCE_S)
            one.signal(signal.SIGINT)
            first = one.end(PATIENCE_S)
            for thread in waiting:
                thread.join()
    reports = [json.loads((tmp_path / name / "report.json").read_text()) for name in ("one", "other")]
    told = [text for report in reports for text in report["failures"] if text.startswith("taken over: ")]
    assert told
    assert f"taken over: 127.0.0.1:{port} has cut off " in told[0]
    assert "somebody else connects as the same devices, another lilong load or demo of this estate" in told[0]
    assert 1 in (first.code, last.code)
    assert any("taken over: " in ended.out for ended in (first, last))
    for run, report in zip((first, last), reports, strict=True):
        assert (run.err, run.code) == ("", {"pass": 0, "fail": 1}[report["verdict"]])

"""What `lilong load` may be given: copies and streets, dry runs, questions, thresholds, files for machines."""

import json
import os
import pty
import subprocess
import urllib.request
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from commands import LILONG, PATIENCE_S, SMALL_ESTATE, Ended, embedded_broker, lilong, run_lilong
from lilong_tools.load.knee import next_rate, what_broke
from load_case import AWAY, NOWHERE, WELL, loaded, refusal

QUICK = ("--no-real-micropython", "--incident", "none", "--duration", 1, "--accept", "puback")


def quick(broker: str, folder: Path, *options: object) -> tuple[Ended, dict]:
    """A short run without a backend, of which nothing is asked."""
    return loaded(broker, folder, SMALL_ESTATE, *QUICK, *options)


# ---- what is played


def test_copies_are_tenants_of_their_own_and_all_connect(tmp_path: Path) -> None:
    with embedded_broker() as (_, broker):
        _, report = quick(broker, tmp_path, "--copies", 3, "--rate", 2, "--telemetry-qos", 1, "--seed", 11)
    assert (report["devices"], report["estates"], report["seed"], report["rate"]) == (120, 3, 11, 2.0)
    assert report["broker_ms"]["online"]["count"] == 120
    assert report["verdict"] in WELL
    assert report["connected"] is None


def test_a_street_file_is_played_as_it_says(tmp_path: Path) -> None:
    street = tmp_path / "street.toml"
    street.write_text(
        f'duration_s = 1\n[[estates]]\nestate = "{SMALL_ESTATE}"\n[[estates]]\nestate = "{SMALL_ESTATE}"\nscale = 0.5\n'
    )
    told = run_lilong("load", street, "--broker", NOWHERE, "--dry-run", "--incident", "none")
    assert told.code == 0
    assert "60 of 2 estates: " in told.out
    said = refusal(street, "--broker", NOWHERE, "--copies", 2, "--incident", "none")
    assert said == f"--copies 2: {street} says itself how many of each; leave one of them out"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--copies", 0), "--copies 0: out of bounds; give 1 to 10,000"),
        (("--rate", 0), "--rate 0: out of bounds; give a factor, above 0 and at most 1000000"),
        (("--ramp", -1), "--ramp -1: out of bounds; give seconds, 0 to 86400"),
        (("--require", "ingets.p99<=1s"), "--require 'ingets.p99<=1s': nothing is called ingets; did you mean"),
        (("--app", "centre"), "--app centre: no address of a backend's interface; give http://host:port or https://..."),
        (("--accept", "observed"), "--accept observed: nothing tells what was stored; give --observed too"),
        (("--probe", "--observed", "x"), "--observed and --probe: only one can tell what was stored"),
        (("--source", "127.0.0.9-127.0.0.1"), "--source 127.0.0.9-127.0.0.1: from a lower to a higher address"),
        (("--ca", "ca.pem"), "--ca: mqtt:// has no TLS; give mqtts:// or wss://"),
        (("--credentials", "/nowhere.csv"), "/nowhere.csv: No such file or directory; give a CSV file of credentials"),
        (("--metrics", "there"), "--metrics there: not an address; give one like 127.0.0.1:9464"),
    ],
    ids=lambda value: value[0].strip("-") if isinstance(value, tuple) else "",
)
def test_an_option_that_cannot_be_used_is_answered_before_anything_starts(options: tuple, told: str) -> None:
    assert refusal(SMALL_ESTATE, "--broker", NOWHERE, "--incident", "none", *options).startswith(told)


# ---- another machine


def test_a_broker_on_another_machine_is_not_loaded_without_a_word_for_it() -> None:
    ended = run_lilong("load", SMALL_ESTATE, "--broker", AWAY, "--incident", "none", "--simulation-key")
    assert ended.code == 2
    assert "40 of small_estate" in ended.out, "what would be sent is said before"
    assert ended.err == (
        "lilong: broker 192.0.2.1: another machine, and nobody is there to be asked; give --yes to load it\n"
    )


@pytest.mark.parametrize(("answer", "told"), [(b"n\n", "not loaded; give --yes if you mean it"), (b"y\n", "no broker")])
def test_at_a_terminal_it_is_asked_and_only_a_yes_is_one(answer: bytes, told: str) -> None:
    """This machine under another name, where nobody listens."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, answer)
        ended = subprocess.run(
            [LILONG, "load", SMALL_ESTATE, "--broker", "mqtt://localhost.:1", "--incident", "none", "--simulation-key"],
            stdin=theirs, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
    finally:
        os.close(ours)
        os.close(theirs)
    assert ended.returncode == 2
    assert "localhost. is another machine. Load it? [y/N]" in ended.stdout
    assert told in ended.stderr


def test_the_public_key_is_not_used_there_without_a_word_either(tmp_path: Path) -> None:
    said = refusal(SMALL_ESTATE, "--broker", AWAY, "--incident", "none", "--yes")
    assert said.startswith("broker 192.0.2.1: another machine, and the key of simulations is public: ")
    assert said.endswith("; give --keys for keys of your own, or --simulation-key if that is a lab")
    keys = tmp_path / "keys.json"
    assert run_lilong("keys", "new", "music_plaza", "--keys", keys).code == 0
    said = refusal(SMALL_ESTATE, "--broker", AWAY, "--incident", "none", "--yes", "--keys", keys)
    assert said == f"--keys {keys}: no key of the estate lane_house; make one with lilong keys new"


# ---- what is told


def test_a_threshold_that_is_breached_ends_with_99_and_all_kept_changes_nothing(tmp_path: Path) -> None:
    with embedded_broker() as (_, broker):
        ended, report = quick(
            broker, tmp_path, "--require", "puback.p99<=0.001ms", "--require", "sent>=40", "--require", "shown.p50<1s"
        )
    assert (ended.code, report["verdict"]) in ((99, "threshold breached"), (3, "generator saturated"))
    assert [one["kept"] for one in report["thresholds"]] == [False, True, False]
    assert "breached: shown.p50<1s: not observed" in ended.out
    assert "kept: sent>=40: " in ended.out


def test_junit_has_a_case_for_each_thing_that_is_judged(tmp_path: Path) -> None:
    file = tmp_path / "out" / "junit.xml"
    with embedded_broker() as (_, broker):
        quick(broker, tmp_path, "--junit", file, "--require", "missed==0", "--require", "puback.max<=0.001ms")
    suite = ET.parse(file).getroot()[0]
    cases = {case.get("name"): [part.tag for part in case] for case in suite}
    assert cases["a backend was observed"] == []
    assert cases["no alarm takes effect twice"] == ["skipped"]
    assert cases["every device is accepted"] == []
    assert (cases["missed==0"], cases["puback.max<=0.001ms"]) == ([], ["failure"])
    assert int(suite.get("tests") or 0) == len(cases)
    assert int(suite.get("failures") or 0) == len(suite.findall("testcase/failure"))


def test_ctrl_c_while_devices_come_up_ends_with_a_report_of_what_was_run(tmp_path: Path) -> None:
    with (
        embedded_broker() as (_, broker),
        lilong(
            "load", SMALL_ESTATE, "--broker", broker, *QUICK, "--ramp", 600, "--report", tmp_path,
            "--metrics", "127.0.0.1:0",
        ) as run,
    ):  # fmt: skip
        url = run.wait_for(r"^metrics: (http://\S+)$")[1]
        with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
            text = answer.read().decode()
        run.signal(2)
        ended = run.end(PATIENCE_S)
    assert "\nlilong_devices 40.0\n" in text
    assert (ended.code, ended.err) == (1, "")
    assert "stopped before all devices were online" in ended.out
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["failures"] == ["stopped before all devices were online: nothing is judged"]
    assert (report["devices"], report["connected"], report["connect_s"]) == (40, None, None)


def test_without_a_terminal_figures_come_as_plain_lines(tmp_path: Path) -> None:
    with embedded_broker() as (_, broker):
        ended, _ = quick(broker, tmp_path)
    (line,) = [text for text in ended.out.splitlines() if text.startswith("phase ")]
    names = [part.split()[0] for part in line.split(" · ")]
    assert names == [
        "phase", "connected", "accepted", "messages", "alarms", "stored-ack", "PUBACK", "generator", "saturation",
    ]  # fmt: skip
    assert "\x1b" not in ended.out


# ---- the knee


def test_the_knee_is_found_between_a_rate_that_holds_and_one_that_does_not(tmp_path: Path) -> None:
    """Here it is the number of messages that breaks, which is nearly the same on every machine."""
    with embedded_broker() as (_, broker):
        ended, report = quick(broker, tmp_path, "--find-knee", "--rate", 400, "--require", "sent<=900")
    knee = report["knee"]
    rates = [step["rate"] for step in knee["steps"]]
    assert rates == sorted(rates)
    assert knee["rate"] == max(step["rate"] for step in knee["steps"] if step["broke"] is None) == report["rate"]
    broken = [step for step in knee["steps"] if step["broke"] is not None]
    assert min(step["rate"] for step in broken) / knee["rate"] <= 1.25
    assert all(step["broke"].startswith(("threshold breached: sent<=900: it is ", *WELL)) for step in broken)
    assert report["messages"]["total"] <= 900, "the report is that of the highest rate that held"
    assert (ended.code, report["verdict"]) == (0, "pass")
    assert f"knee: rate {knee['rate']:g}, " in ended.out


@pytest.mark.parametrize(
    ("sent", "change", "told"),
    [
        (100.0, {}, None),
        (79.0, {}, None),
        (70.0, {}, "generator saturated: it sent 70 of 100 messages a second"),
        (100.0, {"failures": ["missed: one", "late: one"]}, "missed: one"),
        (100.0, {"broker_ms": {"puback": {"p99": 1_500.0}}}, "PUBACK p99 1500 ms, above 1000 ms"),
        (100.0, {"messages": {"total": 1_000, "fates": {"al": {"lost": 1, "skipped": 1}}}}, "2 frames lost or skipped"),
    ],
)
def test_what_breaks_a_rate(sent: float, change: dict, told: str | None) -> None:
    content = {"failures": [], "broker_ms": None, "devices": 40, "messages": {"total": 1_000, "fates": {}}, **change}
    found = what_broke(content, sent, 100.0, 10.0)
    assert found is None if told is None else found.startswith(told)


@pytest.mark.parametrize(
    ("held", "broke", "following"),
    [(None, None, 2.0), (2.0, None, 4.0), (4.0, 8.0, 5.657), (6.0, 7.0, None), (None, 2.0, None), (6e5, None, None)],
)
def test_the_next_rate_doubles_then_halves_the_way_between(held, broke, following) -> None:
    assert next_rate(held, broke, 2.0) == following


# ---- comparing


def test_two_reports_are_compared(tmp_path: Path) -> None:
    with embedded_broker() as (_, broker):
        quick(broker, tmp_path / "a")
        quick(broker, tmp_path / "b", "--copies", 2)
    first, second = tmp_path / "a" / "report.json", tmp_path / "b" / "report.json"
    ended = run_lilong("compare", first, second)
    assert (ended.code, ended.err) == (0, "")
    rows = {line.split("  ")[0].strip(): line for line in ended.out.splitlines()}
    assert "40" in rows["devices"]
    assert "80" in rows["devices"]
    assert "messages sent" in rows
    assert run_lilong("compare", first, first).out == "nothing has changed\n"
    told = run_lilong("compare", first, tmp_path / "gone.json")
    assert told.code == 2
    assert told.err == f"lilong: {tmp_path / 'gone.json'}: No such file or directory; give the report.json of a run\n"


def test_a_file_limit_that_is_too_low_is_told_with_the_number_and_how_to_raise_it() -> None:
    command = f"ulimit -n 60; exec '{LILONG}' load '{SMALL_ESTATE}' --broker {NOWHERE} --incident none"
    told = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert told.returncode == 2
    assert told.stderr.startswith("lilong: 40 connections need ")
    assert "and this process may have 60 " in told.stderr
    assert "raise the hard limit by `ulimit -Hn " in told.stderr

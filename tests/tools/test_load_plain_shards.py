"""Plain clients by several processes, watched by Prometheus: one check, however it is shared."""

import json
import os
import re
import signal
import urllib.request
from pathlib import Path

import pytest
from commands import PATIENCE_S, alive, embedded_broker, lilong, run_lilong
from load_case import WELL


def figure(text: str, name: str) -> float:
    """Of what Prometheus is told."""
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found is not None, text
    return float(found[1])


@pytest.mark.parametrize("by", [(), ("--workers", 3)])
def test_prometheus_sees_plain_clients_while_they_publish(tmp_path: Path, by: tuple) -> None:
    options = ("--clients", 30, "--rate", 200, "--duration", 2, "--metrics", "127.0.0.1:0", "--report", tmp_path, *by)
    with embedded_broker() as (_, broker), lilong("load", "--broker", broker, *options) as run:
        url = run.wait_for(r"^metrics: (http:\S+)$")[1]
        run.wait_for(r"^all 30 clients ")
        seen = ""
        while 'fate="acknowledged"} 0.0' in seen or "acknowledged" not in seen:
            seen = urllib.request.urlopen(url, timeout=PATIENCE_S).read().decode()
        assert figure(seen, "lilong_devices") == figure(seen, "lilong_connected") == 30
        assert "lilong-plain-" not in seen, "never a label a client"
        ended = run.end()
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["verdict"] in WELL, ended.err) == (True, "")
    assert (report["shards"], len(report["workers"])) == ((3, 3) if by else (1, 0))
    (fates,) = report["messages"]["fates"].values()
    assert fates["sent"] == fates["acknowledged"] == report["broker_ms"]["puback"]["count"]
    assert fates["sent"] == pytest.approx(400, rel=0.2)
    assert report["devices"] == report["broker_ms"]["connack"]["count"] == report["plain"]["clients"] == 30


def test_a_lost_worker_makes_the_check_partial_and_the_others_go_on(tmp_path: Path) -> None:
    options = ("--clients", 30, "--duration", 2, "--workers", 3, "--report", tmp_path)
    with embedded_broker() as (_, broker), lilong("load", "--broker", broker, *options) as run:
        run.wait_for(r"^all 30 clients online")
        family = run.remember_family()
        os.kill(next(pid for pid, command in family.items() if "lilong_tools.load.shard" in command), signal.SIGKILL)
        run.wait_for(r"^LOST at .*: shard \d of 3 with 10 clients, ")
        ended = run.end()
        assert alive(run.family) == {}
    report = json.loads((tmp_path / "report.json").read_text())
    assert (ended.code, report["verdict"], report["devices"]) == (4, "partial", 20)
    assert report["failures"][0].startswith("partial: 1 of 3 shards were lost; their part is unknown: 10 devices, ")


def test_ctrl_c_ends_the_workers_with_a_report(tmp_path: Path) -> None:
    options = ("--clients", 4, "--duration", 600, "--workers", 2, "--report", tmp_path)
    with embedded_broker() as (_, broker), lilong("load", "--broker", broker, *options) as run:
        run.wait_for(r"^all 4 clients online")
        run.remember_family()
        run.signal(signal.SIGINT)
        ended = run.end()
        assert alive(run.family) == {}
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["verdict"] in WELL, ended.err) == (True, "")
    assert report["duration_s"] < 60


def test_a_dry_run_names_what_the_check_would_use() -> None:
    ended = run_lilong(
        "load", "--broker", "mqtt://192.0.2.1", "--clients", 900, "--workers", 3, "--source", "127.0.0.1-127.0.0.2",
        "--require", "puback.p99<=50ms", "--dry-run",
    )  # fmt: skip
    assert (ended.code, ended.err) == (0, "")
    for told in (
        "192.0.2.1:1883, which was not asked", "900 messages a second of 64 bytes, QoS 1, for 10 s", "3 workers here",
        "2 addresses, 127.0.0.1 to 127.0.0.2", "puback.p99<=50ms", "428 needed in each process, ",
    ):  # fmt: skip
        assert told in ended.out

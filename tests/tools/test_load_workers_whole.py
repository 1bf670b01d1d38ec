"""`lilong load --workers` with all that stands around a run: TLS, logins, feeds, probes, templates, the knee, JUnit."""

import asyncio
import contextlib
import json
import sys
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from board_case import in_loop
from commands import SMALL_ESTATE, SMALL_TENANT, Ended, Process, embedded_broker, run_lilong
from hardened_broker import ESTATE_KEY, hardened_broker
from lilong_protocol.keys import broker_password, device_root
from lilong_protocol.pc.keystore import KeyStore, TenantKeys, save
from lilong_simulator.estate import load_estate
from lilong_simulator.fleet import image
from lilong_simulator.fleet import process as board_process
from lilong_simulator.fleet.live import Certificates
from lilong_tools.broker_config.certificates import Authority
from lilong_tools.load.shard import packed, unpacked
from lilong_tools.load.target import Access, look_at, target_of
from test_load_target import needs_mosquitto, over_web_socket

ESTATE = load_estate(str(SMALL_ESTATE))
FLOOD = ("--incident", "none", "--fault", "nuisance_flood at=0 for=1 per_min=600 alarm=tamper")


def load(folder: Path, broker: str, *options: object) -> tuple[Ended, dict[str, Any]]:
    ended = run_lilong("load", SMALL_ESTATE, "--broker", broker, "--workers", 2, "--report", folder, *FLOOD, *options)
    assert ended.err == "", ended
    return ended, json.loads((folder / "report.json").read_text())


@needs_mosquitto
@in_loop
async def test_each_worker_s_devices_log_in_over_tls_and_the_backend_s_feed_ends_their_retries(tmp_path: Path) -> None:
    """Credentials, sources, keys of the user's own, a feed of the backend, linkage, thresholds and JUnit in one run."""
    devices = [device.id for device in ESTATE.devices]
    keys, passwords = tmp_path / "keys.json", tmp_path / "passwords.csv"
    save(KeyStore({SMALL_TENANT: TenantKeys(ESTATE_KEY)}), keys)
    rows = [f"{one},{one},{broker_password(device_root(ESTATE_KEY, SMALL_TENANT, one))}" for one in devices]
    passwords.write_text("\n".join(["device,username,password", *rows]) + "\n")
    feed, junit = tmp_path / "observed.jsonl", tmp_path / "junit.xml"
    async with hardened_broker(tmp_path / "broker", devices, SMALL_TENANT) as broker:
        centre = Process(
            sys.executable, "-m", "lilong_tools.centre", "--estate", SMALL_ESTATE, "--broker", broker.backend.url,
            "--db", tmp_path / "centre.db", "--http", "127.0.0.1:0", "--observed", feed, "--keys", keys,
        )  # fmt: skip
        with centre:
            await asyncio.to_thread(centre.wait_for, r"^centre: console at ")
            ended, report = await asyncio.to_thread(
                load, tmp_path / "out", f"mqtts://127.0.0.1:{broker.port}", "--no-real-micropython", "--duration", 1,
                "--ca", broker.folder / "ca.crt", "--credentials", passwords, "--keys", keys, "--accept", "observed",
                "--source", "127.0.0.1-127.0.0.4", "--observed", feed, "--linkage", "--junit", junit,
                "--require", "missed==0", "--require", "ingest.max<=30s",
            )  # fmt: skip
    assert "could not be removed" not in ended.out
    assert ended.code in (0, 3), ended.out  # the second on a machine that is busy with other tests
    assert (report["shards"], report["connected"], report["ingest_by"]) == (2, len(devices), "observed feed")
    alarms = report["alarms"]
    assert 0 < alarms["true"] == alarms["raised"] == alarms["stored"] == report["latency_ms"]["ingest"]["count"]
    assert [one["kept"] for one in report["thresholds"]] == [True, True]
    cases = {case.get("name"): [part.tag for part in case] for case in ET.parse(junit).getroot()[0]}
    assert (cases["missed==0"], cases["no alarm takes effect twice"]) == ([], [])


@in_loop
async def test_workers_speak_by_a_template_over_a_web_socket_to_a_probe_and_seek_the_knee(tmp_path: Path) -> None:
    with embedded_broker() as (_, broker):
        async with over_web_socket(int(broker.rpartition(":")[2])) as port:
            ended, report = await asyncio.to_thread(
                load, tmp_path, f"ws://127.0.0.1:{port}/mqtt", "--no-real-micropython", "--duration", 1, "--probe",
                "--template", "json_flat", "--find-knee", "--rate", 1, "--require", "sent<=1",
            )  # fmt: skip
    assert (report["payload"], report["ingest_by"], report["shards"]) == ("json_flat", "probe subscriber", 2)
    alarms = report["alarms"]
    assert 0 < alarms["true"] == alarms["stored"] == report["latency_ms"]["ingest"]["count"]
    (step,) = report["knee"]["steps"]
    assert (report["knee"]["rate"], step["rate"]) == (None, 1.0)
    assert "threshold breached: sent<=1" in step["broke"]
    assert (ended.code, report["verdict"]) in ((99, "threshold breached"), (3, "generator saturated"))


@pytest.mark.skipif(board_process.available() is not None, reason="no MicroPython to be had")
def test_real_micropython_lives_in_the_shard_that_has_its_device_and_ends_with_it(tmp_path: Path) -> None:
    image.build()
    with contextlib.ExitStack() as beside:
        _, broker = beside.enter_context(embedded_broker())
        centre = Process(
            sys.executable, "-m", "lilong_tools.centre", "--estate", SMALL_ESTATE, "--broker", broker,
            "--db", tmp_path / "centre.db", "--http", "127.0.0.1:0",
        )  # fmt: skip
        beside.enter_context(centre).wait_for(r"^centre: console at ")
        ended, report = load(tmp_path / "out", broker, "--duration", 1)
    assert ended.code in (0, 3), ended.out
    assert set(report["real_micropython"]) == {device.kind for device in ESTATE.devices}
    assert (report["connected"], report["lost"]) == (len(ESTATE.devices), 0)
    assert report["alarms"]["true"] == report["alarms"]["stored"] > 0


@pytest.mark.parametrize(
    ("url", "access"),
    [
        ("wss://u:p%40x@h:9001/mqtt", {"sources": ("127.0.0.1", "127.0.0.2")}),
        ("mqtts://h", {"certificates": Path("there"), "first": "aa", "ca": Path("there/ca.crt")}),
    ],
)
def test_a_worker_reaches_the_broker_as_this_process_would(
    url: str, access: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    authority = Authority("tests", datetime.now(UTC))
    signed = authority.client("aa")
    texts = {"ca.crt": authority.signed.certificate, "aa.crt": signed.certificate, "aa.key": signed.key}
    Path("there").mkdir()
    for name, text in texts.items():
        Path("there", name).write_text(text)
    given = Access(**access)
    broker, path = look_at(url, given)
    here, there = target_of(broker, path, given, 7), unpacked(json.loads(json.dumps(packed(url, given))), 7)
    for name in ("host", "port", "path", "sources", "opening"):
        assert getattr(there, name) == getattr(here, name), name
    assert type(there.tls) is type(here.tls)
    assert there.login("aa") == here.login("aa")
    if isinstance(there.tls, Certificates):
        assert there.tls("aa").get_ca_certs() == here.tls("aa").get_ca_certs() != []
        monkeypatch.chdir("/")
        assert there.tls("aa") is not None, "a worker elsewhere finds files by their whole paths"

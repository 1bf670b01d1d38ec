"""`lilong replay`, and what `lilong load`, `simulate` and `watch` leave for it."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from commands import PATIENCE_S, SMALL_ESTATE, SMALL_TENANT, centre_of_small_estate, embedded_broker, lilong, run_lilong
from lilong_protocol import frame, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.pc import keystore
from lilong_protocol.pc.simulation import simulation_key
from lilong_protocol.seal import UP, Seal
from lilong_simulator.load.record import Recording
from lilong_simulator.load.recorded import look_through, open_source
from lilong_simulator.report_model import Report
from paho.mqtt.publish import multiple

TENANT, DOOR, SMOKE = "acme", "00cf12fffe0b3c5d", "a4cf12fffe0b3c5d"
EPOCH = 1_800_000_000_000
NOWHERE = "mqtt://127.0.0.1:1"


def sealed(device: str, cls: str, payload: bytes, tenant: str = TENANT) -> bytes:
    root = device_root(simulation_key(tenant), tenant, device)
    return Seal(frame_key(root, UP), tenant, device, UP).seal(cls, payload)


def birth(device: str, kind: int = 3) -> bytes:
    return sealed(device, "st", frame.pack(frame.BIRTH, {0: kind, 1: 1, 5: True}, 1, 1, 5, EPOCH, 3, nonce=bytes(8)))


def alarm(device: str, seq: int = 1) -> bytes:
    body = {0: 1, 1: 4, 2: 4, 3: 4, 4: {}}
    return sealed(device, "al", frame.pack(frame.RAISE, body, 1, seq, 900, EPOCH + 900, 3))


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    with Recording(tmp_path / "run.lilong", EPOCH, "a test", lambda device: TENANT) as made:
        for row in ((0.0, DOOR, "st", birth(DOOR)), (900.0, DOOR, "al", alarm(DOOR))):
            made.put(row)
    return tmp_path / "run.lilong"


def refused(*options: object) -> str:
    ended = run_lilong("replay", *options)
    assert ended.code == 2, ended.out
    assert ended.err.startswith("lilong: ")
    assert len(ended.err.splitlines()) == 1
    return ended.err.removeprefix("lilong: ").strip()


def test_what_cannot_be_replayed_is_told_in_a_line(recording: Path, tmp_path: Path) -> None:
    (tmp_path / "other").write_text("hello\n")
    assert refused(tmp_path / "other", "--broker", NOWHERE).startswith(f"{tmp_path / 'other'}: is no recording; give")
    assert "is not there; give a recording" in refused(tmp_path / "none", "--broker", NOWHERE)
    assert refused(recording, "--broker", NOWHERE, "--speed", 0).startswith("--speed 0: out of bounds")
    store = keystore.KeyStore()
    store.new_estate("other", lambda count: bytes(count))
    keystore.save(store, tmp_path / "keys.json")
    assert refused(recording, "--broker", NOWHERE, "--keys", tmp_path / "keys.json") == (
        f"--keys {tmp_path / 'keys.json'}: no key of the estate acme; make one with lilong keys new"
    )
    assert refused(recording, "--broker", "mqtt://example.invalid").startswith("broker example.invalid: another machine")
    assert refused(recording, "--broker", "mqtt://example.invalid", "--simulation-key") == (
        "broker example.invalid: another machine, and nobody is there to be asked; give --yes to load it"
    )


def test_without_a_backend_nothing_is_stored_and_a_threshold_on_it_is_breached(recording: Path, tmp_path: Path) -> None:
    with embedded_broker() as (_, broker):
        ended = run_lilong(
            "replay", recording, "--broker", broker, "--speed", 10, "--report", tmp_path, "--require", "ingest.p99<=1s",
            "--require", "puback.p99<=30s", "--require", "undetected==0", "--junit", tmp_path / "junit.xml",
        )  # fmt: skip
    assert (ended.code, ended.err) == (99, "")
    assert f"{recording}: 2 frames of 1 devices in 0.9 s; at speed 10 2 frames over 1 connections in 0.1 s" in ended.out
    report = json.loads((tmp_path / "report.json").read_text())
    Report.model_validate(report)
    assert (report["mode"], report["rate"], report["estate"], report["devices"]) == ("replay", 10.0, TENANT, 1)
    assert (report["connected"], report["lost"]) == (None, 0)
    assert [one["kept"] for one in report["thresholds"]] == [False, True, False]
    alarms = report["alarms"]
    assert (alarms["true"], alarms["raised"], alarms["stored"], alarms["missed"]) == (1, 1, 0, 1)
    assert alarms["undetected"] is alarms["false"] is alarms["late"] is alarms["duplicate"] is None
    assert (tmp_path / "report.html").is_file()
    assert (tmp_path / "junit.xml").is_file()


def test_a_centre_takes_a_simulated_quarter_of_an_hour_in_a_second(tmp_path: Path) -> None:
    simulated = run_lilong(
        "simulate", SMALL_ESTATE, "--out", tmp_path / "sim", "--days", 0.01, "--incident", "smoke.alarm", "--format",
        "jsonl",
    )  # fmt: skip
    assert simulated.code == 0, simulated.err
    contents = look_through(open_source(tmp_path / "sim"))
    assert contents.tenants == [SMALL_TENANT]
    with embedded_broker() as (_, broker), centre_of_small_estate(broker, tmp_path) as observed:
        ended = run_lilong(
            "replay", tmp_path / "sim", "--broker", broker, "--speed", 864, "--report", tmp_path / "out",
            "--observed", observed, "--require", "missed==0", "--require", "duplicate==0", "--require", "stored>=1",
        )  # fmt: skip
    assert (ended.code, ended.err) == (0, ""), ended.out
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["connected"] == report["devices"] == len(contents.devices)
    assert report["messages"]["total"] >= contents.rows
    assert report["latency_ms"]["ingest"]["count"] == report["alarms"]["stored"] == report["alarms"]["true"]
    assert report["latency_ms"]["local"]["count"] == 0


def test_what_a_load_records_is_what_it_has_sent(tmp_path: Path) -> None:
    with embedded_broker() as (_, broker), centre_of_small_estate(broker, tmp_path):
        ended = run_lilong(
            "load", SMALL_ESTATE, "--broker", broker, "--duration", 1, "--incident", "none", "--report", tmp_path / "out",
            "--no-real-micropython", "--record", tmp_path / "run.lilong",
        )  # fmt: skip
    assert (ended.code, ended.err) == (0, ""), ended.out
    sent = json.loads((tmp_path / "out" / "report.json").read_text())["messages"]["total"]
    contents = look_through(open_source(tmp_path / "run.lilong"))
    assert (contents.rows, contents.tenants, contents.cut) == (sent, [SMALL_TENANT], None)
    assert contents.frames["st"] == len(contents.devices)


def test_a_load_whose_recording_fills_the_disk_goes_on(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no full disk to be had")
    with embedded_broker() as (_, broker), centre_of_small_estate(broker, tmp_path):
        ended = run_lilong(
            "load", SMALL_ESTATE, "--broker", broker, "--duration", 1, "--incident", "none", "--no-real-micropython",
            "--record", "/dev/full",
        )  # fmt: skip
    assert (ended.code, ended.err) == (0, ""), ended.out
    assert "/dev/full: the recording has ended after 0 rows, the run goes on (No space left on device)" in ended.out


def test_watch_records_what_is_genuine_and_from_devices(tmp_path: Path) -> None:
    forged = alarm(SMOKE)[:-1] + b"?"
    down = topics.down(TENANT, DOOR, "ak")
    story: list[dict[str, Any]] = [
        {"topic": topics.up(TENANT, device, cls), "payload": data, "qos": 1, "retain": topics.retained(cls)}
        for device, cls, data in (
            (DOOR, "st", birth(DOOR)), (SMOKE, "al", forged), (SMOKE, "hb", b"rubbish"), (DOOR, "al", alarm(DOOR, 7)),
        )
    ]  # fmt: skip
    story.insert(2, {"topic": down, "payload": alarm(DOOR), "qos": 1, "retain": False})
    with (
        embedded_broker() as (_, broker),
        lilong("watch", "--broker", broker, "--record", tmp_path / "run.lilong") as watch,
    ):
        watch.wait_for("^watching ")
        host, _, port = broker.removeprefix("mqtt://").rpartition(":")
        multiple(story, hostname=host, port=int(port))
        watch.wait_for("seq 7")
        watch.signal(signal.SIGINT)
        assert watch.end(PATIENCE_S).err == ""
    source = open_source(tmp_path / "run.lilong")
    assert [said[1:] for said in source.rows()] == [
        (TENANT, DOOR, "st", birth(DOOR)), (TENANT, DOOR, "al", alarm(DOOR, 7)),
    ]  # fmt: skip
    assert source.cut is None


def test_watch_records_nothing_that_it_cannot_verify(tmp_path: Path) -> None:
    ended = run_lilong("watch", "--hex", "00", "--record", tmp_path / "run.lilong")
    assert (ended.code, ended.err) == (2, "lilong: --record: keeps what flows through a broker; give --broker URL\n")

"""`lilong replay`, and what `lilong load`, `simulate` and `watch` leave for it."""

import gzip
import io
import json
import signal
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from commands import PATIENCE_S, SMALL_ESTATE, SMALL_TENANT, centre_of_small_estate, embedded_broker, lilong, run_lilong
from lilong_protocol import frame, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.pc import keystore
from lilong_protocol.pc.simulation import PublicKeyError, simulation_key
from lilong_protocol.seal import UP, Seal
from lilong_simulator.load.lines import RecordingError
from lilong_simulator.load.record import Recording
from lilong_simulator.load.recorded import look_through, open_source
from lilong_simulator.load.replay import place_of
from lilong_simulator.report.model import Report
from lilong_tools.inputs import InputError
from lilong_tools.load.options import AcceptBy
from lilong_tools.load.replay_command import replay
from lilong_tools.virtual import JSONL, PARQUET, Job, simulate
from load_case import WELL
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


def refused(source: Path, broker: str = NOWHERE, **options: Any) -> str:
    with pytest.raises((InputError, RecordingError, PublicKeyError)) as error:
        replay(source, broker, **options)
    return str(error.value)


def test_what_cannot_be_replayed_is_told_before_a_broker_is_asked(recording: Path, tmp_path: Path) -> None:
    assert refused(recording, speed=0).startswith("--speed 0: out of bounds; give a factor")
    assert refused(recording, copies=0).startswith("--copies 0: out of bounds; give 1 to 10,000")
    assert refused(recording, observed="feed", probe=True).startswith("--observed and --probe: only one can tell")
    observed = AcceptBy.OBSERVED
    assert refused(recording, accept=observed).startswith("--accept observed: nothing tells what was stored; ")
    store = keystore.KeyStore()
    store.new_estate("other", bytes)
    store.new_root(TENANT, SMOKE, bytes)
    keystore.save(store, tmp_path / "keys.json")
    there = f"--keys {tmp_path / 'keys.json'}: no key for"
    told = f"of the devices, as for {DOOR} of acme; add them, or another file"
    assert refused(recording, keys=tmp_path / "keys.json") == f"{there} 1 {told}"
    assert refused(recording, keys=tmp_path / "keys.json", copies=2) == f"{there} 2 {told}"
    del store.estates[TENANT]
    keystore.save(store, tmp_path / "keys.json")
    assert refused(recording, keys=tmp_path / "keys.json") == (
        f"--keys {tmp_path / 'keys.json'}: no key of the estate acme; make one with lilong keys new"
    )
    other = "mqtt://example.invalid"
    assert refused(recording, other).startswith("broker example.invalid: another machine, and the key of simulations")


def test_another_machine_is_not_loaded_unasked(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert refused(recording, "mqtt://example.invalid", public_key=True) == (
        "broker example.invalid: another machine, and nobody is there to be asked; give --yes to load it"
    )


def test_a_file_that_is_no_recording_ends_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("hello\n")
    ended = run_lilong("replay", tmp_path / "other", "--broker", NOWHERE)
    there = "give a recording of --record, or a folder that lilong simulate has made"
    assert (ended.code, ended.err) == (2, f"lilong: {tmp_path / 'other'}: is no recording; {there}\n")


def test_a_cut_recording_is_replayed_as_far_as_it_goes_and_says_so(recording: Path, tmp_path: Path) -> None:
    lines = gzip.decompress(recording.read_bytes()).splitlines(keepends=True)
    recording.write_bytes(b"".join(lines[:-2]) + lines[-2][:50])
    with embedded_broker() as (_, broker):
        ended = run_lilong("replay", recording, "--broker", broker, "--report", tmp_path)
    cut = f"{recording}: ends in the middle of a row after 1 whole rows; the rest was never written"
    assert cut in ended.out
    assert cut in json.loads((tmp_path / "report.json").read_text())["warnings"]


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


def test_without_stored_acks_the_puback_may_count_and_the_replay_may_pass(recording: Path, tmp_path: Path) -> None:
    with embedded_broker() as (_, broker):
        ended = run_lilong(
            "replay", recording, "--broker", broker, "--speed", 10, "--report", tmp_path, "--accept", "puback",
            "--require", "missed==0",
        )  # fmt: skip
    report = json.loads((tmp_path / "report.json").read_text())
    Report.model_validate(report)
    assert report["verdict"] in WELL, ended.out
    assert (report["accept"], report["ingest_by"]) == ("puback", "PUBACK")
    assert (report["alarms"]["stored"], report["alarms"]["missed"]) == (1, 0)
    assert report["latency_ms"]["ingest"]["count"] == 1


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
            "load", SMALL_ESTATE, "--broker", broker, "--duration", 1, "--incident", "none", "--no-real-micropython",
            "--report", tmp_path / "out", "--record", tmp_path / "run.lilong", "--telemetry-qos", 1, "--rate", 100,
        )  # fmt: skip
    assert (ended.code, ended.err) == (0, ""), ended.out
    sent = json.loads((tmp_path / "out" / "report.json").read_text())["messages"]["total"]
    contents = look_through(open_source(tmp_path / "run.lilong"))
    assert (contents.rows, contents.tenants, contents.cut) == (sent, [SMALL_TENANT], None)
    assert contents.frames["st"] == len(contents.devices)
    assert contents.answered == {"hb"}


def test_a_load_whose_recording_fills_the_disk_goes_on(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no full disk to be had")
    with embedded_broker() as (_, broker), centre_of_small_estate(broker, tmp_path):
        ended = run_lilong(
            "load", SMALL_ESTATE, "--broker", broker, "--duration", 1, "--incident", "none", "--no-real-micropython",
            "--record", "/dev/full",
        )  # fmt: skip
    assert (ended.code, ended.err) == (0, ""), ended.out
    told = "/dev/full: the recording has ended after 0 rows, the run goes on (No space left on device)"
    assert ended.out.count(told) == 2, "at once, and among the warnings of the report"


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
        (TENANT, DOOR, "st", birth(DOOR), None), (TENANT, DOOR, "al", alarm(DOOR, 7), None),
    ]  # fmt: skip
    assert source.cut is None


def test_watch_records_nothing_that_it_cannot_verify(tmp_path: Path) -> None:
    ended = run_lilong("watch", "--hex", "00", "--record", tmp_path / "run.lilong")
    assert (ended.code, ended.err) == (2, "lilong: --record: keeps what flows through a broker; give --broker URL\n")


def simulated(folder: Path, form: str, copy: int = 1, *, seals: bool = True) -> Path:
    simulate(Job(str(SMALL_ESTATE), copy, 7, datetime(2026, 3, 4, 12), 0.005, (), folder, form, seals))
    return folder


def test_both_forms_of_a_simulated_run_hold_the_same(tmp_path: Path) -> None:
    lines, table = (open_source(simulated(tmp_path / form, form)) for form in (JSONL, PARQUET))
    rows = list(lines.rows())
    assert rows == list(table.rows())
    assert lines.epoch_zero is None
    by_clocks, told = look_through(lines).epoch_zero, table.epoch_zero
    assert by_clocks is not None
    assert told is not None
    assert abs(by_clocks - told) < 100
    assert {said.cls for said in rows} >= {"st", "cf", "hb"}


def test_several_estates_are_replayed_together_in_the_order_of_time(tmp_path: Path) -> None:
    for copy in (1, 2):
        simulated(tmp_path / "both" / str(copy), PARQUET, copy)
    contents = look_through(open_source(tmp_path / "both"))
    assert contents.tenants == [SMALL_TENANT, f"{SMALL_TENANT}_2"]
    alone = look_through(open_source(tmp_path / "both" / "2"))
    assert {device for device, tenant in contents.devices.items() if tenant != SMALL_TENANT} == set(alone.devices)
    # The second copy of a replay is the second of the simulator.
    assert place_of(SMALL_TENANT, next(iter(contents.devices)), 2)[0] == alone.tenants[0]


def test_frames_that_were_not_sealed_cannot_be_replayed(tmp_path: Path) -> None:
    source = open_source(simulated(tmp_path / "run", PARQUET, seals=False))
    with pytest.raises(RecordingError, match="frames that are not sealed; simulate without --unsealed"):
        look_through(source)


def test_a_folder_whose_run_did_not_end_and_a_table_that_is_none_are_clear_errors(tmp_path: Path) -> None:
    (tmp_path / "messages.jsonl").write_text("{}\n")
    with pytest.raises(RecordingError, match="does not say which estate it is; run lilong simulate to its end"):
        open_source(tmp_path)
    (tmp_path / "score.json").write_text('{"estate": "acme"}')
    with pytest.raises(RecordingError, match=":1: is no row of messages"):
        look_through(open_source(tmp_path))
    for content in (b"", b"hello", b"PAR1", b"PAR1" + bytes(100)):
        (tmp_path / "messages.parquet").write_bytes(content)
        with pytest.raises(RecordingError, match="is no whole Parquet file; run lilong simulate to its end"):
            open_source(tmp_path)
    devices = simulated(tmp_path / "run", PARQUET) / "devices.parquet"
    (tmp_path / "messages.parquet").write_bytes(devices.read_bytes())
    with pytest.raises(RecordingError, match=r"is no messages\.parquet of lilong simulate"):
        look_through(open_source(tmp_path))

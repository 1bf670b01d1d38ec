"""`lilong selftest` with the real mpremote and a real MicroPython, whose pins are models in a scene of the test."""

import csv
import json
import socket
import ssl
import struct
import threading
from datetime import UTC, datetime, timedelta

import pytest
from commands import run_lilong
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flash_case import DEVICE, configuration
from lilong_tools.boards import open_board
from lilong_tools.flash.errors import FlashError
from lilong_tools.flash.remote import Remote
from lilong_tools.flash.settings import read
from lilong_tools.flash.there import look
from lilong_tools.selftest import chip, command, parts, result
from lilong_tools.selftest.rows import answered, held, passed, told
from lilong_tools.selftest.session import Session
from lilong_tools.update.keys import make, public_path
from virtual_board import VirtualBoard

# A smoke detector in clean air: chamber on GPIO 0 with its light on 6, cell on 1, cover closed, and a fixture whose
# wire leads from the sounder's pin to GPIO 2.
GOOD = {"adc": {"0": [300_000, 500_000, 6], "1": [1_500_000, 1_500_000, -1]}, "loops": {"2": 7}, "levels": {"4": 0}}


@pytest.fixture
def fixture(tmp_path):
    path = tmp_path / "fixture.toml"
    path.write_text("sounder = 2\nfault = 2\n")
    return path


def selftest(board, folder, *words):
    return run_lilong(
        "selftest", "--board", "esp32_c3", "--kind", "smoke", "--port", board.port, "--no-ask", "--out", folder, *words
    )


def rows_of(folder):
    content = json.loads((folder / "result.json").read_text())
    return {(row["step"], row["name"]): row for row in content["result"]["rows"]}


@pytest.mark.long
def test_a_good_board_passes_is_signed_and_its_calibration_goes_into_its_configuration(tmp_path, fixture):
    line = tmp_path / "line.key"
    make(line, "factory.example.com")
    out = tmp_path / "out"
    with VirtualBoard(tmp_path, scene=GOOD) as board:
        words = ("--loopback", fixture, "--calibrate", "--key", line, "--csv", tmp_path / "results.csv")
        done = selftest(board, out, *words)
        assert done.code == 0, done.out + done.err
        assert "passed, 1 not asked" in done.out
        assert board.files() == {}
    rows = rows_of(out)
    assert rows["sensor", "obscuration"]["value"] == 0
    assert rows["output", "sounder"]["verdict"] == rows["output", "fault"]["verdict"] == "pass"
    assert rows["input", "tamper"]["verdict"] == "not asked"
    signed = result.verified(out / "result.json", public_path(line))
    assert signed["device"] == DEVICE
    assert signed["passed"]
    with (tmp_path / "results.csv").open(newline="") as file:
        told_rows = list(csv.DictReader(file))
    assert len(told_rows) == len(rows)
    assert {row["device"] for row in told_rows} == {DEVICE}
    settings = read(configuration(tmp_path, data={}), "esp32_c3", "smoke", out / "calibration.json")
    zero, gain, drift = struct.unpack(">IIi", settings.files["/lilong/data.chamber"])
    assert (abs(zero - 200_000) < 50, gain, drift) == (True, 2_000, 0)
    evidence = json.loads((out / "proved.json").read_text())
    assert "sensor obscuration" in evidence["proved"]
    assert evidence["open"] == ["input tamper"]


def test_a_dead_light_a_short_cell_and_a_silent_sounder_fail_by_name(tmp_path, fixture):
    scene = {**GOOD, "adc": {"0": [300_000, 300_000, 6], "1": [0, 0, -1]}, "loops": {"2": 6}}
    with VirtualBoard(tmp_path, scene=scene) as board:
        done = selftest(board, tmp_path / "out", "--loopback", fixture)
    assert done.code == 1
    rows = rows_of(tmp_path / "out")
    failed = {name for name, row in rows.items() if row["verdict"] == "FAIL"}
    assert {("sensor", "obscuration"), ("sensor", "battery")} <= failed
    assert ("sensor", "tamper") not in failed
    evidence = json.loads((tmp_path / "out" / "proved.json").read_text())
    assert "sensor obscuration" in evidence["open"]
    assert "sensor obscuration" not in evidence["proved"]


def test_chips_that_do_not_answer_are_found_and_pins_are_told(tmp_path):
    """A wristband without anything on its I2C bus."""
    board = open_board("esp32_c3")
    wiring = board.kinds["wristband"]
    with VirtualBoard(tmp_path, scene={"levels": {"3": 1}}) as there:
        remote = Remote(there.port)
        look(remote, ())
        with Session(remote, board, "wristband") as session:
            assert session.begin({})["outputs"] == ["buzzer", "fault", "vibrate"]
            sensors = {row.name: row for row in parts.sensors(session, wiring, 3_000)}
            failed = {name for name, row in sensors.items() if row.verdict == "FAIL"}
            assert failed >= {"accel", "heart_rate", "battery"}
            assert sensors["charging"].verdict == "pass"
            levels = {row.name: row.value for row in parts.levels(session, board, wiring)}
            assert levels == {"SOS (IO0)": 1, "CANCEL (IO1)": 1, "ACC_INT (IO3)": 1, "CHARGING (IO4)": 1}


def certificate(folder):
    """(TLS context of a server at 127.0.0.1, its certificate in DER)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    begins = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(begins).not_valid_after(begins + timedelta(days=9))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "server.pem").write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context, made.public_bytes(serialization.Encoding.DER)


def test_a_handshake_with_the_devices_own_broker_is_timed_and_a_strangers_certificate_fails(tmp_path):
    context, own = certificate(tmp_path)
    _, other = certificate(tmp_path)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(60)

    def serve():
        for _ in range(2):
            connection, _ = listener.accept()
            connection.settimeout(60)
            try:
                context.wrap_socket(connection, server_side=True).close()
            except (ssl.SSLError, OSError):
                connection.close()

    server = threading.Thread(target=serve)
    server.start()
    config = {"host": "127.0.0.1", "port": listener.getsockname()[1], "networks": [{"ssid": "estate"}]}
    with VirtualBoard(tmp_path, scene=GOOD) as there, listener:
        remote = Remote(there.port)
        look(remote, ())
        with Session(remote, open_board("esp32_c3"), "smoke") as session:
            session.begin({})
            joined, handshake = chip.handshake(session, config, own)
            assert joined.verdict == "told"
            assert handshake.verdict == "pass"
            (refused,) = chip.handshake(session, config, other)
            assert refused.verdict == "FAIL"
            assert refused.value is None
        server.join()


# ---- without a board


class Canned:
    """A session whose board says what the test wants."""

    def __init__(self, **told):
        self.told = told
        self.calls = []

    def call(self, function, *arguments, seconds=0):
        self.calls.append((function, *arguments))
        return self.told[function]


def test_a_person_is_asked_for_each_output_and_input_and_a_no_fails():
    wiring = open_board("esp32_c3").kinds["smoke"]
    asked = []

    def ask(question):
        asked.append(question)
        return question.startswith("sounder")

    session = Canned(drive={"levels": {}}, watch={"changed": True})
    rows = list(parts.driven(session, wiring, ask, {}))
    assert {row.name: row.verdict for row in rows} == {"fault": "FAIL", "sounder": "pass"}
    assert [call[:3] for call in session.calls] == [("drive", "fault", 1), ("drive", "sounder", 1)]
    (tamper,) = parts.changes(session, wiring, lambda _: True)
    assert tamper.verdict == "pass"
    (tamper,) = parts.changes(Canned(watch={"changed": False}), wiring, lambda _: True)
    assert tamper.verdict == "FAIL"


@pytest.mark.parametrize("comes", [True, False])
def test_the_time_until_a_flashed_device_is_online_is_a_row_and_one_that_stays_away_fails(monkeypatch, comes):
    def on_console(*_):
        if not comes:
            raise FlashError("port: not online in 5 s; look at its Wi-Fi:\n    last words")

    monkeypatch.setattr("lilong_tools.flash.seen.on_console", on_console)
    (row,) = command.until_online(Remote("port"), 5.0)
    assert (row.step, row.name, row.verdict) == ("boot", "online after", "pass" if comes else "FAIL")
    assert row.source == ("(ours)" if comes else "port: not online in 5 s; look at its Wi-Fi:")


@pytest.mark.parametrize(
    ("before", "on", "after", "good"),
    [
        ([100, 0], [60, 40], [100, 0], True),  # a tone
        ([100, 0], [999, 1], [100, 0], True),  # a chirp
        ([100, 0], [0, 100], [100, 0], True),  # a relay
        ([0, 100], [100, 0], [0, 100], True),  # one that is low when it is on
        ([100, 0], [100, 0], [100, 0], False),  # nothing
        ([0, 100], [0, 100], [0, 100], False),  # a short
        ([100, 0], [0, 100], [0, 100], False),  # it stays on
        ([50, 50], [52, 48], [49, 51], False),  # noise on an open wire
    ],
)
def test_a_fixture_believes_an_output_only_when_it_moves_its_pin_and_lets_it_go(before, on, after, good):
    assert parts.moved({"before": before, "on": on, "after": after})[0] is good


def test_what_was_never_asked_or_measured_is_no_proof():
    rows = [held("a", "b", 5, "V", 1, 6), held("a", "c", None, "V", 1, 6)]
    rows += [answered("d", "e", None, "x"), told("f", "g", 1)]
    assert [row.verdict for row in rows] == ["pass", "FAIL", "not asked", "told"]
    assert not passed(rows)
    head = dict.fromkeys(("at", "board", "kind", "machine", "micropython", "unique_id"), "x")
    evidence = result.evidence(head, rows)
    assert evidence["proved"] == ["a b"]
    assert evidence["measured"] == {"a b": "5 V", "f g": "1"}
    assert evidence["open"] == ["a c", "d e"]


def test_a_result_that_was_changed_or_that_another_line_has_signed_is_refused(tmp_path):
    for name in ("line.key", "other.key"):
        make(tmp_path / name, "factory.example.com")
    head = {"device": DEVICE, **dict.fromkeys(("at", "board", "kind", "machine", "micropython", "unique_id"), "x")}
    result.write(tmp_path, head, [held("a", "b", 9, "V", 1, 6)], {}, tmp_path / "line.key")
    assert result.verified(tmp_path / "result.json", public_path(tmp_path / "line.key"))["device"] == DEVICE
    with pytest.raises(FlashError, match=r"not signed by the key in .*other.key.pub, or changed since"):
        result.verified(tmp_path / "result.json", public_path(tmp_path / "other.key"))
    text = (tmp_path / "result.json").read_text().replace('"FAIL"', '"pass"')
    (tmp_path / "result.json").write_text(text)
    with pytest.raises(FlashError, match="or changed since; test the device anew"):
        result.verified(tmp_path / "result.json", public_path(tmp_path / "line.key"))


def test_a_device_that_has_not_passed_is_not_flashed_where_that_is_asked_for(tmp_path):
    line = tmp_path / "line.key"
    make(line, "factory.example.com")
    head = {"board": "esp32_c3", "kind": "smoke", "device": DEVICE, "passed": False}
    head |= dict.fromkeys(("at", "machine", "micropython", "unique_id"), "x")
    config = configuration(tmp_path)
    words = ("flash", "--board", "esp32_c3", "--kind", "smoke", "--port", tmp_path, "--config", config, "--tested",
             tmp_path / "result.json")  # fmt: skip
    result.write(tmp_path, head, [], {}, line)
    assert "Give --line" in run_lilong(*words).err
    words += ("--line", public_path(line))
    assert f"{DEVICE} has not passed; mend it" in run_lilong(*words).err
    result.write(tmp_path, {**head, "passed": True, "device": "0000000000000001"}, [], {}, line)
    assert f"is of device 0000000000000001, and this is {DEVICE}" in run_lilong(*words).err
    result.write(tmp_path, {**head, "passed": True}, [], {}, line)
    assert "has not passed" not in run_lilong(*words).err


def test_a_calibration_of_another_device_is_not_flashed(tmp_path):
    record = tmp_path / "calibration.json"
    record.write_text(json.dumps({"device": "0000000000000001", "records": {"chamber": "00"}}))
    with pytest.raises(FlashError, match=r"the calibration of 0000000000000001, and this is a4cf12fffe0b3c5d"):
        read(configuration(tmp_path), "esp32_c3", "smoke", record)
    record.write_text("[]")
    with pytest.raises(FlashError, match=r"no calibration of `lilong selftest`"):
        read(configuration(tmp_path), "esp32_c3", "smoke", record)


MODEM = {"unit": 1, "key": 18, "boots_ms": 100, "registers_ms": 200}


@pytest.mark.parametrize(
    ("around", "said"),
    [
        ({}, {"answers AT": "pass", "SIM ready": "pass", "network": "pass"}),
        ({"sim": "pin"}, {"answers AT": "pass", "SIM": "told"}),
    ],
)
def test_a_modem_is_brought_up_to_a_network_without_spending_its_pin_and_switched_off(tmp_path, around, said):
    with VirtualBoard(tmp_path, "esp32", scene={"modem": {**MODEM, **around}}) as there:
        with Session(Remote(there.port), open_board("esp32_ppp"), "manhole") as session:
            session.begin({})
            told = session.call("modem", 60_000, seconds=90)
        heard = (there.root / ".models" / "heard").read_text().split()
    assert {row.name: row.verdict for row in chip.modem_rows(told)} == said
    assert (heard[0], heard[-1]) == ("on", "off")
    assert not [line for line in heard if line.startswith(("AT+CPIN=", "ATD"))]

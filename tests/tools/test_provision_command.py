"""`lilong provision`: what devices are given; a second run or a wrong row changes nothing, and nobody sees a secret."""

import json
import re
import stat
from pathlib import Path

import pytest
from commands import SMALL_ESTATE, SMALL_TENANT, run_lilong
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_private_key
from hypothesis import given
from hypothesis import strategies as st
from lilong_firmware.config import load as load_config
from lilong_protocol.keys import broker_password, device_root
from lilong_protocol.pc.keystore import save
from lilong_simulator.estate import load_estate
from lilong_tools.broker_config.passwords import mosquitto_line
from lilong_tools.provision.broker_folder import _emqx_holds, _holds
from lilong_tools.provision.identity import device_id, eui64
from provisioning import CSV, ESTATE_KEY, EUI, MAC, WIFI, Bench

DOOR = "b000000000000002"
ONE = ("--kind", "smoke", "--board", "esp32_c3", "--mac", MAC)
PLACED = load_estate(SMALL_ESTATE).by_name["core1/01F/0101/gas"].id


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


# ---- identity


def test_an_id_is_the_eui_64_of_the_mac_however_that_is_written():
    assert {eui64(mac) for mac in (MAC, MAC.upper(), "a4-cf-12-0b-3c-5d", "A4CF120B3C5D")} == {EUI}


@pytest.mark.parametrize("mac", ["", "a4:cf:12", "a4:cf:12:0b:3c:5g", "a4:cf-12:0b:3c:5d", "a4:cf:12:0b:3c:5d:00"])
def test_what_is_no_mac_is_told(mac):
    with pytest.raises(ValueError, match="is no MAC; write six bytes in hex"):
        eui64(mac)


@pytest.mark.parametrize("mac", ["ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "00:00:00:00:00:00"])
def test_an_address_that_no_chip_has_is_told(mac):
    with pytest.raises(ValueError, match="read the MAC from the chip"):
        eui64(mac)


@given(st.binary(min_size=6, max_size=6), st.binary(min_size=6, max_size=6))
def test_two_macs_have_two_ids(one, other):
    one, other = (bytes([mac[0] & 0xFE | 2, *mac[1:]]).hex() for mac in (one, other))
    assert (eui64(one) == eui64(other)) == (one == other)
    assert device_id(eui64(one)) == eui64(one)


# ---- a batch


def test_each_row_becomes_a_folder_that_the_firmware_reads(bench):
    assert "5 made, 0 as they were; provisioned.csv lists them, labels.html has their labels" in bench.make().out
    config = load_config(str(bench.out / EUI / "device.json"))
    assert (config["tenant"], config["device"]) == (SMALL_TENANT, EUI)
    assert (config["kind"], config["board"]) == ("smoke", "esp32_c3")
    assert config["root"] == device_root(ESTATE_KEY, SMALL_TENANT, EUI)
    assert (config["host"], config["port"], config["username"]) == ("127.0.0.1", 18883, EUI)
    assert config["password"] == broker_password(config["root"])
    assert (config["generation"], config["networks"]) == (0, WIFI["networks"])
    assert config["tls"] == {"ca": "/lilong/ca.der"}
    x509.load_der_x509_certificate((bench.out / EUI / "ca.der").read_bytes())


def test_a_place_of_the_estate_gives_its_id_its_beat_and_where_it_is(bench):
    bench.make()
    assert bench.config(PLACED)["kind"] == "gas"
    line = next(line for line in (bench.out / "provisioned.csv").read_text().splitlines() if line.startswith(PLACED))
    assert line == f"{PLACED},gas,pico2_w,core1/01F/0101/gas,b1,1,0101,0,estate"


def test_who_hangs_on_a_feeder_is_told_to_wait_before_it_connects(bench):
    bench.csv.write_text(f"mac,kind,board,wait\n{MAC},smoke,esp32_c3,60\n")
    assert bench.run("--csv", bench.csv).code == 0
    assert bench.config(EUI)["wait"] == 60


def test_a_board_with_a_modem_gets_the_modem_s_settings_and_no_wi_fi(bench):
    bench.make()
    cover = bench.config("a4cf12fffe0b3c5f")
    assert cover["modem"] == WIFI["modem"]
    assert "networks" not in cover
    assert "modem" not in bench.config(EUI)


def test_a_door_gets_the_estate_s_card_key_and_a_lamp_its_calendar(bench):
    bench.make()
    assert bench.config(DOOR)["data"] == {"card_key": "/lilong/data.card_key"}
    assert len((bench.out / DOOR / "data.card_key").read_bytes()) == 32
    lamp = load_estate(SMALL_ESTATE).by_name["lane/01/streetlight"].id
    assert (bench.out / lamp / "data.calendar").stat().st_size > 100


def test_folders_and_files_are_for_their_owner_only(bench):
    bench.make("--client-certificates")
    for path in bench.out.rglob("*"):
        if path.parent != bench.out:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        elif path.is_dir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o700, path
    assert not [path for path in bench.folder.rglob(".*")], "nothing half made is left"


def test_nothing_secret_is_said_listed_or_printed_on_a_label(bench):
    said = bench.make("--client-certificates", "--claim", "https://claim.example/d/")
    again = bench.make("--client-certificates", "--claim", "https://claim.example/d/")
    check = bench.bare("--check", bench.out / EUI, "--keys", bench.keys)
    shown = [ended.out + ended.error for ended in (said, again, check)]
    shown += [(bench.out / name).read_text() for name in ("provisioned.csv", "labels.html")]
    secrets = bench.secrets()
    assert len(secrets) > 10
    for text in shown:
        assert not [secret for secret in secrets if secret in text.encode()]


def test_the_estate_s_key_is_in_no_file_of_a_device(bench):
    bench.make()
    for name, content in bench.all(bench.out).items():
        assert ESTATE_KEY not in content, name
        assert ESTATE_KEY.hex().encode() not in content, name


def test_every_label_has_the_id_and_a_code_for_the_claim(bench):
    bench.make("--claim", "https://claim.example/d/")
    page = (bench.out / "labels.html").read_text()
    assert page.count("<svg") == page.count("<article>") == 5
    assert "<code>a4cf 12ff fe0b 3c5d</code>" in page
    assert "<b>Kitchen, left</b>" in page
    assert "building b1, core 1, unit 0101" in page
    assert "http" not in re.sub(r'xmlns="http[^"]*"', "", page), "nothing is loaded from anywhere"


def test_a_name_cannot_become_markup(bench):
    bench.csv.write_text(CSV.replace("Kitchen, left", "<script>alert(1)</script>"))
    bench.make()
    assert "<script" not in (bench.out / "labels.html").read_text()


def test_broker_and_emqx_know_each_device(bench):
    assert "has their logins; send mosquitto SIGHUP" in bench.make().out
    ours = (bench.broker / "passwords").read_text().splitlines()
    theirs = (bench.broker / "emqx/users.csv").read_text().splitlines()
    password = broker_password(device_root(ESTATE_KEY, SMALL_TENANT, EUI))
    assert [line.split(":")[0] for line in ours].count(EUI) == 1
    assert len(ours) == 6
    assert _holds(next(line for line in ours if line.startswith(EUI)), password)
    assert _emqx_holds(next(line for line in theirs if line.startswith(EUI)), password)
    assert not _holds(mosquitto_line(EUI, "another"), password)


def test_a_second_run_changes_nothing_and_says_so(bench):
    bench.make("--client-certificates")
    before = bench.all()
    said = bench.make("--client-certificates").out
    assert said.startswith(f"{bench.out}: nothing has changed; all 5 devices are there")
    assert bench.all() == before


def test_a_run_that_was_cut_short_is_made_up_for(bench):
    bench.make()
    whole = bench.all()
    for name in ("device.json", "ca.der"):
        (bench.out / EUI / name).unlink()
    (bench.out / EUI).rmdir()
    (bench.out / "labels.html").unlink()
    assert "1 made, 4 as they were" in bench.make().out
    assert bench.all() == whole


def test_later_runs_add_to_the_list_and_the_labels(bench):
    bench.make()
    ended = bench.run("--mac", "a4:cf:12:0b:3c:61", "--kind", "smoke", "--board", "esp32_c3", "--name", "attic")
    assert "1 made, 0 as they were" in ended.out, ended.error
    assert (bench.out / "labels.html").read_text().count("<article>") == 6
    assert "a4cf12fffe0b3c61,smoke,esp32_c3,attic,,,,0,estate" in (bench.out / "provisioned.csv").read_text()


def test_another_setting_for_a_device_that_is_there_is_refused_by_its_name_alone(bench):
    bench.make()
    before = bench.all()
    other = {"networks": [{"ssid": "lane", "password": "a new secret"}], "modem": WIFI["modem"]}
    bench.networks.write_text(json.dumps(other))
    ended = bench.run("--csv", bench.csv)
    assert ended.code == 2
    assert f'{EUI}: was made with another "networks"; --again {EUI} provisions it anew' in ended.error
    assert "secret" not in ended.error
    bench.networks.write_text(json.dumps(WIFI))
    assert bench.all() == before


# ---- again


@pytest.mark.spec("LIL-SESSION-013")
def test_again_raises_the_generation_of_that_device_alone(bench):
    bench.make()
    assert "1 made, 0 as they were" in bench.run("--again", EUI).out
    assert (bench.config(EUI)["generation"], bench.config(DOOR)["generation"]) == (1, 0)
    assert bench.config(EUI)["root"] == device_root(ESTATE_KEY, SMALL_TENANT, EUI).hex()
    assert "1 made, 4 as they were" in bench.run("--csv", bench.csv, "--again", EUI).out
    assert bench.store.estates[SMALL_TENANT].devices[EUI].generation == 2
    assert f"{EUI},smoke,esp32_c3,\"Kitchen, left\",b1,1,0101,2,estate" in (bench.out / "provisioned.csv").read_text()


def test_again_with_a_root_of_its_own_changes_root_and_login(bench):
    bench.make()
    assert bench.run("--again", EUI, "--own-root").code == 0
    root = bytes.fromhex(bench.config(EUI)["root"])
    assert root == bench.store.root(SMALL_TENANT, EUI) != device_root(ESTATE_KEY, SMALL_TENANT, EUI)
    line = next(line for line in (bench.broker / "passwords").read_text().splitlines() if line.startswith(EUI))
    assert _holds(line, broker_password(root))


def test_a_folder_of_a_higher_generation_than_the_store_knows_is_an_older_store(bench):
    bench.make()
    old = bench.keys.read_bytes()
    bench.run("--again", EUI)
    bench.keys.write_bytes(old)
    ended = bench.run("--csv", bench.csv)
    assert (ended.code, "bring back the store of then" in ended.error) == (2, True)


def test_an_epoch_that_the_estate_has_got_to_is_where_a_device_begins(bench):
    store = bench.store
    store.ask(SMALL_TENANT)
    save(store, bench.keys)
    bench.make()
    assert bench.config(EUI)["epoch"] == 1


# ---- client certificates


def test_a_client_certificate_is_the_device_s_own_and_signed_by_the_broker_s_authority(bench):
    bench.make("--client-certificates")
    certificate = x509.load_der_x509_certificate((bench.out / EUI / "certificate.der").read_bytes())
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate((bench.broker / "ca.crt").read_bytes()))
    assert certificate.subject.rfc4514_string() == f"CN={EUI}"
    key = load_der_private_key((bench.out / EUI / "key.der").read_bytes(), None)
    assert key.public_key() == certificate.public_key()
    assert bench.config(EUI)["tls"].keys() == {"ca", "certificate", "key"}


def test_without_the_authority_s_key_it_says_where_that_is_wanted(bench):
    (bench.broker / "ca.key").unlink()
    ended = bench.run("--csv", bench.csv, "--client-certificates")
    assert (ended.code, "ca.key: cannot be read" in ended.error) == (2, True)
    bench.make()


# ---- what is wrong


def wrong_row(*changes):
    text = CSV
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty; its first line has the columns"),
        ("mac,kind,board\n", "has no line below that of the columns"),
        ("mac,knd,board\nx,y,z\n", "column 2: unknown 'knd'; did you mean 'kind'?"),
        ("mac,kind,board,kind\n", "column 4: 'kind' is there twice"),
        ("mac,kind\n", "column 'board' is missing; add it"),
        (wrong_row((",smoke,", ",smok,")), ":2: kind: unknown 'smok'; did you mean 'smoke'?"),
        (wrong_row(("A4-CF-12-0B-3C-5D", "A4-CF-12")), ":2: mac: 'A4-CF-12' is no MAC; write six bytes in hex"),
        (wrong_row(("b000000000000002", "b00000000000000")), ":3: device: 'b00000000000000' is no device id"),
        (wrong_row(("b000000000000002", "b000000000000002,x")), ":3: has 9 columns, and line 1 has 8"),
        (wrong_row((",b000000000000002", "a4cf120b3c5e,b000000000000002")), ":3: device: 'b000000000000002', and a"),
        (wrong_row((",gas,pico2_w,core1/01F/0101/gas", ",gas,pico2_w,core9")), ":4: device: is empty, and so is mac"),
        (wrong_row((",gas,pico2_w", ",smoke,pico2_w")), ":4: kind: smoke, and core1/01F/0101/gas of lane_"),
        (wrong_row(("manhole,esp32_ppp", "manhole,esp32_c3")), ":5: kind: esp32_c3 carries no manhole; it carries gas"),
        (wrong_row(("manhole,esp32_ppp", "manhole,esp64")), ":5: board: esp64: no such board"),
        (wrong_row(("a4cf120b3c5f", MAC)), f":5: device: {EUI} is that of"),
        (wrong_row(("unit\n", "wait\n"), ("0101\n", "-1\n")), ":2: wait: '-1' is no time; give 0 to 600 s"),
        (wrong_row(("unit\n", "wait\n"), ("0101\n", "601\n")), ":2: wait: '601' is no time"),
        (wrong_row(("cover 7", '"Kitchen, left"')), ":5: name: Kitchen, left is that of"),
        (wrong_row(("unit\n", "data.card_key\n"), ("0101\n", "none.key\n")), ":2: data.card_key: a smoke is given"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_told_by_file_line_and_column_and_nothing_is_made(bench, text, said):
    bench.csv.write_text(text)
    before = bench.all()
    ended = bench.run("--csv", bench.csv)
    assert ended.code == 2
    assert str(bench.csv) in ended.error
    assert said in ended.error
    assert bench.all() == before


def test_all_that_is_wrong_is_told_at_once(bench):
    bench.csv.write_text(wrong_row((",smoke,", ",smok,"), ("esp32_ppp", "esp64")))
    said = bench.run("--csv", bench.csv).error.splitlines()
    assert [line.split(": ")[0] for line in said] == [f"{bench.csv}:2", f"{bench.csv}:5"]


def test_a_data_file_that_others_may_read_is_not_used(bench):
    bench.csv.write_text(wrong_row(("unit\n", "data.cards\n"), ("esp32,,,,", "esp32,,,,cards.bin"), ("0101\n", "\n")))
    (bench.folder / "cards.bin").write_bytes(bytes(8))
    (bench.folder / "cards.bin").chmod(0o644)
    assert ":3: data.cards: " in bench.run("--csv", bench.csv).error
    (bench.folder / "cards.bin").chmod(0o600)
    bench.make()
    assert (bench.out / DOOR / "data.cards").read_bytes() == bytes(8)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is not JSON"),
        ({}, 'is not an object of "networks"'),
        ({"networks": [{"ssid": "a"}]}, 'has no "password"; devices of an estate join no open network'),
        ({"networks": [{"ssid": "a", "password": "short"}]}, '"password" is not a text of 8 to 63 ASCII characters'),
        ({"networks": [{"ssid": "", "password": "long enough"}]}, '"ssid" has 0 bytes; give 1 to 32'),
        ({"networks": [{"ssid": "a", "password": "long enough"}] * 2}, "one ssid is there twice"),
        ({"networks": [], "modem": {"apn": 'x"'}}, '"apn" is not a text'),
        ({"networks": [], "modem": {"apn": "x", "pin": "12"}}, '"pin" is not 4 to 8 digits'),
        ({"modem": WIFI["modem"]}, ':2: board: esp32_c3 needs "networks"'),
        ({"networks": WIFI["networks"]}, ':5: board: esp32_ppp needs "modem"'),
    ],
)
def test_networks_are_looked_at_and_no_password_is_told(bench, content, said):
    bench.networks.write_text(content if isinstance(content, str) else json.dumps(content))
    ended = bench.run("--csv", bench.csv)
    assert (ended.code, said in ended.error) == (2, True), ended.error
    for word in ("short", "long enough", "correct horse", "4711"):
        assert word not in ended.error
    assert not bench.out.exists()


def test_networks_that_others_may_read_are_not_used(bench):
    bench.networks.chmod(0o640)
    assert "may be used by others than its owner" in bench.run("--csv", bench.csv).error


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "nothing to provision; give --csv FILE, or one device"),
        (("--csv", "none.csv"), "none.csv: cannot be read (No such file or directory)"),
        (("--csv", "none.csv", "--kind", "smoke"), "--csv: and one device as well"),
        (("--kind", "smoke", "--board", "esp32_c3"), "command line: device: is empty, and so is mac"),
        ((*ONE, "--host", "x.example"), "--host x.example: the certificate"),
        ((*ONE, "--claim", "http://x"), "give an https:// URL"),
        (("--kind", "door", "--board", "esp32", "--mac", MAC, "--data", "cards"), "--data cards: is not NAME=FILE"),
        (("--again", "x"), "--again 'x' is no device id"),
        (("--again", DOOR), "is not there; give --csv, or --kind and --board"),
        (("--retire", "x"), "--retire 'x' is no device id"),
        (("--transfer", DOOR), "--transfer: give --to, the other estate, and --to-out"),
        (("--put", "x"), "--port: is missing"),
    ],
)
def test_what_cannot_be_used_is_refused_with_word_of_what_to_do(bench, arguments, said):
    ended = bench.run(*arguments)
    assert (ended.code, said in ended.error) == (2, True), ended.error
    assert not bench.out.exists()


def test_a_broker_s_folder_of_another_estate_is_refused(tmp_path):
    ended = Bench(tmp_path, "other").run("--csv", tmp_path / "devices.csv", "--keys", tmp_path / "keys.json")
    assert (ended.code, f"lets no device of {SMALL_TENANT} speak" in ended.error) == (2, True)


def test_another_machine_without_tls_is_refused(bench):
    single = (SMALL_ESTATE, "--keys", bench.keys, *ONE, "--networks", bench.networks, "--out", bench.out,
              "--host", "broker.example")  # fmt: skip
    assert "without TLS anybody on the way hears all; give --ca" in bench.bare(*single).error
    assert bench.bare(*single, "--ca", bench.broker / "ca.crt").code == 0
    assert bench.config(EUI)["tls"] == {"ca": "/lilong/ca.der"}


def test_the_command_as_a_user_has_it_ends_with_one_message(bench):
    ended = run_lilong("provision", SMALL_ESTATE, "--keys", bench.keys, "--csv", "none.csv", folder=bench.folder)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("lilong: none.csv: cannot be read")


# ---- a look at a folder


def test_a_look_says_what_would_go_onto_the_board_and_that_nothing_is_wrong(bench):
    bench.make()
    ended = bench.bare("--check", bench.out / EUI, "--keys", bench.keys)
    assert ended.code == 0, ended.error
    for line in (f"device: {EUI}", "root: the device's own root key, not shown", "nothing is wrong with it"):
        assert line in ended.out.splitlines()


def spoil(folder: Path, **changes):
    path = folder / "device.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **changes}))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"root": ESTATE_KEY.hex()}, "has the key of the whole estate in it, which belongs on no board"),
        ({"root": "11" * 32}, '"root": is not the one that the key store has'),
        ({"generation": 3}, '"generation": is 3, and the key store says 0'),
        ({"tls": None, "host": "broker.example"}, '"tls" is missing, and broker.example is another machine'),
        ({"tls": {"ca": "/lilong/other.der"}}, "there is no file other.der here"),
        ({"networks": None}, '"networks" is missing, and esp32_c3 has no other way to a broker'),
        ({"kind": "manhole"}, "carries no manhole"),
        ({"port": "1"}, '"port" is not a whole number'),
        ({"device": DOOR[::-1]}, '"root": is not the one'),
    ],
)
def test_a_look_finds_what_must_not_go_onto_a_board(bench, change, said):
    bench.make()
    spoil(bench.out / EUI, **change)
    ended = bench.bare("--check", bench.out / EUI, "--keys", bench.keys)
    assert (ended.code, said in ended.error) == (1, True), ended.error
    assert ESTATE_KEY.hex() not in ended.out + ended.error


def test_a_look_finds_a_stray_file_and_an_estate_key_wherever_it_is(bench):
    bench.make()
    stray = bench.out / EUI / "notes.txt"
    stray.write_bytes(b"x" + ESTATE_KEY)
    stray.chmod(0o600)
    error = bench.bare("--check", bench.out / EUI, "--keys", bench.keys).error
    assert "notes.txt: nothing names it; remove it" in error
    assert "notes.txt: has the key of the whole estate in it" in error

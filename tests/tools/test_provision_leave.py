"""A device leaves its estate, or goes to another: what the broker and a backend make of it afterwards."""

import asyncio
import os
import signal
import ssl
import stat

import aiomqtt
import pytest
from board_case import in_loop
from commands import SMALL_ESTATE, SMALL_TENANT
from hardened_broker import HardenedBroker, _end, _ready, _start
from lilong_firmware.access import parse
from lilong_protocol import frame, topics
from lilong_protocol.keys import broker_password, frame_key
from lilong_protocol.pc.engine import Engine
from lilong_protocol.pc.keystore import TenantKeys, load, save
from lilong_protocol.seal import UP, Seal
from lilong_protocol.wrap import unwrap
from lilong_tools.broker import find_mosquitto
from provisioning import EUI, WIFI, Bench, free_pair

OTHER_TENANT = "music_plaza"


def birth(tenant, root, boot):
    seal = Seal(frame_key(root, UP), tenant, EUI, UP)
    data = frame.pack(frame.BIRTH, {0: 1, 1: 1}, boot=boot, seq=1, uptime=0, nonce=bytes(8))
    return topics.up(tenant, EUI, "st"), seal.seal("st", data)


@pytest.fixture
def bench(tmp_path):
    there = Bench(tmp_path, port=free_pair())
    there.make()
    return there


def root_of(bench):
    return bytes.fromhex(bench.config(EUI)["root"])


def logins(bench):
    return [line.split(":")[0] for line in (bench.broker / "passwords").read_text().splitlines()]


# ---- retired


def test_a_retired_device_has_no_key_no_login_and_no_folder(bench):
    ended = bench.run("--retire", EUI)
    assert ended.code == 0, ended.error
    assert bench.store.root(SMALL_TENANT, EUI) is None
    assert EUI not in logins(bench)
    assert EUI not in (bench.broker / "emqx/users.csv").read_text()
    assert not (bench.out / EUI).exists()
    assert len(logins(bench)) == 5, "the others and the backend have theirs"
    for word in ("SIGHUP", "restart it", "erase its flash", "card_key", f"lilong/1/{SMALL_TENANT}/{EUI}/u/st"):
        assert word in ended.out


def test_retiring_twice_changes_nothing_and_says_so(bench):
    bench.run("--retire", EUI)
    before = bench.all()
    ended = bench.run("--retire", EUI)
    assert ended.out.startswith(f"{EUI} of {SMALL_TENANT}: was retired before; nothing has changed")
    assert bench.all() == before


def test_a_batch_does_not_bring_a_retired_device_back_by_accident(bench):
    bench.run("--retire", EUI)
    ended = bench.run("--csv", bench.csv)
    assert (ended.code, f":2: device {EUI} is retired; --again {EUI} provisions it anew" in ended.error) == (2, True)


@pytest.mark.spec("LIL-SESSION-013")
def test_provisioned_again_it_has_another_key_and_a_higher_generation(bench):
    before = root_of(bench)
    bench.run("--retire", EUI)
    assert bench.run("--csv", bench.csv, "--again", EUI).code == 0
    assert root_of(bench) not in (None, before)
    assert bench.config(EUI)["generation"] == 1
    assert EUI in logins(bench)


def test_a_backend_refuses_what_a_retired_device_says(bench):
    root = root_of(bench)
    bench.run("--retire", EUI)
    engine = Engine(SMALL_TENANT, bench.store, 0)
    assert engine.receive(1, *birth(SMALL_TENANT, root, 1), False) == []
    assert engine.session(EUI) == "never"
    assert sum(engine.refused.values()) == 1


async def ended(client: aiomqtt.Client) -> None:
    """Until the broker has ended the connection."""
    with pytest.raises(aiomqtt.MqttError):
        await anext(client.messages)


def mosquitto_conf(bench):
    """The limits of the folder suit; as root mosquitto must be told to stay it."""
    conf = bench.broker / "mosquitto.conf"
    if os.geteuid() == 0:
        conf.write_text(f"user root\n{conf.read_text()}")


@in_loop
async def test_a_real_broker_ends_a_retired_device_s_session_and_lets_it_in_no_more(tmp_path):
    if find_mosquitto() is None:
        pytest.skip("mosquitto is not installed: no mosquitto in PATH, /usr/sbin or /usr/local/sbin")
    bench = Bench(tmp_path, port=free_pair())
    bench.make()
    root = root_of(bench)
    mosquitto_conf(bench)
    port = bench.config(EUI)["port"]
    there = HardenedBroker(bench.broker, port, port + 1, _start(bench.broker))
    password = broker_password(root)
    try:
        await _ready(there)
        async with there.device(EUI, password=password) as client:
            await client.subscribe(f"lilong/1/{SMALL_TENANT}/{EUI}/d/#", 1)
            assert (await asyncio.to_thread(bench.run, "--retire", EUI)).code == 0
            there.process.send_signal(signal.SIGHUP)
            async with asyncio.timeout(20):
                await ended(client)
        with pytest.raises(aiomqtt.MqttError, match="Not authorized"):
            async with there.device(EUI, password=password):
                raise AssertionError("it was let in")
    finally:
        _end(there)


# ---- transferred


@pytest.fixture
def other(tmp_path):
    """Another estate with a key store, a broker and a folder of its own."""
    (tmp_path / "other").mkdir()
    return Bench(tmp_path / "other", OTHER_TENANT)


def transfer(bench, other, *more):
    return bench.run("--transfer", EUI, "--to", OTHER_TENANT, "--to-keys", other.keys, "--to-broker", other.broker,
                     "--to-out", other.out, *more)  # fmt: skip


@pytest.mark.spec("LIL-SESSION-013")
def test_a_device_that_goes_over_is_the_other_estate_s_with_a_higher_generation(bench, other):
    before = root_of(bench)
    ended = transfer(bench, other)
    assert ended.code == 0, ended.error
    config = other.config(EUI)
    assert (config["tenant"], config["generation"], config["kind"], config["board"]) == (
        OTHER_TENANT, 1, "smoke", "esp32_c3",
    )  # fmt: skip
    assert bytes.fromhex(config["root"]) == other.store.root(OTHER_TENANT, EUI) != before
    assert (other.out / EUI / "ca.der").read_bytes() == ssl.PEM_cert_to_DER_cert((other.broker / "ca.crt").read_text())
    assert EUI in logins(other)
    assert EUI not in logins(bench)
    assert bench.store.root(SMALL_TENANT, EUI) is None
    assert not (bench.out / EUI).exists()


def test_what_its_first_estate_knew_opens_nothing_of_it_at_the_other(bench, other):
    before = root_of(bench)
    transfer(bench, other)
    engine = Engine(OTHER_TENANT, other.store, 0)
    engine.receive(1, *birth(OTHER_TENANT, before, 1), False)
    assert engine.session(EUI) == "never"
    engine.receive(2, *birth(OTHER_TENANT, other.store.root(OTHER_TENANT, EUI), 1 << 24 | 1), False)
    assert engine.session(EUI) == "online"


def test_no_wi_fi_password_and_no_card_key_of_the_first_estate_goes_along(bench, other):
    other.networks.write_text('{"networks": [{"ssid": "plaza", "password": "plaza password"}]}')
    door = "b000000000000002"
    before = (bench.out / door / "data.card_key").read_bytes()
    ended = bench.run("--transfer", door, "--to", OTHER_TENANT, "--to-keys", other.keys, "--to-broker", other.broker,
                      "--to-out", other.out, "--networks", other.networks)  # fmt: skip
    assert ended.code == 0, ended.error
    assert other.config(door)["networks"] == [{"ssid": "plaza", "password": "plaza password"}]
    assert before not in other.all(other.out / door).values()


def test_both_estates_in_one_key_store(bench, tmp_path):
    store = bench.store
    store.estates[OTHER_TENANT] = TenantKeys(bytes(32))
    save(store, bench.keys)
    ended = bench.run("--transfer", EUI, "--to", OTHER_TENANT, "--to-out", tmp_path / "there", "--host", "127.0.0.1")
    assert ended.code == 0, ended.error
    after = load(bench.keys)
    assert after.root(SMALL_TENANT, EUI) is None
    assert after.root(OTHER_TENANT, EUI) is not None


@pytest.mark.parametrize(
    ("to", "said"), [(SMALL_ESTATE, "it is there already; --again"), ("nowhere", "nowhere")]
)
def test_a_transfer_that_cannot_be_changes_nothing(bench, other, to, said):
    before = bench.all()
    ended = bench.run("--transfer", EUI, "--to", to, "--to-keys", other.keys, "--to-out", other.out)
    assert (ended.code, said in ended.error) == (2, True), ended.error
    assert bench.all() == before


def test_a_device_that_comes_back_begins_above_all_that_it_had_here(bench, other):
    transfer(bench, other)
    back = other.run("--transfer", EUI, "--to", SMALL_ESTATE, "--to-keys", bench.keys, "--to-broker", bench.broker,
                     "--to-out", bench.out, estate=OTHER_TENANT)  # fmt: skip
    assert back.code == 0, back.error
    assert bench.config(EUI)["generation"] == 2
    assert other.store.root(OTHER_TENANT, EUI) is None


# ---- changed in the field


@pytest.mark.spec("LIL-UPD-010")
def test_a_change_is_a_file_that_this_device_alone_can_read(bench):
    ended = bench.run("--change", EUI)
    assert ended.code == 0, ended.error
    path = bench.out / f"{EUI}.access"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    changed = parse(unwrap(root_of(bench), path.read_bytes()))
    assert changed["networks"] == WIFI["networks"]
    assert (changed["host"], changed["port"]) == ("127.0.0.1", bench.config(EUI)["port"])
    assert changed["tls"] == {"ca": (bench.out / EUI / "ca.der").read_bytes()}
    for secret in ("correct horse", "battery staple", "4711"):
        assert secret.encode() not in path.read_bytes()
        assert secret not in ended.out


def test_a_change_of_nothing_or_for_an_unknown_device_is_refused(bench):
    bare = (SMALL_ESTATE, "--keys", bench.keys, "--out", bench.out)
    assert "give --networks, or --broker" in bench.bare(*bare, "--change", EUI).error
    bench.run("--retire", EUI)
    assert "the key store has no key of it" in bench.run("--change", EUI).error

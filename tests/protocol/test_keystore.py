"""The key store: who may touch its file, what it may hold, what it answers, how it changes."""

import json
import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lilong_protocol import keys
from lilong_protocol.keys import broker_password, device_root, hkdf
from lilong_protocol.pc.keystore import DeviceKeys, Epochs, KeyStore, KeyStoreError, TenantKeys, load, save
from lilong_protocol.pc.private_file import PrivateFileError, write_private
from lilong_protocol.pc.simulation import PublicKeyError, is_loopback, simulation_key, simulation_key_at

TENANT, DEVICE, OTHER = "music_plaza", "a4cf12fffe0b3c5d", "b000000000000002"
KEY, OWN = bytes(range(32)), bytes(range(32, 64))
GOOD = {"format": "lilong keys 1", "estates": {TENANT: {"key": KEY.hex(), "devices": {DEVICE: {"root": OWN.hex()}}}}}

epochs = st.builds(
    lambda used, previous, asked: Epochs(
        used, previous if previous is not None and previous < used else None, asked and used + asked
    ),
    st.integers(0, 2**31), st.none() | st.integers(0, 2**31), st.none() | st.integers(1, 9),
)  # fmt: skip
key32 = st.binary(min_size=32, max_size=32)
device_ids = st.binary(min_size=8, max_size=8).map(bytes.hex)
devices = st.dictionaries(device_ids, st.builds(DeviceKeys, st.none() | key32, st.none() | epochs), max_size=3)
estates = st.builds(TenantKeys, key32, epochs, devices)
tenants = st.text("abcdefghijklmnopqrstuvwxyz0123456789_", min_size=1, max_size=20)


@pytest.fixture
def written(tmp_path):
    """Writes a key store's file by hand, with changes."""

    def write(content):
        path = tmp_path / "keys.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        path.chmod(0o600)
        return path

    return write


def changed(*where, value):
    content = json.loads(json.dumps(GOOD))
    inner = content
    for name in where[:-1]:
        inner = inner[name]
    inner[where[-1]] = value
    return content


# ---- what it answers


def test_a_root_follows_from_the_estate_unless_the_device_has_its_own(written):
    store = load(written(GOOD))
    assert store.root(TENANT, DEVICE) == OWN
    assert store.root(TENANT, OTHER) == device_root(KEY, TENANT, OTHER)
    assert store.root("elsewhere", DEVICE) is None


def test_without_an_estate_key_only_the_devices_that_are_named_have_a_root():
    store = KeyStore({TENANT: TenantKeys(None, Epochs(), {DEVICE: DeviceKeys(OWN)})})
    assert (store.root(TENANT, DEVICE), store.root(TENANT, OTHER)) == (OWN, None)


def test_a_device_has_the_epochs_of_its_estate_unless_it_has_its_own():
    own = DeviceKeys(None, Epochs(5, 4))
    store = KeyStore({TENANT: TenantKeys(KEY, Epochs(2, None, 3), {DEVICE: own})})
    assert store.epochs(TENANT, DEVICE) == (5, 4, None)
    assert store.epochs(TENANT, OTHER) == (2, None, 3)
    assert store.root(TENANT, DEVICE) == device_root(KEY, TENANT, DEVICE), "an epoch of its own is no root of its own"


@pytest.mark.spec("LIL-KEY-007")
def test_the_password_at_the_broker_follows_from_the_root_and_tells_nothing_of_it():
    root = device_root(KEY, TENANT, DEVICE)
    assert broker_password(root) == hkdf(root, b"lilong/1 broker password", b"").hex()
    assert root.hex() not in broker_password(root)
    assert broker_password(root) != broker_password(OWN)


def test_no_key_shows_in_a_repr():
    shown = repr(TenantKeys(KEY, Epochs(), {DEVICE: DeviceKeys(OWN)}))
    assert repr(KEY) not in shown
    assert repr(OWN) not in shown


# ---- the file


@given(content=st.dictionaries(tenants, estates, max_size=3))
def test_what_is_saved_is_loaded_again(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("keys") / "keys.json"
    save(KeyStore(content), path)
    assert load(path).estates == content


@pytest.mark.spec("LIL-SEC-009")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o666, 0o777])
def test_a_file_that_others_may_touch_is_refused(written, mode):
    path = written(GOOD)
    path.chmod(mode)
    with pytest.raises(KeyStoreError, match=rf"keys\.json: .* \(mode {mode:04o}\): chmod 600 .*keys\.json"):
        load(path)


@pytest.mark.spec("LIL-SEC-009")
def test_a_file_of_another_user_is_refused(written, monkeypatch):
    path = written(GOOD)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(KeyStoreError, match=r"belongs to user \d+, .*: chown \d+ "):
        load(path)


def test_a_folder_and_a_file_that_is_not_there_are_told(tmp_path):
    for path in (tmp_path, tmp_path / "none.json"):
        with pytest.raises(KeyStoreError, match=f"{path}: "):
            load(path)


def test_it_is_written_for_its_owner_only_whatever_was_there_before(written):
    path = written(GOOD)
    store = load(path)
    path.chmod(0o666)
    before = os.umask(0)
    try:
        save(store, path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_write_that_fails_leaves_the_file_that_was_there_and_nothing_else(written, monkeypatch):
    path = written(GOOD)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyStoreError, match=r"cannot be written \(No space left on device"):
        save(KeyStore(), path)
    assert json.loads(path.read_text()) == GOOD
    assert list(path.parent.iterdir()) == [path]


def test_a_file_is_never_wider_than_asked(tmp_path):
    write_private(tmp_path / "a.crt", "public", 0o644)
    assert stat.S_IMODE((tmp_path / "a.crt").stat().st_mode) == 0o644
    with pytest.raises(PrivateFileError, match="name a place where you may write"):
        write_private(tmp_path / "none" / "a", "")


DEVICES = ("estates", TENANT, "devices")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "it is not an object"),
        ('{"format": "lilong keys 1", "format": "x"}', "has 'format' twice"),
        ({"estates": {}}, '"format" is not "lilong keys 1"'),
        (changed("format", value="lilong keys 2"), '"format" is not "lilong keys 1"'),
        (changed("more", value=1), "it has an unknown 'more'; known: format, estates"),
        (changed("estates", value=[]), '"estates" is not an object'),
        (changed("estates", "a/b", value={}), "estate 'a/b': is no part of a topic"),
        (changed("estates", TENANT, value={}), "has neither a \"key\" nor \"devices\""),
        (changed("estates", TENANT, "kye", value=""), "has an unknown 'kye'; known: key, epochs, devices"),
        (changed("estates", TENANT, "key", value="00" * 31), '"key" is not 64 lowercase hex digits'),
        (changed("estates", TENANT, "key", value="00" * 33), '"key" is not 64 lowercase hex digits'),
        (changed("estates", TENANT, "key", value="AA" * 32), '"key" is not 64 lowercase hex digits'),
        (changed("estates", TENANT, "key", value=7), '"key" is not 64 lowercase hex digits'),
        (changed(*DEVICES, value=[]), '"devices" is not an object of devices by id'),
        (changed(*DEVICES, "A4CF12FFFE0B3C5D", value={}), "an id is 16 lowercase hex digits"),
        (changed(*DEVICES, DEVICE, value="00" * 32), f"device '{DEVICE}' is not an object"),
        (changed(*DEVICES, DEVICE, "root", value="00"), f"device '{DEVICE}': \"root\" is not 64 lowercase hex digits"),
        (changed("estates", TENANT, "epochs", value={}), "has no 'used'"),
        (changed("estates", TENANT, "epochs", value={"used": True}), "'used' is not a whole number"),
        (changed("estates", TENANT, "epochs", value={"used": 2**32}), "'used' is not a whole number"),
        (changed("estates", TENANT, "epochs", value={"used": 1, "asked": 1}), "'asked' is not above 'used'"),
        (changed("estates", TENANT, "epochs", value={"used": 1, "previous": 1}), "'previous' is not below 'used'"),
        (changed("estates", TENANT, "epochs", value={"used": 1, "next": 2}), "has an unknown 'next'"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_it_is_named_with_file_and_place(written, content, said):
    path = written(content)
    with pytest.raises(KeyStoreError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)
    assert "00" * 8 not in str(caught.value), "no key is told, not even a wrong one"


# ---- how it changes


def test_an_estate_gets_a_random_key_once():
    store = KeyStore()
    assert store.new_estate(TENANT, lambda size: b"r" * size) == b"r" * 32
    with pytest.raises(KeyStoreError, match="estate music_plaza: has a key already"):
        store.new_estate(TENANT, os.urandom)


def test_a_device_that_is_provisioned_singly_starts_anew():
    store = KeyStore({TENANT: TenantKeys(KEY, Epochs(), {DEVICE: DeviceKeys(OWN, Epochs(3))})})
    root = store.new_root(TENANT, DEVICE, os.urandom)
    assert store.root(TENANT, DEVICE) == root != OWN
    assert store.epochs(TENANT, DEVICE) == Epochs()
    with pytest.raises(KeyStoreError, match="16 hex digits"):
        store.new_root(TENANT, "short", os.urandom)


def test_a_rotation_is_asked_for_then_finished_and_the_epoch_before_stays_open():
    store = KeyStore({TENANT: TenantKeys(KEY)})
    assert store.ask(TENANT) == 1
    assert store.epochs(TENANT, DEVICE) == (0, None, 1)
    with pytest.raises(KeyStoreError, match="epoch 1 is asked for already"):
        store.ask(TENANT)
    assert store.finish(TENANT) == 1
    assert store.epochs(TENANT, DEVICE) == (1, 0, None)
    with pytest.raises(KeyStoreError, match="no epoch is asked for"):
        store.finish(TENANT)


def test_one_device_is_rotated_by_itself():
    store = KeyStore({TENANT: TenantKeys(KEY)})
    store.ask(TENANT, DEVICE)
    assert store.epochs(TENANT, DEVICE).asked == 1
    assert store.epochs(TENANT, OTHER).asked is None
    with pytest.raises(KeyStoreError, match="estate elsewhere: has no keys here; known: music_plaza"):
        store.ask("elsewhere")


# ---- comparing


@pytest.mark.spec("LIL-SEAL-004")
@given(st.binary(max_size=40), st.binary(max_size=40))
def test_tags_are_compared_whole_on_boards_too(a, b):
    assert keys._equal(a, b) == (a == b)
    assert keys._equal(a, a)


@pytest.mark.spec("LIL-SEAL-004")
def test_a_comparison_reads_as_much_wherever_the_difference_is():
    class Counted:
        def __init__(self, data):
            self.data = data
            self.read = 0

        def __len__(self):
            return len(self.data)

        def __getitem__(self, at):
            self.read += 1
            return self.data[at]

    def reads(tag):
        counted = Counted(tag)
        assert not keys._equal(counted, bytes(8))
        return counted.read

    assert {reads(bytes(at) + b"\x01" + bytes(7 - at)) for at in range(8)} == {8}


# ---- the public key


@pytest.mark.spec("LIL-SEC-010")
def test_the_key_of_simulations_is_for_this_machine_unless_asked_for():
    for host in ("127.0.0.1", "127.8.9.1", "::1", "localhost"):
        assert is_loopback(host)
        assert simulation_key_at(TENANT, host, False, "") == simulation_key(TENANT)
    for host in ("192.0.2.1", "::", "0.0.0.0", "broker.example", "localhost.example", "127.0.0.1.example"):
        assert not is_loopback(host)
        with pytest.raises(PublicKeyError, match=r"another machine, and the key of simulations is public.*; do this"):
            simulation_key_at(TENANT, host, False, "do this")
        assert simulation_key_at(TENANT, host, True, "") == simulation_key(TENANT)

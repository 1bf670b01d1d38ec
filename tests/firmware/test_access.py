"""Another way to the backend: tried first, and whatever happens, the device finds back to one that answers."""

import os

import pytest
from cut_store import Cut
from hypothesis import given
from hypothesis import strategies as st
from lilong_firmware.access import (
    AUTHORITY,
    BROKER,
    CERTIFICATE,
    KEY,
    MODEM,
    NETWORK,
    PENDING,
    RECORD,
    ROUNDS_MAX,
    TRIES,
    Access,
    Incoming,
    name,
    parse,
)
from lilong_firmware.store import RamStore
from lilong_protocol import cbor, frame
from lilong_protocol.wrap import OVERHEAD, unwrap, wrap

ROOT = bytes(range(32))
SETTINGS = {"host": "old.example", "port": 8883, "tls": {"ca": "/lilong/ca.der"},
            "networks": [{"ssid": "old", "password": "o"}], "modem": None, "root": ROOT}  # fmt: skip


def item(what, data):
    return bytes([what]) + len(data).to_bytes(2, "big") + data


NEW = item(BROKER, (8884).to_bytes(2, "big") + b"new.example") + item(NETWORK, b"new\0n") + item(NETWORK, b"other\0o")


class Device:
    """What the access asks of a device."""

    def __init__(self, store, root=ROOT):
        self.store, self.told = store, []
        self.identity = type("Identity", (), {"root": root})
        self.uplink = self.session = self

    def frame(self, now, kind, cls, body):
        assert kind == frame.UPDATE_RESULT
        return body

    def send(self, now, cls, body):
        self.told.append(body)


def staged(store=None, plain=NEW, root=ROOT, own=ROOT):
    """A store with an artifact on trial, as a download and a restart leave it."""
    store = store or RamStore()
    sink = Incoming(store, own)
    data = wrap(root, os.urandom(16), plain)
    assert sink.begin(len(data), bytes(32)) == 0
    for at in range(0, len(data), 512):
        sink.write(at, data[at : at + 512])
    store.put(PENDING, cbor.encode([7, "w1", bytes(32)]))
    return store, sink.finish(0)


def host(access):
    return access.ways()["host"]


# ---- what is wrapped


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=16, max_size=16), st.binary(max_size=300))
def test_what_is_wrapped_is_unwrapped_and_shows_nothing(root, nonce, plain):
    data = wrap(root, nonce, plain)
    assert unwrap(root, data) == plain
    assert len(data) == len(plain) + OVERHEAD
    assert len(plain) < 8 or plain not in data[16:-16]


@pytest.mark.spec("LIL-UPD-010")
@given(st.binary(min_size=1, max_size=100), st.data())
def test_any_change_and_any_other_root_is_refused(plain, data):
    whole = wrap(ROOT, bytes(16), plain)
    at = data.draw(st.integers(0, len(whole) - 1))
    bent = bytearray(whole)
    bent[at] ^= data.draw(st.integers(1, 255))
    for wrong in (bytes(bent), whole[:at], whole + b"\0"):
        with pytest.raises(ValueError, match="not wrapped for this device"):
            unwrap(ROOT, wrong)
    with pytest.raises(ValueError, match="not wrapped for this device"):
        unwrap(bytes(32), whole)


def test_the_wrapping_is_what_a_stranger_would_make_of_its_description():
    import hashlib  # noqa: PLC0415
    import hmac  # noqa: PLC0415

    def mac(key, data):
        return hmac.new(key, data, hashlib.sha256).digest()

    def derive(info):
        return mac(mac(b"lilong/1 wrap", ROOT), info + b"\x01")

    nonce, plain = bytes(range(16)), bytes(range(40))
    stream = mac(derive(b"hide"), nonce + bytes(4)) + mac(derive(b"hide"), nonce + bytes((0, 0, 0, 1)))
    body = bytes(a ^ b for a, b in zip(plain, stream, strict=False))
    tag = mac(derive(b"tag"), nonce + hashlib.sha256(body).digest())[:16]
    assert wrap(ROOT, nonce, plain) == nonce + body + tag


# ---- what is in it


def test_every_item_becomes_a_setting():
    tls = item(AUTHORITY, b"ca") + item(CERTIFICATE, b"crt") + item(KEY, b"key")
    assert parse(NEW + tls + item(MODEM, b"apn\0u\0p\0" + b"1234")) == {
        "host": "new.example", "port": 8884, "tls": {"ca": b"ca", "certificate": b"crt", "key": b"key"},
        "networks": [{"ssid": "new", "password": "n"}, {"ssid": "other", "password": "o"}],
        "modem": {"apn": "apn", "user": "u", "password": "p", "pin": "1234"},
    }  # fmt: skip


@pytest.mark.parametrize(
    "plain",
    [b"", NEW[:-1], b"\x01", item(9, b"x"), item(NETWORK, b"no password"), item(NETWORK, b"\0x"), item(KEY, b"k"),
     item(CERTIFICATE, b"c") + item(AUTHORITY, b"a"), item(BROKER, b"\0\0h"), item(BROKER, b"\x22\xb3"),
     item(MODEM, b"a")],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_changes_nothing(plain):
    store, taken = staged(plain=plain) if plain else staged(plain=b"\x01")
    assert not taken
    assert RECORD not in dict(store.items())


@given(st.binary(max_size=200))
def test_no_bytes_make_the_parser_fail_otherwise(plain):
    try:
        parse(plain)
    except ValueError:
        pass


@pytest.mark.spec("LIL-UPD-010")
def test_an_artifact_for_another_device_is_refused():
    store, taken = staged(root=bytes(32))
    assert not taken
    assert RECORD not in dict(store.items())


# ---- the trial


@pytest.mark.spec("LIL-UPD-011")
def test_the_new_way_is_tried_first_and_stays_when_the_backend_answers_on_it():
    store, taken = staged()
    assert taken
    access, device = Access(store, ROOT, SETTINGS), Device(store)
    ways = access.ways()
    assert (ways["host"], ways["port"], ways["tls"]) == ("new.example", 8884, {"ca": "/lilong/ca.der"})
    assert [network["ssid"] for network in ways["networks"]] == ["new", "other"]
    access.accepted(device, 9)
    assert device.told == [{0: 7, 1: frame.OK, 2: "w1"}]
    assert not access.trial
    assert host(Access(store, ROOT, SETTINGS)) == "new.example"
    assert dict(store.items())["u2"] == bytes(32), "an offer of the same is answered at once"


@pytest.mark.spec("LIL-UPD-011")
def test_after_tries_in_vain_it_falls_back_to_the_old_way_and_says_so():
    store, _ = staged()
    access, device = Access(store, ROOT, SETTINGS), Device(store)
    turns = [access.attempt() for _ in range(TRIES)]
    assert (turns, host(access)) == ([False] * (TRIES - 1) + [True], "old.example")
    access.accepted(device, 9)
    assert device.told == [{0: 7, 1: frame.EXPIRED}]
    assert host(Access(store, ROOT, SETTINGS)) == "old.example"
    assert store.read(name(1), 0, 1) == b"", "the password that was not used is not kept"


@pytest.mark.spec("LIL-UPD-011")
def test_while_neither_answers_both_are_tried_in_turn_ever_longer():
    store, _ = staged()
    access = Access(store, ROOT, SETTINGS)
    turns, before = [], 0
    for attempt in range(4_000):
        if access.attempt():
            turns.append((host(access), attempt - before))
            before = attempt
    assert [way for way, _ in turns[:4]] == ["old.example", "new.example", "old.example", "new.example"]
    assert [length // TRIES for _, length in turns[1:8]] == [1, 2, 2, 4, 4, 8, 8]
    assert max(length for _, length in turns) <= TRIES << ROUNDS_MAX


def test_a_second_change_takes_the_place_of_the_first_and_the_first_is_what_it_falls_back_to():
    store, _ = staged()
    Access(store, ROOT, SETTINGS).accepted(Device(store), 0)
    store, _ = staged(store, item(BROKER, (1).to_bytes(2, "big") + b"third.example"))
    access = Access(store, ROOT, SETTINGS)
    assert host(access) == "third.example"
    while not access.attempt():
        pass
    assert host(access) == "new.example"
    access.accepted(Device(store), 0)
    assert host(Access(store, ROOT, SETTINGS)) == "new.example"


def test_while_one_is_on_trial_no_other_is_taken():
    store, _ = staged()
    with pytest.raises(OSError, match="16"):
        Incoming(store, ROOT).begin(100, bytes(32))


def test_what_is_too_large_or_empty_is_refused_by_its_size():
    for size in (0, OVERHEAD, 4_097):
        assert Incoming(RamStore(), ROOT).begin(size, bytes(32)) == -1


def test_a_new_way_that_has_rotted_is_not_tried():
    store, _ = staged()
    store.write(name(1), 0, b"rotten")
    access = Access(store, ROOT, SETTINGS)
    assert host(access) == "old.example"
    device = Device(store)
    access.accepted(device, 0)
    assert device.told == [{0: 7, 1: frame.EXPIRED}]


@pytest.mark.spec("LIL-UPD-011")
@given(st.lists(st.integers(0, 14), max_size=20), st.booleans(), st.booleans())
def test_power_cuts_at_any_write_never_lose_the_way_that_works(cuts, new_works, second):
    """A device lives until its power goes, again and again; at the end its power stays and it reaches its backend."""
    store, _ = staged()
    if second:  # there was a change before, which works as the old way
        Access(store, ROOT, SETTINGS).accepted(Device(store), 0)
        store, _ = staged(store, item(BROKER, (1).to_bytes(2, "big") + b"third.example"))
    old, new = ("new.example", "third.example") if second else ("old.example", "new.example")
    works = new if new_works else old
    for changes in [*cuts, 10_000]:
        life = Cut(store, changes)
        store._records, store._logs = life._records, life._logs
        device = Device(life)
        try:
            access = Access(life, ROOT, SETTINGS)
            for _ in range(6 * TRIES):
                access.attempt()
                if host(access) == works:
                    access.accepted(device, 0)
                    break
        except KeyboardInterrupt:
            continue
    assert host(Access(store, ROOT, SETTINGS)) == works


@given(st.integers(0, 12))
def test_a_power_cut_while_it_is_staged_leaves_the_old_way_or_the_new_on_trial(changes):
    store = RamStore()
    store.put("boot", bytes(4))
    try:
        staged(Cut(store, changes))
    except KeyboardInterrupt:
        pass
    assert host(Access(store, ROOT, SETTINGS)) in ("old.example", "new.example")


def test_a_crash_loop_on_the_new_way_ends_on_the_old_one():
    store, _ = staged()
    seen = [host(Access(store, ROOT, SETTINGS)) for _ in range(TRIES + 1)]
    assert seen[0] == "new.example"
    assert seen[-1] == "old.example"

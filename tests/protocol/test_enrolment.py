"""Devices join an estate, join it anew, and leave it: what the key store says of them, and who may speak afterwards."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lilong_protocol import frame, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.pc.engine import Engine
from lilong_protocol.pc.enrolment import enrol, enrolled, first_epoch, members, retire
from lilong_protocol.pc.keystore import Epochs, KeyStore, KeyStoreError, TenantKeys, load, save
from lilong_protocol.seal import UP, Seal

TENANT, DEVICE, OTHER = "music_plaza", "a4cf12fffe0b3c5d", "b000000000000002"
KEY = bytes(range(32))


def fresh():
    return KeyStore({TENANT: TenantKeys(KEY)})


@pytest.mark.spec("LIL-SESSION-013")
def test_the_generation_is_0_at_first_and_one_more_each_time():
    store = fresh()
    assert [enrol(store, TENANT, DEVICE, os.urandom) for _ in range(3)] == [0, 1, 2]
    assert enrol(store, TENANT, OTHER, os.urandom) == 0
    assert store.root(TENANT, DEVICE) == device_root(KEY, TENANT, DEVICE), "its root follows from the estate still"


@pytest.mark.spec("LIL-SESSION-013")
def test_a_device_of_another_estate_begins_above_what_it_had_there():
    assert enrol(fresh(), TENANT, DEVICE, os.urandom, least=4) == 4


def test_generations_end_at_255_with_word_of_what_to_do():
    store = fresh()
    for _ in range(256):
        enrol(store, TENANT, DEVICE, os.urandom)
    with pytest.raises(KeyStoreError, match=r"provisioned 256 times.*give the hardware another device id"):
        enrol(store, TENANT, DEVICE, os.urandom)


def test_a_device_without_any_key_is_not_enrolled():
    with pytest.raises(KeyStoreError, match="`lilong keys new` makes one for the estate, --own-root one"):
        enrol(KeyStore(), TENANT, DEVICE, os.urandom)
    alone = KeyStore()
    assert enrol(alone, TENANT, DEVICE, os.urandom, own_root=True) == 0
    assert alone.root(TENANT, DEVICE)


def test_a_retired_device_has_no_key_until_it_is_enrolled_again_with_another():
    store = fresh()
    enrol(store, TENANT, DEVICE, os.urandom)
    before = store.root(TENANT, DEVICE)
    assert retire(store, TENANT, DEVICE)
    assert not retire(store, TENANT, DEVICE)
    assert store.root(TENANT, DEVICE) is None
    assert store.root(TENANT, OTHER) is not None
    assert enrol(store, TENANT, DEVICE, os.urandom) == 1
    assert store.root(TENANT, DEVICE) not in (None, before)


def test_a_device_that_nobody_provisioned_can_be_retired_too():
    store = fresh()
    assert retire(store, TENANT, DEVICE)
    assert store.root(TENANT, DEVICE) is None
    assert enrolled(store, TENANT, DEVICE).retired


def test_retiring_in_an_unknown_estate_names_those_that_are_known():
    with pytest.raises(KeyStoreError, match=f"estate lane: has no keys here; known: {TENANT}"):
        retire(fresh(), "lane", DEVICE)


def test_members_are_the_plan_without_the_retired_and_with_those_beside_it():
    store = fresh()
    enrol(store, TENANT, "c000000000000003", os.urandom)
    retire(store, TENANT, DEVICE)
    assert members(store, TENANT, [DEVICE, OTHER]) == [OTHER, "c000000000000003"]
    assert members(KeyStore(), TENANT, [DEVICE]) == [DEVICE]


def test_a_device_begins_in_the_epoch_that_is_asked_for():
    store = KeyStore({TENANT: TenantKeys(KEY, Epochs(2, 1, 3))})
    assert first_epoch(store, TENANT, DEVICE) == 3
    assert first_epoch(KeyStore({TENANT: TenantKeys(KEY, Epochs(2, 1))}), TENANT, DEVICE) == 2


@given(st.lists(st.sampled_from(("enrol", "own", "retire", "file")), max_size=12))
def test_whatever_happens_generations_only_rise_and_a_file_keeps_all(tmp_path_factory, steps):
    store, last, path = fresh(), -1, tmp_path_factory.mktemp("keys") / "keys.json"
    for step in steps:
        if step == "retire":
            retire(store, TENANT, DEVICE)
        elif step == "file":
            save(store, path)
            again = load(path)
            assert again.estates == store.estates
            store = again
        else:
            generation = enrol(store, TENANT, DEVICE, os.urandom, own_root=step == "own")
            assert generation > last
            last = generation


def birth(boot):
    seal = Seal(frame_key(device_root(KEY, TENANT, DEVICE), UP), TENANT, DEVICE, UP)
    body = {0: 1, 1: 1}
    return topics.up(TENANT, DEVICE, "st"), seal.seal(
        "st", frame.pack(frame.BIRTH, body, boot=boot, seq=1, uptime=0, nonce=bytes(8))
    )


@pytest.mark.spec("LIL-SEC-007")
def test_a_backend_refuses_every_frame_of_a_retired_device():
    store = fresh()
    there = Engine(TENANT, store, 0)
    there.receive(1, *birth(1), False)
    assert there.session(DEVICE) == "online"
    state = there.take().state
    retire(store, TENANT, DEVICE)
    afterwards = Engine(TENANT, store, 2, state)
    assert afterwards.session(DEVICE) == "never"
    assert afterwards.receive(3, *birth(2), False) == []
    assert afterwards.session(DEVICE) == "never"
    assert sum(afterwards.refused.values()) == 1
    assert [incident for incident in afterwards.take().incidents]

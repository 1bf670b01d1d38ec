"""Provisioned anew, a device counts its boots on in another generation, and nothing of its former life speaks again."""

import os

import pytest
from cut_store import Cut
from hypothesis import given
from hypothesis import strategies as st
from lilong_firmware.draws import Draws
from lilong_firmware.flash import FileStore
from lilong_firmware.generation import begin
from lilong_firmware.resume import next_boot
from lilong_firmware.store import RamStore, VolatileStore

DRAWS = Draws(bytes(16))


def lived(boot=7):
    store = RamStore()
    for name, data in (("boot", boot.to_bytes(4, "big")), ("o0000000100000001", b"a frame"), ("a01", b"an episode"),
                       ("epoch", bytes((0, 0, 0, 2))), ("sent", bytes(8))):  # fmt: skip
        store.put(name, data)
    store.write("l00", 0, b"a segment")
    store.write("l16", 0, b"another")
    return store


def boots(store):
    return next_boot(store, dict(store.items()).get("boot", bytes(4)), DRAWS, None)


@pytest.mark.spec("LIL-SESSION-013")
def test_a_first_boot_of_a_generation_is_1_in_it_and_the_next_counts_on():
    store = RamStore()
    assert begin(store, 3, 0, DRAWS) is None
    assert [boots(store), boots(store)] == [0x03000001, 0x03000002]
    assert begin(store, 3, 0, DRAWS) is None
    assert boots(store) == 0x03000003


@pytest.mark.spec("LIL-SESSION-013")
def test_nothing_of_the_generation_before_is_left():
    store = lived()
    begin(store, 1, 0, DRAWS)
    assert store.items() == [("boot", bytes((1, 0, 0, 0)))]
    assert store.read("l00", 0, 9) == store.read("l16", 0, 9) == b""


def test_within_its_generation_everything_stays():
    store = lived(0x01000007)
    before = store.items()
    assert begin(store, 1, 5, DRAWS) is None
    assert store.items() == before


def test_a_device_begins_in_the_epoch_that_it_was_given():
    store = RamStore()
    begin(store, 0, 4, DRAWS)
    assert dict(store.items())["epoch"] == bytes((0, 0, 0, 4))
    assert boots(store) == 1


@given(st.integers(0, 12), st.integers(1, 255), st.integers(0, 3))
def test_a_power_cut_at_any_change_is_made_up_for_at_the_next_start(changes, generation, epoch):
    store = lived()
    try:
        begin(Cut(store, changes), generation, epoch, DRAWS)
    except KeyboardInterrupt:
        begin(store, generation, epoch, DRAWS)
    records = dict(store.items())
    assert records.pop("boot") == bytes((generation, 0, 0, 0))
    assert records == ({"epoch": epoch.to_bytes(4, "big")} if epoch else {})


def test_a_boot_number_that_cannot_be_read_costs_no_alarm():
    store = lived()
    store.put("boot", b"")
    begin(store, 2, 0, DRAWS)
    assert 0x02000000 < boots(store) <= 0x02001001
    assert "o0000000100000001" in dict(store.items())


@pytest.mark.parametrize("generation", [1, 255])
def test_where_nothing_can_be_kept_the_number_is_of_the_generation_all_the_same(generation):
    class Full(RamStore):
        def put(self, name, data):
            raise OSError(28)

    for store in (Full(), VolatileStore()):
        assert begin(store, generation, 0, DRAWS) >> 24 == generation


def test_in_a_folder_of_flash(tmp_path):
    store = FileStore(str(tmp_path / "store"))
    store.put("boot", (9).to_bytes(4, "big"))
    store.write("l00", 0, os.urandom(64))
    begin(store, 1, 0, DRAWS)
    assert boots(FileStore(str(tmp_path / "store"))) == 0x01000001
    assert (tmp_path / "store" / "l00").stat().st_size == 0

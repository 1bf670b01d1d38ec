"""What a device keeps: records that are there or are not, whatever happens while one is written."""

import pytest
from lilong_firmware.flash import FileStore
from lilong_firmware.store import RamStore, VolatileStore


@pytest.fixture(params=["ram", "file"])
def store(request, tmp_path):
    return RamStore() if request.param == "ram" else FileStore(str(tmp_path / "flash"))


def test_keeps_records_by_name(store):
    assert store.items() == []
    store.put("b", b"2")
    store.put("a", b"1")
    store.put("b", b"3")
    assert store.items() == [("a", b"1"), ("b", b"3")]
    store.drop("b")
    store.drop("b")
    assert store.items() == [("a", b"1")]


def test_files_outlast_a_restart(tmp_path):
    FileStore(str(tmp_path)).put("a", b"1")
    assert FileStore(str(tmp_path)).items() == [("a", b"1")]


def test_a_half_written_record_leaves_the_old_one(tmp_path):
    store = FileStore(str(tmp_path))
    store.put("a", b"old")
    (tmp_path / "a.new").write_bytes(b"ne")
    assert FileStore(str(tmp_path)).items() == [("a", b"old")]
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_a_folder_that_cannot_be_made_is_an_error_at_once(tmp_path):
    with pytest.raises(OSError, match="missing"):
        FileStore(str(tmp_path / "missing" / "flash"))


def test_a_record_that_cannot_be_written_is_an_error(tmp_path):
    store = FileStore(str(tmp_path / "flash"))
    (tmp_path / "flash" / "a.new").mkdir()
    with pytest.raises(OSError, match=r"a\.new"):
        store.put("a", b"1")


def test_of_a_record_that_a_full_flash_does_not_take_nothing_is_left(tmp_path, monkeypatch):
    store = FileStore(str(tmp_path))
    store.put("a", b"old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lilong_firmware.flash.os.rename", full)
    for name in ("a", "b"):
        with pytest.raises(OSError, match="No space"):
            store.put(name, b"new")
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


# ---- files of a log


def test_a_file_of_a_log_is_written_at_an_offset_and_read_in_pieces(store):
    assert store.read("l00", 0, 10) == b""
    store.write("l00", 0, b"begun")
    store.write("l00", 5, b" and gone on")
    store.write("l00", 9, b" over")
    assert store.read("l00", 0, 14) == b"begun and over"
    assert store.read("l00", 6, 3) == b"and"
    assert store.read("l00", 99, 3) == b""
    store.write("l00", 0, b"anew")
    assert store.read("l00", 0, 99) == b"anew"


def test_a_log_is_no_record(store):
    store.put("a", b"1")
    store.write("l00", 0, bytes(1_000))
    assert store.items() == [("a", b"1")]


def test_bytes_after_a_torn_write_are_written_over(tmp_path):
    store = FileStore(str(tmp_path))
    store.write("l00", 0, b"good" + b"torn")
    store.write("l00", 4, b"ok")
    assert FileStore(str(tmp_path)).read("l00", 0, 6) == b"goodok"


def test_a_record_that_cannot_be_read_has_no_bytes_and_stops_nothing(tmp_path):
    store = FileStore(str(tmp_path))
    store.put("a", b"1")
    (tmp_path / "b").mkdir()
    (tmp_path / "c.new").mkdir()
    assert store.items() == [("a", b"1"), ("b", b"")]


def test_a_board_without_flash_keeps_what_its_device_asks_for_while_it_runs():
    store = VolatileStore()
    store.put("o0000000100000001", b"frame")
    store.put("kvalve", b"1")
    assert store.items() == [("kvalve", b"1")]
    store.drop("kvalve")
    assert store.items() == []
    assert not store.LOGS

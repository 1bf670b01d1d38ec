"""What a device keeps: records that are there or are not, whatever happens while one is written."""

import pytest
from lilong_firmware.store import FileStore, RamStore


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

"""How a flash is divided: partition tables of ESP32 boards, and what is wrong with one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lilong_tools import boards
from lilong_tools.boards.flash import SECTOR, WANTED, check_partitions, read_partitions

ROOT = Path(__file__).parents[2] / "boards"
ESP32 = [name for name in boards.board_ids() if (ROOT / name / "partitions.csv").is_file()]
GOOD = """
# a comment
nvs,      data, nvs,     0x9000,   0x4000
otadata,  data, ota,     0xd000,   0x2000
phy_init, data, phy,     0xf000,   0x1000,
ota_0,    app,  ota_0,   0x10000,  1664K
ota_1,    app,  ota_1,   0x1b0000, 0x1a0000
alarm_a,  data, littlefs, 0x350000, 0x20000
alarm_b,  data, littlefs, 0x370000, 128K
vfs,      data, fat,     0x390000, 0x70000
"""


def said(folder: Path, text: str, mib: int = 4) -> list[str]:
    file = folder / "partitions.csv"
    file.write_text(text, encoding="utf-8")
    return [f"{found.key}: {found.says}" for found in check_partitions(file, mib)]


def test_a_good_table_is_read_with_all_its_ways_to_write_a_size(tmp_path):
    assert said(tmp_path, GOOD) == []
    rows, _ = read_partitions(tmp_path / "partitions.csv")
    assert [row.name for row in rows] == ["nvs", "otadata", "phy_init", "ota_0", "ota_1", "alarm_a", "alarm_b", "vfs"]
    assert rows[3].size == rows[4].size == 0x1A0000


@pytest.mark.parametrize("name", ESP32)
def test_a_board_has_two_slots_larger_than_those_of_micropythons_own_table_and_uses_its_whole_flash(name):
    rows = {row.name: row for row in read_partitions(ROOT / name / "partitions.csv")[0]}
    assert rows["ota_0"].size == rows["ota_1"].size > 0x180000
    board = boards.open_board(name)
    assert max(row.end for row in rows.values()) == board.flash.mib << 20
    assert sum(row.size for row in rows.values()) == (board.flash.mib << 20) - 0x9000


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("0x1b0000, 0x1a0000", "0x1a0000, 0x1a0000", "line 7, ota_1: starts at 0x1a0000 and overlaps ota_0, which"),
        ("0x390000, 0x70000", "0x390000, 0x80000", "line 10, vfs: ends at 0x410000, and 4 MiB of flash end at"),
        ("0x1b0000, 0x1a0000", "0x1b8000, 0x190000", "line 7, ota_1: starts at 0x1b8000, which is no multiple of"),
        ("0x390000, 0x70000", "0x390800, 0x60000", "line 10, vfs: starts at 0x390800, which is no multiple of 0x1000"),
        ("0x390000, 0x70000", "0x390000, 0x6ff00", "line 10, vfs: has 0x6ff00 bytes; give a multiple of 0x1000"),
        ("0x1b0000, 0x1a0000", "0x1b0000, 0x190000", "line 7, ota_1: has 0x190000 bytes and ota_0 0x1a0000;"),
        ("0x9000,   0x4000", "0x8000,   0x4000", "line 3, nvs: starts at 0x8000, in boot loader and table"),
        ("0x9000,   0x4000", "0x9000,   0x2000", "line 3, nvs: has 0x2000 bytes; give at least 0x3000"),
        ("0xd000,   0x2000", "0xd000,   0x1000", "line 4, otadata: has 0x1000 bytes; give at least 0x2000"),
        ("0x350000, 0x20000", "0x350000, 0x1f000", "line 8, alarm_a: has 0x1f000 bytes; give a multiple of 0x4000"),
        ("0x350000, 0x20000", "0x350000, 0x8000", "line 8, alarm_a: has 0x8000 bytes; give at least 0x10000"),
        ("vfs,      data, fat", "vfs,      data, nvs", "line 10, vfs: is data, nvs; make it data, fat"),
        ("vfs,      data, fat", "vfs,      data, ext4", "line 10, vfs: unknown type data, ext4"),
        ("vfs,      data", "nvs,      data", "line 10, nvs: is there twice"),
        ("phy_init", "a_name_of_sixteen", "line 5, a_name_of_sixteen: its name has 17 characters; give 1 to 15"),
        ("0x390000, 0x70000", "0x390000", "line 10: 'vfs,      data, fat,     0x390000' is no partition"),
        ("0x390000, 0x70000", "there, 0x70000", "line 10: 'vfs,      data, fat,     there, 0x70000' is no partition"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_table_is_told_by_line_and_name(tmp_path, old, new, says):
    assert old in GOOD
    assert any(found.startswith(says) for found in said(tmp_path, GOOD.replace(old, new, 1)))


@pytest.mark.parametrize("name", sorted(WANTED))
def test_what_an_update_needs_must_be_there(tmp_path, name):
    text = "\n".join(line for line in GOOD.splitlines() if not line.startswith(name + ","))
    assert any(found.startswith(f"{name}: is missing") for found in said(tmp_path, text))


def test_a_table_that_is_not_there_is_told_with_its_path(tmp_path):
    (found,) = check_partitions(tmp_path / "none.csv", 4)
    assert str(found).startswith(f"{tmp_path}/none.csv: cannot be read")


@given(
    st.lists(
        st.tuples(st.integers(0, 0x420000 // SECTOR), st.integers(1, 0x40)), min_size=2, max_size=5,
    )
)  # fmt: skip
def test_of_any_data_partitions_exactly_those_that_meet_or_overrun_are_told(tmp_path_factory, spans):
    text = "".join(
        f"p{at}, data, fat, {start * SECTOR:#x}, {size * SECTOR:#x}\n" for at, (start, size) in enumerate(spans)
    )
    found = said(tmp_path_factory.mktemp("table"), text)
    taken: set[int] = set()
    meets = False
    for start, size in spans:
        cells = set(range(start, start + size))
        meets = meets or bool(cells & taken)
        taken |= cells
    assert any("overlaps" in line for line in found) == meets
    assert any("MiB of flash" in line for line in found) == (max(taken) * SECTOR >= 4 << 20)
    assert any("boot loader" in line for line in found) == (min(taken) < 9)

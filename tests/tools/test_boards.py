"""Boards as data: those that come with the project, and what `lilong boards` shows of them."""

import shutil
from pathlib import Path

import pytest
from commands import run_lilong
from lilong_tools import boards
from lilong_tools.boards import chips, kinds
from lilong_tools.boards.readme import carries, rewritten
from lilong_tools.boards.show import markdown, summary

ROOT = Path(__file__).parents[2]
BOARDS = boards.board_ids()
WITH_PINS = [name for name in BOARDS if name != "unix"]


def test_there_is_a_folder_for_each_board_that_is_promised():
    assert BOARDS == ["esp32", "esp32_c3", "esp32_ppp", "esp32_s3", "pico2_w", "pico_w", "unix"]


@pytest.mark.parametrize("name", BOARDS)
def test_nothing_is_wrong_with_a_board_that_comes_with_the_project(name):
    _, complaints = boards.check(boards.find(name))
    assert [str(complaint) for complaint in complaints] == []


# Nobody has chosen their front ends: boards/README.md says so.
ON_UNIX_ALONE = {"vehicle_lane", "cycle_gate", "fence_zone", "intercom", "shed_socket", "gateway"}


def test_every_kind_is_carried_by_a_board_that_can_be_built():
    carried = {kind for name in WITH_PINS for kind in boards.open_board(name).kinds}
    assert carried == set(kinds.kinds()) - ON_UNIX_ALONE
    assert set(boards.open_board("unix").kinds) == set(kinds.kinds())


def test_the_manhole_covers_board_reaches_the_backend_by_a_modem():
    board = boards.open_board("esp32_ppp")
    assert board.radio == "ppp"
    assert board.modem is not None
    assert list(board.kinds) == ["manhole"]


@pytest.mark.parametrize("name", [name for name in WITH_PINS if "streetlight" in boards.open_board(name).kinds])
def test_a_lamp_whose_feed_is_watched_has_a_relay_that_feeds_it(name):
    """Always fed it would be told as a welded relay whenever it should be dark."""
    parts = boards.open_board(name).kinds["streetlight"].parts
    assert parts["relay"].driver == "lamp_relay"
    assert "relay" in parts["lamp"].parameters


def test_nothing_is_said_to_be_proved_on_hardware():
    assert {name: boards.open_board(name).proved for name in BOARDS} == dict.fromkeys(BOARDS, ())


def test_outputs_of_a_kind_are_those_of_the_modules_that_it_is_made_of_too():
    assert {"lock", "buzzer"} <= set(kinds.outputs("door"))
    assert "sounder" in kinds.outputs("smoke")


def test_channels_that_a_kind_cannot_be_without_are_channels_or_outputs_of_it():
    for kind in kinds.kinds():
        assert set(kinds.NEEDED[kind]) <= {*kinds.channels(kind), *kinds.outputs(kind)}


@pytest.mark.parametrize(
    ("chip", "module", "free", "analogue"),
    [
        ("esp32", "esp32_wroom_32e", {4, 13, 14, *range(16, 20), *range(21, 24), *range(25, 28), *range(32, 37), 39},
         {*range(32, 37), 39}),
        ("esp32c3", "esp32_c3_mini_1", {0, 1, 3, 4, 5, 6, 7, 10}, {0, 1, 2, 3, 4}),
        ("esp32s3", "esp32_s3_wroom_1", {1, 2, *range(4, 19), 21, *range(38, 43), 47, 48}, set(range(1, 11))),
        ("rp2040", "pico_w", {*range(23), 26, 27, 28}, {26, 27, 28}),
        ("rp2350", "pico2_w", {*range(23), 26, 27, 28}, {26, 27, 28}),
    ],
)  # fmt: skip
def test_free_pins_and_analogue_inputs_beside_wi_fi_are_those_of_the_data_sheets(chip, module, free, analogue):
    there = chips.chip_of(chip, module)
    assert there.free == free
    assert there.analogue("wifi") == analogue


def test_without_wi_fi_the_second_adc_of_an_esp32_can_be_read_and_that_of_a_c3_cannot():
    assert 25 in chips.chip_of("esp32", "esp32_wroom_32e").analogue("ppp")
    assert 5 not in chips.chip_of("esp32c3", "esp32_c3_mini_1").analogue("ppp")


def test_units_of_rp2_are_on_the_pins_that_micropython_computes():
    """ports/rp2: machine_i2c.h, machine_spi.c, machine_uart.c."""
    for pin in range(30):
        for chip in ("rp2040", "rp2350"):
            on = chips.chip_of(chip, chips.module_ids(chip)[0]).buses
            for unit in (0, 1):
                assert (pin in on["i2c"][unit]["sda"]) == (pin & 1 == 0 and pin >> 1 & 1 == unit)
                assert (pin in on["i2c"][unit]["scl"]) == (pin & 1 == 1 and pin >> 1 & 1 == unit)
                for line, rest in (("miso", 0), ("sck", 2), ("mosi", 3)):
                    assert (pin in on["spi"][unit][line]) == (pin & 3 == rest and pin >> 3 & 1 == unit)
                mask = 1 if chip == "rp2350" else 3
                assert (pin in on["uart"][unit]["tx"]) == (pin & mask == 0 and (pin + 4) >> 3 & 1 == unit)
                assert (pin in on["uart"][unit]["rx"]) == (pin & mask == 1 and (pin + 4) >> 3 & 1 == unit)


@pytest.mark.parametrize("pins", [set(), {0}, {0, 1, 2}, {3, 5, 6, 9}])
def test_pins_are_listed_as_ranges_that_read_back(pins):
    text = chips.listed(frozenset(pins))
    assert chips.ranges("" if text == "none" else text.replace(",", "")) == pins


@pytest.mark.parametrize("name", WITH_PINS)
def test_the_wiring_tables_of_a_readme_are_those_of_the_board(name):
    text = (ROOT / "boards" / name / "README.md").read_text(encoding="utf-8")
    assert text == rewritten(text, markdown(boards.open_board(name), boards.known_drivers()))


def test_the_table_of_all_boards_names_chip_kinds_and_flash_of_each():
    rows = [line.split("|") for line in (ROOT / "boards" / "README.md").read_text(encoding="utf-8").splitlines()]
    by_name = {cells[1].split("]")[0][2:]: cells for cells in rows if len(cells) > 6 and "README.md" in cells[1]}
    assert sorted(by_name) == BOARDS
    for name in WITH_PINS:
        _, chip, flash, _, carried, proved = summary(boards.open_board(name))
        cells = [cell.strip() for cell in by_name[name]]
        assert (cells[2], cells[5]) == (chip, carried)
        assert cells[3].startswith(flash)
        assert (cells[6] == "nothing yet") == (proved == "none")


def test_the_kinds_of_a_board_are_written_into_the_table_of_all():
    text = "| [a](a/README.md) | A | 4 MiB | Wi-Fi | gas | no |\n| [b](b/README.md) | B | - | - | door | no |\n"
    assert carries(text, "a", "gas, leak") == text.replace("| gas |", "| gas, leak |")
    with pytest.raises(ValueError, match=r"the row of c is missing"):
        carries(text, "c", "gas")


@pytest.mark.parametrize("name", BOARDS)
def test_a_manifest_freezes_what_is_there_and_what_the_port_brings(name):
    manifest = ROOT / "boards" / name / "manifest.py"
    packages, included, required = {}, [], []

    def package(name, files=None, base_path="."):
        folder = (manifest.parent / base_path / name).resolve()
        packages[name] = [folder / file for file in files] if files else sorted(folder.rglob("*.py"))

    known = {"package": package, "include": included.append, "require": required.append, "module": lambda _: None}
    exec(compile(manifest.read_text(encoding="utf-8"), manifest, "exec"), known)
    assert set(packages) == {"lilong_firmware", "lilong_protocol"}
    assert all(path.is_file() for files in packages.values() for path in files)
    unix = name == "unix"
    assert bool(included) is not unix
    assert required == ([] if unix else ["ssl"])


PRINTED = {"esp32": "{}", "esp32_ppp": "{}", "esp32_c3": "IO{}", "esp32_s3": "{}", "pico_w": "GP{}", "pico2_w": "GP{}"}
DEVKITC = {36: "VP", 39: "VN"}  # what an ESP32-DevKitC prints instead of a number


@pytest.mark.parametrize("name", WITH_PINS)
def test_pins_have_the_names_that_the_boards_maker_prints(name):
    board = boards.open_board(name)
    for pins in (board.pins, *(wiring.pins for wiring in board.kinds.values())):
        for pin in pins.values():
            plain = PRINTED[name].format(pin.gpio)
            assert pin.printed == (DEVKITC.get(pin.gpio, plain) if board.chip.id == "esp32" else plain)


# ---- the command


def test_the_list_says_chip_flash_radio_kinds_and_that_nothing_is_proved():
    ended = run_lilong("boards")
    assert ended.code == 0, ended.err
    row = next(line for line in ended.out.splitlines() if line.startswith("esp32_ppp"))
    assert row.split() == ["esp32_ppp", "ESP32", "4", "MiB", "ppp", "manhole", "none"]
    assert [line.split()[0] for line in ended.out.splitlines()[1:]] == BOARDS


def test_a_board_is_shown_with_printed_pins_and_the_driver_of_each_channel():
    ended = run_lilong("boards", "esp32_c3")
    assert ended.code == 0, ended.err
    assert "IO0      0     CHAMBER   adc of obscuration (smoke_chamber)" in ended.out
    assert "obscuration        smoke_chamber  adc CHAMBER, led IR_LED" in ended.out


def test_a_users_own_board_is_checked_where_it_lies(tmp_path):
    own = tmp_path / "my_board"
    shutil.copytree(ROOT / "boards" / "esp32", own)
    assert run_lilong("boards", "--check", own).code == 0
    file = own / "board.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('gpio = 25, printed = "25"', 'gpio = 34, printed = "34"'))
    ended = run_lilong("boards", "--check", own)
    assert ended.code == 1
    assert f"{file}: kind.door.lock.pin: GPIO 34 (LOCK) is an input only" in ended.err
    assert f"{file}: kind.gas.adc.METHANE.gpio: GPIO 34 is used twice: it is VALVE already" in ended.err


def test_what_cannot_be_a_board_is_told_in_one_line(tmp_path):
    ended = run_lilong("boards", tmp_path / "nowhere")
    assert ended.code == 2
    assert ended.err.startswith(f"lilong: {tmp_path}/nowhere: no such board; give one of esp32, ")
    (tmp_path / "board.toml").write_text("chip = [")
    ended = run_lilong("boards", "--check", tmp_path)
    assert ended.code == 2
    assert ended.err.startswith(f"lilong: {tmp_path}/board.toml: is not TOML: ")


def test_a_kind_that_a_board_does_not_carry_has_no_wiring_there():
    ended = run_lilong("boards", "esp32_ppp", "--wiring", "smoke")
    assert ended.code == 2
    assert "kind.smoke: there is no wiring for it here; there is manhole" in ended.err

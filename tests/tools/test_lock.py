"""boards/LOCK.md speaks of every chip that a board has, and of every file with a secret that goes onto one."""

import pytest
from lilong_tools.boards import board_ids, open_board
from lilong_tools.provision import contents

NAMES = {"esp32": "ESP32", "esp32c3": "ESP32-C3", "esp32s3": "ESP32-S3", "rp2040": "RP2040", "rp2350": "RP2350"}


@pytest.fixture
def text(repository):
    return (repository / "boards" / "LOCK.md").read_text(encoding="utf-8")


def test_every_chip_of_a_board_has_its_part(text):
    headings = [line for line in text.splitlines() if line.startswith("## ")]
    chips = {open_board(name).chip.id for name in board_ids() if open_board(name).peripherals == "pins"}
    assert chips <= NAMES.keys(), chips
    for chip in chips:
        assert any(NAMES[chip] in heading for heading in headings), chip


def test_every_file_with_a_secret_is_named(text):
    for name in (contents.CONFIG, contents.KEY, "data.*", "card_key", "lacc1"):
        assert name in text, name


def test_that_a_chip_cannot_be_locked_and_that_nothing_was_tried_is_said_plainly(text):
    assert "**There is no lock.**" in text
    assert "None of these steps has been run on\nhardware by us." in text
    assert "**The estate's key is on no board**" in text

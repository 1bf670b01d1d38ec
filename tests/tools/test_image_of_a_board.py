"""What a board of a kind gets: the drivers of its wiring, and nothing that a driver says of itself to people."""

import ast
from pathlib import Path

import pytest
from lilong_simulator.fleet import image
from lilong_tools.boards import open_board, wiring
from lilong_tools.boards.drivers import known_drivers
from lilong_tools.flash.contents import chosen


@pytest.mark.parametrize(("board", "kind"), [("esp32", "gas"), ("pico2_w", "smoke")])
def test_the_image_has_the_drivers_of_the_wiring_alone_and_no_data_sheet(tmp_path: Path, board: str, kind: str) -> None:
    there = open_board(board)
    texts = image.lean(chosen(there, kind, wiring(there, kind), tmp_path), rom=())
    trees = [ast.parse(text) for text in texts.values()]
    classes = {node.name.lower() for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    used = {part.driver for part in there.kinds[kind].parts.values()}
    drivers = known_drivers()
    assert {drivers[name].cls.lower() for name in used} <= classes
    assert not {driver.cls.lower() for name, driver in drivers.items() if name not in used} & classes
    names = {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not {"DATA_SHEET", "WIRING"} & names
    keys = {key.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys
            if isinstance(key, ast.Constant)}  # fmt: skip
    assert not {"measures", "takes", "gives"} & keys

"""The ROM image of a board: what is in it, and that it is built once."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from lilong_simulator.fleet import image
from lilong_simulator.fleet.image import ImageError


def test_an_image_holds_what_a_board_runs_and_nothing_of_the_pc():
    listed = image.modules("unix")
    assert {"board.py", "stimuli.py", "lilong_firmware/main.py", "lilong_firmware/kinds/smoke.py"} <= set(listed)
    assert not [name for name in listed if "/pc/" in name or "/registry/" in name]
    assert all(path.is_file() for path in listed.values())


def test_the_same_sources_give_the_same_image_from_the_cache(tmp_path):
    first = image.build(cache=tmp_path)
    made = first.stat().st_mtime_ns
    assert image.build(cache=tmp_path) == first
    assert first.stat().st_mtime_ns == made
    assert first.read_bytes().startswith(b"\xd2\xcd\x31")
    assert list(tmp_path.iterdir()) == [first]


def test_several_may_build_at_once(tmp_path):
    with ProcessPoolExecutor(3, get_context("spawn")) as pool:
        built = list(pool.map(image.build, ["unix"] * 3, [tmp_path] * 3))
    assert len(set(built)) == 1
    assert list(tmp_path.iterdir()) == built[:1]


def test_another_source_gives_another_image(tmp_path, monkeypatch):
    before = image.build(cache=tmp_path)
    changed = tmp_path / "stimuli.py"
    listed = image.modules("unix")
    changed.write_text(listed["stimuli.py"].read_text() + "\nMORE = 1\n")
    monkeypatch.setattr(image, "modules", lambda _: {**listed, "stimuli.py": changed})
    assert image.build(cache=tmp_path) != before


def test_a_source_that_does_not_compile_is_named(tmp_path, monkeypatch):
    wrong = tmp_path / "wrong.py"
    wrong.write_text("match 1:\n    case 1:\n        pass\n")  # Python, but not MicroPython
    monkeypatch.setattr(image, "modules", lambda _: {"wrong.py": wrong})
    with pytest.raises(ImageError, match=r"mpy-cross refuses .*wrong\.py(.|\n)*SyntaxError"):
        image.build(cache=tmp_path / "cache")


def test_a_cache_that_cannot_be_written_says_what_to_do(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(ImageError, match="set XDG_CACHE_HOME"):
        image.build(cache=file / "cache")


def test_the_cache_is_the_users_own(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert image.build().parent == tmp_path / "lilong"


def test_an_unknown_board_is_named():
    with pytest.raises(ImageError, match="boards/toaster"):
        image.modules("toaster")
    assert image.board_folder("unix") == Path(__file__).parents[2] / "boards" / "unix"


def test_a_traceback_of_a_board_leads_to_the_lines_of_the_sources():
    listed = image.modules("unix")
    source = listed["lilong_firmware/outbox.py"].read_text()
    line = source[: source.index("class Outbox")].count("\n") + 1
    bundled = image._bundled(listed)["lilong.py"]
    there = bundled[: bundled.index("class Outbox")].count("\n") + 1
    told = '  File "<stdin>", line 7\n  File "asyncio/core.py", line 1\n  File "{}", line {}, in MSG_PEEK\nOSError: 5'
    assert image.located(told.format("lilong", there)) == told.format("lilong_firmware/outbox.py", line)
    assert image.located("OSError: 5") == "OSError: 5"


def test_another_interpreters_words_are_not_lent():
    """Which words a board has in its ROM is not known on a PC: there everything keeps its name."""
    sources = image.modules("unix")
    own = image.lean(sources, rom=())
    assert "class Device" in own["lilong.py"]
    assert "class Device" not in image.lean(sources)["lilong.py"]


def test_a_boards_manifest_lists_ours_and_leaves_micropythons_own_to_it():
    listed = image.modules("pico_w")
    assert "lilong_firmware/main.py" in listed
    assert "ssl.py" not in listed

"""A folder of a device goes onto a board on a cable, by the real mpremote, on real MicroPython."""

import pytest
from provisioning import EUI, Bench
from virtual_board import VirtualBoard


@pytest.fixture
def bench(tmp_path):
    there = Bench(tmp_path)
    there.make()
    return there


def test_a_folder_is_put_checked_and_not_written_twice(bench, tmp_path):
    with VirtualBoard(tmp_path / "board") as board:
        first = bench.bare("--put", bench.out / EUI, "--port", board.port)
        assert (first.code, first.out) == (0, f"{board.port}: 2 of 2 files written\n"), first.error
        files = board.files()
        for name, content in bench.all(bench.out / EUI).items():
            assert files[f"/lilong/{name}"] == content
        again = bench.bare("--put", bench.out / EUI, "--port", board.port)
        assert again.out == f"{board.port}: has it all already\n"
        assert "correct horse" not in first.out + again.out
        erased = bench.bare("--erase", "--port", board.port)
        assert "Flash cells keep traces" in erased.out
        assert not [name for name in board.files() if name.startswith("/lilong/")]


def test_what_must_not_go_onto_a_board_is_not_put_there(bench, tmp_path):
    (bench.out / EUI / "ca.der").unlink()
    ended = bench.bare("--put", bench.out / EUI, "--port", tmp_path / "no port is asked for")
    assert (ended.code, "there is no file ca.der here" in ended.error) == (2, True)


def test_a_port_without_a_board_is_told(bench, tmp_path):
    ended = bench.bare("--put", bench.out / EUI, "--port", tmp_path / "nothing")
    assert (ended.code, f"--port {tmp_path / 'nothing'}: " in ended.error) == (2, True)


def test_a_board_on_the_port_tells_the_mac_that_its_id_is_made_of(tmp_path):
    bench = Bench(tmp_path)
    with VirtualBoard(tmp_path / "board") as board:
        ended = bench.run("--kind", "smoke", "--board", "esp32_c3", "--name", "hall", "--port", board.port)
    assert ended.code == 0, ended.error
    assert bench.config(EUI)["kind"] == "smoke"

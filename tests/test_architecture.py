"""The house: each part may import those above it, never those below."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ORDER = ("lilong_protocol", "lilong_firmware", "lilong_simulator", "lilong_tools")
FOLDERS = dict(zip(ORDER, ("protocol", "firmware", "simulator", "tools"), strict=True))
NOT_ON_A_BOARD = {
    "abc", "argparse", "asyncio.subprocess", "collections.abc", "contextlib", "dataclasses", "datetime", "enum",
    "functools", "itertools", "logging", "pathlib", "re", "typing",
}  # fmt: skip


def imports(file: Path, at_run_time_only: bool = False) -> set[str]:
    """The modules that a file imports; with `at_run_time_only` those under `if TYPE_CHECKING` are left out."""
    found: set[str] = set()

    def visit(node: ast.AST) -> None:
        if at_run_time_only and isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module)
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(file.read_text()))
    return found


def files_of(package: str) -> list[Path]:
    return sorted((ROOT / FOLDERS[package] / package).rglob("*.py"))


@pytest.mark.parametrize("package", ORDER)
def test_imports_go_one_way(package: str) -> None:
    below = set(ORDER[ORDER.index(package) + 1 :])
    files = files_of(package)
    assert files
    wrong = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files
        for name in imports(file)
        if name.split(".")[0] in below
    ]
    assert not wrong


def board_files() -> list[Path]:
    pc_only = {"pc", "registry"}
    protocol = [file for file in files_of("lilong_protocol") if not pc_only & set(file.parts)]
    return protocol + files_of("lilong_firmware")


def test_code_of_a_board_imports_nothing_that_a_board_lacks() -> None:
    files = board_files()
    assert len(files) > 20
    wrong = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files
        for name in imports(file, at_run_time_only=True)
        if name in NOT_ON_A_BOARD
    ]
    assert not wrong


def test_code_of_a_board_has_no_float() -> None:
    wrong = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in board_files()
        for node in ast.walk(ast.parse(file.read_text()))
        if (isinstance(node, ast.Constant)
        and isinstance(node.value, float))
        or (isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Div))
    ]
    assert not wrong

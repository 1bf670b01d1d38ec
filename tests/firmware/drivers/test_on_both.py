"""Every driver's test bodies, under CPython and under real MicroPython."""

import ast
import functools
import importlib
import sys
from pathlib import Path

import pytest
from micropython import run_micropython

HERE = Path(__file__).parent
BODIES = HERE / "bodies"
TESTS = HERE.parents[1]
RUNNER = """
import sys
sys.path[:0] = sys.argv[1:3]
body = __import__(sys.argv[3])
for name in sys.argv[4:]:
    try:
        getattr(body, name)()
        print("passed", name)
    except Exception as error:
        print("failed", name)
        sys.print_exception(error, sys.stdout)
"""


def _names(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]


CASES = [(path.stem, name) for path in sorted(BODIES.glob("*.py")) for name in _names(path)]


@functools.cache
def _on_micropython(module: str) -> dict[str, str]:
    """What came of each test of a module: "" or its traceback."""
    names = [name for case, name in CASES if case == module]
    said = run_micropython(RUNNER, BODIES, TESTS, module, *names, heap="4m", timeout=120)
    outcome: dict[str, str] = {}
    name = ""
    for line in said.splitlines():
        word, _, rest = line.partition(" ")
        if word in {"passed", "failed"} and rest in names:
            name = rest
            outcome[name] = "" if word == "passed" else "failed\n"
        elif name:
            outcome[name] += line + "\n"
    return outcome


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    monkeypatch.syspath_prepend(str(BODIES))
    yield
    for path in BODIES.glob("*.py"):
        sys.modules.pop(path.stem, None)


@pytest.mark.parametrize(("module", "name"), CASES, ids=[f"{module}-{name[5:]}" for module, name in CASES])
def test_on_cpython(module, name):
    getattr(importlib.import_module(module), name)()


@pytest.mark.parametrize(("module", "name"), CASES, ids=[f"{module}-{name[5:]}" for module, name in CASES])
def test_on_micropython(module, name):
    failure = _on_micropython(module)[name]
    assert not failure.startswith("failed"), failure

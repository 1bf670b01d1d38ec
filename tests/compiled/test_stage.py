"""What mypyc is given is the same program, line by line."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "compiled"))

from modules import MODULES, OPEN, PACKAGES  # noqa: E402
from stage import StageError, declared, staged  # noqa: E402


def put(source: str, types: dict[str, str] | None = None, subclassed: frozenset[str] = frozenset()) -> str:
    return staged(Path("module.py"), source, types or {}, subclassed)


def test_in_a_class_what_holds_for_type_checkers_holds():
    source = (
        '"""Doc."""\n\nTYPE_CHECKING = False\n\n\nclass Rules:\n    if TYPE_CHECKING:\n\n        def start(self):\n'
        "            return 1\n\n    if not TYPE_CHECKING:\n        start = None\n\n"
        "    def end(self):\n        return 2\n"
    )
    lines = put(source).split("\n")
    assert len(lines) == len(source.split("\n"))
    assert lines[8] == "    def start(self):"
    assert lines[9] == "        return 1"
    assert lines[11:13] == ["", ""]
    assert lines[14] == "    def end(self):"


def test_a_protocol_that_only_type_checkers_read_becomes_a_class_where_it_stood():
    source = (
        '"""Doc."""\nTYPE_CHECKING = False\nif TYPE_CHECKING:\n    from typing import Protocol\n\n'
        "    class Store(Protocol):\n        def get(self) -> bytes: ...\n"
    )
    lines = put(source).split("\n")
    assert lines[5] == "class Store(Protocol):"
    assert "Protocol" in lines[0]


def test_a_class_attribute_is_of_the_type_that_the_first_class_gave_it():
    rules = '"""Doc."""\nclass Rules:\n    CHANNELS: "tuple[int, ...]" = ()\n'
    kind = '"""Doc."""\nclass Kind(Rules):\n    CHANNELS = (\n        1,\n    )\n    A, B = 0, 1\n    LOUD = True\n'
    kind += "    __slots__ = ()\n"
    lines = put(kind, declared({Path("rules.py"): rules})).split("\n")
    assert lines[2] == "    CHANNELS: _ClassVar[tuple[int, ...]] = ("
    assert lines[3] == "        1,"
    assert lines[5] == "    A: _ClassVar[int] = 0; B: _ClassVar[int] = 1"
    assert lines[6] == "    LOUD: _ClassVar[bool] = True"
    assert lines[7] == "    __slots__ = ()"


def test_what_is_given_a_value_once_and_in_capitals_is_final():
    others = ["TWICE = 1", "TWICE = 2", "MAYBE = 1 if LIMIT else None", "name = 4", "T = 5"]
    source = '"""Doc."""\nLIMIT = 3\nKINDS: "dict[int, str]" = {}\n' + "\n".join(others)
    lines = put(source).split("\n")
    assert lines[1] == "LIMIT: _Final = 3"
    assert lines[2] == "KINDS: _Final[dict[int, str]] = {}"
    assert lines[3:8] == others


def test_a_name_that_a_function_makes_anew_is_not_final():
    source = '"""Doc."""\nCACHE = None\ndef fill():\n    global CACHE\n    CACHE = 1\n'
    assert "CACHE = None" in put(source).split("\n")


def test_an_open_class_says_that_it_may_be_subclassed():
    source = '"""Doc."""\nimport os\n\n\nclass Observer:\n    def sent(self): ...\n'
    lines = put(source, subclassed=frozenset(["Observer"])).split("\n")
    assert lines[3] == "@_mypyc_attr(allow_interpreted_subclasses=True)"
    assert len(lines) == len(source.split("\n"))
    with pytest.raises(StageError, match=r"module\.py:2: an empty line is wanted above class Observer"):
        put('"""Doc."""\nclass Observer: ...\n', subclassed=frozenset(["Observer"]))


def test_every_module_that_is_compiled_is_there_and_keeps_its_lines():
    roots = {Path(package).name: ROOT / package for package in PACKAGES}
    for pattern in MODULES:
        package, _, inner = pattern.partition("/")
        found = list(roots[package].glob(inner))
        assert found, f"{pattern}: no such module"
        for path in found:
            source = path.read_text(encoding="utf-8")
            text = staged(path, source, {}, OPEN)
            ast.parse(text)
            assert text.count("\n") == source.count("\n"), path


def classes(path: Path) -> list[ast.ClassDef]:
    return [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ClassDef)]


def origins(path: Path) -> dict[str, str]:
    """From which module a name comes, by its last part."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ImportFrom)]
    return {name.name: (node.module or "").rpartition(".")[2] for node in nodes for name in node.names}


def bases(node: ast.ClassDef) -> set[str]:
    return {ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in node.bases}


def test_code_that_is_not_compiled_subclasses_open_classes_only():
    inside, outside = [], []
    for root in (ROOT / package for package in PACKAGES):
        compiled = {path for one in MODULES if one.startswith(f"{root.name}/") for path in root.parent.glob(one)}
        inside += sorted(compiled)
        outside += [path for path in root.rglob("*.py") if path not in compiled]
    plain = {"Protocol", "NamedTuple"}
    closed = {node.name: path for path in inside for node in classes(path) if not bases(node) & plain}
    told = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.name} subclasses {base} of {closed[base].relative_to(ROOT)}"
        for path in outside
        for node in classes(path)
        for base in sorted(bases(node) & closed.keys() - OPEN)
        if origins(path).get(base) in (closed[base].stem, closed[base].parent.name)  # or from its package
    ]
    assert not told, "\n".join(told)


def test_a_type_that_is_given_as_a_class_variable_is_the_type_of_the_value():
    source = '"""Doc."""\nclass Uplink:\n    bare: ClassVar[frozenset[str]] = frozenset()\n'
    assert declared({Path("uplink.py"): source}) == {"bare": "frozenset[str]"}

"""Sources as mypyc takes them: line by line the same program, so that a traceback still names the right line.

What mypyc cannot take of the style that small boards need is said here in another way, and nothing else:
- in a class body, `if TYPE_CHECKING:` is what holds, as type checkers have it;
- a protocol that only type checkers read becomes a class;
- a class attribute with a value is a ClassVar, of the type that the class which first has it gives it;
- a name in capitals that a module gives a value once is Final: mypyc looks others up in a dict each time;
- a class that others may subclass without being compiled says so.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

NAMES = {bool: "bool", int: "int", str: "str", bytes: "bytes"}  # of constants without an annotation
TYPING = "from typing import Any, ClassVar as _ClassVar, Final as _Final, Protocol"
CONSTANT = re.compile("_?[A-Z][A-Z0-9_]+")  # but for type variables, of one letter
OPEN = "@_mypyc_attr(allow_interpreted_subclasses=True)"

WRAPPED = re.compile(r"^ClassVar\[(.*)\]$")


class StageError(ValueError):
    """A source that cannot be put in another way; names file and line."""


def declared(sources: dict[Path, str]) -> dict[str, str]:
    """The annotation of each class attribute with a value, by name, from whichever class has one."""
    found: dict[str, str] = {}
    for source in sources.values():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ClassDef):
                for part in node.body:
                    if isinstance(part, ast.AnnAssign) and part.value and isinstance(part.target, ast.Name):
                        found.setdefault(part.target.id, WRAPPED.sub(r"\1", _text(part.annotation)))
    return found


def staged(path: Path, source: str, types: dict[str, str], subclassed: frozenset[str]) -> str:
    """The source of one module for mypyc; `types`: of class attributes, `subclassed`: classes left open."""
    tree = ast.parse(source)
    lines = source.split("\n")
    wants = _constants(tree, lines)
    for node in _classes(tree, lines):
        if _is_plain(node) or node.decorator_list:
            continue
        wants |= _class_body(path, node, lines, types)
        if node.name in subclassed:
            above = node.lineno - 2
            if lines[above]:
                raise StageError(f"{path}:{node.lineno}: an empty line is wanted above class {node.name}")
            lines[above] = OPEN
    _imports(tree, lines, wants, any(node.name in subclassed for node in tree.body if isinstance(node, ast.ClassDef)))
    return "\n".join(lines)


def _classes(tree: ast.Module, lines: list[str]) -> Iterator[ast.ClassDef]:
    for part in tree.body:
        if isinstance(part, ast.ClassDef):
            yield part
        elif isinstance(part, ast.If) and _checking(part.test):
            for inner in part.body:
                if isinstance(inner, ast.ClassDef):
                    _dedent(lines, inner.lineno, inner.end_lineno)
                    yield inner


def _constants(tree: ast.Module, lines: list[str]) -> bool:
    """Whether there are any."""
    given: dict[str, int] = {}
    for node in ast.walk(tree):
        names = node.names if isinstance(node, ast.Global) else []
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            names = [node.id]
        for name in names:
            given[name] = given.get(name, 0) + 1
    found = False
    for part in tree.body:
        if isinstance(part, ast.Assign):
            pairs = _pairs(part)
            if pairs and all(_constant(name.id, value, given) for name, value in pairs):
                _annotate(lines, part, [(name, value, "_Final") for name, value in pairs])
                found = True
        elif isinstance(part, ast.AnnAssign) and part.value and isinstance(part.target, ast.Name):
            target, value = part.target, part.value
            if _constant(target.id, value, given):
                _annotate(lines, part, [(target, value, f"_Final[{_text(part.annotation)}]")])
                found = True
    return found


def _constant(name: str, value: ast.expr, given: dict[str, int]) -> bool:
    """Of a value with an `if` mypyc mistakes the type."""
    plain = not isinstance(value, ast.IfExp) and name != "TYPE_CHECKING"
    return plain and given[name] == 1 and CONSTANT.fullmatch(name) is not None


def _class_body(path: Path, node: ast.ClassDef, lines: list[str], types: dict[str, str]) -> bool:
    """Whether an attribute has become a ClassVar."""
    wants = False
    for part in node.body:
        if isinstance(part, ast.If):
            end = part.end_lineno or part.lineno
            lines[part.lineno - 1] = ""
            if _checking(part.test):
                _dedent(lines, part.lineno + 1, end)
            else:
                lines[part.lineno : end] = [""] * (end - part.lineno)
        elif isinstance(part, ast.AnnAssign) and part.value and "ClassVar" not in _text(part.annotation):
            _annotate(lines, part, [(part.target, part.value, f"_ClassVar[{_text(part.annotation)}]")])
            wants = True
        elif isinstance(part, ast.Assign) and (pairs := _pairs(part)):
            if pairs[0][0].id.startswith("__"):
                continue
            asked = [
                (name, value, f"_ClassVar[{types.get(name.id) or _type(path, value)}]") for name, value in pairs
            ]
            _annotate(lines, part, asked)
            wants = True
    return wants


def _annotate(lines: list[str], part: ast.stmt, asked: Sequence[tuple[ast.expr, ast.expr, str]]) -> None:
    """`asked`: name, value and type of each; a value of several lines stays where it is."""
    at = part.lineno - 1
    if len(asked) == 1:
        name, value, kind = asked[0]
        assert isinstance(name, ast.Name)
        start = lines[at].encode()[value.col_offset :].decode() if value.lineno == part.lineno else "("
        lines[at] = f"{' ' * part.col_offset}{name.id}: {kind} = {start}"
        return
    texts = [f"{ast.unparse(name)}: {kind} = {ast.unparse(value)}" for name, value, kind in asked]
    lines[at] = " " * part.col_offset + "; ".join(texts)


def _pairs(part: ast.Assign) -> list[tuple[ast.Name, ast.expr]]:
    (target,) = part.targets if len(part.targets) == 1 else (None,)
    if isinstance(target, ast.Name):
        return [(target, part.value)]
    if isinstance(target, ast.Tuple) and isinstance(part.value, ast.Tuple):
        names = [name for name in target.elts if isinstance(name, ast.Name)]
        return list(zip(names, part.value.elts, strict=True))
    return []


def _type(path: Path, value: ast.expr) -> str:
    if isinstance(value, ast.Constant) and type(value.value) in NAMES:
        return NAMES[type(value.value)]
    if isinstance(value, ast.UnaryOp):
        return _type(path, value.operand)
    return "Any"


def _imports(tree: ast.Module, lines: list[str], wants: bool, opens: bool) -> None:
    """On the last line of the docstring, or of what must be first: no line moves."""
    protocols = any(isinstance(part, ast.If) and _checking(part.test) for part in tree.body)
    added = ""
    if wants or protocols:
        added += f"; {TYPING}"
    if opens:
        added += "; from typing import TYPE_CHECKING as _CHECKING"
    if not added:
        return
    first = tree.body[0]
    for part in tree.body[1:]:
        if isinstance(part, ast.ImportFrom) and part.module == "__future__":
            first = part
    end = first.end_lineno
    assert end is not None
    lines[end - 1] += added
    if opens:
        lines[end] = "if _CHECKING: from mypy_extensions import mypyc_attr as _mypyc_attr" + lines[end]


def _dedent(lines: list[str], first: int, last: int | None) -> None:
    assert last is not None
    for at in range(first - 1, last):
        lines[at] = lines[at][4:]


def _is_plain(node: ast.ClassDef) -> bool:
    return any(_text(base) in ("Protocol", "NamedTuple") for base in node.bases)


def _checking(test: ast.expr) -> bool:
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return ast.unparse(node)

"""Short names for a board: what only one module knows, and parameters that nobody passes by name.

Each new identifier takes a place in MicroPython's string pool, which grows in RAM when code is imported from a ROM
image (frozen code has its strings in flash). The same few short names serve in every module.
"""

import ast
from collections.abc import Iterable, Mapping

Edit = tuple[int, int, str]  # from, to (byte offsets), replacement


def mangle(sources: Mapping[str, str]) -> dict[str, str]:
    """The sources by path in the image, with short names; lines keep their numbers."""
    trees = {path: ast.parse(text) for path, text in sources.items()}
    privates = _private_names(trees)
    passed_by_name = {
        keyword.arg
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg
    }
    return {path: _Mangler(text, privates[path], passed_by_name).run(trees[path]) for path, text in sources.items()}


def _private_names(trees: Mapping[str, ast.Module]) -> dict[str, dict[str, str]]:
    """path: {private name: short name}, for names that a module uses on itself and on `self` only."""
    mentioned = {path: _privates(tree) for path, tree in trees.items()}
    foreign = {
        node.attr
        for tree in trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and not (isinstance(node.value, ast.Name) and node.value.id == "self")
    }
    foreign |= {
        alias.name for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    shared: dict[str, set[str]] = {path: set() for path in trees}  # with a subclass elsewhere
    for path in trees:
        for base in _bases(path, trees):
            shared[base] |= mentioned[path] & mentioned[base]
    short: dict[str, dict[str, str]] = {}
    ends: dict[str, int] = {}

    def assign(path: str) -> None:
        if path in short:
            return
        first = 0
        bases = _bases(path, trees)
        for base in bases:  # a subclass shares its object with the class of another module
            assign(base)
            first = max(first, ends[base])
        inherited = {name for base in bases for name in mentioned[base]}
        own = sorted(mentioned[path] - foreign - inherited - shared[path])
        ends[path] = first + len(own)
        short[path] = {name: f"_{first + i}" for i, name in enumerate(own)}

    for path in trees:
        assign(path)
    return short


def _privates(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        for field in ("id", "attr", "name", "arg"):
            name = getattr(node, field, None)
            if isinstance(name, str) and name.startswith("_") and not name.startswith("__"):
                names.add(name)
    return names


def _bases(path: str, trees: Mapping[str, ast.Module]) -> list[str]:
    """The other modules of the image from which a module takes what it might inherit from."""
    if not any(isinstance(node, ast.ClassDef) and node.bases for node in ast.walk(trees[path])):
        return []
    found = []
    for node in ast.walk(trees[path]):
        if isinstance(node, ast.ImportFrom) and node.module:
            base = path.split("/")[: -node.level] if node.level else []
            other = "/".join([*base, *node.module.split(".")]) + ".py"
            if other in trees and other != path:
                found.append(other)
    return found


class _Mangler:
    """Edits one source."""

    def __init__(self, text: str, privates: Mapping[str, str], passed_by_name: set[str]) -> None:
        self._data = text.encode()
        self._offsets = [0]
        for line in self._data.splitlines(keepends=True):
            self._offsets.append(self._offsets[-1] + len(line))
        self._privates = privates
        self._passed_by_name = passed_by_name
        self._edits: list[Edit] = []

    def run(self, tree: ast.Module) -> str:
        self._visit(tree, {})
        data = self._data
        for start, end, name in sorted(self._edits, reverse=True):
            data = data[:start] + name.encode() + data[end:]
        return data.decode()

    def _visit(self, node: ast.AST, local: Mapping[str, str]) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            self._function(node, local)
            return
        if isinstance(node, ast.ClassDef):
            self._definition(node)
        elif isinstance(node, ast.Name):
            self._name(node, local.get(node.id) or self._privates.get(node.id))
        elif isinstance(node, ast.Attribute) and node.attr in self._privates:
            end = self._at(node.end_lineno, node.end_col_offset)
            self._edits.append((end - len(node.attr.encode()), end, self._privates[node.attr]))
        elif isinstance(node, ast.ImportFrom | ast.Import | ast.Global | ast.Nonlocal):
            return
        self._children(ast.iter_child_nodes(node), local)

    def _children(self, nodes: Iterable[ast.AST], local: Mapping[str, str]) -> None:
        for node in nodes:
            self._visit(node, local)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, local: Mapping[str, str]) -> None:
        arguments = node.args
        self._children([*arguments.defaults, *(d for d in arguments.kw_defaults if d is not None)], local)
        parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        if not isinstance(node, ast.Lambda):
            self._definition(node)
            self._children(node.decorator_list, local)
        inner = {name: short for name, short in local.items()}
        bound = {p.arg for p in [*parameters, arguments.vararg, arguments.kwarg] if p is not None}
        for name in bound:
            inner.pop(name, None)
        kept = {n for statement in ast.walk(node) if isinstance(statement, ast.Global | ast.Nonlocal) for n in statement.names}
        for parameter in parameters:
            if parameter.arg in {"self", "cls"} | self._passed_by_name | kept or parameter in arguments.kwonlyargs:
                continue
            inner[parameter.arg] = f"v{len(inner)}"
            start = self._at(parameter.lineno, parameter.col_offset)
            self._edits.append((start, start + len(parameter.arg.encode()), inner[parameter.arg]))
        self._children(node.body if isinstance(node.body, list) else [node.body], inner)

    def _definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        if node.name in self._privates:
            start = self._data.index(node.name.encode(), self._at(node.lineno, node.col_offset))
            self._edits.append((start, start + len(node.name.encode()), self._privates[node.name]))

    def _name(self, node: ast.Name, short: str | None) -> None:
        if short is not None:
            start = self._at(node.lineno, node.col_offset)
            self._edits.append((start, start + len(node.id.encode()), short))

    def _at(self, line: int | None, column: int | None) -> int:
        assert line is not None
        assert column is not None
        return self._offsets[line - 1] + column

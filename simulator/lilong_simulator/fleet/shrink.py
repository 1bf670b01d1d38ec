"""Makes a board's sources cheaper in RAM before they are compiled: a constant costs its place of use, no name.

MicroPython keeps every module-level name in a dict and every new identifier in a string pool. All modules of an image
are known together, so that a constant is written into each place that uses it, and its name goes. `__slots__` and what
is there for the type checker go too. Lines keep their numbers: a traceback of the board points into the source.
"""

import ast
from collections.abc import Mapping

Literal = int | str | bytes
Edit = tuple[int, int, str]  # from, to (byte offsets), replacement


def shrink(sources: Mapping[str, str]) -> dict[str, str]:
    """The sources by path in the image, smaller in RAM, the same in effect and in line numbers."""
    trees = {path: ast.parse(text) for path, text in sources.items()}
    known = {path: _constants(tree) for path, tree in trees.items()}
    return {path: _edited(text, _edits(path, text, trees[path], known)) for path, text in sources.items()}


def _constants(tree: ast.Module) -> dict[str, Literal]:
    """Upper-case names that a module assigns once, at its top, with a literal."""
    found: dict[str, Literal] = {}
    stores = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    for statement in tree.body:
        for name, value in _assigned(statement):
            literal = _literal(value)
            if literal is not None and name.isupper() and name != "TYPE_CHECKING" and stores.count(name) == 1:
                found[name] = literal
    return found


def _assigned(statement: ast.stmt) -> list[tuple[str, ast.expr]]:
    """The (name, value) pairs of `A = 1` and of `A, B = 1, 2`."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return []
    target, value = statement.targets[0], statement.value
    if isinstance(target, ast.Name):
        return [(target.id, value)]
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        return [(t.id, v) for t, v in zip(target.elts, value.elts, strict=True) if isinstance(t, ast.Name)]
    return []


def _literal(value: ast.expr) -> Literal | None:
    """An integer, also an expression of integers or `const(n)`, or a short text."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "const":
        value = value.args[0]
    allowed = (ast.BinOp, ast.UnaryOp, ast.Constant, ast.operator, ast.unaryop)
    if not all(isinstance(node, allowed) for node in ast.walk(value)):
        return None
    result = eval(compile(ast.Expression(value), "constant", "eval"), {"__builtins__": {}})
    if isinstance(result, bool) or not isinstance(result, int | str | bytes):
        return None
    return result if isinstance(result, int) or len(result) <= 40 else None


def _edits(path: str, text: str, tree: ast.Module, known: Mapping[str, dict[str, Literal]]) -> list[Edit]:
    offsets = [0]
    for line in text.encode().splitlines(keepends=True):
        offsets.append(offsets[-1] + len(line))

    def span(node: ast.stmt | ast.expr) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return offsets[node.lineno - 1] + node.col_offset, offsets[node.end_lineno - 1] + node.end_col_offset

    modules, names = _imported(path, tree, known)
    names.update(known[path])
    edits: list[Edit] = []

    def drop(node: ast.stmt, instead: str = "pass") -> None:
        start, end = span(node)
        edits.append((start, end, instead + "\n" * text.encode()[start:end].count(b"\n")))

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            drop(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and _useless(node, known[path]):
            drop(node)
        elif isinstance(node, ast.ImportFrom):
            left = [alias for alias in node.names if (alias.asname or alias.name) not in names]
            if not left:
                drop(node)
            elif len(left) < len(node.names):
                listed = ", ".join(a.name if a.asname is None else f"{a.name} as {a.asname}" for a in left)
                drop(node, f"from {'.' * node.level}{node.module or ''} import {listed}")
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            constants = known[modules[node.value.id]]
            if isinstance(node.ctx, ast.Load) and node.attr in constants:
                edits.append((*span(node), f"({constants[node.attr]!r})"))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
            edits.append((*span(node), f"({names[node.id]!r})"))
        else:
            for child in ast.iter_child_nodes(node):
                visit(child)

    visit(tree)
    return edits


def _useless(node: ast.Assign | ast.AnnAssign, constants: Mapping[str, Literal]) -> bool:
    if isinstance(node, ast.AnnAssign):
        return node.value is None
    if isinstance(node.targets[0], ast.Name) and node.targets[0].id in ("__slots__", "__all__", "TYPE_CHECKING"):
        return True
    pairs = _assigned(node)
    return bool(pairs) and all(name in constants for name, _ in pairs)


def _imported(
    path: str, tree: ast.Module, known: Mapping[str, dict[str, Literal]]
) -> tuple[dict[str, str], dict[str, Literal]]:
    """(local name of a module: its path, local name of a constant: its value) that a file imports from the image."""
    modules: dict[str, str] = {}
    names: dict[str, Literal] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        base = path.split("/")[: -node.level] if node.level else []
        folder = "/".join([*base, *(node.module.split(".") if node.module else [])])
        for alias in node.names:
            local = alias.asname or alias.name
            if f"{folder}/{alias.name}.py" in known:
                modules[local] = f"{folder}/{alias.name}.py"
            elif alias.name in known.get(f"{folder}.py", {}):
                names[local] = known[f"{folder}.py"][alias.name]
    return modules, names


def _edited(text: str, edits: list[Edit]) -> str:
    data = text.encode()
    for start, end, replacement in sorted(edits, reverse=True):
        data = data[:start] + replacement.encode() + data[end:]
    return data.decode()

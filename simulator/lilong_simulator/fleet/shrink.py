"""Writes constants into their places of use: a name at the top of a module costs RAM, a number in the code does not.

A constant is an upper-case name that a module assigns once, at its top, with a number, an expression of numbers or a
short text. Its name goes.
"""

import ast
from collections import Counter
from collections.abc import Collection, Mapping

from .edits import Edits
from .scopes import bound, module_names
from .tree import walk

LONGEST = 40  # bytes of a text that is worth being written more than once

Literal = int | str | bytes


def shrink(sources: Mapping[str, str]) -> dict[str, str]:
    """The sources by path in the image without constants; modules import them from one another by `from`."""
    trees = {path: ast.parse(text) for path, text in sources.items()}
    kept = _kept(trees.values())
    known = {
        path: {name: value for name, value in _constants(tree).items() if name not in kept}
        for path, tree in trees.items()
    }
    return {path: _written(path, Edits(text), known) for path, text in sources.items()}


def _constants(tree: ast.Module) -> dict[str, Literal]:
    stored = Counter(
        name for node, name in module_names(tree) if not isinstance(node, ast.Name) or isinstance(node.ctx, ast.Store)
    )
    found: dict[str, Literal] = {}
    for statement in tree.body:
        for name, value in _assigned(statement):
            literal = _literal(value, found)
            if literal is not None and name.isupper() and stored[name] == 1:
                found[name] = literal
    return found


def _kept(trees: Collection[ast.Module]) -> set[str]:
    """Names that must stay names."""
    kept: set[str] = set()
    for node in (node for tree in trees for node in walk(tree)):
        if isinstance(node, ast.JoinedStr):  # not every literal fits into an f-string
            kept |= _read(node)
        elif isinstance(node, ast.ClassDef):  # `A = A` in its body reads the module's
            kept |= _read(node) & bound(node.body)
    for tree in trees:
        for node in walk(tree):
            if isinstance(node, ast.ImportFrom):  # one that is not at the top comes when it is needed
                kept |= {alias.name for alias in node.names if node not in tree.body or alias.asname in kept}
    return kept


def _read(tree: ast.AST) -> set[str]:
    return {node.id for node in walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _assigned(statement: ast.stmt) -> list[tuple[str, ast.expr]]:
    """The (name, value) pairs of `A = 1`, of `A, B = 1, 2` and of `A, B = range(2)`."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return []
    target, value = statement.targets[0], statement.value
    if isinstance(target, ast.Name):
        return [(target.id, value)]
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        return [(t.id, v) for t, v in zip(target.elts, value.elts, strict=True) if isinstance(t, ast.Name)]
    if isinstance(target, ast.Tuple) and ast.unparse(value) == f"range({len(target.elts)})":
        numbers = [ast.copy_location(ast.Constant(i), value) for i in range(len(target.elts))]
        return [(t.id, n) for t, n in zip(target.elts, numbers, strict=True) if isinstance(t, ast.Name)]
    return []


def _literal(value: ast.expr, known: Mapping[str, Literal]) -> Literal | None:
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "const":
        value = value.args[0]
    allowed = (ast.BinOp, ast.UnaryOp, ast.Constant, ast.operator, ast.unaryop, ast.expr_context)
    for node in walk(value):
        if not isinstance(node, allowed) and not (isinstance(node, ast.Name) and node.id in known):
            return None
    result = eval(compile(ast.Expression(value), "constant", "eval"), {"__builtins__": {}}, dict(known))
    if isinstance(result, bool) or not isinstance(result, Literal):
        return None
    return result if isinstance(result, int) or len(result) <= LONGEST else None


def _written(path: str, edits: Edits, known: Mapping[str, dict[str, Literal]]) -> str:
    values = dict(known[path])
    for statement in edits.tree.body:
        if isinstance(statement, ast.ImportFrom):
            there = known.get(f"{statement.module}.py", {})
            values |= {a.asname or a.name: there[a.name] for a in statement.names if a.name in there}
            left = [alias for alias in statement.names if alias.name not in there]
            if len(left) < len(statement.names):
                listed = ", ".join(ast.unparse(alias) for alias in left)
                edits.replace(statement, f"from {statement.module} import {listed}" if left else "pass")
        else:
            pairs = _assigned(statement)
            if pairs and all(name in known[path] for name, _ in pairs):
                edits.drop(statement)
    for node, name in module_names(edits.tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and name in values:
            edits.replace(node, f"({values[name]!r})")
    return edits.text()

"""Shakes the tree: functions, classes, methods and imports that nothing in the image names are left out.

The backend's half of the protocol and what another board needs lie in the same modules; each function costs 100 bytes
of RAM even when it is never called.
"""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping

from .bundle import CORE
from .edits import Edits
from .scopes import module_names
from .tree import walk

CALLED = {"main"}  # by the boot script
STREAM = {"ioctl", "readinto", "write"}  # of an io.IOBase, by the interpreter

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def shake(sources: Mapping[str, str]) -> dict[str, str]:
    """The sources by path in the image, without what nothing names; lines keep their numbers."""
    while True:
        shaken = _shaken_once(sources)
        if shaken == sources:
            return shaken
        sources = shaken


def _shaken_once(sources: Mapping[str, str]) -> dict[str, str]:
    trees = {path: Edits(text) for path, text in sources.items()}
    attributes: set[str] = set()
    imported: set[str] = set()
    for edits in trees.values():
        for node in walk(edits.tree):
            if isinstance(node, ast.Attribute):
                attributes.add(node.attr)
            elif isinstance(node, ast.ImportFrom):
                imported |= {alias.name for alias in node.names}
    for path, edits in trees.items():
        wanted = CALLED | imported | (set() if path == CORE else attributes)  # a module that comes later is an object
        _shake_top(edits, wanted)
        for node in walk(edits.tree):
            if isinstance(node, ast.ClassDef):
                _shake_class(node, attributes, edits)
    return {path: edits.text() for path, edits in trees.items()}


def _shake_top(edits: Edits, wanted: set[str]) -> None:
    within = [{name for node, name in module_names(statement) if _reads(node)} for statement in edits.tree.body]
    statements = Counter(name for names in within for name in names)
    for statement, inside in zip(edits.tree.body, within, strict=True):
        outside = wanted.union(name for name, count in statements.items() if count > (name in inside))
        if isinstance(statement, Definition):
            if statement.name not in outside:
                edits.drop(statement)
        elif isinstance(statement, ast.Assign):
            if _is_plain(statement.value) and not set(_targets(statement)) & (outside | {""}):
                edits.drop(statement)
        elif isinstance(statement, ast.ImportFrom | ast.Import):
            left = [alias for alias in statement.names if (alias.asname or alias.name) in outside]
            if len(left) < len(statement.names):
                listed = ", ".join(ast.unparse(alias) for alias in left)
                start = "import " if isinstance(statement, ast.Import) else f"from {statement.module} import "
                edits.replace(statement, start + listed if left else "pass")


def _shake_class(node: ast.ClassDef, attributes: set[str], edits: Edits) -> None:
    methods = [method for method in node.body if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef)]
    for method in methods:
        if method.name not in attributes | STREAM and not method.name.startswith("__"):
            edits.drop(method)


def _reads(node: ast.AST) -> bool:
    return isinstance(node, ast.Global) or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))


def _targets(statement: ast.Assign) -> Iterator[str]:
    """The names that an assignment binds; "" stands for what is no name."""
    for target in statement.targets:
        for node in target.elts if isinstance(target, ast.Tuple) else [target]:
            yield node.id if isinstance(node, ast.Name) else ""


def _is_plain(value: ast.expr) -> bool:
    """Its evaluation has no effect."""
    plain = (ast.Constant, ast.Tuple, ast.List, ast.Dict, ast.Name, ast.UnaryOp, ast.BinOp, ast.expr_context)
    return all(isinstance(node, (*plain, ast.operator, ast.unaryop)) for node in ast.walk(value))

"""What a board has no use for: annotations and imports for the type checker, `__slots__`, `__all__`."""

import ast
from collections.abc import Mapping

from .edits import Edits
from .tree import walk

USELESS = ("__slots__", "__all__", "TYPE_CHECKING")


def strip(sources: Mapping[str, str]) -> dict[str, str]:
    """The sources by path in the image, without what only tools on a PC read; lines keep their numbers."""
    stripped = {}
    for path, text in sources.items():
        edits = Edits(text)
        for node in walk(edits.tree):
            _strip(node, edits)
        stripped[path] = edits.text()
    return stripped


def _strip(node: ast.AST, edits: Edits) -> None:
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        edits.drop(node)
    elif isinstance(node, ast.If) and ast.unparse(node.test) == "not TYPE_CHECKING":
        edits.replace(node.test, "True")
    elif isinstance(node, ast.Assign):
        if isinstance(node.targets[0], ast.Name) and node.targets[0].id in USELESS:
            edits.drop(node)
    elif isinstance(node, ast.AnnAssign):
        if node.value is None:
            edits.drop(node)
        else:
            edits.cut(edits.end(node.target), edits.start(node.value), " = ")
    elif isinstance(node, ast.arg) and node.annotation is not None:
        edits.replace(node, node.arg)
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
        edits.cut(edits.find_before(node.returns, "->"), edits.end(node.returns))

"""Classes without the two names that MicroPython puts into the table of each, `__module__` and `__qualname__`.

Nothing reads them there, and their places in the table are the methods' then: 32 bytes of RAM a class, at times 96.
"""

import ast
from collections.abc import Mapping

from .edits import Edits
from .scopes import bound
from .tree import walk

FORGET = "del __module__, __qualname__"
TABLES = (2, 4, 6, 8, 10, 12, 18, 24, 30, 38, 48)  # entries of a table: MicroPython's steps (py/map.c), in whole blocks

Method = ast.FunctionDef | ast.AsyncFunctionDef


def slim(sources: Mapping[str, str]) -> dict[str, str]:
    """The sources by path in the image; lines keep their numbers."""
    return {path: _slimmed(Edits(text)) for path, text in sources.items()}


def _slimmed(edits: Edits) -> str:
    """The two go in the place of a docstring, or on the line of the first statement that can share it.

    A table that would stay as large is left alone; that of a class without anything has two anyway.
    """
    for node in walk(edits.tree):
        if isinstance(node, ast.ClassDef) and _table(node, 0) < _table(node, 2):
            first = node.body[0]
            if isinstance(first, ast.Pass) or (isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)):
                edits.replace(first, FORGET)
            elif not isinstance(first, Method | ast.ClassDef):
                edits.cut(edits.start(first), edits.start(first), FORGET + "; ")
    return edits.text()


def _table(node: ast.ClassDef, more: int) -> int:
    """Entries of a class's table, the least one that its names and so many more have room in."""
    names = len(bound(node.body)) + more
    return next((size for size in TABLES if size >= names), names)

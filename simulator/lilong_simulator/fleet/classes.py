"""Classes without the two names that MicroPython puts into the table of each, `__module__` and `__qualname__`.

Nothing reads them there, and their places in the table are the methods' then: 32 bytes of RAM a class, at times 96.
"""

import ast
from collections.abc import Mapping

from .edits import Edits

FORGET = "del __module__, __qualname__"

Method = ast.FunctionDef | ast.AsyncFunctionDef


def slim(sources: Mapping[str, str]) -> dict[str, str]:
    """The sources by path in the image; lines keep their numbers."""
    return {path: _slimmed(Edits(text)) for path, text in sources.items()}


def _slimmed(edits: Edits) -> str:
    """The two go in the place of a docstring, or on the line of the first statement that can share it.

    A class without methods has a table of two anyway.
    """
    for node in ast.walk(edits.tree):
        if isinstance(node, ast.ClassDef) and any(isinstance(statement, Method) for statement in node.body):
            first = node.body[0]
            if isinstance(first, ast.Pass) or (isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)):
                edits.replace(first, FORGET)
            elif not isinstance(first, Method | ast.ClassDef):
                edits.cut(edits.start(first), edits.start(first), FORGET + "; ")
    return edits.text()

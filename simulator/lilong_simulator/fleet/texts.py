"""One text for all texts of a board: a literal in a function costs a slice of it, no object of its own.

MicroPython makes an object in RAM for each literal of more than a few characters when a module is imported, though
most are words of errors that never come.
"""

import ast
from collections.abc import Iterator, Mapping

from .bundle import CORE
from .edits import Edits

LONGER_THAN = 10  # MicroPython keeps literals up to this length in its string pool anyway
CUT = "cut_text"


def pool_texts(sources: Mapping[str, str]) -> dict[str, str]:
    """The sources by path in the image, the texts in the core; lines keep their numbers.

    A module begins with a comment, as bundles do, or with an import: one more is put before it.
    """
    if CORE not in sources:
        return dict(sources)
    places: dict[str, int] = {}
    result = {path: _pooled(path, Edits(text), places) for path, text in sources.items()}
    result[CORE] += f"\nALL_TEXTS = {''.join(places)!r}\n\n\ndef {CUT}(start, end):\n    return ALL_TEXTS[start:end]\n"
    return result


def _pooled(path: str, edits: Edits, places: dict[str, int]) -> str:
    """`places`: where each text begins, one after another; new ones are added."""
    used = False
    for node, text in _literals(edits.tree, False):
        used = True
        start = places.setdefault(text, sum(map(len, places)))
        edits.replace(node, f"{CUT}({start}, {start + len(text)})")
    start_of_file = f"from {CORE.removesuffix('.py')} import {CUT};" if used and path != CORE else ""
    return start_of_file + edits.text()


def _literals(node: ast.AST, inside: bool) -> Iterator[tuple[ast.Constant, str]]:
    """Longer ASCII literals that are evaluated when a function runs."""
    if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        return  # no place for a call; a docstring
    if isinstance(node, ast.Constant):
        if inside and isinstance(node.value, str) and len(node.value) > LONGER_THAN and node.value.isascii():
            yield node, node.value
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        for statement in node.body:
            yield from _literals(statement, True)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _literals(child, inside)

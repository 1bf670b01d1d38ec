"""What of the listed modules a board can come to: those that its entries import, at the top or by need, and so on.

A driver that no wiring names would take no RAM; but the names in it would take the words of the interpreter's ROM.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence

from .bundle import ENTRIES
from .tree import walk


def reached(sources: Mapping[str, str], entries: Sequence[str] = ENTRIES) -> dict[str, str]:
    """The sources by path in the image, without those that nothing imports; all when there is no entry among them."""
    waiting = [entry for entry in entries if entry in sources]
    found = set(waiting)
    while waiting:
        path = waiting.pop()
        for other in _imports(path, sources[path], sources):
            if other not in found:
                found.add(other)
                waiting.append(other)
    return {path: text for path, text in sources.items() if path in found or not found}


def _imports(path: str, text: str, sources: Mapping[str, str]) -> Iterator[str]:
    """Also the packages on the way; and of a package that stands as `"package."` all modules."""
    for node in walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _paths(alias.name.split("."), sources)
        elif isinstance(node, ast.ImportFrom):
            folder = path.split("/")[: -node.level] if node.level else []
            package = [*folder, *(node.module.split(".") if node.module else [])]
            for alias in node.names:
                yield from _paths([*package, alias.name], sources)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.endswith("."):
            folder_path = node.value.replace(".", "/")
            yield from [other for other in sources if other.startswith(folder_path)]


def _paths(parts: Sequence[str], sources: Mapping[str, str]) -> Iterator[str]:
    for end in range(1, len(parts) + 1):
        for path in ("/".join(parts[:end]) + ".py", "/".join([*parts[:end], "__init__.py"])):
            if path in sources:
                yield path

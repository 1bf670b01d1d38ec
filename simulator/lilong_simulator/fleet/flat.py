"""Where the modules of an image lie: all at its top, and what comes by need under names from the interpreter's ROM.

An import leaves in RAM for ever, as names: the module's, its package's, the file's and the source's. Here that is the
file's alone.
"""

import ast
import re
from collections.abc import Iterable, Mapping, Sequence

from .edits import Edits
from .tree import walk

IMPORT = re.compile(r"\bfrom ([A-Za-z_][\w.]*) import ")


def flat_names(paths: Iterable[str], rom: Sequence[str], by_name: Iterable[str] = ()) -> dict[str, str]:
    """The name of each module of an image by its path in the sources.

    by_name: packages whose modules are imported by their last names, put together when the firmware runs.
    """
    folders = tuple(package.replace(".", "/") for package in by_name)
    free = iter(sorted(word for word in rom if word.isidentifier() and word.isupper()))  # no module is called so
    names = {}
    for path in sorted(paths):
        last = path.removesuffix(".py").rpartition("/")[2]
        keeps = "/" not in path or path.startswith(folders)
        names[path] = last if keeps else next(free, path.removesuffix(".py").replace("/", "_"))
    return names


def packages_by_name(sources: Mapping[str, str]) -> set[str]:
    """The packages of an image that stand as `"package."` in its sources, in front of a module's name."""
    nodes = [node for text in sources.values() for node in walk(ast.parse(text)) if isinstance(node, ast.Constant)]
    return {str(node.value) for node in nodes if _is_package(node, sources)}


def without_packages(sources: Mapping[str, str]) -> dict[str, str]:
    """The sources by path, with nothing in front of a module's name."""
    flat = {}
    for path, text in sources.items():
        edits = Edits(text)
        for node in walk(edits.tree):
            if isinstance(node, ast.Constant) and _is_package(node, sources):
                edits.replace(node, "''")
        flat[path] = edits.text()
    return flat


def renamed(text: str, names: Mapping[str, str]) -> str:
    """A source whose imports say the new names."""
    known = {path.removesuffix(".py").replace("/", "."): name for path, name in names.items()}
    return IMPORT.sub(lambda found: f"from {known.get(found[1], found[1])} import ", text)


def _is_package(node: ast.Constant, sources: Mapping[str, str]) -> bool:
    if not isinstance(node.value, str) or not node.value.endswith("."):
        return False
    folder = node.value.replace(".", "/")
    return any(path.startswith(folder) for path in sources)

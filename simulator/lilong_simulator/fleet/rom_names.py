"""Names that the interpreter has in ROM anyway, lent to what a board's modules define.

MicroPython interns every identifier of imported code in RAM, twenty bytes each and more, unless it knows the word
already. Frozen code has its own words in flash; code in a ROM image does not. So each class, function and attribute
of an image gets a word of the interpreter's own that the image does not use otherwise.
"""

import ast
import asyncio
import binascii
import builtins
import errno
import gc
import hashlib
import json
import keyword
import os
import re
import select
import socket
import ssl
import sys
import time
from bisect import bisect
from collections.abc import Collection, Iterator, Mapping, Sequence

from .bundle import CORE, MARKER
from .edits import Edits
from .scopes import bound
from .tree import walk

# Run by the interpreter itself: every name that its modules and types have.
LISTING = """
names = set()
def look(thing):
    for name in dir(thing):
        names.add(name)
for module in ("sys os time socket ssl tls machine math cmath struct errno select gc hashlib binascii json random re "
    "collections io array deflate heapq uctypes vfs platform cryptolib framebuf builtins micropython asyncio _asyncio "
    "asyncio.core asyncio.event asyncio.funcs asyncio.lock asyncio.stream argparse mip requests termios websocket "
    "_thread").split():
    try:
        module = __import__(module, None, None, ("*",))
    except ImportError:
        continue
    look(module)
    for name in dir(module):
        thing = getattr(module, name)
        look(thing)
        if name in ("ArgumentParser", "Event", "Lock", "Stream", "StringIO", "TaskQueue"):
            try:
                look(thing())
            except TypeError:
                look(thing(None))
for thing in (1, "", b"", [], (), {}, set(), bytearray(), range(1), OSError(1)):
    look(thing)
print(" ".join(sorted(names)))
"""

WORD = re.compile(r"[A-Za-z_]\w*")
_FOREIGN = (asyncio, binascii, builtins, errno, gc, hashlib, json, os, select, socket, ssl, sys, time)
_KEPT = {"self", "main"}  # `main` is what the boot script calls
_RULES = "/kinds/"  # in the path of a kind's rules
_KEYWORDS = {"key", "default", "reverse", "end", "sep"}  # of builtins


def lend(sources: Mapping[str, str], rom: Sequence[str], hardware: Collection[str] = ()) -> dict[str, str]:
    """The sources by path in the image, their own names replaced by names of `rom`; lines keep their numbers.

    hardware: names of modules that only a board has: one of ours could be theirs in some use, and stays.
    """
    said = {path: _said(text) for path, text in sources.items()}
    words = set().union(*said.values())
    parts = {part for path in sources for part in re.split(r"[/.]", path)}
    edits = {path: Edits(text) for path, text in sources.items()}
    kept = _foreign_names() | _KEYWORDS | _KEPT | set(rom) | set(hardware) | parts | _elsewhere(edits)
    own = {name for module in edits.values() for name in _defined(module.tree)}
    own = {name for name in own if not name.startswith("__")} - kept - _quoted(edits)
    free = [word for word in rom if word.isidentifier() and word not in words and not keyword.iskeyword(word)]
    free = [word for word in free if not word.startswith("__") and word != "const"]  # the compiler's own
    later = _private(said, own)
    inner = _inner(sources, own.difference(*later.values()))
    common = sorted(own.difference(*later.values(), *inner))
    lent = dict(zip(common, free, strict=False))  # the last ones keep theirs when the words run out
    free = free[len(common) :]
    for names in inner:  # of names that do not meet: each group may have the same words
        lent.update(zip(sorted(names), free, strict=False))
    free = free[max(map(len, inner), default=0) :]
    alone = {path: dict(zip(sorted(names), free, strict=False)) for path, names in later.items()}
    return {path: _renamed(module, lent | alone.get(path, {})) for path, module in edits.items()}


def defined(text: str) -> set[str]:
    """What a source defines: of a module that is built apart from an image, and so keeps its names."""
    return set(_defined(ast.parse(text)))


def _said(text: str) -> set[str]:
    """The words of a source that mean something: not those of comments and docstrings."""
    words: set[str] = set()
    for node in walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = None  # a docstring
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            words.update(WORD.findall(node.value))
        elif isinstance(node, ast.ImportFrom):
            words.update(WORD.findall(node.module or ""))
        for name in _mentioned(node):
            words.update(WORD.findall(name))
    return words


def _private(said: Mapping[str, set[str]], own: set[str]) -> dict[str, set[str]]:
    """The names that only one module has which is imported later, by need; of a kind's rules those that nothing else
    has but the rules of other kinds, of which no board loads two."""
    words = {path: said[path] & own for path in said}
    return {
        path: names.difference(
            *(
                other
                for elsewhere, other in words.items()
                if elsewhere != path and not (_RULES in path and _RULES in elsewhere)
            )
        )
        for path, names in words.items()
        if path != CORE
    }


def _inner(sources: Mapping[str, str], own: set[str]) -> list[set[str]]:
    """Names that a class of the core has for itself: all that is said of them is `self.name` and `def name`, in its
    own part of the core, or in that of a class which it comes from."""
    if CORE not in sources:
        return []
    tree = ast.parse(sources[CORE])
    starts = [number for number, line in enumerate(sources[CORE].splitlines(), 1) if MARKER.fullmatch(line)]
    family = {node.name: bisect(starts, node.lineno) for node in tree.body if isinstance(node, ast.ClassDef)}
    joined = list(range(len(starts) + 1))  # part -> the first of those that it shares classes with
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            for base in node.bases:
                if isinstance(base, ast.Name) and base.id in family:
                    one, other = joined[family[node.name]], joined[family[base.id]]
                    joined = [min(one, other) if part in (one, other) else part for part in joined]
    elsewhere = {name for path, text in sources.items() if path != CORE for name in _said(text)}
    places: dict[str, set[int]] = {name: set() for name in own - elsewhere}
    methods = {id(method) for node in walk(tree) if isinstance(node, ast.ClassDef) for method in node.body}
    for part in walk(tree):
        for name in _mentioned(part):
            if name in places:
                is_own = (isinstance(part, ast.Attribute) and ast.unparse(part.value) == "self") or (
                    isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) and id(part) in methods
                )
                places[name].add(joined[bisect(starts, getattr(part, "lineno", 0))] if is_own else -1)
    groups: dict[int, set[str]] = {}
    for name, parts in places.items():
        if len(parts) == 1 and -1 not in parts:
            groups.setdefault(parts.pop(), set()).add(name)
    return list(groups.values())


def _quoted(modules: Mapping[str, Edits]) -> set[str]:
    """Texts that may be an attribute's name, for `getattr` and its like."""
    nodes = [node for module in modules.values() for node in walk(module.tree) if isinstance(node, ast.Constant)]
    return {node.value for node in nodes if isinstance(node.value, str)}


def _elsewhere(modules: Mapping[str, Edits]) -> set[str]:
    """Names that the sources import from modules which are not among them."""
    here = {path.removesuffix(".py").replace("/", ".") for path in modules}
    return {
        alias.name
        for module in modules.values()
        for node in walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.module not in here
        for alias in node.names
    }


def _foreign_names() -> set[str]:
    """Names of builtins and of the modules that board code imports: an attribute so called may not be ours."""
    names: set[str] = set()
    for module in _FOREIGN:
        names.update(dir(module))
        for name in dir(module):
            names.update(dir(getattr(module, name)))
    return names


def _defined(tree: ast.Module) -> Iterator[str]:
    """The names that cost a place in the string pool; those of locals do not."""
    for node in walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.alias) and node.asname is not None:
            yield node.asname
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        if isinstance(node, ast.ClassDef | ast.Module):
            for statement in node.body:
                if isinstance(statement, ast.Assign):
                    yield from bound([statement])


def _renamed(edits: Edits, lent: Mapping[str, str]) -> str:
    for node in walk(edits.tree):
        for name in _mentioned(node):
            if name in lent:
                edits.rename(node, name, lent[name])
    return edits.text()


def _mentioned(node: ast.AST) -> Iterator[str]:
    for field in ("id", "attr", "arg", "name", "asname"):
        name = getattr(node, field, None)
        if isinstance(name, str):
            yield name
    if isinstance(node, ast.Global | ast.Nonlocal):
        yield from node.names

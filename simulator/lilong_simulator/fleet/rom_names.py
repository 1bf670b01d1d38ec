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
import sys
import time
from collections.abc import Iterable, Mapping, Sequence

# Run by the interpreter itself: every name that its modules and types have.
LISTING = """
names = set()
def look(thing):
    for name in dir(thing):
        names.add(name)
for module in ("sys os time socket ssl machine math cmath struct errno select gc hashlib binascii json random "
    "collections io array deflate heapq uctypes vfs platform cryptolib framebuf builtins micropython asyncio").split():
    try:
        module = __import__(module)
    except ImportError:
        continue
    look(module)
    for name in dir(module):
        look(getattr(module, name))
for thing in (1, "", b"", [], (), {}, set(), bytearray(), range(1), OSError(1)):
    look(thing)
print(" ".join(sorted(names)))
"""

_FOREIGN = (asyncio, binascii, builtins, errno, gc, hashlib, json, os, select, socket, sys, time)
_KEPT = {"self", "main", "T"}  # what the boot script and the text pool call by name
_KEYWORDS = {"key", "default", "reverse", "end", "sep"}  # of builtins


def lend(sources: Mapping[str, str], rom: Sequence[str]) -> dict[str, str]:
    """The sources by path in the image, their own names replaced by names of `rom`; lines keep their numbers."""
    trees = {path: ast.parse(text) for path, text in sources.items()}
    words = {word for text in sources.values() for word in re.findall(r"[A-Za-z_]\w*", text)}
    foreign = _foreign_names() | _KEYWORDS | set(rom) | {part for path in sources for part in re.split(r"[/.]", path)}
    own = {name for tree in trees.values() for name in _defined(tree)}
    own = {name for name in own if not name.startswith("__")} - foreign - _KEPT
    free = [
        word
        for word in rom
        if word.isidentifier() and word not in words and not word.startswith("__") and not keyword.iskeyword(word)
    ]
    lent = dict(zip(sorted(own), free, strict=False))  # the last ones keep theirs when the words run out
    return {path: _renamed(text, trees[path], lent) for path, text in sources.items()}


def _foreign_names() -> set[str]:
    """Names of builtins and of the modules that board code imports: an attribute so called may not be ours."""
    names: set[str] = set()
    for module in _FOREIGN:
        names.update(dir(module))
        for name in dir(module):
            names.update(dir(getattr(module, name)))
    return names


def _defined(tree: ast.Module) -> Iterable[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
    for body in [tree.body, *(node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]:
        for statement in body:
            for node in ast.walk(statement):
                if isinstance(statement, ast.Assign | ast.AnnAssign) and isinstance(node, ast.Name):
                    if isinstance(node.ctx, ast.Store):
                        yield node.id


def _renamed(text: str, tree: ast.Module, lent: Mapping[str, str]) -> str:
    data = text.encode()
    offsets = [0]
    for line in data.splitlines(keepends=True):
        offsets.append(offsets[-1] + len(line))
    edits: set[tuple[int, int, str]] = set()

    def at(line: int | None, column: int | None) -> int:
        assert line is not None
        assert column is not None
        return offsets[line - 1] + column

    def put(start: int, name: str | None) -> None:
        """Replace `name`, whose first place from `start` on as a whole word is meant."""
        if name in lent:
            found = re.compile(rb"\b%b\b" % name.encode()).search(data, start)
            assert found is not None
            edits.add((*found.span(), lent[name]))

    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            put(at(node.lineno, node.col_offset), node.id)
        elif isinstance(node, ast.arg):
            put(at(node.lineno, node.col_offset), node.arg)
        elif isinstance(node, ast.keyword) and node.arg is not None:
            put(at(node.lineno, node.col_offset), node.arg)
        elif isinstance(node, ast.Attribute):
            put(at(node.end_lineno, node.end_col_offset) - len(node.attr.encode()), node.attr)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            put(at(node.lineno, node.col_offset), node.name)
        elif isinstance(node, ast.alias) and isinstance(getattr(node, "name", None), str):
            put(at(node.lineno, node.col_offset), node.name)
            if node.asname is not None:
                put(at(node.end_lineno, node.end_col_offset) - len(node.asname.encode()), node.asname)
        elif isinstance(node, ast.ExceptHandler) and node.name is not None:
            assert node.type is not None
            put(at(node.type.end_lineno, node.type.end_col_offset), node.name)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            for name in node.names:
                put(at(node.lineno, node.col_offset), name)
    for start, end, name in sorted(edits, reverse=True):
        data = data[:start] + name.encode() + data[end:]
    return data.decode()

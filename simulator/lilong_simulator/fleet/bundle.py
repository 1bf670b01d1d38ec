"""Joins the modules of a board into one, as bundlers of the web do: a module costs RAM, and so does every import.

What the entries of a firmware import becomes one module, `lilong`. What they import later, by need (the rules of a
kind, a test clock), stays a module of its own, with what only it needs inside. A part begins after its marker,
`# path:1`, and keeps its lines.
"""

import ast
import builtins
import keyword
import re
from collections.abc import Mapping, Sequence

from .edits import Edits
from .scopes import bound, local_names, module_names
from .tree import walk

CORE = "lilong.py"
ENTRIES = ("lilong_firmware/main.py", "board.py")
MARKER = re.compile(r"^# (\S+):1$", re.MULTILINE)

Origin = tuple[str, str]  # a module, by its path or by its dotted name when it is not in the image; a name in it, or ""


class BundleError(ValueError):
    """A source that cannot be bundled: where, why, and what to write instead."""


def bundle(sources: Mapping[str, str], entries: Sequence[str] = ENTRIES) -> dict[str, str]:
    """The bundled sources by path in the image."""
    modules = {path: _Module(path, text, sources) for path, text in sources.items()}
    core: list[str] = []
    for entry in entries:
        if entry in modules:
            _collect(entry, modules, core, ())
    rest = [path for path, module in modules.items() if path not in core and not module.is_empty]
    by_need = {path for module in modules.values() for path in module.later}
    helpers = {path for name in rest for path in modules[name].needs} - by_need
    bundles = {CORE: core} if core else {}
    for path in rest:
        if path not in helpers:
            bundles[path] = _collect(path, modules, [], core)
    return _Bundler(modules, bundles).run()


def place(path: str, line: int, bundled: Mapping[str, str]) -> tuple[str, int]:
    """The source file and its line that line `line` of a bundled module is."""
    start, source = 0, path
    for number, text in enumerate(bundled.get(path, "").splitlines()[:line], 1):
        marker = MARKER.fullmatch(text)
        if marker:
            start, source = number, marker[1]
    return source, line - start


def _collect(path: str, modules: "Mapping[str, _Module]", found: list[str], known: Sequence[str]) -> list[str]:
    """`found` and what a module needs, each after what it needs itself, without what is `known`."""
    if path not in found and path not in known:
        for needed in modules[path].needs:
            _collect(needed, modules, found, known)
        found.append(path)
    return found


class _Module:
    """A source, and where its imports lead."""

    def __init__(self, path: str, text: str, sources: Mapping[str, str]) -> None:
        self.path = path
        self.text = text
        self.tree = ast.parse(text)
        self._sources = sources
        self.imported: dict[str, Origin] = {}  # by the name that the module has for it
        self.needs: list[str] = []  # modules of the image, in the order of their imports
        body = self.tree.body
        for statement in body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                for alias in statement.names:
                    origin = self.origin(statement, alias)
                    self.imported[alias.asname or alias.name] = origin
                    if origin[0] in sources and origin[0] not in self.needs:
                        self.needs.append(origin[0])
        inside = [node for node in walk(self.tree) if isinstance(node, ast.ImportFrom) and node not in body]
        self.later = {self.origin(node, alias)[0] for node in inside for alias in node.names}  # imported by need
        statements = [node for node in body if not isinstance(node, ast.Import | ast.ImportFrom)]
        self.own = sorted(name for name in bound(statements) if not name.startswith("__"))
        self.is_empty = path.endswith("__init__.py") and not [n for n in body if not isinstance(n, ast.Expr)]

    def origin(self, statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> Origin:
        """What an import binds, as a module of the image and a name, else as a dotted module and a name."""
        if isinstance(statement, ast.Import):
            path = self._path(alias.name.split("."))
            return path or alias.name, ""
        folder = self.path.split("/")[: -statement.level] if statement.level else []
        package = [*folder, *(statement.module or "").split(".")] if statement.module else folder
        path = self._path([*package, alias.name])
        return (path, "") if path else (self._path(package) or ".".join(package), alias.name)

    def _path(self, parts: Sequence[str]) -> str | None:
        for path in ("/".join(parts) + ".py", "/".join([*parts, "__init__.py"])):
            if path in self._sources:
                return path
        return None


class _Bundler:
    """Gives every name of a bundle one that nothing else has, and puts it wherever it is meant."""

    def __init__(self, modules: Mapping[str, _Module], bundles: Mapping[str, list[str]]) -> None:
        self.modules = modules
        self.bundles = bundles
        self._home = {part: CORE for part in bundles.get(CORE, ())} | {name: name for name in bundles if name != CORE}
        # A name that some function or class binds, or that a builtin has, would mean something else there.
        taken = {*dir(builtins), *keyword.kwlist}.union(*(local_names(m.tree) for m in modules.values()))
        words = taken.union(*(module.own for module in modules.values()))
        self._names: dict[str, dict[Origin, str]] = {}  # by bundle
        for name, parts in bundles.items():
            self._names[name] = self._allotted(parts, taken, words)
            if name == CORE:
                taken |= set(self._names[name].values())  # the other bundles import them

    def run(self) -> dict[str, str]:
        return {name: self._joined(name, parts) for name, parts in self.bundles.items()}

    def meant(self, bundle: str, origin: Origin) -> tuple[str, str]:
        """(name of a thing, the bundle where it is defined or imported), seen from a bundle."""
        while origin[0] in self.modules and origin[1] in self.modules[origin[0]].imported:
            origin = self.modules[origin[0]].imported[origin[1]]  # it is only passed on there
        path, name = origin
        home = bundle if path not in self.modules or path in self.bundles[bundle] else self._home.get(path, "")
        found = self._names.get(home, {}).get(origin)
        if found is None:
            raise BundleError(f"{path}: no name {name!r} at its top, or only part of another module of the image")
        return found, home

    def _allotted(self, parts: Sequence[str], taken: set[str], words: set[str]) -> dict[Origin, str]:
        """A name for all that the modules of a bundle define, and import from without."""
        names: dict[Origin, str] = {}
        used = set(taken)
        for part in parts:
            module = self.modules[part]
            outside = [origin for origin in module.imported.values() if origin[0] not in self.modules]
            for origin in [*((part, own) for own in module.own), *outside]:
                if origin not in names:
                    # What is imported from without may have the name that it has in the core.
                    known = self._names.get(CORE, {}).get(origin)
                    names[origin] = known or _free(origin[1] or origin[0], used, words)
                    used.add(names[origin])
        return names

    def _joined(self, name: str, parts: Sequence[str]) -> str:
        texts: list[str] = []
        shared: set[str] = set()
        outside: set[Origin] = set()
        for part in parts:
            writer = _Writer(self, name, self.modules[part], outside)
            texts.append(f"# {part}:1\n{writer.text().rstrip()}\n")
            shared |= writer.shared
        if shared:
            texts.insert(0, f"from {CORE.removesuffix('.py')} import {', '.join(sorted(shared))}\n")
        return "".join(texts)


def _free(wish: str, used: set[str], words: set[str]) -> str:
    if wish not in used:
        return wish
    number = 2
    while f"{wish}_{number}" in used | words:
        number += 1
    return f"{wish}_{number}"


class _Writer:
    """Writes one part of one bundle."""

    def __init__(self, bundler: _Bundler, bundle: str, module: _Module, outside: set[Origin]) -> None:
        self._bundler = bundler
        self._bundle = bundle
        self._module = module
        self._outside = outside  # what the bundle has imported already
        self._edits = Edits(module.text)
        self.shared: set[str] = set()  # names that it takes from the core

    def text(self) -> str:
        module, edits = self._module, self._edits
        attributes = {id(n.value): n for n in walk(edits.tree) if isinstance(n, ast.Attribute)}
        for node in walk(edits.tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                if node in edits.tree.body:
                    self._import(node)
                else:
                    self._import_late(node)
        for node, name in module_names(edits.tree):
            origin = module.imported.get(name, (module.path, name))
            if isinstance(node, ast.alias) and name in module.imported:
                continue
            if origin[0] in self._bundler.modules and not origin[1]:
                attribute = attributes.get(id(node))
                if attribute is None:
                    raise BundleError(f"{module.path}: module {name} is used as a value; use names of it")
                edits.replace(attribute, self._meant((origin[0], attribute.attr)))
            elif name in module.imported or name in module.own:
                edits.rename(node, name, self._meant(origin))
        return edits.text()

    def _meant(self, origin: Origin) -> str:
        name, home = self._bundler.meant(self._bundle, origin)
        if home != self._bundle:
            self.shared.add(name)
        return name

    def _import(self, statement: ast.Import | ast.ImportFrom) -> None:
        """At the top: what is in the image is known by its name, what is not is imported once."""
        listed = []
        for alias in statement.names:
            origin = self._module.origin(statement, alias)
            if origin[0] not in self._bundler.modules and origin not in self._outside:
                self._outside.add(origin)
                name = self._meant(origin)
                listed.append(alias.name if name == alias.name else f"{alias.name} as {name}")
        start = "import " if isinstance(statement, ast.Import) else f"from {statement.module} import "
        self._edits.replace(statement, start + ", ".join(listed) if listed else "pass")

    def _import_late(self, statement: ast.Import | ast.ImportFrom) -> None:
        """In a function: what the bundles have gets its local name, another module of the image is imported then."""
        written = []
        for alias in statement.names:
            origin = self._module.origin(statement, alias)
            if origin[0] not in self._bundler.modules:
                return
            if not origin[1]:
                where = f"{self._module.path}:{statement.lineno}"
                raise BundleError(f"{where}: import names of {alias.name}, not the module")
            name, home = self._bundler.meant(self._bundle, origin)
            local = alias.asname or alias.name
            if home in (self._bundle, CORE):
                written.append(f"{local} = {self._meant(origin)}")
            else:
                written.append(f"from {home.removesuffix('.py').replace('/', '.')} import {name} as {local}")
        self._edits.replace(statement, "; ".join(written))

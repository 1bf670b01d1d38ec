"""Calls the parameters of all functions by the same few names: each name that the image uses costs RAM, once.

A parameter that some call passes by name keeps its own, since another function of that name may be meant.
"""

import ast
import itertools
from collections.abc import Iterable, Mapping

from .edits import Edits
from .scopes import Comprehension, Function, bound, bound_in_function
from .tree import children, walk

PREFIX = "parameter_"


def share_parameters(sources: Mapping[str, str]) -> dict[str, str]:
    """The sources by path in the image with parameters `parameter_0`, `parameter_1` and so on."""
    edits = {path: Edits(text) for path, text in sources.items()}
    nodes = [node for module in edits.values() for node in walk(module.tree)]
    passed = {node.arg for node in nodes if isinstance(node, ast.keyword) and node.arg is not None}
    for module in edits.values():
        _rename([module.tree], {}, passed | {"self"}, module)
    return {path: module.text() for path, module in edits.items()}


def _rename(nodes: Iterable[ast.AST], known: Mapping[str, str], kept: set[str], edits: Edits) -> None:
    """`known`: the new names of the parameters of the functions around."""
    for node in nodes:
        inside = known
        if isinstance(node, Function):
            _rename([*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)], known, kept, edits)
            inside = _within(node, known, kept, edits)
            _rename(node.body if isinstance(node.body, list) else [node.body], inside, kept, edits)
            _rename(getattr(node, "decorator_list", []), known, kept, edits)
            continue
        if isinstance(node, Comprehension):
            hidden = bound([generator.target for generator in node.generators])
            inside = {name: new for name, new in known.items() if name not in hidden}
        elif isinstance(node, ast.ClassDef):
            inside = {name: new for name, new in known.items() if name not in bound(node.body)}
        elif isinstance(node, ast.Name) and node.id in known:
            edits.rename(node, node.id, known[node.id])
        elif isinstance(node, ast.Nonlocal | ast.ExceptHandler):
            for name in {*getattr(node, "names", []), getattr(node, "name", None)} & set(known):
                edits.rename(node, name, known[name])
        _rename(children(node), inside, kept, edits)


def _within(node: Function, known: Mapping[str, str], kept: set[str], edits: Edits) -> dict[str, str]:
    """The new names that hold inside a function: its own parameters', and those around that it does not hide."""
    hidden = bound_in_function(node)
    inside = {name: new for name, new in known.items() if name not in hidden}
    kept = kept | {name for name in hidden if _is_imported(name, node)}
    for parameter in [*node.args.posonlyargs, *node.args.args]:
        if parameter.arg not in kept:
            free = (f"{PREFIX}{number}" for number in itertools.count())
            inside[parameter.arg] = next(name for name in free if name not in inside.values())
            edits.rename(parameter, parameter.arg, inside[parameter.arg])
    return inside


def _is_imported(name: str, function: Function) -> bool:
    """An import in the function gives a parameter its default."""
    return any(isinstance(node, ast.alias) and name in (node.name, node.asname) for node in walk(function))

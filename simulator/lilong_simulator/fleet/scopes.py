"""Python's rules of scope: where in a module a name means one of the module's own."""

import ast
from collections.abc import Iterable, Iterator

from .tree import children, walk

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Names = frozenset[str]


def module_names(tree: ast.AST) -> list[tuple[ast.AST, str]]:
    """(node, name) wherever a name that no function, class or comprehension binds is read or bound.

    So these are the names of the module and the builtins. The node is a name, a definition, an alias of an import, an
    except handler or a `global`.
    """
    found: list[tuple[ast.AST, str]] = []
    _visit(tree, frozenset(), frozenset(), found)
    return found


def local_names(tree: ast.AST) -> set[str]:
    """All names that any function, class or comprehension binds."""
    names: set[str] = set()
    for node in walk(tree):
        if isinstance(node, Function):
            names |= bound_in_function(node)
        elif isinstance(node, ast.ClassDef):
            names |= bound(node.body)
        elif isinstance(node, Comprehension):
            names |= bound([generator.target for generator in node.generators])
    return names


def bound(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that statements bind in the scope in which they stand."""
    names: set[str] = set()
    for node in nodes:
        names.update(_named(node))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, Comprehension):  # of its names only those of a := are bound outside of it
            names |= bound([child for child in walk(node) if isinstance(child, ast.NamedExpr)])
        else:
            names |= bound(children(node))
    return names


def _named(node: ast.AST) -> Iterator[str]:
    """What a node itself binds."""
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.alias):
        yield node.asname or node.name.partition(".")[0]
    elif isinstance(node, ast.ExceptHandler) and node.name is not None:
        yield node.name


def bound_in_function(node: Function) -> set[str]:
    """The names of a function's own: parameters, and what its body binds."""
    body = node.body if isinstance(node.body, list) else [node.body]
    outer = {
        name for child in walk(*body) if isinstance(child, ast.Global | ast.Nonlocal) for name in child.names
    }  # fmt: skip
    return (bound(body) - outer) | {arg.arg for arg in walk(node.args) if isinstance(arg, ast.arg)}


def _visit(node: ast.AST, hidden: Names, here: Names, found: list[tuple[ast.AST, str]]) -> None:
    """`hidden`: what the functions around bind; `here`: that, and what a class binds in whose body the node stands."""
    if isinstance(node, ast.Name):
        if node.id not in here:
            found.append((node, node.id))
        return
    if isinstance(node, ast.Global):
        found.extend((node, name) for name in node.names)
        return
    found.extend((node, name) for name in _named(node) if name not in here)
    if isinstance(node, Function):
        _visit_function(node, hidden, here, found)
    elif isinstance(node, ast.ClassDef):
        _visit_all([*node.decorator_list, *node.bases, *node.keywords], hidden, here, found)
        _visit_all(node.body, hidden, hidden | bound(node.body), found)
    elif isinstance(node, Comprehension):
        _visit(node.generators[0].iter, hidden, here, found)
        inner = hidden | bound([generator.target for generator in node.generators])
        parts = [child for child in children(node) if child is not node.generators[0]]
        first = [node.generators[0].target, *node.generators[0].ifs]
        _visit_all([*parts, *first], inner, inner, found)
    else:
        _visit_all(children(node), hidden, here, found)


def _visit_function(node: Function, hidden: Names, here: Names, found: list[tuple[ast.AST, str]]) -> None:
    inside: list[ast.AST] = node.body if isinstance(node.body, list) else [node.body]  # type: ignore[assignment]
    outside = [child for child in children(node) if child not in inside]
    _visit_all(outside, hidden, here, found)
    declared = {name for child in walk(*inside) if isinstance(child, ast.Global) for name in child.names}
    inner = (hidden - declared) | bound_in_function(node)
    _visit_all(inside, inner, inner, found)


def _visit_all(nodes: Iterable[ast.AST], hidden: Names, here: Names, found: list[tuple[ast.AST, str]]) -> None:
    for node in nodes:
        _visit(node, hidden, here, found)

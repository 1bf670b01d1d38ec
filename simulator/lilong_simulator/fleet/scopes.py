"""Python's rules of scope: where in a module a name means one of the module's own."""

import ast
from collections.abc import Iterable, Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Names = frozenset[str]


def module_names(tree: ast.AST) -> list[tuple[ast.AST, str]]:
    """(node, name) wherever a name that no function, class or comprehension binds is read or bound.

    So these are the names of the module and the builtins. The node is a name, a definition, an alias of an import, an
    except handler or a `global`.
    """
    return list(_visit(tree, frozenset(), frozenset()))


def local_names(tree: ast.AST) -> set[str]:
    """All names that any function, class or comprehension binds."""
    names: set[str] = set()
    for node in ast.walk(tree):
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
        inner = ast.iter_child_nodes(node)
        if isinstance(node, Comprehension):  # of its names only those of a := are bound outside of it
            inner = iter([child for child in ast.walk(node) if isinstance(child, ast.NamedExpr)])
        names |= bound(inner)
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
        name for inner in body for child in ast.walk(inner) if isinstance(child, ast.Global | ast.Nonlocal)
        for name in child.names
    }  # fmt: skip
    return (bound(body) - outer) | {arg.arg for arg in ast.walk(node.args) if isinstance(arg, ast.arg)}


def _visit(node: ast.AST, hidden: Names, here: Names) -> Iterator[tuple[ast.AST, str]]:
    """`hidden`: what the functions around bind; `here`: that, and what a class binds in whose body the node stands."""
    names = node.names if isinstance(node, ast.Global) else [*_named(node)]
    if isinstance(node, ast.Name):
        names = [node.id]
    for name in names:
        if name not in here or isinstance(node, ast.Global):
            yield node, name
    if isinstance(node, Function):
        yield from _visit_function(node, hidden, here)
    elif isinstance(node, ast.ClassDef):
        yield from _visit_all([*node.decorator_list, *node.bases, *node.keywords], hidden, here)
        yield from _visit_all(node.body, hidden, hidden | bound(node.body))
    elif isinstance(node, Comprehension):
        yield from _visit(node.generators[0].iter, hidden, here)
        inner = hidden | bound([generator.target for generator in node.generators])
        parts = [child for child in ast.iter_child_nodes(node) if child is not node.generators[0]]
        first = [node.generators[0].target, *node.generators[0].ifs]
        yield from _visit_all([*parts, *first], inner, inner)
    else:
        yield from _visit_all(ast.iter_child_nodes(node), hidden, here)


def _visit_function(node: Function, hidden: Names, here: Names) -> Iterator[tuple[ast.AST, str]]:
    inside: list[ast.AST] = node.body if isinstance(node.body, list) else [node.body]  # type: ignore[assignment]
    outside = [child for child in ast.iter_child_nodes(node) if child not in inside]
    yield from _visit_all(outside, hidden, here)
    declared = {
        name for inner in inside for child in ast.walk(inner) if isinstance(child, ast.Global) for name in child.names
    }
    inner = (hidden - declared) | bound_in_function(node)
    yield from _visit_all(inside, inner, inner)


def _visit_all(nodes: Iterable[ast.AST], hidden: Names, here: Names) -> Iterator[tuple[ast.AST, str]]:
    for node in nodes:
        yield from _visit(node, hidden, here)

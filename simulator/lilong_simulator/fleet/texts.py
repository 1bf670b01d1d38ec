"""One text for all texts of a board: a literal in a function costs a slice of it, no object of its own.

MicroPython makes an object in RAM for each literal of more than a few characters when a module is imported, though
most are words of errors that never come.
"""

import ast
from collections.abc import Mapping

NAME = "lilong_texts"
SHORT = 10  # MicroPython keeps literals up to this length in the string pool anyway


def pool_texts(sources: Mapping[str, str]) -> dict[str, str]:
    """The sources by path in the image, with a module more; lines keep their numbers."""
    pool: dict[str, int] = {}
    whole = ""
    result = {}
    for path, text in sources.items():
        data = text.encode()
        offsets = [0]
        for line in data.splitlines(keepends=True):
            offsets.append(offsets[-1] + len(line))
        edits = []
        for node in _literals(ast.parse(text)):
            assert node.end_lineno is not None
            assert node.end_col_offset is not None
            assert isinstance(node.value, str)
            if node.value not in pool:
                pool[node.value] = len(whole)
                whole += node.value
            start = offsets[node.lineno - 1] + node.col_offset
            end = offsets[node.end_lineno - 1] + node.end_col_offset
            lines = "\n" * data[start:end].count(b"\n")
            at = pool[node.value]
            edits.append((start, end, f"T({lines}{at},{at + len(node.value)})"))
        for start, end, call in sorted(edits, reverse=True):
            data = data[:start] + call.encode() + data[end:]
        result[path] = (f"from {NAME} import T;" if edits else "") + data.decode()
    result[f"{NAME}.py"] = f"_ALL = {whole!r}\n\n\ndef T(start, end):\n    return _ALL[start:end]\n"
    return result


def _literals(tree: ast.Module) -> list[ast.Constant]:
    """Longer ASCII literals that are evaluated when a function runs."""
    found: list[ast.Constant] = []

    def visit(node: ast.AST, inside: bool) -> None:
        if isinstance(node, ast.JoinedStr):
            return
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for statement in node.body:
                visit(statement, True)
            return
        if isinstance(node, ast.AnnAssign):
            if node.value is not None:
                visit(node.value, inside)
            return
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return  # a docstring
        if isinstance(node, ast.Constant):
            if inside and isinstance(node.value, str) and len(node.value) > SHORT and node.value.isascii():
                found.append(node)
            return
        for child in ast.iter_child_nodes(node):
            visit(child, inside)

    visit(tree, False)
    return found

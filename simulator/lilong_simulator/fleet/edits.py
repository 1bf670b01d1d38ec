"""A source text and what is to be changed in it; its lines keep their numbers."""

import ast
import re


class Edits:
    """Replacements in the text of a module, found through its syntax tree. Of nested ones the outermost counts."""

    def __init__(self, text: str) -> None:
        self.tree = ast.parse(text)
        self._data = text.encode()
        self._replacements: dict[tuple[int, int], str] = {}
        self._offsets = [0]
        for line in self._data.splitlines(keepends=True):
            self._offsets.append(self._offsets[-1] + len(line))

    def replace(self, node: ast.stmt | ast.expr | ast.arg, instead: str) -> None:
        """Something else in the place of a node."""
        self._put(self.start(node), self.end(node), instead)

    def drop(self, statement: ast.stmt) -> None:
        """Without a statement, and without its decorators."""
        decorators = getattr(statement, "decorator_list", [])
        start = self.find_before(decorators[0], "@") if decorators else self.start(statement)
        self.cut(start, self.end(statement), "pass")

    def cut(self, start: int, end: int, instead: str = "") -> None:
        """Something else from one byte offset to another."""
        self._put(start, end, instead)

    def rename(self, node: ast.AST, name: str, to: str) -> None:
        """Another name where a node says `name`: a name, an attribute, a parameter, a definition, an import ..."""
        if name == to:
            return
        start = self._offsets[node.lineno - 1] + node.col_offset  # type: ignore[attr-defined]  # every such node has it
        if isinstance(node, ast.Attribute):
            start = self.end(node) - len(name.encode())
        elif isinstance(node, ast.ExceptHandler):
            assert node.type is not None
            start = self.end(node.type)
        elif isinstance(node, ast.alias) and node.asname == name:
            assert node.end_lineno is not None
            assert node.end_col_offset is not None
            start = self._offsets[node.end_lineno - 1] + node.end_col_offset - len(name.encode())
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            start = self._data.index(b"class" if isinstance(node, ast.ClassDef) else b"def", start) + 3
        found = re.compile(rb"\b%b\b" % name.encode()).search(self._data, start)
        assert found is not None
        self._put(*found.span(), to)

    def find_before(self, node: ast.expr, what: str) -> int:
        """The offset of the last `what` before a node."""
        return self._data.rindex(what.encode(), 0, self.start(node))

    def start(self, node: ast.stmt | ast.expr | ast.arg) -> int:
        return self._offsets[node.lineno - 1] + node.col_offset

    def end(self, node: ast.stmt | ast.expr | ast.arg) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._offsets[node.end_lineno - 1] + node.end_col_offset

    def text(self) -> str:
        """The text with all that is changed."""
        parts = []
        at = 0
        for (start, end), instead in sorted(self._replacements.items(), key=lambda item: (item[0][0], -item[0][1])):
            if start >= at:
                parts += [self._data[at:start], instead.encode()]
                at = end
        return b"".join([*parts, self._data[at:]]).decode()

    def _put(self, start: int, end: int, instead: str) -> None:
        lost = self._data.count(b"\n", start, end) - instead.count("\n")
        self._replacements[start, end] = instead + "\n" * lost

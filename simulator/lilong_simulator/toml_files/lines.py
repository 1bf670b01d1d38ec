"""Where each key of a TOML text stands, so that an error can name the line a person wrote.

`tomllib` gives values without places. This scanner walks a text that `tomllib` has accepted and notes the
line of every key, table header and array element; it decides nothing about validity.
"""

from __future__ import annotations

import tomllib

Path = tuple[str | int, ...]


class UnclosedString(Exception):
    """A multi-line string runs to the end of the text; `line` is where it opened."""

    def __init__(self, line: int) -> None:
        super().__init__(f"string opened at line {line} is never closed")
        self.line = line


def key_lines(text: str) -> dict[Path, int]:
    """The line (from 1) of every key path of a valid TOML text: `("buildings", 0, "cores", 1, "x") -> 17`.

    A table that is only implied by a longer header (`[a.b]`) stands where it is first named.
    """
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text.replace("\r\n", "\n")
        self._at = 0
        self._line = 1
        self._lines: dict[Path, int] = {}
        self._rows: dict[Path, int] = {}  # array of tables -> index of its newest row

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        while self._skip_blank():
            table = self._header() if self._peek() == "[" else self._pair(table)
        return self._lines

    def _header(self) -> Path:
        line, double = self._line, self._text.startswith("[[", self._at)
        self._move(2 if double else 1)
        keys = self._keys("]")
        self._move(2 if double else 1)
        path: Path = ()
        for n, key in enumerate(keys):
            path = (*path, key)
            self._lines.setdefault(path, line)
            last = n == len(keys) - 1
            if last and double:
                self._rows[path] = self._rows.get(path, -1) + 1
                self._lines[(*path, self._rows[path])] = line
            if path in self._rows:
                path = (*path, self._rows[path])
        if not double:
            self._lines[path] = line
        return path

    def _pair(self, table: Path) -> Path:
        line, path = self._line, table
        for key in self._keys("="):
            path = (*path, key)
            self._lines.setdefault(path, line)
        self._move(1)
        self._value(path)
        return table

    def _keys(self, end: str) -> list[str]:
        """The parts of a dotted key, up to the character `end`, which is left in place."""
        keys: list[str] = []
        while True:
            self._skip_space()
            start = self._at
            if self._peek() in "\"'":
                self._string()
                keys.append(tomllib.loads(f"k = {self._text[start : self._at]}")["k"])
            else:
                while self._peek() not in f" \t.{end}":
                    self._move(1)
                keys.append(self._text[start : self._at])
            self._skip_space()
            if self._peek() == end:
                return keys
            self._move(1)  # the dot

    def _value(self, path: Path) -> None:
        self._skip_space()
        if self._peek() == "[":
            self._array(path)
        elif self._peek() == "{":
            self._inline_table(path)
        elif self._peek() in "\"'":
            self._string()
        else:
            while self._peek() not in ",]}#\n":
                self._move(1)

    def _array(self, path: Path) -> None:
        self._move(1)
        index = 0
        while self._skip_blank() and self._peek() != "]":
            self._lines[(*path, index)] = self._line
            self._value((*path, index))
            index += 1
            self._skip_blank()
            if self._peek() == ",":
                self._move(1)
        self._move(1)

    def _inline_table(self, path: Path) -> None:
        self._move(1)
        while self._skip_blank() and self._peek() != "}":
            self._pair(path)
            self._skip_blank()
            if self._peek() == ",":
                self._move(1)
        self._move(1)

    def _string(self) -> None:
        quote, line = self._peek(), self._line
        fence = quote * 3 if self._text.startswith(quote * 3, self._at) else quote
        self._move(len(fence))
        while not self._text.startswith(fence, self._at):
            if self._at >= len(self._text):
                raise UnclosedString(line)
            self._move(2 if quote == '"' and self._peek() == "\\" else 1)
        self._move(len(fence))
        while len(fence) == 3 and self._peek() == quote:  # up to two quotes may end the content
            self._move(1)

    def _skip_blank(self) -> bool:
        """Skips white space, line ends and comments; whether anything is left."""
        while self._peek() in " \t\n#":
            if self._peek() == "#":
                end = self._text.find("\n", self._at)
                self._at = len(self._text) if end < 0 else end
            else:
                self._move(1)
        return self._at < len(self._text)

    def _skip_space(self) -> None:
        while self._peek() in " \t":
            self._move(1)

    def _peek(self) -> str:
        return self._text[self._at] if self._at < len(self._text) else "\0"

    def _move(self, count: int) -> None:
        self._line += self._text.count("\n", self._at, self._at + count)
        self._at += count

"""Every key of a TOML text is found on the line where it was written, in every form that TOML allows."""

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from lilong_simulator.toml_files.lines import Path, key_lines

TEXT = '''# a comment with [brackets] and "quotes"
title = "x # no comment"
a.b."c d".'e' = 1

[table] # comment
text = """
[not.a.table]
key = 1 \\""" still inside """
literal = \'\'\'
"""\'\'\'
after = [
    1, # one
    [2, 3],
    { x = 1, y.z = [
        4,
    ] },
]
[[row]]
k = 2026-03-01T07:00:00
[row.sub]
deep = {}
[[row]]
k = 5
[[row.inner]]
v = 'a\\'
[[row.inner]]
v = -inf
'''


def test_keys_are_found_whatever_form_they_have() -> None:
    assert tomllib.loads(TEXT)
    lines = key_lines(TEXT)
    expected: dict[Path, int] = {
        ("title",): 2,
        ("a", "b", "c d", "e"): 3,
        ("table",): 5,
        ("table", "text"): 6,
        ("table", "literal"): 9,
        ("table", "after"): 11,
        ("table", "after", 0): 12,
        ("table", "after", 1): 13,
        ("table", "after", 1, 1): 13,
        ("table", "after", 2, "x"): 14,
        ("table", "after", 2, "y", "z"): 14,
        ("table", "after", 2, "y", "z", 0): 15,
        ("row",): 18,
        ("row", 0): 18,
        ("row", 0, "k"): 19,
        ("row", 0, "sub"): 20,
        ("row", 0, "sub", "deep"): 21,
        ("row", 1): 22,
        ("row", 1, "k"): 23,
        ("row", 1, "inner", 0, "v"): 25,
        ("row", 1, "inner", 1): 26,
        ("row", 1, "inner", 1, "v"): 27,
    }
    assert {path: lines.get(path) for path in expected} == expected


def paths(value: Any, at: Path = ()) -> set[Path]:
    """Every key path of a value."""
    found = {at} if at else set()
    if isinstance(value, dict):
        for key, part in value.items():
            found |= paths(part, (*at, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            found |= paths(part, (*at, index))
    return found


STRINGS = st.text(st.sampled_from("ab\"'\\#[]{}=,.\n é"), max_size=6)
SCALARS = st.integers(-9, 9) | st.booleans() | st.floats(-2, 2) | STRINGS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(STRINGS, inner, max_size=3), max_leaves=8
)


def quoted(text: str) -> str:
    return '"' + "".join(f"\\u{ord(c):04x}" if c in '"\\' or ord(c) < 32 else c for c in text) + '"'


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{quoted(key)} = {toml(part)}" for key, part in value.items()) + " }"
    if isinstance(value, list):
        return "[ # list\n" + "".join(f"{toml(part)},\n" for part in value) + "]"
    if isinstance(value, str):
        return f'"""\n{quoted(value)[1:-1]}"""' if "\n" in value else quoted(value)
    return str(value).lower() if isinstance(value, bool) else repr(value)


@given(st.dictionaries(STRINGS, VALUES, max_size=4), st.lists(st.dictionaries(STRINGS, VALUES, max_size=2), max_size=3))
def test_the_paths_are_those_of_the_values(top: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    top = {f"t{key}": value for key, value in top.items()}
    text = "".join(f"{quoted(key)} = {toml(value)}\n" for key, value in top.items())
    for row in rows:
        text += "\n[[ rows ]]\n" + "".join(f"  {quoted(key)} = {toml(value)}\n" for key, value in row.items())
    lines = key_lines(text)
    assert set(lines) == paths(tomllib.loads(text))
    source = text.split("\n")
    for path, line in lines.items():
        if isinstance(path[-1], str):
            assert quoted(path[-1]) in source[line - 1] or path == ("rows",)

"""Every normative sentence of the specification has an id of its own and a test that names it."""

import ast
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
SENTENCE = re.compile(r"^- \*\*(LIL-[A-Z]+-\d{3})\*\* · (device|backend|both) · \S", re.MULTILINE)
ANY_ID = re.compile(r"LIL-[A-Z]+-\d{3}")


def sentences() -> list[str]:
    return [
        found for path in sorted((ROOT / "protocol/spec").glob("*.md")) for found in SENTENCE.findall(path.read_text())
    ]


def proofs() -> dict[str, list[str]]:
    """Where each id is named in a `pytest.mark.spec`."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "spec":
                for argument in node.args:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        found.setdefault(argument.value, []).append(f"{path.name}:{node.lineno}")
    return found


def test_every_sentence_has_an_id_of_its_own_and_says_whose_duty_it_is() -> None:
    ids = [name for name, _ in sentences()]
    assert [name for name, count in Counter(ids).items() if count > 1] == []
    lines = [
        line for path in (ROOT / "protocol/spec").glob("*.md") for line in path.read_text().splitlines()
        if line.startswith("- ")
    ]  # fmt: skip
    assert len(lines) == len(ids), [line for line in lines if not SENTENCE.match(line)]


def test_every_sentence_is_proved_by_a_test() -> None:
    assert sorted({name for name, _ in sentences()} - set(proofs())) == []


def test_no_test_names_a_sentence_that_is_not_there() -> None:
    known = {name for name, _ in sentences()}
    assert {name: places for name, places in proofs().items() if name not in known} == {}


def test_documents_and_code_name_only_sentences_that_are_there() -> None:
    known = {name for name, _ in sentences()}
    for folder in ("protocol", "firmware", "simulator", "tools", "boards", "benchmarks"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".md", ".py") and path.is_file():
                assert set(ANY_ID.findall(path.read_text(encoding="utf-8"))) <= known, path

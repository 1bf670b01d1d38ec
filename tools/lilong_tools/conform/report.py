"""What a conformance run has found, by the id of each sentence: a table, JSON, JUnit XML, an exit code."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from rich.console import Console
from rich.table import Table

from .sentences import sentence

PASSED, FAILED = 0, 1  # exit codes; 2 is for bad input
COUNTS = 56  # characters of a row before its sentence
CASES = 3  # of a sentence, whose failures the console shows
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Result:
    """One case of one sentence. `case`: scenario or question, then what must be true.

    passed None: it could not be tried, `detail` says why; False: `detail` was seen instead, `frames` went before it.
    """

    id: str
    case: str
    passed: bool | None
    detail: str = ""
    frames: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """All cases of one sentence."""

    passed: int
    failed: int
    skipped: int


def verdicts(results: Iterable[Result]) -> dict[str, Verdict]:
    """By id, in the order of the ids."""
    counts: dict[str, list[int]] = {}
    for result in results:
        count = counts.setdefault(result.id, [0, 0, 0])
        count[2 if result.passed is None else 0 if result.passed else 1] += 1
    return {name: Verdict(*counts[name]) for name in sorted(counts)}


def exit_code(results: Sequence[Result]) -> int:
    """FAILED when a case failed, or when none passed: a run that tried nothing proves nothing."""
    tried = {result.passed for result in results}
    return PASSED if True in tried and False not in tried else FAILED


def table(title: str, results: Sequence[Result], width: int) -> Table:
    """A row for each id, with as much of its sentence as the width has room for."""
    shown = Table(title=title, title_justify="left")
    counted = verdicts(results)
    for column in ("id", "passed", "failed", "not tried"):
        shown.add_column(column, justify="left" if column == "id" else "right", no_wrap=True)
    shown.add_column("sentence", no_wrap=True)
    room = max(10, width - COUNTS)
    for name, verdict in counted.items():
        style = "red" if verdict.failed else "yellow" if not verdict.passed else ""
        counts = (str(verdict.passed), str(verdict.failed), str(verdict.skipped))
        text = sentence(name).text
        shown.add_row(name, *counts, text if len(text) <= room else text[: room - 3] + "...", style=style)
    return shown


def explained(results: Sequence[Result], again: str) -> Iterator[str]:
    """Lines on each sentence that is broken: what it says, what was expected and seen, the frames before, what to do.

    `again`: how a scenario by name is run once more; nothing for a suite of questions, whose exchange says all.
    """
    for name in sorted({result.id for result in results if result.passed is False}):
        text, whose, file = sentence(name)
        yield ""
        yield f"{name} is broken. It says ({file}, a duty of {whose}):"
        yield f"  {text}"
        failed = [result for result in results if result.id == name and result.passed is False]
        shown: tuple[str, ...] = ()
        for result in failed[:CASES]:
            where, _, claim = result.case.partition(": ") if again else (result.case, "", "")
            yield f"  in {where}"
            if claim:
                yield f"    expected: {claim}"
            yield f"    seen:     {result.detail or 'the contrary'}"
            yield from (f"      {frame}" for frame in result.frames if result.frames != shown)
            shown = result.frames
        if len(failed) > CASES:
            yield f"  and {len(failed) - CASES} more, which --json FILE has"
        if again and " " not in (where := failed[0].case.partition(": ")[0]):
            yield f"  again: {again} --only {where}"


def untried(results: Sequence[Result]) -> Iterator[str]:
    """Lines on what was not tried: each reason, and the sentences of which nothing has passed or failed for it."""
    tried = {result.id for result in results if result.passed is not None}
    reasons: dict[str, list[str]] = {}
    for result in results:
        if result.passed is None and result.id not in tried and result.id not in reasons.setdefault(result.detail, []):
            reasons[result.detail].append(result.id)
    for reason, names in reasons.items():
        if names:
            yield f"not tried: {' '.join(names)}: {reason}"


def as_json(suite: str, subject: str, results: Sequence[Result]) -> dict[str, Any]:
    """Everything: the outcome, the counts of each id, each case."""
    return {
        "suite": suite, "subject": subject, "passed": exit_code(results) == PASSED,
        "assertions": {
            name: {**asdict(verdict), "sentence": sentence(name).text, "file": sentence(name).file}
            for name, verdict in verdicts(results).items()
        },
        "results": [asdict(result) for result in results],
    }  # fmt: skip


def as_junit(suite: str, results: Sequence[Result]) -> str:
    """JUnit XML: a test suite for each id."""
    root = ElementTree.Element("testsuites", name=suite)
    for name, verdict in verdicts(results).items():
        total = verdict.passed + verdict.failed + verdict.skipped
        group = ElementTree.SubElement(
            root, "testsuite", name=name, tests=str(total), failures=str(verdict.failed), skipped=str(verdict.skipped),
            errors="0",
        )  # fmt: skip
        for result in results:
            if result.id != name:
                continue
            case = ElementTree.SubElement(group, "testcase", classname=f"{suite}.{name}", name=_xml(result.case))
            if result.passed is None:
                ElementTree.SubElement(case, "skipped", message=_xml(result.detail))
            elif not result.passed:
                failure = ElementTree.SubElement(case, "failure", message=_xml(result.detail))
                failure.text = _xml("\n".join((f"{name}: {sentence(name).text}", *result.frames)))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def tell(
    suite: str, subject: str, results: Sequence[Result], console: Console, json_file: Path | None = None,
    junit_file: Path | None = None, again: str = "",
) -> int:  # fmt: skip
    """Show the table and what to make of it, write the files that were asked for, give the exit code."""
    console.print(table(f"{suite}: {subject}", results, console.width))
    for text in (*untried(results), *explained(results, again)):
        console.print(text, soft_wrap=True)
    failed = sum(result.passed is False for result in results)
    skipped = sum(result.passed is None for result in results)
    rest = f", {skipped} not tried" if skipped else ""
    console.print(f"{len(results) - failed - skipped} passed, {failed} failed{rest}")
    if json_file is not None:
        json_file.write_text(json.dumps(as_json(suite, subject, results), indent=1, ensure_ascii=False) + "\n")
    if junit_file is not None:
        junit_file.write_text(as_junit(suite, results), encoding="utf-8")
    return exit_code(results)


def _xml(text: str) -> str:
    """Without the characters that XML 1.0 has no place for."""
    return _NOT_XML.sub("\ufffd", text)

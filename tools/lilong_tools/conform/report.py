"""What a conformance run has found, by the id of each sentence: a table, JSON, JUnit XML, an exit code."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from rich.console import Console
from rich.table import Table

PASSED, FAILED = 0, 1  # exit codes; 2 is for bad input
_SHOWN = 60  # characters of a failure's text in the table
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Result:
    """One case of one sentence. `passed` None: it could not be tried, `detail` says why."""

    id: str
    case: str
    passed: bool | None
    detail: str = ""


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


def table(title: str, results: Sequence[Result]) -> Table:
    """A row for each id, with its first failure."""
    shown = Table(title=title, title_justify="left")
    for column in ("id", "passed", "failed", "not tried"):
        shown.add_column(column, justify="left" if column == "id" else "right", no_wrap=True)
    shown.add_column("first failure")
    for name, verdict in verdicts(results).items():
        first = next((one for one in results if one.id == name and one.passed is False), None)
        said = "" if first is None else f"{first.case}: {first.detail}"
        said = said if len(said) <= 3 * _SHOWN else said[: 3 * _SHOWN] + " ..."
        style = "red" if verdict.failed else "yellow" if not verdict.passed else ""
        shown.add_row(name, str(verdict.passed), str(verdict.failed), str(verdict.skipped), said, style=style)
    return shown


def as_json(suite: str, subject: str, results: Sequence[Result]) -> dict[str, Any]:
    """Everything: the outcome, the counts of each id, each case."""
    return {
        "suite": suite, "subject": subject, "passed": exit_code(results) == PASSED,
        "assertions": {name: asdict(verdict) for name, verdict in verdicts(results).items()},
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
                ElementTree.SubElement(case, "failure", message=_xml(result.detail))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def tell(
    suite: str, subject: str, results: Sequence[Result], console: Console, json_file: Path | None = None,
    junit_file: Path | None = None,
) -> int:  # fmt: skip
    """Show the table, write the files that were asked for, give the exit code."""
    console.print(table(f"{suite}: {subject}", results))
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

"""A report as JUnit XML: a case for each thing that a run is judged by, and for each threshold."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# What a failure's text begins with, and the case that it fails.
CASES = {
    "generator saturated": "the generator kept its time",
    "partial": "no shard was lost",
    "undetected": "every danger is raised by its device",
    "missed": "every alarm that is raised is stored",
    "late": "every alarm is stored, and every action taken, in time",
    "over its limit": "every other clock keeps its limit",
    "missing": "every clock that must be seen is seen",
    "false": "no alarm is without a cause",
    "duplicate": "no alarm takes effect twice",
    "out of order": "alarms are stored in their order",
    "cleared": "no alarm is cleared that must stay",
    "not connected": "every device is accepted",
    "lost": "no device is lost",
    "not observed": "a backend was observed",
    "counts do not reconcile": "every frame is accounted for",
}
OBSERVED = {"duplicate": "duplicate", "out of order": "out_of_order"}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
SHOWN = 50  # failures of one case


def junit(report: Mapping[str, Any]) -> bytes:
    """The whole file."""
    found: dict[str, list[str]] = {name: [] for name in CASES}
    for failure in report["failures"]:
        name = failure.partition(":")[0]
        if name != "threshold breached":
            found.setdefault(name, []).append(failure)
    suite = ET.Element("testsuite", name=f"lilong load {report['estate']}", time=f"{report['duration_s']:g}")
    for name, reasons in found.items():
        case = ET.SubElement(suite, "testcase", classname="lilong.load", name=CASES.get(name, name))
        if reasons:
            told = ET.SubElement(case, "failure", message=_clean(reasons[0]))
            told.text = _clean("\n".join(reasons[:SHOWN]))
        elif name in OBSERVED and report["alarms"][OBSERVED[name]] is None:
            ET.SubElement(case, "skipped", message="not observed: give --observed")
    for one in report["thresholds"]:
        case = ET.SubElement(suite, "testcase", classname="lilong.load.require", name=_clean(one["text"]))
        if not one["kept"]:
            value = "not observed" if one["value"] is None else f"it is {one['value']:g}"
            ET.SubElement(case, "failure", message=value)
    suite.set("tests", str(len(suite.findall("testcase"))))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
    suites = ET.Element("testsuites")
    suites.append(suite)
    ET.indent(suites)
    made: bytes = ET.tostring(suites, encoding="utf-8", xml_declaration=True)
    return made + b"\n"


def write_junit(path: Path, report: Mapping[str, Any]) -> None:
    path.write_bytes(junit(report))


def _clean(text: str) -> str:
    """Without what XML 1.0 cannot hold."""
    return _NOT_XML.sub("", text)

"""How a roll-out went, for people later and for CI: report.json and junit.xml."""

import json
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

from .errors import UpdateError
from .rollout import AWAY, FAILURES, UPDATED, WAITING
from .state import Kept

JSON_FILE, JUNIT_FILE = "report.json", "junit.xml"


def content(kept: Kept, now_ms: int) -> dict[str, Any]:
    plan = kept.rollout
    return {
        "release": Path(kept.release).name, "digest": kept.digest, "operator": kept.operator,
        "state": plan.state, "why": plan.why, "started_ms": kept.started_ms, "ended_ms": now_ms,
        "stop_at": plan.stop_at, "counts": plan.count(),
        "waves": [
            {"wave": at, "opened_ms": opened, "counts": plan.count(at)} for at, opened in enumerate(plan.opened_ms, 1)
        ],
        "devices": {
            member.device: {
                "wave": member.wave, "state": member.state, "code": member.code, "version": member.version,
                "bytes": member.have, "at_ms": member.since_ms,
            }
            for member in plan.members
        },
    }  # fmt: skip


def junit(kept: Kept) -> str:
    """A suite for each wave, a case for each device; who was not there, or not reached, is skipped."""
    plan = kept.rollout
    suites = []
    for wave in range(len(plan.waves) + 1):
        members = [member for member in plan.members if member.wave == wave]
        if not members:
            continue
        cases = []
        for member in members:
            name = f'  <testcase classname="lilong.update" name={quoteattr(member.device)}'
            if member.state in FAILURES:
                why = quoteattr(f"{member.state} ({member.code})")
                cases.append(f"{name}>\n   <failure message={why}/>\n  </testcase>")
            elif member.state == UPDATED:
                cases.append(f"{name}/>")
            else:
                cases.append(f"{name}>\n   <skipped message={quoteattr(member.state)}/>\n  </testcase>")
        failures = sum(member.state in FAILURES for member in members)
        skipped = sum(member.state not in FAILURES | {UPDATED} for member in members)
        title = f"wave {wave}" if wave else "not reached"
        suites.append(
            f' <testsuite name="{title}" tests="{len(members)}" failures="{failures}" skipped="{skipped}">\n'
            + "\n".join(cases) + "\n </testsuite>"
        )  # fmt: skip
    return '<?xml version="1.0" encoding="utf-8"?>\n<testsuites>\n' + "\n".join(suites) + "\n</testsuites>\n"


def write(folder: Path, kept: Kept, now_ms: int) -> None:
    try:
        text = json.dumps(content(kept, now_ms), indent=1) + "\n"
        (folder / JSON_FILE).write_text(text, encoding="utf-8")
        (folder / JUNIT_FILE).write_text(junit(kept), encoding="utf-8")
    except OSError as error:
        raise UpdateError(f"--report {folder}: cannot be written ({error.strerror}); name a folder of yours") from None


def sentence(kept: Kept) -> str:
    """What came of it, in a line."""
    plan = kept.rollout
    counts = plan.count()
    parts = [f"{counts.get(UPDATED, 0)} of {len(plan.members)} devices updated"]
    parts += [f"{counts[state]} {state}" for state in sorted(FAILURES | {AWAY, WAITING}) if counts.get(state)]
    return ", ".join(parts)

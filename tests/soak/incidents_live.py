"""Each incident against the whole centre, in real time: python -m tests.soak.incidents_live [--only NAME ...].

A broker, the centre with its store, its console and its operator, and the whole of Music Plaza with a real MicroPython
process of every kind, as `lilong demo --headless` starts them, for each incident of its own; at the local time of the
incident, until the last of what it says can be judged. Nothing is made to go faster: what would take longer than
LONGEST_S is played in its cut form, an incident file `NAME_cut` with shorter times and the same limits, or as it is
with --whole (twelve hours). Several at once, each with ports of its own; one after the other is powered on.

Ends with 1 when one does not pass, with 3 when nothing but a busy machine is to blame.
"""

import argparse
import asyncio
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from lilong_simulator.estate import Estate, load_estate
from lilong_simulator.fleet import image
from lilong_simulator.fleet import process as board_process
from lilong_simulator.incidents import INCIDENTS, IncidentError, read
from lilong_simulator.load.faults import FAULTS
from lilong_simulator.plots import span
from lilong_simulator.random_streams import Streams
from lilong_simulator.score.judged import ALL_CLOCKS, CLOCKS
from lilong_simulator.truth import TruthRow
from lilong_simulator.world.local_time import LocalTime

from tests.soak.generator import LILONG

ESTATE = "music_plaza"
DAY = date(2026, 3, 4)  # a Wednesday
BEFORE_S, AFTER_S = 30, 20  # the world begins so long before an incident, and goes on after the last limit
LONGEST_S = 3_000  # (ours) of what is not cut: an officer who was sent has 45 min to be there
CUT = "_cut"
SATURATED = "generator saturated"


@dataclass(frozen=True)
class Form:
    """How an incident is played: `name`, that of its file; the world begins at `start`, for `duration_s`."""

    name: str
    start: datetime
    duration_s: int


def judged_s(name: str, estate: Estate) -> float:
    """Until when the last of what an incident says can be judged, in s after it began."""
    incident = read(name)
    story = incident.story(estate, 0, Streams(7))
    ends = [row.crossing_ms + _longest(row) for row in story.truth]
    ends += [row.until_ms for row in story.truth if row.expect != "must" and row.until_ms is not None]
    ends += [round((told.until_s + told.within_s) * 1000) for told in incident.content.told]
    put_off = max(_longest(row, CLOCKS) for row in story.truth)
    for fault in incident.content.faults:
        if FAULTS[fault["name"]].HINDERS is not None:  # what is put off by it comes after it
            ends.append(round((fault["at_s"] + fault["for_s"]) * 1000) + put_off)
    return max(ends) / 1000


def _longest(row: TruthRow, clocks: Sequence[str] = ALL_CLOCKS) -> int:
    return max(row.limits.get(f"{clock}_ms") or 0 for clock in clocks)


def form_of(name: str, estate: Estate) -> Form:
    """As it is, from a little before its local time."""
    incident = read(name)
    at = incident.content.at
    begin = datetime.combine(DAY, datetime.min.time().replace(hour=18, minute=40) if at == "start" else at)
    start = begin if at == "start" else begin - timedelta(seconds=BEFORE_S)
    lasts = incident.begins(LocalTime(start)) / 1000 + judged_s(name, estate)
    return Form(name, start, round(lasts) + AFTER_S)


def forms(names: Iterable[str], estate: Estate, whole: bool = False) -> list[Form]:
    """Those that are played for the incidents of these names, the longest first: one that is too long by its cut form,
    which is not played once more by its own name."""
    found = {}
    for name in names:
        form = form_of(name, estate)
        if form.duration_s > LONGEST_S and not whole:
            cut = name + CUT
            if cut not in INCIDENTS:
                long = span(form.duration_s * 1000)
                raise IncidentError(f"{name} takes {long}; write {cut}.toml, or play it --whole")
            form = form_of(cut, estate)
        found[form.name] = form
    return sorted(found.values(), key=lambda form: -form.duration_s)


def all_of_them(whole: bool = False) -> list[str]:
    """The built-in incidents, without the cut forms of those that are played as they are."""
    return sorted(name for name in INCIDENTS if not (whole and name.endswith(CUT)))


# ---- what came of one


def worst_of(incident: str, report: Mapping[str, Any]) -> str:
    """Of its limits the one that was come nearest to, in words."""
    found = [
        (after / limit, f"{what} {span(after)} of {span(limit)}")
        for what, after, limit in (*_rows(incident, report), *_linked(incident, report)) if limit
    ]  # fmt: skip
    return max(found)[1] if found else "no latency seen"


def _rows(incident: str, report: Mapping[str, Any]) -> Iterator[tuple[str, float, float | None]]:
    for row in report["alarm_rows"]:
        if row["incident"] == incident and row["expect"] == "must":
            for clock, after in row["after_crossing_ms"].items():
                if after is not None:  # a fault that kept it from being sent does not count, as in the verdict
                    put_off = (row["possible_after_ms"] or 0) if clock != "local" else 0
                    yield f"{row['alarm']} {clock}", max(0.0, after - put_off), row["limits_ms"][clock]


def _linked(incident: str, report: Mapping[str, Any]) -> Iterator[tuple[str, float, float | None]]:
    for row in report["linkage"]:
        if row["incident"] == incident and row["after_ms"] is not None:
            yield f"{row['action']} {row['what']}", row["after_ms"], row["limit_ms"]


def line_of(form: Form, report: Mapping[str, Any]) -> str:
    """All of it in a line; what is wrong follows in others."""
    (mine,) = [one for one in report["by_incident"] if one["name"] == form.name]
    told = mine["told"].removeprefix(f"{form.name}: ").rpartition(": ")[0]
    lag = report["generator_lag_ms"]["p99"]
    head = f"{report['verdict']:<5} {form.name:<25} {span(form.duration_s * 1000):>8}  "
    line = f"{head}{told}; worst: {worst_of(form.name, report)}; lag p99 {span(lag or 0)}"
    return "\n".join([line, *(f"      {text}" for text in report["failures"][:10])])


# ---- playing


async def play(form: Form, folder: Path, booting: asyncio.Lock, estate: str = ESTATE) -> tuple[str, str]:
    """Its verdict, and what is told of it. booting: held until all are online, so that no storm meets another."""
    async with booting:
        run = await asyncio.create_subprocess_exec(
            *LILONG, "demo", "--headless", "--estate", estate, "--incident", form.name, "--start", str(form.start),
            "--duration", str(form.duration_s), "--http", "127.0.0.1:0", "--report", str(folder / form.name),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        assert run.stdout is not None
        said: list[str] = []
        async for line in run.stdout:
            said.append(line.decode())
            if re.match(r"all [\d,]+ devices online", said[-1]):
                break
    said.append((await run.stdout.read()).decode())
    code = await run.wait()
    file = folder / form.name / "report.json"
    if not file.is_file():
        return "fail", f"fail  {form.name}: no report, exit code {code}: {''.join(said)[-2_000:]}"
    report = json.loads(file.read_text())
    if not report["by_incident"]:
        return "fail", f"fail  {form.name}: it did not happen"
    return report["verdict"], line_of(form, report)


async def play_all(chosen: Sequence[Form], jobs: int, folder: Path) -> dict[Form, str]:
    """Their verdicts; each is told when it is over. What the machine was too busy for is played once more, when the
    others are over: a short one may have met their boots alone."""
    verdicts = await _played(chosen, jobs, folder)
    again = [form for form, verdict in verdicts.items() if verdict == SATURATED]
    if again and len(chosen) > 1:
        print(f"once more: {', '.join(form.name for form in again)}", flush=True)
        verdicts |= await _played(again, jobs, folder)
    return verdicts


async def _played(chosen: Sequence[Form], jobs: int, folder: Path) -> dict[Form, str]:
    free, booting = asyncio.Semaphore(jobs), asyncio.Lock()

    async def one(form: Form) -> str:
        async with free:
            verdict, told = await play(form, folder, booting)
        print(told, flush=True)
        return verdict

    return dict(zip(chosen, await asyncio.gather(*map(one, chosen)), strict=True))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=sorted(INCIDENTS), help="these alone")
    parser.add_argument("--jobs", type=int, default=16, help="so many at once; each takes 1/20 of a core (default 16)")
    parser.add_argument("--whole", action="store_true", help="nothing is cut, which takes twelve hours")
    parser.add_argument("--reports", type=Path, help="where the reports are kept; else they are thrown away")
    given = parser.parse_args()
    begin = time.monotonic()
    chosen = forms(given.only or all_of_them(given.whole), load_estate(ESTATE), given.whole)
    if board_process.available() is None:
        image.build()  # once, before all of them want it
    with tempfile.TemporaryDirectory() as name:
        verdicts = [*asyncio.run(play_all(chosen, given.jobs, given.reports or Path(name))).values()]
    passed = verdicts.count("pass")
    took = span((time.monotonic() - begin) * 1000)
    print(f"{passed} of {len(verdicts)} incidents pass live; {took}, load {os.getloadavg()[0]:.1f}", flush=True)
    return 0 if passed == len(verdicts) else 3 if set(verdicts) <= {"pass", SATURATED} else 1


if __name__ == "__main__":
    sys.exit(main())

"""Each incident against the whole centre, in real time: python -m tests.soak.incidents_live [--only NAME ...].

A broker, the centre with its store, its console and its operator, and the whole of Music Plaza with a real MicroPython
process of every kind, as `lilong demo --headless` starts them, for each incident of its own; at the local time of the
incident, until the last of what it says can be judged. What would take longer than LONGEST_S is played in its cut
form, an incident file `NAME_cut` with shorter times and the same limits, or as it is with --whole (twelve hours).
Several at once, each with ports of its own; one after the other is powered on.

Nothing is made to go faster but by --speed N, which lets the clocks of all of these processes run N times as fast
(`sped_up`): the same programs, protocols, periods and limits, hours of them in minutes, and every millisecond that this
machine takes counts N times. A trial says first whether the generator keeps up at that speed. --long plays what is
longer than LONGEST_S, as it is, which takes a speed to be of use.

Ends with 1 when one does not pass, with 2 when a speed cannot be had, with 3 when nothing but a busy machine is to
blame.
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
from lilong_simulator.incidents.reach import judged_s
from lilong_simulator.plots import span
from lilong_simulator.world.local_time import LocalTime

from tests.soak.generator import LILONG
from tests.soak.sped_up import FASTEST, MARK, SLOWEST, NotSpedUp, begun_anew, check, micropython, real_s

ESTATE = "music_plaza"
DAY = date(2026, 3, 4)  # a Wednesday
BEFORE_S, AFTER_S = 30, 20  # the world begins so long before an incident, and goes on after the last limit
LONGEST_S = 3_900  # (ours) of what is not cut: an officer who was sent has an hour to be there
CUT = "_cut"
SATURATED = "generator saturated"
JOBS = 16  # at once, at the speed of life
TRIAL = "kitchen_fire" + CUT  # a minute of everything: boards, doors, operator


@dataclass(frozen=True)
class Form:
    """How an incident is played: `name`, that of its file; the world begins at `start`, for `duration_s`."""

    name: str
    start: datetime
    duration_s: int


def form_of(name: str, estate: Estate) -> Form:
    """As it is, from a little before its local time."""
    incident = read(name)
    at = incident.content.at
    begin = datetime.combine(DAY, datetime.min.time().replace(hour=18, minute=40) if at == "start" else at)
    start = begin if at == "start" else begin - timedelta(seconds=BEFORE_S)
    lasts = incident.begins(LocalTime(start)) / 1000 + judged_s(incident, estate)
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


def long_ones(estate: Estate) -> list[str]:
    """Of which forms() plays the cut form."""
    names = (name for name in INCIDENTS if not name.endswith(CUT))
    return sorted(name for name in names if form_of(name, estate).duration_s > LONGEST_S)


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
    if MARK in os.environ:
        line += f"; clocks sped up {os.environ[MARK]} times"
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


async def keeps_up(folder: Path, estate: Estate) -> bool:
    """Whether the generator does, at the speed at which clocks run: by the one form that is over first."""
    verdict, told = await play(form_of(TRIAL, estate), folder, asyncio.Lock())
    print(f"trial: {told}", flush=True)
    return verdict != SATURATED


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
    parser.add_argument("--jobs", type=int, help=f"so many at once; each takes 1/20 of a core, and --speed times that "
                        f"(default {JOBS}, divided by the speed)")  # fmt: skip
    parser.add_argument("--whole", action="store_true", help="nothing is cut, which takes twelve hours")
    parser.add_argument("--long", action="store_true", help=f"those that take longer than {LONGEST_S} s, as they are")
    parser.add_argument("--speed", type=int, default=1, metavar="N",
                        help=f"clocks run N times as fast, by faketime: {SLOWEST} to {FASTEST}")  # fmt: skip
    parser.add_argument("--reports", type=Path, help="where the reports are kept; else they are thrown away")
    given = parser.parse_args()
    boards = board_process.available() is None
    if given.speed > 1:
        try:
            begun_anew(given.speed, ["-m", "tests.soak.incidents_live", *sys.argv[1:]])
            check(given.speed, micropython() if boards else None)
        except NotSpedUp as why:
            print(why, file=sys.stderr)
            return 2
    begin, really = time.monotonic(), real_s() if given.speed > 1 else 0.0
    estate, whole = load_estate(ESTATE), given.whole or given.long
    chosen = forms(given.only or (long_ones(estate) if given.long else all_of_them(whole)), estate, whole)
    if boards:
        image.build()  # once, before all of them want it
    with tempfile.TemporaryDirectory() as name:
        folder = given.reports or Path(name)
        if given.speed > 1 and not asyncio.run(keeps_up(folder, estate)):
            print(f"--speed {given.speed}: the generator does not keep up with it here and now; --speed "
                  f"{given.speed // 2} may do, or a quiet machine", file=sys.stderr)  # fmt: skip
            return 3
        jobs = given.jobs or max(1, JOBS // given.speed)
        verdicts = [*asyncio.run(play_all(chosen, jobs, folder)).values()]
    passed = verdicts.count("pass")
    took = span((time.monotonic() - begin) * 1000)
    if given.speed > 1:
        true = span((real_s() - really) * 1000)
        took += f" by clocks that faketime ran {given.speed} times as fast, {true} by the true one"
    print(f"{passed} of {len(verdicts)} incidents pass live; {took}, load {os.getloadavg()[0]:.1f}", flush=True)
    return 0 if passed == len(verdicts) else 3 if set(verdicts) <= {"pass", SATURATED} else 1


if __name__ == "__main__":
    sys.exit(main())

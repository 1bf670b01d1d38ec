"""Tells on the terminal what a live run does: how far it is, and each alarm as it is raised and answered."""

from collections.abc import Callable
from itertools import islice
from math import inf
from typing import Protocol

from lilong_protocol.registry import ALARM
from lilong_simulator.feed import Feed, FeedEvent
from lilong_simulator.load.watched import Watched
from lilong_simulator.recorder import AlarmClocks
from lilong_simulator.truth import Expectation
from rich.console import Console
from rich.status import Status
from rich.text import Text

LEVEL_STYLE = {1: "bold red", 2: "bold dark_orange3", 3: "yellow", 4: "blue"}


MOST = 100  # alarms that are told one by one; a load may have thousands


class View(Protocol):
    """What shows how far a run is, beneath all else."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def update(self) -> None: ...


class Narrator:
    """Polls a run and its observed feed; every stage of each of the first MOST alarms is told once."""

    def __init__(self, console: Console, run: Watched, feed: Feed | None, view: View | None = None) -> None:
        self.console = console
        self.events: list[FeedEvent] = []
        self._names = {device.id: device.name for device in run.devices}
        self._run = run
        self._feed = feed
        self._told: set[tuple[str, str]] = set()
        self._observed: dict[tuple[str, int, int], dict[str, float]] = {}
        self._locks: dict[str, list[tuple[float, int]]] = {}  # when each was released (1) or locked, on the run's clock
        self._outputs_read = 0
        self._too_many = False
        self._view = view or Line(console, self.line)
        self._last: tuple[float, int] = (0.0, 0)
        self._rate = 0.0

    def __enter__(self) -> "Narrator":
        self._view.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._view.stop()

    def poll(self) -> None:
        """Tell what is new, each alarm's stages in their order."""
        recorder = self._run.recorder
        for event in self._feed.poll() if self._feed is not None else ():
            self.events.append(event)
            if self._run.accepter is not None:
                self._run.accepter.observed(event)
            key = (event.device, event.boot, event.seq)
            if event.event in ("stored", "shown", "cleared"):
                self._observed.setdefault(key, {}).setdefault(event.event, event.at - self._run.epoch_zero)
        for key, alarm in islice(recorder.alarms.items(), MOST):
            self._tell(alarm, "raised", alarm.decided)
            seen = self._observed.get(key, {})
            stored = seen.get("stored") if self._feed is not None else alarm.stored
            stages = (
                ("stored", stored), ("shown", seen.get("shown")), ("acknowledged", alarm.acknowledged),
                ("cleared", seen.get("cleared")),
            )  # fmt: skip
            for stage, at in stages:
                if at is not None:
                    self._tell(alarm, stage, at)
        if len(recorder.alarms) > MOST and not self._too_many:
            self._too_many = True
            self.console.print(f"more than {MOST} alarms: from now on they are counted, and told in the report")
        self._tell_releases()
        self._view.update()

    def _tell_releases(self) -> None:
        """Which doors the centre has released since a fire was confirmed, and which are locked again."""
        outputs = self._run.recorder.outputs
        for at, device, output, value in outputs[self._outputs_read :]:
            if output == "lock":
                self._locks.setdefault(device, []).append((at, value))
        self._outputs_read = len(outputs)
        for expectation in self._run.expectations:
            locks = self._locks.get(expectation.device)
            if not locks or expectation.what != "report" or (expectation.id, "locked") in self._told:
                continue
            confirmed = self._confirmed(expectation)
            released = next((at for at, value in locks if value == 1 and at >= confirmed), None)
            if released is None:
                continue
            self._tell_door(expectation, "released", released - confirmed, "second alarm")
            locked = next((at for at, value in locks if value == 0 and at > released), None)
            if locked is not None:
                self._tell_door(expectation, "locked", locked - released, "release")

    def _tell_door(self, expectation: Expectation, stage: str, span: float, since: str) -> None:
        if (expectation.id, stage) not in self._told:
            self._told.add((expectation.id, stage))
            words = f"{_span(span)} after the {since}"
            self.console.print(_line(stage, "green", "fire release", expectation.name, words))

    def _confirmed(self, expectation: Expectation) -> float:
        """When enough alarms had been raised, on the run's clock; inf: they have not been."""
        rows = {row.id: row for row in self._run.truth}
        decided = sorted(
            alarm.decided
            for row in (rows[name] for name in expectation.after if name in rows)
            for alarm in self._run.recorder.alarms.values()
            if alarm.device == row.device and alarm.code == row.code
        )
        return decided[expectation.quorum - 1] if len(decided) >= expectation.quorum else inf

    def line(self) -> str:
        """The progress line."""
        run = self._run
        recorder = run.recorder
        now, total = run.clock(), sum(recorder.messages.values())
        if now - self._last[0] >= 1000:
            self._rate = (total - self._last[1]) * 1000 / (now - self._last[0])
            self._last = (now, total)
        devices = len(run.devices)
        parts = [f"{len(recorder.linked):,} of {devices:,} devices connected, {len(recorder.accepted):,} accepted"]
        if run.world_zero is not None:
            parts = [f"{(now - run.world_zero) / 1000:.0f} s", f"{len(recorder.online):,} connected"]
        parts += [f"{total:,} messages", f"{self._rate:.0f}/s", f"{len(recorder.alarms)} alarms"]
        return " · ".join(parts)

    def _tell(self, alarm: AlarmClocks, stage: str, at: float) -> None:
        if (alarm.id, stage) in self._told:
            return
        self._told.add((alarm.id, stage))
        row = ALARM[alarm.code]
        of_truth = (one.name for one in self._run.truth if one.device == alarm.device)  # with the estate, if several
        name = next(of_truth, self._names.get(alarm.device, alarm.device))
        if stage == "raised":
            crossing = self._crossing(alarm)
            parts = [] if crossing is None else [f"{(alarm.decided - crossing) / 1000:.2f} s after the crossing"]
            if alarm.local is not None:
                parts.append("local output on")
            self.console.print(_line(stage, LEVEL_STYLE[row.level], row.name, name, ", ".join(parts)))
        else:
            self.console.print(_line(stage, "green", row.name, name, f"{_span(at - alarm.decided)} after the decision"))

    def _crossing(self, alarm: AlarmClocks) -> float | None:
        zero = self._run.world_zero or 0.0
        crossings = [
            zero + row.crossing_ms
            for row in self._run.truth
            if row.device == alarm.device and row.code == alarm.code and zero + row.crossing_ms <= alarm.decided
        ]
        return max(crossings, default=None)


class Line:
    """One line with a spinner; nothing where there is no terminal."""

    def __init__(self, console: Console, told: Callable[[], str]) -> None:
        self._shown = console.is_terminal
        self._told = told
        self._status = Status("", console=console, spinner="dots")

    def start(self) -> None:
        if self._shown:
            self._status.start()

    def stop(self) -> None:
        self._status.stop()

    def update(self) -> None:
        self._status.update(self._told())


def _line(stage: str, style: str, what: str, name: str, words: str) -> Text:
    text = Text(no_wrap=True)
    text.append(f"{stage:>13}  ", style)
    text.append(f"{what:<14} {name:<28} {words}")
    return text


def _span(ms: float) -> str:
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.2f} s"

"""Tells on the terminal what a live run does: a progress line, and each alarm as it is raised and answered."""

from lilong_protocol.registry import ALARM
from lilong_simulator.estate import Estate
from lilong_simulator.feed import FeedEvent, FeedReader
from lilong_simulator.live_run import LiveRun
from lilong_simulator.recorder import AlarmClocks
from rich.console import Console
from rich.status import Status
from rich.text import Text

LEVEL_STYLE = {1: "bold red", 2: "bold dark_orange3", 3: "yellow", 4: "blue"}
STAGES = ("raised", "stored", "shown", "acknowledged")


class Narrator:
    """Polls a run and its observed feed; every stage of every alarm is told once."""

    def __init__(self, console: Console, estate: Estate, run: LiveRun, feed: FeedReader | None) -> None:
        self.console = console
        self.events: list[FeedEvent] = []
        self._names = {device.id: device.name for device in estate.devices}
        self._run = run
        self._feed = feed
        self._told: set[tuple[str, str]] = set()
        self._status = Status("", console=console, spinner="dots")
        self._last: tuple[float, int] = (0.0, 0)
        self._rate = 0.0

    def __enter__(self) -> "Narrator":
        if self.console.is_terminal:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    def poll(self) -> None:
        """Tell what is new."""
        if self._feed is not None:
            for event in self._feed.poll():
                self.events.append(event)
                alarm = self._run.recorder.alarms.get((event.device, event.boot, event.seq))
                if alarm is not None and event.event in ("stored", "shown"):
                    self._tell(alarm, event.event, event.at - self._run.epoch_zero)
        for alarm in self._run.recorder.alarms.values():
            self._tell(alarm, "raised", alarm.decided)
            if self._feed is None and alarm.stored is not None:
                self._tell(alarm, "stored", alarm.stored)
            if alarm.acknowledged is not None:
                self._tell(alarm, "acknowledged", alarm.acknowledged)
        self._status.update(self.line())

    def line(self) -> str:
        """The progress line."""
        run = self._run
        recorder = run.recorder
        now, total = run.clock(), sum(recorder.messages.values())
        if now - self._last[0] >= 1000:
            self._rate = (total - self._last[1]) * 1000 / (now - self._last[0])
            self._last = (now, total)
        devices = len(run.settings.estate.devices)
        accepted = max(len(recorder.accepted), len(recorder.linked) if not recorder.accepted else 0)
        parts = [f"{accepted:,} of {devices:,} devices accepted"]
        if run.world_zero is not None:
            parts = [f"{(now - run.world_zero) / 1000:.0f} s", f"{len(recorder.online):,} connected"]
        parts += [f"{total:,} messages", f"{self._rate:.0f}/s", f"{len(recorder.alarms)} alarms"]
        return " · ".join(parts)

    def _tell(self, alarm: AlarmClocks, stage: str, at: float) -> None:
        if (alarm.id, stage) in self._told:
            return
        self._told.add((alarm.id, stage))
        row = ALARM[alarm.code]
        text = Text()
        text.append(f"{stage:>13}  ", LEVEL_STYLE[row.level] if stage == "raised" else "green")
        text.append(f"{row.name:<14} {self._names.get(alarm.device, alarm.device):<28} ")
        if stage == "raised":
            crossing = self._crossing(alarm)
            if crossing is not None:
                text.append(f"{(alarm.decided - crossing) / 1000:.2f} s after the crossing")
            if alarm.local is not None:
                text.append(f", local output after {alarm.local - alarm.decided:.1f} ms")
        else:
            text.append(f"{_span(at - alarm.decided)} after the decision")
        self.console.print(text)

    def _crossing(self, alarm: AlarmClocks) -> float | None:
        zero = self._run.world_zero or 0.0
        crossings = [
            zero + row.crossing_ms
            for row in self._run.truth
            if row.device == alarm.device and row.code == alarm.code and zero + row.crossing_ms <= alarm.decided
        ]
        return max(crossings, default=None)


def _span(ms: float) -> str:
    return f"{ms:.0f} ms" if ms < 1000 else f"{ms / 1000:.2f} s"

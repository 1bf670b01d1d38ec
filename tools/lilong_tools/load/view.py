"""The live terminal view of a load: what is on, who is connected, messages a second, alarms, latency so far, lag."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lilong_protocol.registry import KIND
from lilong_simulator.latency import Latency, percentiles
from lilong_simulator.load.watched import Watched
from lilong_simulator.plots import span
from lilong_simulator.report import TIGHTEST_LIMIT_MS
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from .on_now import OnNow

PLAIN_S = 10.0  # between two lines where there is no terminal
REFRESH_S = 0.5


class LoadView:
    """Redraws a table at the bottom; where there is no terminal a plain line every 10 s."""

    def __init__(self, console: Console, run: Watched, clock: Callable[[], float] | None = None) -> None:
        self._console = console
        self._run = run
        self._clock = clock or run.clock
        self._on = OnNow(run.settings.scenario)
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        self._told_at = -1e9
        self._counted: tuple[float, int] = (0.0, 0)
        self._rate = 0.0
        self._asleep: int | None = None  # devices that come to say something and leave again

    def start(self) -> None:
        if self._live is not None:
            self._live.start()

    def stop(self) -> None:
        if self._live is not None:
            self._live.stop()

    def update(self) -> None:
        now = self._clock()
        wait_s = PLAIN_S if self._live is None else REFRESH_S
        if now - self._told_at < wait_s * 1000:
            return
        self._told_at = now
        total = sum(self._run.recorder.messages.values())
        if now > self._counted[0]:
            self._rate = (total - self._counted[1]) * 1000 / (now - self._counted[0])
        self._counted = (now, total)
        if self._live is None:
            self._console.print(self.line())
        else:
            self._live.update(self.table(), refresh=True)

    # ---- what is told

    def facts(self) -> list[tuple[str, str]]:
        """(name, value) of everything, in the order in which it is looked for."""
        run = self._run
        recorder, measures = run.recorder, run.recorder.measures
        alarms = list(recorder.alarms.values())
        waiting = sum(1 for alarm in alarms if alarm.stored is None)
        duration_s = run.settings.scenario.duration_s
        of = "" if duration_s is None else f" of {duration_s:g} s"
        phase = "coming up" if run.world_zero is None else f"{run.world_now / 1000:.0f} s{of}"
        return [
            ("phase", phase),
            *([("on now", self._on.told(run.world_now))] if self._on and run.world_zero is not None else []),
            ("connected", self._connected()),
            *([("links broke", self._troubles())] if run.troubles else []),
            ("accepted", f"{len(recorder.accepted):,}" if recorder.accepted else "not observed"),
            ("messages", f"{sum(recorder.messages.values()):,}, {self._rate:,.0f}/s"),
            ("alarms", f"{len(alarms):,}, {waiting:,} in flight"),
            ("stored-ack", _figures(measures.stored.values())),
            ("PUBACK", _figures(measures.puback.values())),
            ("generator lag", _figures([measures.lag])),
            ("saturation", self.saturation()),
        ]

    def _connected(self) -> str:
        devices = self._run.devices
        told = f"{len(self._run.recorder.online):,} of {len(devices):,}"
        if self._run.world_zero is None:
            return told  # each has said its birth or is about to
        if self._asleep is None:
            self._asleep = sum(1 for device in devices if not KIND[device.kind].link.always_on)
        return f"{told}, {self._asleep:,} of them asleep between messages" if self._asleep else told

    def _troubles(self) -> str:
        """How often, and why most often."""
        troubles = self._run.troubles
        return f"{sum(troubles.values()):,} times, most often: {max(troubles, key=lambda why: troubles[why])}"

    def saturation(self) -> str:
        """How near the generator's lag is to what makes a run void."""
        (lag,) = percentiles([self._run.recorder.lags], (99,))
        if lag is None:
            return "nothing measured yet"
        limits = [
            limit
            for row in self._run.truth
            if row.expect == "must"
            for limit in row.limits.values()
            if limit is not None
        ]
        allowed = min(limits, default=TIGHTEST_LIMIT_MS) / 10
        share = f"{lag / allowed:.0%} of the lag that is allowed, {span(allowed)}"
        return f"SATURATED: {share}" if lag > allowed else share

    def line(self) -> str:
        return " · ".join(f"{name} {value}" for name, value in self.facts())

    def table(self) -> Table:
        table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, show_header=False)
        table.add_column(style="dim", justify="right")
        table.add_column()
        for name, value in self.facts():
            table.add_row(name, Text(value, "bold yellow" if value.startswith("SATURATED") else ""))
        return table


def _figures(latencies: Iterable[Latency]) -> str:
    p50, p99, top = percentiles(list(latencies), (50, 99, 100))
    if p50 is None or p99 is None or top is None:
        return "–"
    return f"p50 {span(p50)}, p99 {span(p99)}, max {span(top)}"

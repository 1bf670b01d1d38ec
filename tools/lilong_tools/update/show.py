"""A roll-out on the terminal: a table that lives, or a line for each change where nobody looks."""

from rich.console import Console
from rich.live import Live
from rich.table import Table

from .report import sentence
from .rollout import AWAY, FAILURES, FETCHING, INSTALLING, OFFERED, UPDATED, WAITING
from .state import Kept

COLUMNS = (UPDATED, FETCHING, INSTALLING, OFFERED, WAITING, AWAY)
PER_S = 4


class Screen:
    """`with Screen(...) as screen: screen.show(kept)`."""

    def __init__(self, console: Console, title: str) -> None:
        self._console = console
        self._title = title
        self._live = Live(console=console, refresh_per_second=PER_S) if console.is_terminal else None
        self._last = ""

    def __enter__(self) -> "Screen":
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, kept: Kept) -> None:
        if self._live is not None:
            self._live.update(self._table(kept))
            return
        text = f"wave {kept.rollout.wave} of {len(kept.rollout.waves)}: {sentence(kept)}"
        if text != self._last:
            self._last = text
            self._console.print(text)

    def _table(self, kept: Kept) -> Table:
        plan = kept.rollout
        table = Table(title=self._title, title_justify="left")
        table.add_column("wave")
        for name in ("devices", *COLUMNS, "failed", "fetched"):
            table.add_column(name, justify="right")
        for wave in range(1, len(plan.waves) + 1):
            members = [member for member in plan.members if member.wave == wave]
            earlier = plan.waves[wave - 2] if wave > 1 else 0
            size = len(members) or plan.waves[wave - 1] - earlier
            if not members:
                table.add_row(f"{wave}", f"{size}", *[""] * (len(COLUMNS) + 2), style="dim")
                continue
            counts = plan.count(wave)
            failed = sum(counts.get(state, 0) for state in FAILURES)
            share = sum(min(member.have, plan.size) for member in members) * 100 // (size * plan.size)
            cells = [str(counts[name]) if counts.get(name) else "" for name in COLUMNS]
            table.add_row(f"{wave}", f"{size}", *cells, f"[red]{failed}[/red]" if failed else "", f"{share} %")
        return table

"""Says how each scenario has ended, so that a run is never silent for long."""

from collections.abc import Callable
from typing import Any

from rich.console import Console

from .report import Result
from .scenario import Scenario


def teller(console: Console) -> Callable[[Scenario[Any], list[Result]], None]:
    """A line for each scenario, when it has ended."""

    def told(scenario: Scenario[Any], results: list[Result]) -> None:
        failed = any(result.passed is False for result in results)
        passed = any(result.passed is True for result in results)
        word = "FAILED" if failed else "ok" if passed else "not tried"
        console.print(f"{word:>9}  {scenario.name}: {scenario.text}", soft_wrap=True)
        for why in dict.fromkeys(result.detail for result in results if not result.passed):
            console.print(f"{'':>9}  - {why}", soft_wrap=True)

    return told

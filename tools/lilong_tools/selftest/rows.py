"""What a self-test has found: a row each, with the limits that it was held to and where they come from."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Verdict = Literal["pass", "FAIL", "told", "not asked"]


@dataclass(frozen=True)
class Row:
    """low, high: the limits, None where there is none; source: of the limits. told: measured, and held to nothing."""

    step: str
    name: str
    value: Any
    unit: str
    low: float | None
    high: float | None
    verdict: Verdict
    source: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def limits(self) -> str:
        if self.low is None and self.high is None:
            return ""
        return f"{'' if self.low is None else f'{self.low:,g}'} .. {'' if self.high is None else f'{self.high:,g}'}"


def held(
    step: str, name: str, value: Any, unit: str, low: float | None = None, high: float | None = None, source: str = ""
) -> Row:
    """A value against its limits; without a value it fails."""
    good = value is not None and (low is None or value >= low) and (high is None or value <= high)
    return Row(step, name, value, unit, low, high, "pass" if good else "FAIL", source)


def told(step: str, name: str, value: Any, unit: str = "", source: str = "") -> Row:
    return Row(step, name, value, unit, None, None, "told", source)


def answered(step: str, name: str, good: bool | None, what: str) -> Row:
    """What a person or a fixture has said; None: nobody was asked."""
    return Row(step, name, None, "", None, None, "not asked" if good is None else "pass" if good else "FAIL", what)


def passed(rows: list[Row]) -> bool:
    return all(row.verdict != "FAIL" for row in rows)

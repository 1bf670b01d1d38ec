"""Desired configuration: what each device shall have, under a version that rises, beside what it says it has."""

from dataclasses import dataclass, field
from typing import Any

from ..registry import KIND, SETTING, SETTINGS
from .errors import RequestError

BY_NAME = {row.name: row for row in SETTINGS}


@dataclass
class Configuration:
    """Of one device; settings by the registry's number, only those that differ from their defaults.

    `version` 0: nobody has desired anything. `reported` None: it has not reported. `refused`: error code by setting.
    """

    version: int = 0
    settings: dict[int, int] = field(default_factory=dict)
    reported: int | None = None
    in_effect: dict[int, int] = field(default_factory=dict)
    refused: dict[int, int] = field(default_factory=dict)
    epoch: int = 0  # of the key under which the desired one was published last

    @property
    def settled(self) -> bool:
        """The device has taken the desired version; `refused` says what it did not take of it."""
        return self.reported is not None and self.reported >= self.version

    def desire(self, settings: dict[int, int]) -> int:
        """All settings that shall differ from their defaults; the new version."""
        self.version = max(self.version, self.reported or 0) + 1
        self.settings = dict(settings)
        return self.version

    def take_report(self, body: dict[int, Any]) -> None:
        """A reported configuration whose shape has been checked."""
        self.reported = body[0]
        self.in_effect, self.refused = dict(body[1]), dict(body.get(2) or {})

    def save(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "version": self.version, "settings": _by_text(self.settings), "reported": self.reported,
            "in_effect": _by_text(self.in_effect), "refused": _by_text(self.refused), "epoch": self.epoch,
        }  # fmt: skip

    @classmethod
    def load(cls, saved: dict[str, Any]) -> "Configuration":
        return cls(
            saved["version"], _by_number(saved["settings"]), saved["reported"], _by_number(saved["in_effect"]),
            _by_number(saved["refused"]), saved["epoch"],
        )  # fmt: skip


def settings_of(given: dict[str, int], kind: str | None, device: str) -> dict[int, int]:
    """Settings by number, of those by name; RequestError for one that is unknown, not of the kind or out of range."""
    settings = {}
    for name, value in given.items():
        known = BY_NAME.get(name)
        if known is None:
            raise RequestError(f"setting {name!r} for {device}: unknown; use one of {', '.join(sorted(BY_NAME))}")
        if kind in KIND and name not in KIND[kind].settings:
            raise RequestError(
                f"setting {name!r}: {device} is a {kind}; it has {', '.join(KIND[kind].settings) or 'none'}"
            )
        if isinstance(value, bool) or not isinstance(value, int) or not known.low <= value <= known.high:
            raise RequestError(
                f"setting {name!r} for {device}: {value!r}; give an integer from {known.low} to {known.high} "
                f"(times 10^{known.exponent} {known.unit})"
            )
        settings[known.number] = value
    return settings


def setting_name(number: int) -> str:
    """The registry's name, or the number itself as text."""
    known = SETTING.get(number)
    return str(number) if known is None else known.name


def _by_text(settings: dict[int, int]) -> dict[str, int]:
    return {str(number): value for number, value in settings.items()}


def _by_number(settings: dict[str, int]) -> dict[int, int]:
    return {int(number): value for number, value in settings.items()}

"""The backend's observed feed: JSON lines that say what the backend did, and when.

{"at": epoch ms, "event": "stored|shown|acknowledged|cleared", "alarm": id, "device", "code", "boot", "seq"}
and what a backend concludes by itself, which `lilong_protocol.pc.findings` describes: "finding", "members" beside.
Without it a merge, a reordering or a clear on device death hides behind correct acknowledgements.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Protocol

from lilong_protocol.pc.findings import BY_NUMBER, is_finding

EVENTS = ("stored", "updated", "shown", "acknowledged", "cleared")


class FeedError(ValueError):
    """A line that is not of the feed; the text says file, line and what is wrong."""


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One line; `at` in epoch ms. `finding`: its name, "" for an alarm; `members`: of a finding about several."""

    at: float
    event: str
    alarm: str
    device: str
    code: int
    boot: int
    seq: int
    finding: str = ""
    members: tuple[str, ...] = ()

    @property
    def is_finding(self) -> bool:
        """Concluded by the backend, raised by no device."""
        return bool(self.finding) or is_finding(self.code)

    @property
    def name(self) -> str:
        """Of the finding."""
        return self.finding or (BY_NUMBER[self.code].name if self.code in BY_NUMBER else str(self.code))

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> FeedEvent:
        """From a line's keys; ValueError, TypeError or KeyError for what is none."""
        members = row.get("members", ())
        if not isinstance(members, (list, tuple)):
            raise ValueError("members is no list")
        return cls(
            float(row["at"]), row["event"], str(row["alarm"]), str(row["device"]), int(row["code"]), int(row["boot"]),
            int(row["seq"]), str(row.get("finding", "")), tuple(map(str, members)),
        )  # fmt: skip


class Feed(Protocol):
    """Where the events come from: a file, a topic, an HTTP server, a subscriber of our own."""

    def poll(self) -> list[FeedEvent]:
        """The new events, in their order. Raises FeedError."""


class FeedReader:
    """Follows a feed file: `poll` gives what has been appended since, whole lines only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._line = 0
        self._rest = b""

    def poll(self) -> list[FeedEvent]:
        """The new events, in the order of the file; an absent file is an empty one. Raises FeedError."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise FeedError(f"{self._path}: {error.strerror}; name the file that the backend appends to") from None
        self._offset += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        events = []
        for line in lines:
            self._line += 1
            events.append(parse_line(line, f"{self._path}:{self._line}"))
        return events


def parse_line(line: bytes, where: str) -> FeedEvent:
    """One line of a feed; FeedError, which says where, for what is none."""
    try:
        event = FeedEvent.of(json.loads(line))
        if not isfinite(event.at):
            raise ValueError(f"at is {event.at}")
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise FeedError(
            f"{where}: not a line of an observed feed ({error!r}); "
            'it needs {"at", "event", "alarm", "device", "code", "boot", "seq"}'
        ) from error
    if event.event not in EVENTS:
        raise FeedError(f"{where}: event {event.event!r} is unknown; use one of {EVENTS}")
    return event


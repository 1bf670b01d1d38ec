"""The backend's observed feed: JSON lines that say what the backend did, and when.

{"at": epoch ms, "event": "stored|shown|acknowledged|cleared", "alarm": id, "device", "code", "boot", "seq"}
and what a backend concludes by itself, which `lilong_protocol.pc.findings` describes: "finding", "members" beside.
What is more is told in keys of a stored line that may lack: "level", "raised_at" (epoch ms, when the device raised
it), "values" by their names in the registry; of a dispatch "officer", of a silent device "part_of", its feeder's
finding. {"event": "on_site"} says that whoever was sent is there, {"event": "confirmed"} that a person has found an
alarm true, {"event": "open", "members": [ids]} which alarms are open at the backend now, all of them, {"event":
"revoked"} that a card has been taken out of use, {"event": "reset", "device"} that somebody has reset a device,
{"event": "recorded", "device", "boot", "seq"} that an event which had waited is in the backend's record.
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

OPEN, REVOKED, RESET, RECORDED = "open", "revoked", "reset", "recorded"
EVENTS = (
    "stored", "updated", "shown", "acknowledged", "confirmed", "on_site", "cleared", OPEN, REVOKED, RESET,
    RECORDED,
)  # fmt: skip
TOLD = ("level", "raised_at", "officer", "part_of")


class FeedError(ValueError):
    """A line that is not of the feed; the text says file, line and what is wrong."""


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One line; `at` in epoch ms. `finding`: its name, "" for an alarm; `members`: of a finding about several, or of
    what is open; `told`: what is more, by name."""

    at: float
    event: str
    alarm: str
    device: str
    code: int
    boot: int
    seq: int
    finding: str = ""
    members: tuple[str, ...] = ()
    told: tuple[tuple[str, Any], ...] = ()

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
        if row["event"] == OPEN:  # about no alarm alone
            return cls(float(row["at"]), OPEN, "", "", 0, 0, 0, members=tuple(map(str, row["members"])))
        if row["event"] == REVOKED:
            return cls(float(row["at"]), REVOKED, "", "", 0, 0, 0)
        if row["event"] == RESET:
            return cls(float(row["at"]), RESET, "", str(row["device"]), 0, 0, 0)
        if row["event"] == RECORDED:
            return cls(float(row["at"]), RECORDED, "", str(row["device"]), 0, int(row["boot"]), int(row["seq"]))
        values = row.get("values", {})
        if not isinstance(values, Mapping):
            raise ValueError("values is no table")
        told = {**values, **{key: row[key] for key in TOLD if key in row}}
        return cls(
            float(row["at"]), row["event"], str(row["alarm"]), str(row["device"]), int(row["code"]), int(row["boot"]),
            int(row["seq"]), str(row.get("finding", "")), tuple(map(str, members)), tuple(told.items()),
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
            f"{where}: not a line of an observed feed ({_wrong(error)}); it needs "
            '{"at": epoch ms, "event", "alarm", "device", "code": number, "boot": number, "seq": number}'
        ) from error
    if event.event not in EVENTS:
        raise FeedError(f"{where}: event {event.event!r} is unknown; use one of {', '.join(EVENTS)}")
    return event


def _wrong(error: Exception) -> str:
    """In a reader's words, without the names of Python's exceptions."""
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON: {error}"
    if isinstance(error, UnicodeDecodeError):
        return "no UTF-8"
    if isinstance(error, AttributeError):
        return "no object"
    return f'it lacks "{error.args[0]}"' if isinstance(error, KeyError) else str(error)


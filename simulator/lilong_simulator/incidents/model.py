"""What people write in an incident file: the tables and keys of the TOML. All times are seconds after it began."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from typing import Annotated, Any, Literal

from lilong_protocol.pc.findings import DISPATCH
from pydantic import Field, model_validator

from ..estate.tables import Name, Slug, Table
from .attacks import Attack
from .physics import Physics
from .physics.base import Seconds
from .place import Place

Limit = Annotated[float, Field(ge=0, le=31 * 86_400)]
Wanted = Literal["any"] | Annotated[list[int], Field(min_length=2, max_length=2)]
Several = Slug | Annotated[list[Slug], Field(min_length=1)]


class Row(Table):
    """One row of the truth for each of its devices: what must, may or must not be raised, and until when at the latest.

    Either `of` a physical element or an attack: crossing and end are computed from what the sensors see. Or `at` a
    place, from `after_s`, from when `since` crosses, or from when `over` has ended, to `until_s` or to the end of
    `until`; since, over and until name elements. Limits count from the crossing; without any, those of its alarm hold.
    """

    expect: Literal["must", "may", "must_not"] = "must"
    of: Slug | None = None
    at: Slug | None = None
    after_s: Seconds | None = None
    since: Slug | None = None
    over: Several | None = None
    until: Several | None = None
    until_s: Seconds | None = None
    cause: Annotated[str, Field(max_length=80)] = ""
    local_s: Limit | None = None
    ingest_s: Limit | None = None
    shown_s: Limit | None = None
    acknowledged_s: Limit | None = None

    @model_validator(mode="after")
    def _when(self) -> Row:
        if sum(value is not None for value in (self.of, self.after_s, self.since, self.over)) != 1:
            raise ValueError("says not once when it begins; give of, or at with after_s, since or over")
        if self.of is not None and (self.until is not None or self.until_s is not None):
            raise ValueError("has of, which knows its end; leave until and until_s out")
        if self.until is not None and self.until_s is not None:
            raise ValueError("has until and until_s; choose one of them")
        if self.expect != "must" and any(limit is not None for limit in self.bounds):
            raise ValueError(f"has a limit, and {self.expect} be raised; leave the limit out")
        return self

    @property
    def bounds(self) -> tuple[float | None, float | None, float | None, float | None]:
        return self.local_s, self.ingest_s, self.shown_s, self.acknowledged_s


class Truth(Row):
    """What devices raise. `stays`: where the element destroys its device, the alarm must not be cleared for that.
    `not_before_s`: nor raised earlier after its crossing. `transfer_s`: stored so long after its device decided it, or
    could send it. `latched`: it lasts until somebody has reset its device.
    `delivered_s`: stored so long after the network has delivered it; `repeated_s`: said again until then, each time
    after no longer.

    Where the backend's feed says such things of it: `dated`: when its device raised it, however late it came. `tells`:
    values by their names in the registry, [from, to] or "any".
    """

    alarm: Annotated[str, Field(min_length=1)] | Annotated[list[str], Field(min_length=1)]
    stays: bool = False
    latched: bool = False
    not_before_s: Limit | None = None
    transfer_s: Limit | None = None
    dated: bool = False
    tells: dict[str, Wanted] = {}
    delivered_s: Limit | None = None
    repeated_s: Limit | None = None

    @model_validator(mode="after")
    def _there(self) -> Truth:
        if self.of is None and self.at is None:
            raise ValueError("is nowhere; say at which place")
        if self.stays and (self.expect != "must" or self.of is None):
            raise ValueError("stays, and is not a must of an element; leave stays out")
        if (self.delivered_s is not None or self.repeated_s is not None) and (self.expect != "must" or self.of is None):
            raise ValueError("has delivered_s or repeated_s, and is not a must of an element; leave them out")
        if self.latched and (self.expect != "must" or self.of is None):
            raise ValueError("is latched, and is not a must of an element; leave latched out")
        times = (self.not_before_s, self.transfer_s)
        if self.expect != "must" and (times != (None, None) or self.dated or self.tells):
            what = "not_before_s, transfer_s, dated and tells"
            raise ValueError(f"says how it is raised, and {self.expect} be; leave {what} out")
        latest = [limit for limit in self.bounds if limit is not None]
        if self.not_before_s is not None and latest and self.not_before_s >= min(latest):
            raise ValueError("not_before_s is not below its limits; lower it")
        return self

    @property
    def alarms(self) -> list[str]:
        return [self.alarm] if isinstance(self.alarm, str) else self.alarm


class Finding(Row):
    """What a backend itself must conclude, about each device of `at`, or about the estate. `members`: a place, all of
    whose devices the finding lists. `by_gateway`: only about those that hang on a gateway, which tells the backend, and
    from when it can. `confirmed_by`: elements of whose alarms `quorum` must be stored before it may be; limits count
    from then. After the crossing, as all limits: `on_site_s`: until whoever was sent is there, `ended_s`: until the
    backend says that it is over."""

    name: Annotated[str, Field(min_length=1)]
    members: Slug | None = None
    confirmed_by: Several | None = None
    quorum: Annotated[int, Field(ge=1, le=100)] = 1
    by_gateway: bool = False
    on_site_s: Limit | None = None
    ended_s: Limit | None = None

    @model_validator(mode="after")
    def _afterwards(self) -> Finding:
        for key in ("on_site_s", "ended_s"):
            if self.expect != "must" and getattr(self, key) is not None:
                raise ValueError(f"has {key}, and {self.expect} be found; leave it out")
        if self.on_site_s is not None and self.name != DISPATCH.name:
            raise ValueError(f"has on_site_s, and nobody is sent; give it to {DISPATCH.name}")
        if self.confirmed_by is None and self.quorum != 1:
            raise ValueError("has quorum, and not of what; give confirmed_by")
        if self.by_gateway and self.of is None and self.at is None:
            raise ValueError("has by_gateway, and is about the estate; say of which devices with of or at")
        return self


class Follow(Table):
    """What devices `at` a place have to do once `quorum` of the alarms that must be raised of `after` have been.

    `within_s`: until they have done it, `reported_s`: until they have said so. `kept`: it stays so until all of those
    alarms have been ended.
    """

    action: Annotated[str, Field(min_length=1)]
    at: Slug
    after: Several
    quorum: Annotated[int, Field(ge=1, le=100)] = 1
    within_s: Limit
    reported_s: Limit | None = None
    kept: bool = False

    @property
    def elements(self) -> list[str]:
        return several(self.after)


class Told(Table):
    """What devices `at` a place say of the time from `from_s` to `until_s`, `within_s` of when they could.

    events: all of them, none lost, in their order, and no more than `most` waited at one device. telemetry: what they
    measure is told again. born: each says anew who it is, `within_s` of the beginning, and no more than `most` in one
    second. beats: none is silent for longer than `within_s`. accepted: none says more than who it is after a boot
    before it has been answered. `each`: within_s holds for each event, from when it was made.
    """

    what: Literal["events", "telemetry", "born", "beats", "accepted"]
    at: Slug
    from_s: Seconds = 0.0
    until_s: Seconds
    within_s: Limit
    most: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    each: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Told:
        if self.until_s <= self.from_s:
            raise ValueError("until_s is not after from_s; raise it")
        if self.most is not None and self.what not in ("events", "born"):
            raise ValueError(f"has most, which {self.what} have not; leave it out")
        if self.each and self.what != "events":
            raise ValueError(f"says each, which is of events, not {self.what}; leave it out")
        return self


class Passages(Table):
    """Everybody who may pass doors or lanes `at` a place, and whose card or plate is read from `from_s` to `until_s`:
    each is let in `within_s`, `share` of them `share_s`."""

    at: Slug
    from_s: Seconds = 0.0
    until_s: Seconds
    within_s: Limit = 2.0
    share: Annotated[float, Field(gt=0, lt=1)] | None = None
    share_s: Limit | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Passages:
        if self.until_s <= self.from_s:
            raise ValueError("until_s is not after from_s; raise it")
        if (self.share is None) != (self.share_s is None):
            raise ValueError("has share or share_s alone; give both of them or none")
        if self.share_s is not None and self.share_s >= self.within_s:
            raise ValueError("share_s is not below within_s; lower it")
        return self


class Local(Table):
    """What the devices of an element `of` do by themselves `within_s` of its crossing, whoever hears of it: `action`,
    an output, or an `event` of their record."""

    of: Slug
    action: str | None = None
    event: str | None = None
    within_s: Limit

    @model_validator(mode="after")
    def _one(self) -> Local:
        if (self.action is None) == (self.event is None):
            raise ValueError("does not say what it does; give one of action and event")
        return self


class Read(Table):
    """What becomes of the cards of an element `of`, each time they are read, or of who presses `exit_button`: `granted`
    `within_s`, or not, `for_s` long, which the reader has told `within_s`. `revoked`: where the feed says 30 s before
    that a card was. `elsewhere`: where the feed finds copies of cards, and the reader asks whether one is elsewhere."""

    of: Slug
    granted: bool
    revoked: bool = False
    elsewhere: bool = False
    within_s: Limit = 2.0
    for_s: Limit = 10.0

    @model_validator(mode="after")
    def _open_to_nobody(self) -> Read:
        if self.granted + self.revoked + self.elsewhere > 1:
            raise ValueError("is more than one of granted, revoked and elsewhere; choose one of them")
        return self


class IncidentFile(Table):
    """A whole incident file. `at`: the local time at which it begins, or "start": when the world begins."""

    title: Name
    about: Annotated[str, Field(min_length=1, max_length=4_000)]
    sources: list[str] = []
    at: time | Literal["start"] = "start"
    places: dict[Slug, Place]
    physics: list[Physics] = []
    attacks: list[Attack] = []
    faults: list[dict[str, Any]] = []
    truth: list[Truth] = []
    finding: list[Finding] = []
    follow: list[Follow] = []
    told: list[Told] = []
    local: list[Local] = []
    read: list[Read] = []
    passages: list[Passages] = []

    @property
    def elements(self) -> Iterator[str]:
        """The names of what happens."""
        yield from (one.name for one in self.physics)
        yield from (one.name for one in self.attacks)


def several(value: str | list[str] | None) -> list[str]:
    """None or one or several as a list."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else value

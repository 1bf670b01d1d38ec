"""What holds for a share: of what happened, by what a sensor sees; of all alarms, by how soon people answer."""

from __future__ import annotations

from pydantic import Field

from .parts import Count, Ms, Table


class Recall(Table):
    """What the sensors of an incident, or of daily life, have seen of it. What they missed is no failure, unless so few
    cannot be by chance; what was raised and is not stored is `missed`."""

    incident: str | None
    alarm: str
    wanted: float = Field(description="the share that must be raised, by design")
    true: Count
    raised: Count
    stored: Count
    lost: Count = Field(description="raised, and not stored by the backend")
    share: float
    low: float = Field(description="95 % sure: the sensors see a share from `low` ...")
    high: float = Field(description="... to `high`")


class Share(Table):
    """A limit that holds for a share of all."""

    what: str = Field(description="answered: by a human after the backend had it; on site: after the call")
    within_ms: Ms
    wanted: float
    of: Count
    kept: Count
    share: float | None = Field(description="null: `of` is too small for one failure to be no breach")


class Passages(Table):
    """All cards, or plates, that an incident watches: how soon a lock, or an arm, let each in."""

    incident: str
    action: str = Field(description="card_passes: until the lock is free; plate_passes: until the arm is up")
    of: Count
    let_in: Count
    within_ms: Ms = Field(description="of each")
    wanted: float | None = Field(description="the share that must be let in within `share_ms`; null: none")
    share_ms: Ms | None
    kept: Count | None = Field(description="within `share_ms`")
    p50_ms: Ms | None
    p99_ms: Ms | None
    max_ms: Ms | None

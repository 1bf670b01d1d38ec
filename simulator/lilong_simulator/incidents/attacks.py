"""What a stranger does at the broker: a device that nobody knows, or something that was heard, said again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from ..estate.tables import Slug, Table
from .physics.base import Scene, Seconds

if TYPE_CHECKING:
    from ..world import World


class Attack(Table):
    """`what` happens at `after_s`, `times` times, one each `every_s`.

    unknown_device: the birth of a device that was never provisioned, of `kind`, sealed with a key of its own.
    replay: the newest message of class `heard` of a device at the place `of`, once more, byte for byte.
    """

    what: Literal["unknown_device", "replay"]
    id: Slug | None = None
    after_s: Seconds = 0.0
    says: str = ""
    kind: Slug = "door"
    of: Slug | None = None
    heard: Literal["al", "ev", "tm", "hb", "st"] = "ev"
    times: Annotated[int, Field(ge=1, le=1_000)] = 1
    every_s: Annotated[float, Field(gt=0, le=3_600)] = 1.0

    @model_validator(mode="after")
    def _of_whom(self) -> Attack:
        if (self.what == "replay") != (self.of is not None):
            raise ValueError("a replay needs of, the place of the device that was heard, and nothing else does")
        return self

    @property
    def name(self) -> str:
        return self.id or self.what

    def install(self, scene: Scene, world: World) -> None:
        """Put it onto the world's agenda."""
        victims = [None] if self.of is None else scene.places.devices(self.of)
        for number in range(self.times):
            for victim in victims:
                world.attack(scene.at(self.after_s + number * self.every_s), self, victim)

    def told(self) -> str:
        """Its line in the timeline."""
        whom = f"an unknown {self.kind}" if self.of is None else f"what {self.of} said, again"
        return self.says or f"a stranger publishes: {whom}"

"""A card at a reader, and who goes through the door if that opens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from ...estate import Device
from ...world.doors import CARD_MS
from .base import Curve, Element, Scene, idle_of, pushed, wrong

if TYPE_CHECKING:
    from ...world import World

PUSH_MS, OPEN_MS = 1_200, 3_600  # (ours) from the card to the door open, and how long it is


class Card(Element):
    """`holder`: a place that is a flat, whose resident of number `resident` has the card; or `number`, a strange one.

    `opens`: somebody then pushes, and goes through if the lock is free. `repeats`, `every_s`: how often it is held to
    the reader.
    """

    model: Literal["card"]
    holder: str | None = None
    resident: Annotated[int, Field(ge=1, le=40)] = 1
    number: Annotated[int, Field(ge=1, lt=1 << 30)] | None = None
    opens: bool = False
    repeats: Annotated[int, Field(ge=1, le=100)] = 1
    every_s: Annotated[float, Field(ge=1, le=3_600)] = 5.0

    @model_validator(mode="after")
    def _whose(self) -> Card:
        if (self.holder is None) == (self.number is None):
            raise ValueError("has holder and number, or neither; say whose card it is")
        return self

    @property
    def ends_s(self) -> float:
        return self.after_s + self.every_s * (self.repeats - 1)

    def told(self) -> str:
        return self.says or f"a card at {self.at}"

    def curves(self, scene: Scene, device: Device) -> Sequence[Curve]:
        idle_of(scene, self, device, "credential")
        number = self.told_number(scene)
        times = [scene.at(self.after_s + self.every_s * n) for n in range(self.repeats)]
        reads = [step for at in times for step in ((at, number), (at + CARD_MS, 0))]
        curves = [Curve("credential", reads)]
        if self.opens:
            idle_of(scene, self, device, "contact")
            passes = [step for at in times for step in ((at + PUSH_MS, 1), (at + PUSH_MS + OPEN_MS, 0))]
            curves.append(Curve("contact", passes))
        return curves

    def install(self, scene: Scene, world: World, seen: Mapping[Device, Sequence[Curve]]) -> None:
        super().install(scene, world, pushed(world, seen))

    def told_number(self, scene: Scene) -> int:
        """Of the card."""
        return self.number or self._card(scene, self.holder or "")

    def _card(self, scene: Scene, holder: str) -> int:
        flat = scene.places.flat(holder)
        people = [person for person in scene.places.estate.residents if person.flat.key == flat.key]
        if len(people) < self.resident:
            raise wrong(scene, self, f"flat {flat.key} has {len(people)} residents, none of number {self.resident}")
        return people[self.resident - 1].card

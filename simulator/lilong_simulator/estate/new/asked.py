"""The numbers that an estate is made from, and what they must be."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ...toml_files.errors import nearest
from .profiles import PROFILES, Profile

PERSONS = 2.62  # a household: the census of 2020, as in the reference estate
ELDERS, OLDEST = 0.368, 0.055  # of the registered population of Shanghai, 60 and 80 years or more
BAYS = 0.44  # a household, as in the reference estate


class NewEstateError(ValueError):
    """Numbers of which no estate can be made: which, what is wrong with it, what to do."""


@dataclass(frozen=True, slots=True)
class Asked:
    """perimeter_m None: as long as the buildings need. adoption: the share of the optional devices that residents
    take, of all kinds that have no share of their own in `adopt`. seed: of the small differences between estates."""

    id: str
    name_en: str
    name_zh: str
    profile: str = "commodity"
    households: int = 600
    cores: int = 8
    storeys: int = 18
    perimeter_m: float | None = None
    pedestrian_gates: int = 2
    vehicle_gates: int = 2
    bays: int | None = None
    persons: float = PERSONS
    elders: float = ELDERS
    adoption: float | None = None
    adopt: dict[str, float] = field(default_factory=dict)
    seed: int = 7

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,31}", self.id):
            raise NewEstateError(
                f"id {self.id!r}: is no id; give small letters, digits and _, 32 at most, a letter first"
            )
        for name, text in (("--name", self.name_en), ("--name-zh", self.name_zh)):
            if not 1 <= len(text) <= 80 or not text.isprintable():
                raise NewEstateError(f"{name} {text!r}: is no name; give 1 to 80 characters on one line")
        if self.profile not in PROFILES:
            known = nearest(self.profile, PROFILES)
            raise NewEstateError(f"--profile {self.profile}: there is none of that name; {known}")
        for option, value, low, high in (
            ("--households", self.households, 4, 4_000), ("--cores", self.cores, 1, 120),
            ("--storeys", self.storeys, 1, 60), ("--perimeter", self.perimeter_m, 100, 20_000),
            ("--gates", self.pedestrian_gates, 1, 4), ("--drives", self.vehicle_gates, 0, 4),
            ("--bays", self.bays, 0, 8_000), ("--persons", self.persons, 1, 6), ("--elders", self.elders, 0, 0.9),
            ("--adoption", self.adoption, 0, 1),
        ):  # fmt: skip
            if value is not None and not low <= value <= high:
                raise NewEstateError(f"{option} {value:g}: out of bounds; give {low:g} to {high:,}")
        optional = self.kind_of_estate.adoption
        for kind, share in self.adopt.items():
            if kind not in optional:
                raise NewEstateError(f"--adopt {kind}: nobody chooses that here; {nearest(kind, optional)}")
            if not 0 <= share <= 1:
                raise NewEstateError(f"--adopt {kind}={share:g}: out of bounds; give a share from 0 to 1")

    @property
    def kind_of_estate(self) -> Profile:
        return PROFILES[self.profile]

    @property
    def bays_there(self) -> int:
        return round(BAYS * self.households) if self.bays is None else self.bays

    @property
    def garage(self) -> bool:
        """Bays are below ground where buildings are high."""
        return self.storeys > LOW and self.bays_there > 0

    def shares(self) -> dict[str, float]:
        """Of each optional kind."""
        return {
            kind: self.adopt.get(kind, share if self.adoption is None else self.adoption)
            for kind, share in self.kind_of_estate.adoption.items()
        }

    def people(self) -> tuple[int, int, int]:
        """All, those of 60 and those of 80 or more."""
        everybody = max(self.households, round(self.persons * self.households))
        elders = round(self.elders * everybody)
        return everybody, elders, round(elders * OLDEST / ELDERS)


LOW = 7  # storeys: up to these there is no lift

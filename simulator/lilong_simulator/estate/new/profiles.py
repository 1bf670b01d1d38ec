"""What kinds of estates there are: which systems each has, and what its residents take of the optional ones.

The sources ask for different things of old estates (elder care, public health, parking), of new commodity housing
(cameras, charging, lockers) and of the urban fringe (security, parking); one makes fire its main system, and housing of
people who must keep secrets goes without biometrics and cloud.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """`purpose`: a sentence without its end. `cameras`: where there are any: doors, lanes, fence, lifts, facades, open,
    garage. Shares: of bays with a pile, of households with a socket in a shed, of flats with a gas detector, of
    elders with a wristband to choose. `asks`: doors ask the backend whether a card is elsewhere."""

    purpose: str
    adoption: dict[str, float]
    cameras: tuple[str, ...] = ()
    doors: bool = True
    intercom: bool = True
    indoor: bool = True
    fence: bool = True
    cycles: bool = True
    lift_readers: bool = False
    lockers: int = 2
    bins: int = 2
    piles: float = 0.1
    sockets: float = 0.09
    gas: float = 0.7
    bands: float = 0.17
    private: bool = False
    asks: bool = False


EVERYWHERE = ("doors", "lanes", "fence", "lifts", "facades", "open", "garage")

PROFILES: dict[str, Profile] = {
    "full": Profile(
        "Every system of the source documents, and residents who take all that is offered",
        {"smoke": 1.0, "gas": 1.0, "wristband": 1.0}, EVERYWHERE, asks=True,
    ),
    "old": Profile(
        "An old estate: elder care, public health and parking first",
        {"smoke": 0.5, "gas": 0.8, "wristband": 0.8}, ("lanes", "open"), intercom=False, indoor=False, fence=False,
        cycles=False, lockers=1, bins=4, piles=0.03, sockets=0.06, gas=0.9, bands=0.3,
    ),
    "commodity": Profile(
        "A new commodity estate: cameras, charging and parcel lockers first",
        {"smoke": 0.4, "gas": 0.4, "wristband": 0.2}, EVERYWHERE, lockers=4, bins=4, piles=0.2, sockets=0.12,
        lift_readers=True, asks=True,
    ),
    "fringe": Profile(
        "An estate of the urban fringe: security and parking first",
        {"smoke": 0.2, "gas": 0.3, "wristband": 0.1}, ("doors", "lanes", "fence", "open"), intercom=False,
        indoor=False, lockers=1, bins=2, piles=0.04, sockets=0.12, asks=True,
    ),
    "fire_first": Profile(
        "Fire as the main system, with access control and cameras beside it",
        {"smoke": 1.0, "gas": 1.0, "wristband": 0.3}, ("doors", "open"), intercom=False, indoor=False, fence=False,
        cycles=False, lockers=0, bins=2, piles=0.04, sockets=0.15, gas=1.0,
    ),
    "confidential": Profile(
        "Housing of people who must keep secrets: nothing biometric, and nothing that leaves the estate",
        {"smoke": 0.8, "gas": 0.8, "wristband": 0.1}, (), indoor=False, lockers=0, bins=2, private=True,
    ),
}  # fmt: skip

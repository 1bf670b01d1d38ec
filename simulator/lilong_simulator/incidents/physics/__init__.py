"""What happens to the sensors: a file a model, each with its parameters. A new one is a class here and in `Physics`."""

from typing import Annotated, get_args

from pydantic import Field

from .base import Curve, Element, Scene
from .burnt_pan import BurntPan
from .card import Card
from .channel import Channel
from .cover_moved import CoverMoved
from .destroyed import Destroyed
from .door_forced import DoorForced
from .door_held import DoorHeld
from .fall import Fall
from .falling_object import FallingObject
from .fence_cut import FenceCut
from .fence_load import FenceLoad
from .gas_leak import GasLeak
from .pins import Pins
from .press import Press
from .rain import Rain
from .rainfall import Rainfall
from .rush import Rush
from .smoke import Smoke
from .stimulus import Stimulus
from .whiff import Whiff

__all__ = ["MODELS", "Curve", "Element", "Physics", "Scene"]

Physics = Annotated[
    BurntPan | Card | Channel | CoverMoved | Destroyed | DoorForced | DoorHeld | Fall | FallingObject | FenceCut
    | FenceLoad | GasLeak | Pins | Press | Rain | Rainfall | Rush | Smoke | Stimulus | Whiff,
    Field(discriminator="model"),
]  # fmt: skip

MODELS: dict[str, type[Element]] = {
    get_args(model.model_fields["model"].annotation)[0]: model for model in get_args(get_args(Physics)[0])
}
"""By the name that an incident file gives."""

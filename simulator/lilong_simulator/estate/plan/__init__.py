"""An estate as a drawing: `drawn(estate)` is an SVG of its plan with all of its devices."""

from .drawing import drawn

__all__ = ["drawn"]

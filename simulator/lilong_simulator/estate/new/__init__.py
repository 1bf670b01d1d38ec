"""An estate file from about a dozen numbers: `text_of(asked)`. The same numbers give the same file."""

from .asked import Asked, NewEstateError
from .profiles import PROFILES
from .text import text_of

__all__ = ["PROFILES", "Asked", "NewEstateError", "text_of"]

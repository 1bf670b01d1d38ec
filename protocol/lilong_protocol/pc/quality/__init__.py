"""What a backend may doubt of what authentic devices say: a reference for quality checks, sans-io.

`Checker.take` is given every frame that was let through, once or more often, and `step` when its deadline has come;
both return doubts that begin and doubts that end. All that it goes by stands in `limits`.
"""

from .checker import Checker
from .doubt import Doubt

__all__ = ["Checker", "Doubt"]

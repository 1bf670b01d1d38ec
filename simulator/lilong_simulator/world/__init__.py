"""What happens in an estate: people, kitchens, light, and what goes wrong."""

from lilong_simulator.world.world import World

__all__ = ["World"]

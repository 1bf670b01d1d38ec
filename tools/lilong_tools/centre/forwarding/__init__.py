"""What is told to the brigade, the guards and the police: rules as data, a state machine, a message, a courier."""

from .book import Forwarded, Forwarding

__all__ = ["Forwarded", "Forwarding"]

"""Interrupts of a pin: at the edge where the port can (rp2), else when the interpreter gets to it (ESP32)."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def on_edges(pin: "Any", handler: "Callable[[Any], None]", trigger: int) -> None:
    """Call `handler(pin)` at each edge; it may run at any time, and must allocate nothing."""
    try:
        pin.irq(handler, trigger, hard=True)
    except TypeError:  # no such keyword on this port
        pin.irq(handler, trigger)

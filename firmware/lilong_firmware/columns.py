"""Telemetry in columns, for kinds that send it: at once, or kept while nobody hears it."""

from lilong_protocol import frame, topics

from .session import ONLINE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .device import Device


def tell(device: "Device", now: int, rows: "list[tuple[int, dict[int, int]]]") -> None:
    """Rows of (uptime, values) that make a batch."""
    if device.session.state == ONLINE:
        device.publish(now, frame.TELEMETRY, topics.TELEMETRY, columns(now, rows))
    else:
        from .outage import keep  # noqa: PLC0415  most devices never need it

        keep(device, rows)


def columns(now: int, rows: "list[tuple[int, dict[int, int]]]") -> "dict[int, Any]":
    """A columnar batch: {0: quantities, 1: age of each row in ms, 2: a list of values per quantity}."""
    quantities = sorted(rows[0][1])
    return {
        0: quantities,
        1: [now - at for at, _ in rows],
        2: [[values.get(q) for _, values in rows] for q in quantities],
    }

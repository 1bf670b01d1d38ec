"""What an engine knows of devices that are being updated, as a roll-out wants to see it."""

from collections.abc import Iterable

from lilong_protocol.pc.engine import Engine
from lilong_protocol.pc.order import OFFER

from .rollout import Seen


def seen_of(engine: Engine, number: int, devices: Iterable[str]) -> dict[str, Seen]:
    """number: of the artifact; of a device that was offered another one there is its session alone."""
    found = {}
    for device in devices:
        progress = engine.progress(device)
        session = engine.session(device)
        if progress is None or progress.artifact != number:
            found[device] = Seen(session)
            continue
        open_ = [order for order in engine.orders.open_of(device) if order.name == OFFER]
        sent = not open_ or any(order.counters for order in open_)
        found[device] = Seen(session, sent, progress.state, progress.have, progress.code, progress.version)
    return found

"""A roll-out carried out: look, decide, keep, offer; until it has ended, or somebody ends it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from .channel import Channel
from .rollout import RUNNING
from .show import Screen
from .state import Kept

LOOK_S = 0.5
KEEP_MS = 5_000  # between two writes of the state that only tell how far devices are
OK, FAILED = 0, 1


async def carry_out(
    kept: Kept, path: Path, channel: Channel, screen: Screen, now_ms: Callable[[], int], look_s: float = LOOK_S
) -> int:
    """The exit code. Whom it is offered to is kept before the offer: no run offers beyond what the next one knows."""
    plan = kept.rollout
    devices = [member.device for member in plan.members]
    kept_ms = 0
    while True:
        seen = await channel.look(devices)
        now = now_ms()
        new = plan.look(now, seen)
        if new or plan.state != RUNNING or now - kept_ms >= KEEP_MS:
            kept.write(path)
            kept_ms = now
        await channel.offer(new)
        screen.show(kept)
        if plan.state != RUNNING:
            break
        await asyncio.sleep(look_s)
    if plan.why:
        await channel.stop(plan.busy())
    return FAILED if plan.why else OK

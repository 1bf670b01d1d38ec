"""Takes the retained births of a run from the broker again: the next subscriber must not meet ghosts."""

from collections.abc import Iterable

import aiomqtt
from lilong_protocol import topics

from .load.observed import Account


async def remove_retained(account: Account, devices: Iterable[tuple[str, str]]) -> bool:
    """Clear what is retained of every (tenant, device); False when the broker is gone, which keeps nothing either."""
    classes = [cls for cls in topics.UP_CLASSES if topics.retained(cls)]
    try:
        async with account.client() as client:
            last = None
            for tenant, device in devices:
                for cls in classes:
                    last = topics.up(tenant, device, cls)
                    await client.publish(last, b"", qos=0, retain=True)
            if last is not None:  # its PUBACK says that all before it has arrived
                await client.publish(last, b"", qos=1, retain=True)
    except aiomqtt.MqttError:
        return False
    return True

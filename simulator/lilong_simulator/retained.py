"""Takes the retained births of a run from the broker again: the next subscriber must not meet ghosts."""

import aiomqtt
from lilong_protocol import topics

from .estate import Estate


async def remove_retained(host: str, port: int, estate: Estate, username: str | None, password: str | None) -> bool:
    """Clear what is retained of every device; False when the broker is gone, which keeps nothing either."""
    try:
        async with aiomqtt.Client(host, port, username=username, password=password) as client:
            for device in estate.devices:
                for cls in filter(topics.retained, topics.UP_CLASSES):
                    await client.publish(topics.up(estate.id, device.id, cls), b"", qos=1, retain=True)
    except aiomqtt.MqttError:
        return False
    return True

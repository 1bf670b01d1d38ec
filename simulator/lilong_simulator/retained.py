"""Takes the retained births of a run from the broker again: the next subscriber must not meet ghosts."""

from collections.abc import Iterable
from ssl import SSLContext

import aiomqtt
from lilong_protocol import topics


async def remove_retained(
    host: str,
    port: int,
    devices: Iterable[tuple[str, str]],
    username: str | None,
    password: str | None,
    tls: SSLContext | None = None,
) -> bool:
    """Clear what is retained of every (tenant, device); False when the broker is gone, which keeps nothing either."""
    classes = [cls for cls in topics.UP_CLASSES if topics.retained(cls)]
    try:
        async with aiomqtt.Client(host, port, username=username, password=password, tls_context=tls) as client:
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

"""Takes the retained births of a run from the broker again: the next subscriber must not meet ghosts."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from ssl import SSLContext

import aiomqtt
from lilong_protocol import topics

from .fleet.live import Target
from .load.observed import Account

AT_ONCE = 20  # devices that connect again
RETAINED = [cls for cls in topics.UP_CLASSES if topics.retained(cls)]

Topics = Callable[[str, str], Iterable[str]]


def of_frames(tenant: str, device: str) -> Iterable[str]:
    """The topics on which frames of a device are retained."""
    return [topics.up(tenant, device, cls) for cls in RETAINED]


async def remove_retained(account: Account, devices: Iterable[tuple[str, str]], of: Topics = of_frames) -> bool:
    """Clear what is retained of every (tenant, device); False when the broker is gone, which keeps nothing either."""
    try:
        async with account.client() as client:
            last = None
            for tenant, device in devices:
                for last in of(tenant, device):
                    await client.publish(last, b"", qos=0, retain=True)
            if last is not None:  # its PUBACK says that all before it has arrived
                await client.publish(last, b"", qos=1, retain=True)
    except aiomqtt.MqttError:
        return False
    return True


async def remove_own_retained(
    account: Account, target: Target, devices: Collection[tuple[str, str]], of: Topics = of_frames
) -> int:
    """The same where a broker lets each device publish on its own topics alone: each does it; how many could not."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def clear(tenant: str, device: str) -> bool:
        login = target.login(device)
        tls = target.tls if target.tls is None or isinstance(target.tls, SSLContext) else target.tls(device)
        if login is None:
            return False
        async with slots:
            try:
                async with account.device(device, login, tls) as client:
                    for topic in of(tenant, device):
                        await client.publish(topic, b"", qos=1, retain=True)
            except aiomqtt.MqttError:
                return False
        return True

    return (await asyncio.gather(*(clear(*one) for one in devices))).count(False)

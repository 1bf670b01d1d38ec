"""Sharing the load: each tenant belongs to one worker, so that the order of each of its devices is kept.

Shared subscriptions keep it only at a broker that gives all messages of one publisher to one subscriber. mosquitto
gives them to all in turn.
"""

import asyncio
from hashlib import sha256

from ..errors import BackendError
from .address import Address

IN_TURN = ("mosquitto", "lilong embedded")
LOOK_S = 2.0


def worker_of(tenant: str, workers: int) -> int:
    """Which of `workers`, numbered from 0, a tenant belongs to; the same on every machine and for ever."""
    return int.from_bytes(sha256(tenant.encode()).digest()[:8], "big") % workers


def own_tenants(tenants: list[str], worker: tuple[int, int]) -> list[str]:
    """Those of the worker (i, n). BackendError when there is no such worker."""
    number, workers = worker
    if workers < 1 or not 0 <= number < workers:
        raise BackendError(f"worker {worker!r}: give (i, n) with i from 0 to n - 1")
    return [tenant for tenant in tenants if worker_of(tenant, workers) == number]


def shared_prefix(group: str) -> str:
    """What stands before a filter of a shared subscription."""
    if not group or set(group) & set("/+#"):
        raise BackendError(f"shared={group!r}: give a name for the group without / + #")
    return f"$share/{group}/"


async def refuse_in_turn(address: Address) -> None:
    """BackendError when the broker is known to give the messages of one device to all workers in turn."""
    from .link import MqttError, plain_client  # noqa: PLC0415  aiomqtt is an extra

    version = ""
    try:
        async with plain_client(address) as client:
            await client.subscribe("$SYS/broker/version", qos=0)
            try:
                async with asyncio.timeout(LOOK_S):
                    message = await anext(aiter(client.messages))
                    version = bytes(message.payload).decode(errors="replace")
            except TimeoutError:
                pass  # a broker that does not say what it is
    except (MqttError, OSError) as error:
        raise BackendError(f"broker {address}: {error}; to share subscriptions it must be there at once") from error
    if version.startswith(IN_TURN):
        raise BackendError(
            f"broker {address} is {version!r}: there a shared subscription gives the messages of one device to all "
            "workers in turn, so that no order would be kept; give worker=(i, n) instead"
        )

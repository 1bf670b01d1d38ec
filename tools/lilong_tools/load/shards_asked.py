"""By how many processes a load is to be played, and whether that can be."""

from __future__ import annotations

from lilong_protocol.pc.simulation import is_loopback
from lilong_simulator.load.shards.cluster import is_local

from ..inputs import InputError
from .sharded import Shards
from .target import Access


def shards_of(workers: int | None, cluster: str | None, url: str, host: str, access: Access) -> Shards | None:
    """None: by this process alone."""
    if workers is None and cluster is None:
        return None
    if cluster is not None:
        if not cluster.isdigit() and "://" not in cluster:
            raise InputError(f"--cluster {cluster}: give a scheduler as tcp://10.0.0.1:8786, or a number of nodes")
        if cluster.isdigit() and not 1 <= int(cluster) <= 1000:
            raise InputError(f"--cluster {cluster}: out of bounds; give 1 to 1000 nodes")
        if not is_local(cluster) and is_loopback(host):
            raise InputError(
                f"--broker {host}: on each node of {cluster} that is the node itself; give the address by which they "
                "reach the broker"
            )
    return Shards(workers, cluster, url, access)

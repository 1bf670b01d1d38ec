"""By how many processes a load is to be played, and whether that can be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lilong_protocol.pc.simulation import is_loopback
from lilong_simulator.load.shards.cluster import is_local
from lilong_simulator.load.shards.cluster_tls import ClusterTls

from ..inputs import InputError
from .sharded import Shards
from .target import Access

FILES = ("--cluster-ca", "--cluster-cert", "--cluster-key")


def shards_of(
    workers: int | None, cluster: str | None, files: Sequence[Path | None], devices: int, url: str, host: str,
    access: Access,
) -> Shards | None:  # fmt: skip
    """None: by this process alone. files: CA, certificate and key of the cluster. devices: how many of the run."""
    tls = _tls(cluster, files)
    if workers is None and cluster is None:
        return None
    if workers is not None and workers > devices:
        raise InputError(f"--workers {workers}: more than there are devices; give {devices} at most")
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
    return Shards(workers, cluster, url, access, tls)


def _tls(cluster: str | None, files: Sequence[Path | None]) -> ClusterTls | None:
    secure = cluster is not None and cluster.startswith("tls://")
    given = [file for file in files if file is not None]
    if given and not secure:
        raise InputError("--cluster-ca, --cluster-cert, --cluster-key: are for --cluster tls://...; leave them out")
    if not secure:
        return None
    if len(given) != len(FILES):
        raise InputError(f"--cluster {cluster}: needs {', '.join(FILES)}; give all of them")
    tls = ClusterTls(*given)
    tls.server()  # files that are none are told before anything starts
    return tls

"""Workers on the nodes of a Dask cluster: one that runs, by its scheduler's address, or one of N nodes made here.

Dask only says where: a worker is a process of its own beside the node's, started by `Client.run`, which is no task, so
that no scheduler can start it again. It ends with its node.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
import ipaddress
import socket
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from ..errors import RunError
from . import node
from .cluster_tls import ClusterTls
from .job import Order

CONNECT_S = 10.0
NOTICE_S = 0.3  # in which a scheduler notices that a node has gone
MISSING = "--cluster needs Dask distributed: pip install 'lilong[cluster]'"


class Cluster:
    """A `Starter`; `async with` it. `nodes`: their addresses.

    spec: an address as tcp://10.0.0.1:8786, or the number of nodes to make on this machine. command: what follows the
    interpreter on each node to make a worker of it. tls: of a cluster whose address begins with tls://.
    """

    def __init__(self, spec: str, command: Sequence[str], tls: ClusterTls | None = None) -> None:
        self._spec = spec
        self._tls = tls
        self._command = list(command)
        self._client: Any = None
        self._own: Any = None
        self._placed: dict[int, tuple[str, str]] = {}  # node and token of each shard
        self.nodes: list[str] = []

    @property
    def host(self) -> str:
        """The address of this machine at which the nodes reach it."""
        return "127.0.0.1" if self._spec.isdigit() else local_address(self._spec)

    async def __aenter__(self) -> Cluster:
        try:
            await asyncio.to_thread(self._open)
        except BaseException:
            await asyncio.to_thread(self._close)
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._close)

    async def start(self, order: Order) -> None:
        place = self.nodes[order.index % len(self.nodes)]
        self._placed[order.index] = place, order.token
        try:
            await self._on(place, node.start, order.to_json(), self._command)
        except Exception as error:
            raise RunError(
                f"shard {order.index} of {order.count} cannot start on {place}: {error}; lilong must be installed there"
            ) from None

    async def words(self, index: int) -> str | None:
        place, token = self._placed[index]
        await asyncio.sleep(NOTICE_S)
        try:
            words: str | None = await self._on(place, node.words, token, index)
        except Exception:
            return f"the node {place} is gone"
        return words

    async def end(self, index: int) -> None:
        if index in self._placed:
            place, token = self._placed[index]
            with contextlib.suppress(Exception):  # a node that is gone has taken it along
                await self._on(place, node.end, token, index)

    # ---- inside

    def _open(self) -> None:
        try:
            engine: Any = importlib.import_module("distributed")  # an extra
        except ImportError:
            raise RunError(MISSING) from None
        address: Any = self._spec
        if self._spec.isdigit():
            address = self._own = engine.LocalCluster(
                n_workers=int(self._spec), threads_per_worker=1, processes=True, host="127.0.0.1",
                dashboard_address="127.0.0.1:0", silence_logs=50,
            )  # fmt: skip
        try:
            security = None if self._tls is None else self._tls.security(engine)
            self._client = engine.Client(address, timeout=CONNECT_S, set_as_default=False, security=security)
        except (OSError, TimeoutError, ValueError) as error:
            raise RunError(
                f"--cluster {self._spec}: no scheduler answers there ({error}); give its address, as tcp://10.0.0.1:8786"
            ) from None
        if self._spec.isdigit():
            self._client.wait_for_workers(int(self._spec), timeout=60)
        try:
            self.nodes = sorted(self._client.run(node.about))
        except ModuleNotFoundError:
            raise RunError(f"--cluster {self._spec}: its nodes lack lilong; install the same version there") from None
        if not self.nodes:
            raise RunError(f"--cluster {self._spec}: it has no nodes; start some: dask worker {self._spec}")

    def _close(self) -> None:
        for one in (self._client, self._own):
            if one is not None:
                with contextlib.suppress(Exception):
                    one.close(timeout=CONNECT_S)
        self._client = self._own = None

    async def _on(self, place: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function on a node; ConnectionError when it is gone, which Dask itself would tell after 30 s."""
        if place not in await asyncio.to_thread(self._client.nthreads):
            raise ConnectionError(f"the node {place} is gone")
        call = functools.partial(self._client.run, function, *arguments, workers=[place])
        return (await asyncio.wait_for(asyncio.to_thread(call), CONNECT_S + node.EXIT_S))[place]


def is_local(spec: str) -> bool:
    """Whether all nodes are on this machine."""
    if spec.isdigit():
        return True
    host = urlsplit(spec).hostname or ""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def local_address(spec: str) -> str:
    """By which address of this machine the way to a scheduler begins; nothing is sent."""
    parts = urlsplit(spec)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((parts.hostname or "127.0.0.1", parts.port or 8786))
            address: str = probe.getsockname()[0]
            return address
    except OSError as error:
        raise RunError(f"--cluster {spec}: no way to it ({error.strerror or error}); check the address") from None

"""Engines for `lilong load --cluster`, beside one another: size, start of three nodes, what a killed worker comes to.

    python -m venv /tmp/e && /tmp/e/bin/pip install distributed   (or ray)
    /tmp/e/bin/python benchmarks/engines.py dask                  (or ray)

A shard here writes a line when it starts and then waits. One of three is killed with SIGKILL; what counts is how long
it takes until whoever started it is told, and whether anything starts it again from its beginning.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

NODES = 3
WATCH_S = 10.0


def shard(log: str, number: int) -> None:
    """Tells its start, then lasts."""
    with Path(log).open("a") as lines:
        lines.write(f"{number} {os.getpid()}\n")
    time.sleep(60)


class Shard:
    """The same as an actor."""

    def __init__(self) -> None:
        self.pid = os.getpid()

    def play(self, log: str, number: int) -> None:
        shard(log, number)


def started(log: Path) -> list[list[int]]:
    return [[int(word) for word in line.split()] for line in log.read_text().splitlines()] if log.exists() else []


def watch(name: str, log: Path, told: Callable[[], str | None]) -> None:
    """Kill the first shard; say what is told, and what started again."""
    while len(started(log)) < NODES:
        time.sleep(0.01)
    os.kill(started(log)[0][1], signal.SIGKILL)
    killed = time.monotonic()
    word, after = None, 0.0
    while time.monotonic() - killed < WATCH_S:
        if word is None and (word := told()) is not None:
            after = time.monotonic() - killed
        time.sleep(0.01)
    again = len(started(log)) - NODES
    heard = f"told {word} after {after:.2f} s" if word is not None else f"nothing told within {WATCH_S:g} s"
    print(f"{name:<34} {heard}; started again {again} times")


def dask() -> None:
    began = time.monotonic()
    from distributed import Client, LocalCluster  # noqa: PLC0415

    imported = time.monotonic()
    with LocalCluster(NODES, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        client.run(os.getpid)
        print(f"import {imported - began:.2f} s, {NODES} nodes {time.monotonic() - imported:.2f} s")
        for name, options in (("task, retries=0", {"retries": 0}), ("task pinned to its node, retries=0", {})):
            client.wait_for_workers(NODES)
            nodes = list(client.scheduler_info()["workers"])
            pinned: Any = [{"workers": [node], **options} for node in nodes] if not options else [options] * NODES
            log = fresh()
            futures = [
                client.submit(shard, str(log), number, pure=False, **pinned[number]) for number in range(NODES)
            ]

            def told(futures: Any = futures) -> str | None:
                return next((repr(one.exception()) for one in futures if one.status == "error"), None)

            watch(name, log, told)
            client.cancel(futures)
            client.restart()
        log = fresh()
        actors = [client.submit(Shard, actor=True, pure=False).result() for _ in range(NODES)]
        calls = [actor.play(str(log), number) for number, actor in enumerate(actors)]

        def told_of_call() -> str | None:
            for call in calls:
                if call.done():
                    try:
                        call.result()
                    except Exception as error:
                        return type(error).__name__
            return None

        watch("actor", log, told_of_call)


def ray() -> None:
    began = time.monotonic()
    import ray  # noqa: PLC0415
    from ray.cluster_utils import Cluster  # noqa: PLC0415

    imported = time.monotonic()
    cluster = Cluster()
    for _ in range(NODES):
        cluster.add_node(num_cpus=1, object_store_memory=80 << 20)
    ray.init(cluster.address, log_to_driver=False, logging_level="ERROR")
    ready = ray.remote(started)
    ray.get([ready.remote(fresh()) for _ in range(NODES)])
    print(f"import {imported - began:.2f} s, {NODES} nodes {time.monotonic() - imported:.2f} s")
    task = ray.remote(shard)
    actor = ray.remote(Shard)

    def play(log: str, number: int) -> Any:
        """By an actor of its own."""
        return actor.options(num_cpus=1).remote().play.remote(log, number)

    for name, begin in (
        ("task, as it comes", task.remote),
        ("task, max_retries=0", task.options(max_retries=0).remote),
        ("actor", play),
    ):
        log = fresh()
        calls = [begin(str(log), number) for number in range(NODES)]

        def told(calls: Any = calls) -> str | None:
            done, _ = ray.wait(calls, timeout=0)
            for one in done:
                try:
                    ray.get(one)
                except Exception as error:
                    return type(error).__name__
            return None

        watch(name, log, told)
        for _, process in started(log):
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(3)  # until it has noticed
    ray.shutdown()
    cluster.shutdown()


def fresh() -> Path:
    return Path(tempfile.mkdtemp()) / "started"


def sizes() -> Iterator[str]:
    """What an empty environment has grown by, pip and setuptools apart."""
    here = next(Path(sys.prefix).glob("lib/python*/site-packages"))
    mine = [one for one in here.iterdir() if not one.name.startswith(("pip", "setuptools", "_distutils", "pkg_res"))]
    kilobytes = subprocess.run(["du", "-sck", *map(str, mine)], capture_output=True, text=True, check=True).stdout
    yield f"{int(kilobytes.split()[-2]) / 1000:.0f} MB installed"
    yield f"{sum(1 for one in mine if one.name.endswith('.dist-info'))} packages"


if __name__ == "__main__":
    print(", ".join(sizes()))
    {"dask": dask, "ray": ray}[sys.argv[1]]()

"""Shared by all tests: how many run at once, what is compiled once, and where a skip is an error."""

import os
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]

# Containers forbid bytecode to be written: each of some thousand processes would compile all sources anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones begin first, dealt out among the workers; those of one file follow one another, alone."""
    long: dict[Path, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("long"):
            long.setdefault(item.path, []).append(item)
    rest = [item for item in items if not item.get_closest_marker("long")]
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    files = list(long.values())
    items[:] = [
        item
        for worker in range(workers)  # with --dist worksteal each begins with its share of the list
        for part in (*files[worker::workers], rest[len(rest) * worker // workers : len(rest) * (worker + 1) // workers])
        for item in part
    ]


def pytest_xdist_auto_num_workers() -> int:
    """`-n auto`: three for two cores, since many tests wait for what a protocol or a board makes them wait for."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(2, cores * 3 // 2)


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get("LILONG_NO_SKIPS"):
        report.outcome = "failed"
        report.longrepr = f"skipped where no test may skip: {report.longrepr}"
    return report

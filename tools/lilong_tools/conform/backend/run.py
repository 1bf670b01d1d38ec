"""Runs scenarios against a backend, in virtual time or live, and gives the results by id."""

from collections.abc import Awaitable, Callable, Iterator, Sequence

from ..report import Result
from ..scenario import Scenario
from . import scenarios
from .bench import Bench
from .book import BOOK
from .watch import CASE, CLAIMS, Watch

assert scenarios  # they have entered themselves

Told = Callable[[Scenario[Bench], list[Result]], None]


async def run(
    bench_of: Callable[[], Awaitable[Bench]],
    wanted: Sequence[str] = (),
    told: Told = lambda scenario, results: None,
) -> list[Result]:
    """Every scenario that is wanted, each on the bench that `bench_of` gives; `told` hears of each as it ends."""
    return await BOOK.play(bench_of, wanted, told, Watch())


def listed() -> Iterator[tuple[str, str, str]]:
    """(scenario, ids, what it does) of everything there is."""
    yield from BOOK.listed()
    yield CASE, " ".join(CLAIMS), "what holds of every downlink, whatever the scenario"

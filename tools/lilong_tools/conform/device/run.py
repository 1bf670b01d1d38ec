"""Runs scenarios against a device, in virtual time or live, and gives the results by id."""

from collections.abc import Awaitable, Callable, Iterator, Sequence

from lilong_firmware.device import Device, Identity
from lilong_simulator.fleet.slots import simulation_image

from ..report import Result
from ..scenario import Scenario
from ..virtual import run_now
from . import scenarios
from .bench import Bench
from .book import BOOK
from .maker import of_simulations
from .virtual_wire import Make, VirtualWire
from .watch import CASE, CLAIMS, Watch

assert scenarios  # they have entered themselves

Told = Callable[[Scenario[Bench], list[Result]], None]


async def run(
    bench_of: Callable[[], Awaitable[Bench]],
    wanted: Sequence[str] = (),
    told: Told = lambda scenario, results: None,
    watched: bool = True,
) -> list[Result]:
    """Every scenario that is wanted, each on the bench that `bench_of` gives; `told` hears of each as it ends."""
    return await BOOK.play(bench_of, wanted, told, Watch(), watched)


def run_virtual(
    identity: Identity, kind: str, make: Make = Device, wanted: Sequence[str] = (), watched: bool = True,
    told: Told = lambda scenario, results: None,
) -> list[Result]:  # fmt: skip
    """Against our firmware, or what `make` gives, in virtual time: a device of its own for each scenario."""

    maker = of_simulations(simulation_image())

    async def bench_of() -> Bench:
        wire = VirtualWire(identity, kind, make)
        return Bench(wire, identity.tenant, identity.device, identity.root, maker=maker)

    return run_now(run(bench_of, wanted, told, watched))


def listed() -> Iterator[tuple[str, str, str]]:
    """(scenario, ids, what it does) of everything there is."""
    yield from BOOK.listed()
    yield CASE, " ".join(CLAIMS), "what holds of every frame, whatever the scenario"

"""A scenario: a small coroutine that plays the other side and judges what it sees by the ids of sentences."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from ..inputs import InputError
from .report import Result

_SHOWN = 400  # characters of a reason


class Benchlike(Protocol):
    """What a scenario plays on."""

    def recent(self) -> tuple[str, ...]:
        """The latest frames, decoded."""

    async def begin(self) -> None:
        """Have the other side there; NotTriedError when it is not."""

    async def end(self) -> None:
        """Leave nothing open."""


Bench = TypeVar("Bench", bound=Benchlike)
Watched_contra = TypeVar("Watched_contra", bound=Benchlike, contravariant=True)


class NotTriedError(Exception):
    """What is to be judged cannot be brought about here; the text says what it would need."""


class Judge:
    """Collects the results of one scenario. A claim is a sentence: what must be true."""

    def __init__(self, case: str, ids: Sequence[str], recent: Callable[[], tuple[str, ...]] = tuple) -> None:
        self.results: list[Result] = []
        self._recent = recent
        self._case = case
        self._ids = ids

    def __call__(self, id_: str, claim: str, passed: bool, otherwise: str = "") -> bool:
        """Judge a claim; `otherwise`: what was seen instead."""
        assert id_ in self._ids, f"{self._case}: {id_} is not among the ids that it names"
        case = f"{self._case}: {claim}"
        seen = () if passed else self._recent()
        self.results.append(Result(id_, case, passed, "" if passed else otherwise[:_SHOWN], seen))
        return passed

    def skip(self, id_: str, why: str) -> None:
        """A sentence that cannot be judged."""
        assert id_ in self._ids, f"{self._case}: {id_} is not among the ids that it names"
        self.results.append(Result(id_, self._case, None, why[:_SHOWN]))

    def rest(self, why: str) -> None:
        """What has not been judged was not tried."""
        told = {result.id for result in self.results}
        for id_ in [id_ for id_ in self._ids if id_ not in told]:
            self.skip(id_, why)

    def stop(self, why: str) -> None:
        """It went no further: what was judged stands, and what was still to come was not tried."""
        told = {result.id for result in self.results}
        for id_ in [id_ for id_ in self._ids if id_ not in told] or self._ids:
            self.skip(id_, why)


class Watchlike(Protocol[Watched_contra]):
    """What judges every frame of all scenarios, by the ids of `claims`."""

    claims: dict[str, str]

    def take(self, bench: Watched_contra) -> None: ...
    def results(self) -> list[Result]: ...


@dataclass(frozen=True)
class Scenario(Generic[Bench]):
    """`ids`: the sentences that it judges; `text`: what it does, in a line."""

    name: str
    ids: tuple[str, ...]
    text: str
    run: Callable[[Bench, Judge], Awaitable[None]]

    def wanted(self, only: Sequence[str]) -> bool:
        """It judges an id that begins with one of these, or is named so; nothing given means everything."""
        return not only or any(self.name == one or any(id_.startswith(one) for id_ in self.ids) for one in only)

    async def judge(self, bench: Bench) -> list[Result]:
        """Run it; what it could not come to is reported as not tried, never as passed."""
        judge = Judge(self.name, self.ids, bench.recent)
        try:
            await bench.begin()
            await self.run(bench, judge)
        except NotTriedError as reason:
            judge.stop(str(reason))
        else:
            judge.rest("the scenario did not come to it")
        return judge.results


class Book(Generic[Bench]):
    """The scenarios of one side, in their order."""

    def __init__(self) -> None:
        self.all: list[Scenario[Bench]] = []

    def scenario(
        self, *ids: str
    ) -> Callable[[Callable[[Bench, Judge], Awaitable[None]]], Callable[[Bench, Judge], Awaitable[None]]]:
        """Enters a coroutine function under its name; its docstring says what it does."""

        def enter(run: Callable[[Bench, Judge], Awaitable[None]]) -> Callable[[Bench, Judge], Awaitable[None]]:
            text = (run.__doc__ or "").strip().splitlines()[0]
            self.all.append(Scenario(run.__name__, ids, text, run))
            return run

        return enter

    def chosen(self, only: Sequence[str], of_all: Iterable[str] = ()) -> list[Scenario[Bench]]:
        """Those that judge one of these ids (or the beginnings of ids), or have one of these names.

        `of_all`: ids that are judged over all scenarios, whichever they are.
        """
        for one in only:
            if not any(scenario.wanted([one]) for scenario in self.all):
                if any(id_.startswith(one) for id_ in of_all):
                    return self.all
                raise InputError(f"--only {one}: no scenario judges or is called that; --list shows them")
        return [scenario for scenario in self.all if scenario.wanted(only)]

    async def play(
        self, bench_of: Callable[[], Awaitable[Bench]], wanted: Sequence[str],
        told: Callable[[Scenario[Bench], list[Result]], None], watch: Watchlike[Bench], watched: bool = True,
    ) -> list[Result]:  # fmt: skip
        """Those that are wanted, each on the bench that `bench_of` gives; `told` hears of each as it ends."""
        results: list[Result] = []
        for scenario in self.chosen(wanted, watch.claims):
            bench = await bench_of()
            found = await scenario.judge(bench)
            await bench.end()
            told(scenario, found)
            results += found
            watch.take(bench)
        return only(results + (watch.results() if watched else []), wanted)

    def listed(self) -> Iterator[tuple[str, str, str]]:
        """(scenario, ids, what it does) of each."""
        for scenario in self.all:
            yield scenario.name, " ".join(scenario.ids), scenario.text

    def ids(self) -> list[str]:
        """Every id that some scenario judges."""
        return sorted({id_ for scenario in self.all for id_ in scenario.ids})


def only(results: Iterable[Result], wanted: Sequence[str]) -> list[Result]:
    """The results of ids that begin with one of these; all when none is given or a scenario was chosen by its name."""
    ids = [one for one in wanted if one.startswith("LIL-")]
    if not ids or len(ids) < len(wanted):
        return list(results)
    return [result for result in results if result.id.startswith(tuple(ids))]

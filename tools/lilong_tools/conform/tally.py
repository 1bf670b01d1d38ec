"""Claims about every frame of a run: the first that breaks each sentence is told."""

from collections.abc import Callable

from .report import Result


class Tally:
    """`claims`: what holds, by id; `none`: what is said of those that nothing was seen of."""

    def __init__(self, case: str, claims: dict[str, str], none: str) -> None:
        self._case, self._claims, self._none = case, claims, none
        self._wrong: dict[str, tuple[str, str]] = {}
        self._looked: set[str] = set()

    def __call__(self, id_: str, right: bool, otherwise: str, frame: Callable[[], str] = str) -> None:
        """Judge one frame; `frame`: gives what it says, in words."""
        self._looked.add(id_)
        if not right and id_ not in self._wrong:
            self._wrong[id_] = otherwise, frame()

    def results(self) -> list[Result]:
        """A result for each sentence."""
        return [self._result(id_, f"{self._case}: {claim}") for id_, claim in self._claims.items()]

    def _result(self, id_: str, case: str) -> Result:
        if id_ in self._wrong:
            otherwise, frame = self._wrong[id_]
            return Result(id_, case, False, otherwise, (frame,) if frame else ())
        return Result(id_, case, True) if id_ in self._looked else Result(id_, case, None, self._none)

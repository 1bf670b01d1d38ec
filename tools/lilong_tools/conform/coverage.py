"""Which runner judges which sentence of the specification, and which sentences none does."""

from collections.abc import Iterable, Iterator

from .backend.run import listed as of_backends
from .device.run import listed as of_devices
from .sentences import sentences
from .vectors import questions


def judged() -> dict[str, set[str]]:
    """Ids by runner."""
    return {
        "codec": {name for question in questions() for name in question.ids},
        "device": _ids(of_devices()),
        "backend": _ids(of_backends()),
    }


def _ids(scenarios: Iterable[tuple[str, str, str]]) -> set[str]:
    return {name for _, names, _ in scenarios for name in names.split()}


def rows() -> Iterator[tuple[str, str, str, str]]:
    """(id, whose duty it is, the runners that judge it, what it says) of every sentence."""
    runners = judged()
    for name, (text, whose, _) in sorted(sentences().items()):
        yield name, whose, " ".join(runner for runner in runners if name in runners[runner]), text


def in_short(names: set[str]) -> str:
    """Ids by family, as "CBOR 1-6, CMD 1 2 4"."""
    families: dict[str, list[int]] = {}
    for name in sorted(names):
        _, family, number = name.split("-")
        families.setdefault(family, []).append(int(number))
    return ", ".join(f"{family} {_runs(numbers)}" for family, numbers in families.items())


def _runs(numbers: list[int]) -> str:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return " ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)

"""Adds to the frozen vectors: python -m protocol.vectors.source [--check], from the root of the repository.

A vector that is there is never written anew: a case that would come out otherwise, or not at all, is an error. To
change what a case shows, give it a new name and leave the old one as it is; what is wrong for good needs version 2.
"""

import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from . import bodies, cbor, downlinks, encode, keys, messages, passwords, payloads, seals, topics
from .base import Case

V1 = Path(__file__).parents[1] / "v1"
GROUPS: dict[str, ModuleType] = {
    "keys": keys, "cbor": cbor, "encode": encode, "messages": messages, "seals": seals, "payloads": payloads,
    "bodies": bodies, "topics": topics, "passwords": passwords, "downlinks": downlinks,
}  # fmt: skip
FROZEN = "frozen.txt"


def line(case: Case) -> str:
    """The one text of a case."""
    return json.dumps(case, ensure_ascii=False, separators=(", ", ": "))


def seal_line(group: str, case: Case) -> str:
    """What frozen.txt says of a case."""
    return f"{hashlib.sha256(line(case).encode()).hexdigest()[:32]} {group}/{case['name']}"


def made() -> dict[str, list[Case]]:
    """All cases as the source gives them; names are unique within a group."""
    groups = {}
    for group, module in GROUPS.items():
        cases = list(module.cases())
        names = [case["name"] for case in cases]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise SystemExit(f"{group}: the same name twice: {sorted(twice)[:5]}")
        groups[group] = cases
    return groups


def frozen() -> dict[str, list[Case]]:
    """All cases as the files hold them."""
    return {group: json.loads((V1 / f"{group}.json").read_text())["cases"] for group in GROUPS if
            (V1 / f"{group}.json").exists()}  # fmt: skip


def changes(before: Iterable[Case], now: Iterable[Case]) -> list[str]:
    """The names of frozen cases that the source gives otherwise or not at all."""
    given = {case["name"]: line(case) for case in now}
    return [case["name"] for case in before if given.get(case["name"]) != line(case)]


def text(group: str, cases: list[Case]) -> str:
    """A file: one case a line."""
    head = {"format": "lilong-vectors", "version": 1, "group": group, "about": GROUPS[group].ABOUT}
    return json.dumps(head, ensure_ascii=False)[:-1] + ', "cases": [\n' + ",\n".join(map(line, cases)) + "\n]}\n"


def main() -> int:
    before, now = frozen(), made()
    broken = [f"{group}/{name}" for group in before for name in changes(before[group], now[group])]
    if broken:
        print("frozen vectors would change: give the new ones new names", *broken[:20], sep="\n  ", file=sys.stderr)
        return 1
    seals_of: list[str] = []
    for group, cases in now.items():
        kept = before.get(group, [])
        names = {case["name"] for case in kept}
        added = [case for case in cases if case["name"] not in names]
        if added and "--check" in sys.argv:
            print(f"{group}: {len(added)} cases are not in the files yet; run without --check", file=sys.stderr)
            return 1
        whole = kept + added
        (V1 / f"{group}.json").write_text(text(group, whole))
        seals_of += [seal_line(group, case) for case in whole]
        print(f"{group}: {len(whole)} cases, {len(added)} new")
    (V1 / FROZEN).write_text("\n".join(seals_of) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

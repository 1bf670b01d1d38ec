"""The golden vectors as questions with one right answer each."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import lilong_protocol

Case = dict[str, Any]
GROUPS = ("keys", "cbor", "encode", "messages", "seals", "payloads", "bodies", "topics", "passwords")
OPTIONAL = frozenset(("body", "topic", "password"))
"""Operations that a codec may leave out: only a backend checks bodies, a device knows its few topics by heart, and its
password is written into it where it is provisioned."""

# The sentences that an operation can show anything about.
_SHOWS = {
    "encode": ("LIL-CBOR",), "decode": ("LIL-CBOR",), "derive": ("LIL-KEY",), "seal": ("LIL-SEAL", "LIL-CBOR-004"),
    "open": ("LIL-SEAL", "LIL-SEC", "LIL-CBOR-004"), "read": ("LIL-FRAME", "LIL-TOPIC"),
    "body": ("LIL-FRAME", "LIL-TELE"), "topic": ("LIL-TOPIC",), "password": ("LIL-KEY",),
}  # fmt: skip


@dataclass(frozen=True)
class Question:
    """`ask` goes out as one line of JSON; `answer` is what must come back, {"refused": True} with or without a code."""

    ids: tuple[str, ...]
    case: str
    ask: Case
    answer: Case


def folder() -> Path:
    """vectors/v1: in the package when it is installed, beside it in the repository otherwise."""
    here = Path(lilong_protocol.__file__).parent
    installed = here / "vectors" / "v1"
    return installed if installed.is_dir() else here.parent / "vectors" / "v1"


@cache
def load(group: str) -> list[Case]:
    """The cases of a group."""
    cases: list[Case] = json.loads((folder() / f"{group}.json").read_text(encoding="utf-8"))["cases"]
    return cases


Asked = Iterator[tuple[str, Case, Case]]  # operation, what goes with it, the answer


def _refusal(case: Case) -> Case:
    return {"refused": True, "code": case["refused"].get("code")}


def _keys(case: Case) -> Asked:
    own = case["estate_key"] is None
    ask = {name: case[name] for name in ("estate_key", "tenant", "device", "direction", "epoch")}
    yield "derive", {**ask, "root": case["root"] if own else None}, {"root": case["root"], "key": case["key"]}


def _cbor(case: Case) -> Asked:
    if "refused" in case:
        yield "decode", {"hex": case["hex"]}, {"refused": True}
    else:
        yield "decode", {"hex": case["hex"]}, {"value": case["value"]}
        yield "encode", {"value": case["value"]}, {"hex": case["hex"]}


def _encode(case: Case) -> Asked:
    yield "encode", {"value": case["value"]}, {"refused": True} if "refused" in case else {"hex": case["hex"]}


def _place(case: Case) -> Case:
    return {name: case[name] for name in ("key", "tenant", "device", "direction", "class", "epoch")}


def _messages(case: Case) -> Asked:
    data, frame = case["payload_hex"], case["frame"]
    yield "encode", {"value": case["payload"]}, {"hex": data}
    yield "decode", {"hex": data}, {"value": case["payload"]}
    yield "seal", {**_place(case), "payload": data}, {"frame": frame}
    yield "open", {**_place(case), "frame": frame}, {"payload": data}
    yield "read", {"direction": case["direction"], "class": case["class"], "payload": data}, {"kind": case["kind"]}


def _seals(case: Case) -> Asked:
    if "frame" not in case:
        yield "seal", {**_place(case), "payload": case["payload_hex"]}, {"refused": True}
        return
    refused = "refused" in case
    ask = {**_place(case), "frame": case["frame"]}
    yield "open", ask, {"refused": True} if refused else {"payload": case["payload_hex"]}
    if not refused:
        yield "seal", {**_place(case), "payload": case["payload_hex"]}, {"frame": case["frame"]}


def _payloads(case: Case) -> Asked:
    ask = {"direction": case["direction"], "class": case["class"], "payload": case["payload_hex"]}
    yield "read", ask, _refusal(case) if "refused" in case else {"kind": case["kind"]}


def _bodies(case: Case) -> Asked:
    yield "body", {"kind": case["kind"], "body": case["body_hex"]}, {"sound": case["sound"]}


def _topics(case: Case) -> Asked:
    parts = ("tenant", "device", "direction", "class")
    answer: Case = {"refused": True} if "refused" in case else {name: case[name] for name in parts}
    yield "topic", {"topic": case["topic"]}, answer


def _passwords(case: Case) -> Asked:
    ask = {name: case[name] for name in ("root", "tenant", "device")}
    yield "password", ask, {name: case[name] for name in ("user", "password")}


_ASK: dict[str, Callable[[Case], Asked]] = {
    "keys": _keys, "cbor": _cbor, "encode": _encode, "messages": _messages, "seals": _seals, "payloads": _payloads,
    "bodies": _bodies, "topics": _topics, "passwords": _passwords,
}  # fmt: skip


def questions() -> Iterator[Question]:
    """All that the vectors ask, group by group."""
    for group in GROUPS:
        for case in load(group):
            for operation, ask, answer in _ASK[group](case):
                ids = tuple(name for name in case["ids"] if name.startswith(_SHOWS[operation]))
                yield Question(ids, f"{group}/{case['name']}: {operation}", {"op": operation, **ask}, answer)

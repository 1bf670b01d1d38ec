"""The golden vectors: frozen, complete, and answered rightly by both interpreters and by a stock COSE library."""

import hashlib
import json
from pathlib import Path
from typing import Any

import cbor2
import pytest
from lilong_protocol import frame, registry, topics
from lilong_protocol.registry.messages import HEADER
from lilong_tools.conform import adapter
from lilong_tools.conform.codec import check_codec, judge
from lilong_tools.conform.report import Result
from lilong_tools.conform.vectors import GROUPS, OPTIONAL, Question, folder, load, questions
from micropython import ROOT, find_micropython
from pycose.headers import KID
from pycose.keys import SymmetricKey
from pycose.messages import Mac0Message

from protocol.vectors.source import __main__ as source

FROZEN_FIRST = (2516, "7974c8ed7914801291218096dc4889f7e0adbb44f5620bb1affa43e67e0dcb7e")
"""How many lines of frozen.txt were frozen first, and their SHA-256: more may follow them, by group."""

# Each sentence that the vectors show something about.
SENTENCES = [
    pytest.param(name, marks=pytest.mark.spec(name))
    for name in (
        "LIL-CBOR-001", "LIL-CBOR-002", "LIL-CBOR-003", "LIL-CBOR-004", "LIL-CBOR-005", "LIL-CBOR-006",
        "LIL-SEAL-001", "LIL-SEAL-002", "LIL-SEAL-003", "LIL-SEAL-004", "LIL-SEAL-005",
        "LIL-KEY-001", "LIL-KEY-002", "LIL-KEY-007", "LIL-TOPIC-001", "LIL-TOPIC-002",
        "LIL-FRAME-001", "LIL-FRAME-002", "LIL-FRAME-003", "LIL-FRAME-004", "LIL-FRAME-005",
        "LIL-FRAME-011", "LIL-SEC-004", "LIL-SEC-005", "LIL-TELE-001",
    )
]  # fmt: skip
# Which a board does not check by the registry.
ONLY_BODIES = {"LIL-FRAME-004", "LIL-FRAME-005", "LIL-FRAME-011", "LIL-TELE-001"}
ALL = list(questions())
MESSAGES = load("messages")


def answered_here(question: Question) -> tuple[bool | None, str]:
    return judge(question, json.dumps(adapter.answer(json.loads(json.dumps(question.ask)))).encode())


@pytest.fixture(scope="module")
def on_micropython() -> list[Result]:
    path = f"{ROOT / 'protocol'}:.frozen"
    return check_codec(["env", f"MICROPYPATH={path}", find_micropython(), "-X", "heapsize=128k", adapter.__file__])


@pytest.mark.parametrize("sentence", SENTENCES)
def test_cpython_answers_every_case_of_a_sentence_rightly(sentence: str) -> None:
    asked = [question for question in ALL if sentence in question.ids]
    assert asked
    assert [(one.case, answered_here(one)) for one in asked if answered_here(one)[0] is not True] == []


@pytest.mark.parametrize("sentence", SENTENCES)
def test_micropython_answers_every_case_of_a_sentence_rightly(sentence: str, on_micropython: list[Result]) -> None:
    results = [result for result in on_micropython if result.id == sentence]
    assert [result for result in results if result.passed is False] == []
    assert any(result.passed for result in results) is (sentence not in ONLY_BODIES)


def test_micropython_leaves_out_nothing_but_the_shapes_of_bodies(on_micropython: list[Result]) -> None:
    left_out = {result.case.rpartition(": ")[2] for result in on_micropython if result.passed is None}
    assert left_out == {"body"} <= OPTIONAL


def test_every_question_belongs_to_a_sentence() -> None:
    assert {name for question in ALL for name in question.ids} == {parameter.values[0] for parameter in SENTENCES}
    assert [question.case for question in ALL if not question.ids] == []


# ---- frozen


def test_no_frozen_case_has_changed() -> None:
    lines = (folder() / source.FROZEN).read_text().splitlines()
    assert [source.seal_line(group, case) for group in source.GROUPS for case in load(group)] == lines


def first_frozen(lines: list[str]) -> list[str]:
    """The lines that were frozen first: of each group those at its start."""
    counts = {"keys": 36, "cbor": 272, "encode": 16, "messages": 124, "seals": 213, "payloads": 569, "bodies": 1231,
              "topics": 55}  # fmt: skip
    return [line for group, count in counts.items() for line in of_group(lines, group)[:count]]


def of_group(lines: list[str], group: str) -> list[str]:
    return [line for line in lines if line.split(" ", 1)[1].startswith(f"{group}/")]


def test_what_was_frozen_first_is_still_at_the_start_of_its_group() -> None:
    lines = first_frozen((folder() / source.FROZEN).read_text().splitlines())
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    assert (len(lines), digest) == FROZEN_FIRST


def test_the_source_gives_every_frozen_case_again_and_no_other() -> None:
    made = source.made()
    for group, cases in source.frozen().items():
        assert source.changes(cases, made[group]) == []
        assert len(made[group]) == len(cases)


def test_a_case_that_changes_or_goes_is_noticed() -> None:
    cases = load("keys")
    other = [{**cases[0], "key": "00"}, *cases[2:]]
    assert source.changes(cases, other) == [cases[0]["name"], cases[1]["name"]]


# ---- complete


@pytest.mark.parametrize("kind", sorted(registry.MESSAGE))
def test_every_kind_of_message_is_there_small_and_whole_in_two_epochs(kind: int) -> None:
    mine = [case for case in MESSAGES if case["kind"] == kind]
    name = registry.MESSAGE[kind].name
    assert {f"{name}, {size}, epoch {epoch}" for size in ("least", "full") for epoch in (0, 1)} <= {
        case["name"] for case in mine
    }
    whole = next(case for case in mine if case["name"] == f"{name}, full, epoch 0")["payload"]["7"]
    assert set(whole) == {str(field.key) for field in registry.MESSAGE[kind].body}


@pytest.mark.parametrize("message", registry.MESSAGES, ids=lambda message: message.name)
def test_every_field_is_tried_missing_of_a_wrong_type_and_right(message: Any) -> None:
    for field in message.body:
        cases = [case for case in load("bodies") if f"{message.name}: {field.name} (key {field.key})" in case["name"]]
        assert any(not case["sound"] for case in cases)
        assert any(case["name"].endswith("missing") for case in cases) is field.required
    for name in message.header:
        key = HEADER[name][0]
        without = f"{message.name} without key {key} ({name})"
        assert any(case["name"] == without and case["refused"]["code"] == 400 for case in load("payloads"))


def test_every_error_code_travels_in_an_error_and_in_a_response() -> None:
    names = ("BAD", "UNKNOWN_CRITICAL", "FORBIDDEN", "NOT_FOUND", "EXPIRED", "CONFLICT", "STALE", "UNSUPPORTED_KIND",
             "INVALID", "UNSUPPORTED_VERSION")  # fmt: skip
    codes = {getattr(frame, name) for name in names}
    for kind, extra in ((frame.ERROR, set()), (frame.RESPONSE, {frame.OK})):
        told = {case["payload"]["7"]["0"] for case in MESSAGES if case["kind"] == kind}
        assert codes | extra <= told
    refused = {case["refused"]["code"] for case in load("payloads") if "refused" in case}
    assert refused == {None, frame.BAD, frame.UNKNOWN_CRITICAL, frame.UNSUPPORTED_KIND, frame.UNSUPPORTED_VERSION}


def test_all_of_appendix_a_is_there() -> None:
    appendix = json.loads((ROOT / "protocol" / "vectors" / "cbor_appendix_a.json").read_text())
    assert {item["hex"] for item in appendix} <= {case["hex"] for case in load("cbor")}


# ---- other people's libraries


def opened_by_pycose(case: dict[str, Any]) -> bool:
    message = Mac0Message.from_cose_obj(cbor2.loads(bytes.fromhex(case["frame"])), allow_unknown_attributes=False)
    epoch = f"/{case['epoch']}" if case["epoch"] else ""
    message.external_aad = f"1/{case['tenant']}/{case['device']}/{case['direction']}/{case['class']}{epoch}".encode()
    message.key = SymmetricKey(bytes.fromhex(case["key"]))
    assert message.payload is not None
    return bool(
        message.verify_tag()
        and message.get_attr(KID).hex() == case["device"]
        and message.payload.hex() == case.get("payload_hex", message.payload.hex())
    )


@pytest.mark.spec("LIL-SEAL-001", "LIL-SEAL-002", "LIL-SEAL-003")
def test_pycose_opens_every_frame_that_is_good() -> None:
    good = MESSAGES + [case for case in load("seals") if "frame" in case and "refused" not in case]
    assert [case["name"] for case in good if not opened_by_pycose(case)] == []


@pytest.mark.spec("LIL-SEAL-003", "LIL-SEAL-005")
def test_pycose_opens_no_frame_that_is_forged() -> None:
    forged = [case for case in load("seals") if case.get("refused", {}).get("reason") == "forged"]
    assert len(forged) > 80
    assert [case["name"] for case in forged if opened_by_pycose(case)] == []


@pytest.mark.spec("LIL-CBOR-001", "LIL-CBOR-002")
def test_cbor2_reads_every_payload_as_it_is_told() -> None:
    for case in MESSAGES:
        assert adapter.to_json(cbor2.loads(bytes.fromhex(case["payload_hex"]))) == case["payload"], case["name"]


@pytest.mark.spec("LIL-TOPIC-001")
def test_qos_and_retain_are_those_of_the_topic_class() -> None:
    for case in MESSAGES:
        assert case["retain"] is topics.retained(case["class"])
        if case["direction"] == "u":
            assert case["qos"] == topics.up_qos(case["class"])


def test_the_counts_of_the_readme_are_true() -> None:
    readme = (ROOT / "protocol" / "vectors" / "README.md").read_text()
    assert f"{sum(len(load(group)) for group in source.GROUPS):,} cases" in readme
    assert set(GROUPS) <= set(source.GROUPS)
    assert Path(source.V1) == folder()

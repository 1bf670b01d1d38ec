"""`lilong conform codec`: ours passes; each codec that is wrong in one way is caught, by the right sentence."""

import json
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from commands import run_lilong
from lilong_tools.conform import adapter
from lilong_tools.conform.codec import RESTARTS_MAX, Codec, NoAnswerError, check_codec, judge
from lilong_tools.conform.report import Result, as_junit, exit_code, verdicts
from lilong_tools.conform.vectors import Question, questions

FAULTY = Path(__file__).with_name("faulty_codec.py")
OURS = [sys.executable, adapter.__file__]
ALL = list(questions())


def about(operations: Iterable[str]) -> list[Question]:
    return [question for question in ALL if question.ask["op"] in operations]


def found(fault: str, *operations: str, answer_s: float = 10.0) -> dict[str, int]:
    """How many cases of each sentence a wrong codec fails."""
    asked = about(operations) if operations else ALL
    results = check_codec([sys.executable, str(FAULTY), fault], answer_s, asked)
    return {name: verdict.failed for name, verdict in verdicts(results).items() if verdict.failed}


@pytest.mark.parametrize(
    ("fault", "caught_by"),
    [
        ("accepts_overlong", {"LIL-CBOR-003", "LIL-CBOR-006"}),
        ("accepts_unsorted", {"LIL-CBOR-002", "LIL-CBOR-006"}),
        ("accepts_repeated", {"LIL-CBOR-002", "LIL-CBOR-006"}),
        ("accepts_floats", {"LIL-CBOR-003", "LIL-CBOR-006"}),
        ("accepts_what_a_stock_decoder_does", {"LIL-CBOR-001", "LIL-CBOR-002", "LIL-CBOR-003", "LIL-CBOR-004"}),
        ("accepts_trailing_bytes", {"LIL-CBOR-003", "LIL-CBOR-004", "LIL-CBOR-006"}),
        ("accepts_any_text", {"LIL-CBOR-001", "LIL-CBOR-006"}),
        ("knows_no_limits", {"LIL-CBOR-004", "LIL-CBOR-006"}),
        ("dies_of_a_length_bomb", {"LIL-CBOR-005"}),
        ("wrong_aad", {"LIL-SEAL-001", "LIL-SEAL-002", "LIL-SEAL-003"}),
        ("epoch_not_in_the_aad", {"LIL-SEAL-003"}),
        ("short_tags", {"LIL-SEAL-002"}),
        ("accepts_short_tags", {"LIL-SEAL-002", "LIL-SEAL-005"}),
        ("ignores_the_device_id", {"LIL-SEAL-001", "LIL-SEAL-005"}),
        ("never_verifies", {"LIL-SEAL-002", "LIL-SEAL-003", "LIL-SEAL-004", "LIL-SEAL-005", "LIL-SEC-005"}),
        ("wrong_salt", {"LIL-KEY-001"}),
        ("one_key_for_all_epochs", {"LIL-KEY-002"}),
        ("ignores_critical_keys", {"LIL-FRAME-002"}),
        ("refuses_what_it_does_not_know", {"LIL-FRAME-002"}),
        ("speaks_every_version", {"LIL-FRAME-003"}),
        ("takes_every_kind_everywhere", {"LIL-TOPIC-002"}),
        ("strict_about_bodies", {"LIL-FRAME-004"}),
        ("uppercase_devices", {"LIL-TOPIC-001"}),
        ("one_password_for_all", {"LIL-KEY-007"}),
        ("writes_unsorted", {"LIL-CBOR-002"}),
        ("answers_in_prose", {"LIL-TOPIC-001"}),
        ("has_only_half", {"LIL-SEAL-001", "LIL-SEAL-003", "LIL-SEC-005"}),
    ],
)
def test_a_codec_with_one_fault_is_caught_by_its_sentence(fault: str, caught_by: set[str]) -> None:
    failed = found(fault)
    assert caught_by <= set(failed), failed


@pytest.mark.parametrize(
    ("fault", "families"),
    [
        ("accepts_overlong", "LIL-CBOR LIL-SEC LIL-FRAME"),
        ("epoch_not_in_the_aad", "LIL-SEAL"),
        ("wrong_salt", "LIL-KEY-001 LIL-KEY-002"),
        ("ignores_critical_keys", "LIL-FRAME-002"),
        ("uppercase_devices", "LIL-TOPIC-001"),
        ("strict_about_bodies", "LIL-FRAME-004"),
    ],
)
def test_and_by_no_sentence_that_it_keeps(fault: str, families: str) -> None:
    assert [name for name in found(fault) if not name.startswith(tuple(families.split()))] == []


def test_ours_passes_everything_and_leaves_nothing_out() -> None:
    results = check_codec(OURS)
    assert {result.passed for result in results} == {True}
    assert exit_code(results) == 0


def test_a_codec_that_keeps_silent_is_given_up_after_its_time_and_asked_the_rest() -> None:
    asked = about(["derive"])
    results = check_codec([sys.executable, str(FAULTY), "keeps_silent"], 0.5, asked)
    silent = [result for result in results if result.passed is False]
    assert {result.detail for result in silent} == {"no answer in 0.5 s"}
    assert {result.case for result in silent} == {one.case for one in asked if one.ask["epoch"] == 2}


def test_a_codec_that_dies_at_every_question_is_given_up() -> None:
    results = check_codec([sys.executable, "-c", "import sys; sys.exit(3)"], asked=ALL[:60])
    assert {result.passed for result in results} == {False}
    assert results[0].detail == "it ended with code 3 instead of an answer"
    assert results[-1].detail == f"given up: no answer {RESTARTS_MAX} times"


def test_a_codec_that_never_ends_its_line_costs_a_bounded_amount_of_memory() -> None:
    endless = "import sys\nwhile True: sys.stdout.write('x' * 65536)"
    with Codec([sys.executable, "-c", endless]) as codec, pytest.raises(NoAnswerError, match="more than 1048576 bytes"):
        codec.ask(b"{}")


@pytest.mark.parametrize(
    ("line", "verdict", "why"),
    [
        (b'{"hex": "00"}', True, ""),
        (b'{"hex": "01"}', False, '{"hex": "01"}, not {"hex": "00"}'),
        (b"{}", False, '{"hex": null}, not {"hex": "00"}'),
        (b'{"refused": "no"}', False, "refused: no"),
        (b"[]", False, "not a JSON object: []"),
        (b"hello", False, "not a line of JSON: hello"),
        (b"\xff", False, "not a line of JSON: \ufffd"),
        (b'{"unsupported": true}', False, "the codec has no such operation"),
    ],
)
def test_an_answer_is_right_only_when_it_is_the_answer(line: bytes, verdict: bool, why: str) -> None:
    question = Question(("LIL-CBOR-001",), "zero", {"op": "encode", "value": 0}, {"hex": "00"})
    assert judge(question, line) == (verdict, why)


@pytest.mark.parametrize("wrong", [b'{"value": true}', b'{"value": 1.0}', b'{"value": "1"}', b'{"value": [1]}'])
def test_one_is_neither_true_nor_a_float(wrong: bytes) -> None:
    question = Question(("LIL-CBOR-001",), "one", {"op": "decode", "hex": "01"}, {"value": 1})
    assert judge(question, b'{"value": 1}') == (True, "")
    assert judge(question, wrong)[0] is False


def test_a_refusal_needs_its_code_where_one_is_told() -> None:
    question = Question(("LIL-FRAME-003",), "version 2", {"op": "read"}, {"refused": True, "code": 501})
    assert judge(question, b'{"refused": true, "code": 501}') == (True, "")
    assert judge(question, b'{"refused": true, "code": 400}') == (False, "refused with code 400, not 501")
    assert judge(question, b'{"kind": 3}') == (False, 'accepted: {"kind": 3}')


# ---- the command


def test_the_command_shows_a_table_and_writes_json_and_junit(tmp_path: Path) -> None:
    json_file, junit_file = tmp_path / "all.json", tmp_path / "all.xml"
    command = shlex.join([sys.executable, str(FAULTY), "uppercase_devices"])
    ended = run_lilong("conform", "codec", "--cmd", command, "--json", json_file, "--junit", junit_file)
    assert ended.code == 1
    assert "LIL-TOPIC-001" in ended.out
    told = json.loads(json_file.read_text())
    assert told["passed"] is False
    assert told["subject"] == command
    failed = told["assertions"]["LIL-TOPIC-001"]["failed"]
    assert failed == sum(result["passed"] is False for result in told["results"]) > 0
    suites = {suite.get("name"): suite for suite in ElementTree.parse(junit_file).getroot()}
    assert suites["LIL-TOPIC-001"].get("failures") == str(failed)
    assert suites["LIL-CBOR-001"].get("failures") == "0"
    assert len(suites["LIL-TOPIC-001"].findall("testcase/failure")) == failed


def test_the_command_ends_with_0_when_all_is_right() -> None:
    ended = run_lilong("conform", "codec", "--cmd", shlex.join(OURS))
    assert ended.code == 0, ended
    assert " passed, 0 failed\n" in ended.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--cmd", "/no/such/codec"), "--cmd /no/such/codec: cannot be started"),
        (("--cmd", ""), "--cmd: is empty"),
        (("--cmd", "a 'b"), "--cmd a 'b: No closing quotation"),
        (("--cmd", "true", "--json", "/no/such/folder/a.json"), "--json /no/such/folder/a.json: no folder"),
        (("--cmd", "true", "--answer", "0"), "--answer 0: too short"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(arguments: tuple[str, ...], said: str) -> None:
    ended = run_lilong("conform", "codec", *arguments)
    assert ended.code == 2
    assert ended.err.startswith(f"lilong: {said}"), ended.err


def test_nothing_tried_is_no_pass() -> None:
    assert exit_code([]) == 1
    assert exit_code([Result("LIL-CBOR-001", "a", None, "left out")]) == 1
    assert exit_code([Result("LIL-CBOR-001", "a", None), Result("LIL-CBOR-001", "b", True)]) == 0


def test_junit_holds_nothing_that_xml_cannot() -> None:
    text = as_junit("conform codec", [Result("LIL-CBOR-001", "a\x00b\ud800", False, "\x1b[31m <&>")])
    assert ElementTree.fromstring(text.encode()).find("testsuite/testcase/failure") is not None

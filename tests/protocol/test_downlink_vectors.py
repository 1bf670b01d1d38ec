"""What the vectors say that a device answers, ours answers on both interpreters."""

import ast
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from lilong_protocol.keys import broker_password, device_root
from micropython import ROOT, run_micropython

sys.path.append(str(ROOT / "tests" / "firmware"))

import downlink_cases

V1 = ROOT / "protocol" / "vectors" / "v1"
CASES = json.loads((V1 / "downlinks.json").read_text(encoding="utf-8"))["cases"]
THERE = """
import sys
sys.path += sys.argv[1:3]
import downlink_cases
for name, answers in downlink_cases.answers(sys.argv[3]):
    print(repr((name, answers)))
"""


def wrong(case: dict[str, Any], answers: list[dict[str, Any]]) -> bool:
    expected = case["answer"]
    if expected is None:
        return answers != []
    if "codes" not in expected:
        return answers != [expected]
    codes = expected["codes"]
    return answers not in [[{"code": code} | {k: v for k, v in expected.items() if k != "codes"}] for code in codes]


@pytest.fixture(scope="module")
def there() -> dict[str, list[dict[str, Any]]]:
    """The answers of the device on MicroPython, by case."""
    folders = Path(__file__).parent, ROOT / "tests" / "firmware"
    out = run_micropython(THERE, *folders, V1 / "downlinks.json", heap="16m")
    return dict(ast.literal_eval(line) for line in out.splitlines())


@pytest.mark.spec(
    "LIL-CMD-002", "LIL-CMD-004", "LIL-CMD-009", "LIL-CMD-010", "LIL-CMD-011", "LIL-CMD-012", "LIL-CMD-013",
    "LIL-CONF-002", "LIL-CONF-004", "LIL-CONF-007", "LIL-EVENT-006", "LIL-EVENT-008", "LIL-FRAME-006", "LIL-FRAME-008",
    "LIL-FRAME-009", "LIL-FRAME-010", "LIL-SESSION-010", "LIL-TOPIC-002", "LIL-UPD-007",
)  # fmt: skip
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_device_answers_as_the_vectors_say(case: dict[str, Any], there: dict[str, list[dict[str, Any]]]) -> None:
    answers = downlink_cases.after(case)
    assert not wrong(case, answers), answers
    assert there[case["name"]] == answers


@pytest.mark.parametrize("kind", [0, 1, 11, 12, None])
def test_an_answer_that_is_not_the_one_of_a_vector_is_noticed(kind: int | None) -> None:
    mine = next(case for case in CASES if (case["answer"] or {}).get("kind") == kind)
    assert wrong(mine, [{"kind": 11, "code": 999, "counter": 31}])
    assert wrong(mine, []) is (kind is not None)


@pytest.mark.spec("LIL-KEY-007")
def test_the_password_of_a_broker_follows_from_the_root_of_the_device() -> None:
    for case in json.loads((V1 / "passwords.json").read_text(encoding="utf-8"))["cases"]:
        root = bytes.fromhex(case["root"])
        assert (case["user"], case["password"]) == (case["device"], broker_password(root))
        assert "own" in case["name"] or "zeros" in case["name"] or root == device_root(
            bytes(range(32)), case["tenant"], case["device"]
        )

"""lilong.cddl is read by a validator that is not ours, and lets through what the vectors do.

pycddl has faults of its own: it takes byte strings for numbers, anchors no regular expression, and confuses the items
of an array, so that whole frames are not put to it. What it refuses rightly is counted.
"""

import json
from functools import cache
from typing import Any

import pytest
from lilong_protocol import registry
from micropython import ROOT
from pycddl import Schema, ValidationError

CDDL = (ROOT / "protocol" / "lilong.cddl").read_text(encoding="utf-8")
PRELUDE = {
    "any", "biguint", "bool", "bstr", "bytes", "false", "float", "int", "integer", "nil", "nint", "null", "number",
    "text", "time", "true", "tstr", "uint", "undefined", "unsigned", "uri",
}  # fmt: skip


@cache
def schema(rule: str) -> Schema:
    """The first rule of a schema is what it checks."""
    return Schema(f"start = {rule}\n{CDDL}")


def takes(rule: str, hexadecimal: str) -> bool:
    try:
        schema(rule).validate_cbor(bytes.fromhex(hexadecimal))
    except ValidationError:
        return False
    except BaseException as error:  # a panic of Rust is no Exception: it meets bytes where a text is wanted
        if type(error).__name__ != "PanicException":
            raise
        return False
    return True


def rule(kind: int, part: str) -> str:
    return f"{registry.MESSAGE[kind].name.replace(' ', '-')}-{part}"


def cases(group: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        (ROOT / "protocol" / "vectors" / "v1" / f"{group}.json").read_text(encoding="utf-8")
    )["cases"]
    return found


def test_it_gives_no_name_of_the_prelude_again() -> None:
    names = {line.split(" = ")[0] for line in CDDL.splitlines() if " = " in line and line[0] not in " ;"}
    assert {"frame", "u-al", "birth-payload"} < names
    assert names & PRELUDE == set()


@pytest.mark.spec("LIL-FRAME-001")
def test_every_payload_of_the_vectors_that_is_let_through_fits() -> None:
    good = [case for case in cases("messages") + cases("payloads") if "kind" in case and "refused" not in case]
    assert len(good) > 170
    assert [case["name"] for case in good if not takes(rule(case["kind"], "payload"), case["payload_hex"])] == []


@pytest.mark.spec("LIL-FRAME-001")
def test_every_body_of_the_vectors_that_is_sound_fits() -> None:
    sound = [case for case in cases("bodies") if case["sound"]]
    assert [case["name"] for case in sound if not takes(rule(case["kind"], "body"), case["body_hex"])] == []


def test_no_body_without_a_field_that_it_must_have_fits_and_hardly_one_of_another_shape() -> None:
    unsound = [case for case in cases("bodies") if not case["sound"]]
    taken = [case["name"] for case in unsound if takes(rule(case["kind"], "body"), case["body_hex"])]
    assert [name for name in taken if name.endswith("missing")] == []
    assert len(taken) < len(unsound) // 10


def test_what_the_registry_says_of_ranges_is_in_it() -> None:
    for quantity in registry.QUANTITIES:
        assert f"  ? {quantity.number}: {quantity.low}..{quantity.high} / null,  ; {quantity.name}\n" in CDDL
    for setting in registry.SETTINGS:
        assert f"{setting.low}..{setting.high},  ; {setting.name}\n" in CDDL

"""Writing a payload takes nothing of the heap, whatever the uptime; on a 32-bit MicroPython too."""

import json
from pathlib import Path
from typing import Any

import pytest
from lilong_protocol import cbor, frame
from micropython import run_micropython
from wasm import run_wasm

CASE = Path(__file__).with_name("allocation_case.py")
EPOCH = 1_790_000_000_123
WRAP = 1 << 30


@pytest.fixture(scope="module", params=["unix, 64 bits", "WebAssembly, 32 bits"])
def result(request: pytest.FixtureRequest) -> Any:
    said = run_micropython(CASE.read_text()) if "unix" in request.param else run_wasm(CASE)
    found = json.loads(said)
    assert found["bits"] == (64 if "unix" in request.param else 32)
    return found


def test_no_payload_of_a_device_takes_anything_of_the_heap(result: Any) -> None:
    assert result["taken"] == {str(kind): 0 for kind in (3, 4, 5, 6, 7, 8, 11)}


def test_the_measure_sees_what_one_number_takes(result: Any) -> None:
    assert result["control"] == (0 if result["bits"] == 64 else 32)


def test_uptimes_from_ticks_that_wrap_go_beyond_31_and_32_bits(result: Any) -> None:
    assert result["uptimes"] == [n * (WRAP // 2 - 1) for n in range(len(result["uptimes"]))]
    assert result["uptimes"][-1] > 5 << 31


def test_the_payloads_are_those_of_pack(result: Any) -> None:
    assert len(result["frames"]) > 100
    for now, kind, data in result["frames"]:
        fields = cbor.decode(bytes.fromhex(data))
        assert (fields[1], fields[4], fields[5]) == (kind, now, EPOCH + now)
        ref = (411, 9) if kind in (frame.UPDATE, frame.CLEAR) else None
        nonce = bytes(range(1, 9)) if kind == frame.HEARTBEAT else None
        counter = 3 if kind == frame.RESPONSE else None
        expected = frame.pack(kind, fields[7], 412, 70_000, now, EPOCH + now, 3, counter, ref, None, nonce)
        assert data == expected.hex()


def test_sealing_takes_hashes_digests_and_the_frame_itself(result: Any) -> None:
    assert result["size"] < result["sealed"] < 16 * result["size"]

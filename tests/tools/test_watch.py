"""`lilong watch`: what flows through a broker, for a person and for a pipe."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from commands import LILONG, PATIENCE_S, embedded_broker, lilong, run_lilong
from lilong_protocol import frame, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.pc import keystore
from lilong_protocol.pc.simulation import simulation_key
from lilong_protocol.seal import UP, Seal
from paho.mqtt.publish import multiple

TENANT, SMOKE, DOOR = "acme", "a4cf12fffe0b3c5d", "00cf12fffe0b3c5d"
RAISE = {0: 1, 1: 4, 2: 4, 3: 4, 4: {1: 182}}
YELLOW = {0: 9, 1: 2, 2: 3, 3: 4, 4: {3: 8}}


def sealed(device: str, cls: str, payload: bytes, tenant: str = TENANT) -> dict[str, Any]:
    root = device_root(simulation_key(tenant), tenant, device)
    data = Seal(frame_key(root, UP), tenant, device, UP).seal(cls, payload)
    return {"topic": topics.up(tenant, device, cls), "payload": data, "qos": 1, "retain": topics.retained(cls)}


def birth(device: str, kind: int) -> dict[str, Any]:
    return sealed(device, "st", frame.pack(frame.BIRTH, {0: kind, 1: 1}, 1, 1, 0, nonce=bytes(8)))


def alarm(device: str, body: dict[int, Any], seq: int) -> dict[str, Any]:
    return sealed(device, "al", frame.pack(frame.RAISE, body, 1, seq, 26_600))


def update(device: str, seq: int, of: int) -> dict[str, Any]:
    return sealed(device, "al", frame.pack(frame.UPDATE, {0: 1, 5: 2}, 1, seq, 90_000, ref=(1, of)))


FORGED = {**alarm(SMOKE, RAISE, 8), "payload": alarm(SMOKE, RAISE, 8)["payload"][:-1] + b"?"}
GARBAGE = {"topic": topics.up(TENANT, SMOKE, "hb"), "payload": b"\x00\xff", "qos": 0, "retain": False}
STORY = [
    birth(SMOKE, 1), birth(DOOR, 3), alarm(SMOKE, RAISE, 1), alarm(DOOR, YELLOW, 1), update(SMOKE, 2, 1), FORGED,
    GARBAGE, sealed(DOOR, "ev", frame.pack(frame.EVENT, {0: 4}, 1, 1, 99_000)),
]  # fmt: skip
END = sealed(SMOKE, "ev", frame.pack(frame.EVENT, {0: 10}, 1, 77, 99_000))
LAST = [  # every filter lets one of them through
    alarm(DOOR, RAISE, 77),
    *(sealed(DOOR, "ev", frame.pack(frame.EVENT, {0: 4}, 1, 77, 99_000), tenant) for tenant in (TENANT, "somebody")),
]


def publish(broker: str, story: list[dict[str, Any]]) -> None:
    host, _, port = broker.removeprefix("mqtt://").rpartition(":")
    multiple(story, hostname=host, port=int(port))


def watched(*options: object, until: str = "seq 77") -> list[str]:
    """The lines that are printed of the story, and of what comes last."""
    with embedded_broker() as (_, broker), lilong("watch", "--broker", broker, *options) as watch:
        watch.wait_for("^watching ")
        publish(broker, [*STORY, *LAST])
        watch.wait_for(until)
        watch.signal(signal.SIGINT)
        end = watch.end()
    assert (end.code, end.err) == (0, "")
    return [line[13:] for line in end.out.splitlines() if not line.startswith("watching ")]


def test_a_person_sees_who_said_what_and_whether_it_is_true() -> None:
    lines = watched()
    assert lines[0].startswith(f"ok  {SMOKE} smoke       u/st birth ")
    assert lines[2].startswith(f"ok  {SMOKE} smoke       u/al alarm raise      red  smoke.alarm, ")
    assert "obscuration 0.182 dB/m" in lines[2]
    assert lines[2].endswith("[boot 1, seq 1, up 26.600 s]")
    assert lines[4].startswith(f"ok  {SMOKE} smoke       u/al alarm update ")
    assert "state restored" in lines[4]
    assert lines[5].startswith("BAD ")
    assert lines[5].endswith("the tag does not fit")
    assert lines[6].startswith("BAD ")
    assert lines[6].endswith("not a sealed frame  00ff")


@pytest.mark.parametrize(
    ("options", "messages"),
    [
        (("--kind", "door"), ["birth", "alarm raise", "event"]),
        (("--device", "00cf"), ["birth", "alarm raise", "event"]),
        (("--class", "ev"), ["event"]),
        (("--level", "2"), ["alarm raise", "alarm update", "alarm raise"]),  # the last one is the forged
        (("--level", "3", "--kind", "door"), ["alarm raise"]),
        (("--tenant", "somebody"), []),
    ],
)
def test_filters(options: tuple[str, ...], messages: list[str]) -> None:
    lines = watched(*options)
    told = [next(name for name in ("birth", "alarm raise", "alarm update", "event") if f" {name} " in line)
            for line in lines if "seq 77" not in line]  # fmt: skip
    assert told == messages


def test_a_pipe_gets_one_object_a_line_and_may_close_early() -> None:
    with embedded_broker() as (_, broker):
        publish(broker, [birth(SMOKE, 1)])  # retained: the first that a watcher sees
        with lilong("watch", "--broker", broker, "--json") as watch:
            watch.wait_for("birth")
            publish(broker, [alarm(SMOKE, RAISE, 1), GARBAGE, END])
            watch.wait_for('"seq": 77')
            watch.signal(signal.SIGINT)
            told = [json.loads(line) for line in watch.end().out.splitlines()]
        assert [one["message"] for one in told] == ["birth", "alarm raise", None, "event"]
        assert told[1]["body"]["values"] == {"obscuration": {"value": 0.182, "unit": "dB/m"}}
        assert told[1]["kind"] == "smoke"
        assert (told[2]["verified"], told[2]["problem"]) == (False, "not a sealed frame")
        assert bytes.fromhex(told[1]["frame"]) == alarm(SMOKE, RAISE, 1)["payload"]
        command = f"{LILONG} watch --broker {broker} --json | head -n 1"
        with subprocess.Popen(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as pipe:
            assert pipe.stdout is not None
            assert json.loads(pipe.stdout.readline())["message"] == "birth"
            deadline = time.monotonic() + PATIENCE_S
            while pipe.poll() is None:  # that head has ended the watcher finds when it says more
                assert time.monotonic() < deadline
                publish(broker, [END])
            assert pipe.returncode == 0
            assert pipe.stdout.read() == ""
            assert pipe.stderr is not None
            assert pipe.stderr.read() == ""


def test_keys_of_a_store_verify_their_own_estate_and_no_other(tmp_path: Path) -> None:
    store = tmp_path / "keys.json"
    keys = keystore.KeyStore()
    keys.new_estate(TENANT, os.urandom)
    keystore.save(keys, store)
    lines = watched("--keys", store, "--class", "al", until="(?s)(BAD .*){5}")  # the story has the simulations' key
    assert len(lines) == 5
    assert all(line.startswith("BAD ") for line in lines)


def test_one_pasted_frame_needs_neither_broker_nor_key() -> None:
    frame_hex = alarm(SMOKE, RAISE, 1)["payload"].hex()
    end = run_lilong("watch", "--hex", frame_hex)
    assert end.code == 0
    assert " ?  " in end.out
    assert "smoke.alarm" in end.out
    assert json.loads(run_lilong("watch", "--json", "--hex", frame_hex).out)["level"] == 1


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ((), "give either --broker URL or --hex FRAME"),
        (("--hex", "xyz"), "not an even number of hex digits"),
        (("--hex", "00", "--level", "9"), "--level 9: give 1 (red)"),
        (("--hex", "00", "--kind", "toaster"), "--kind toaster: unknown; use smoke"),
        (("--hex", "00", "--class", "xx"), "--class xx: unknown; use st"),
        (("--broker", "mqtt://127.0.0.1:1", "--keys", "nowhere.json"), "nowhere.json"),
        (("--broker", "mqtt://127.0.0.1:1"), "no broker at 127.0.0.1:1"),
    ],
)
def test_what_cannot_be_used_is_named(options: tuple[str, ...], complaint: str) -> None:
    end = run_lilong("watch", *options)
    assert end.code == 2
    assert complaint in end.err
    assert "Traceback" not in end.err

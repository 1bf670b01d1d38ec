"""A run in virtual time: the same seed gives the same bytes, whatever Python's hashes and whether devices poll."""

import hashlib
import os
import subprocess
import sys
from datetime import datetime, timedelta
from math import inf
from pathlib import Path

import pytest
from backends import KEY, InTheLoop
from fires import kitchen_fire
from lilong_simulator import incidents
from lilong_simulator.asked_until import LATER_MS
from lilong_simulator.estate import load_estate
from lilong_simulator.load.faults import parse
from lilong_simulator.load.faults.timeline import plan
from lilong_simulator.recorder import Recorder
from lilong_simulator.virtual_run import DELAY_MS, POWER_ON_MS, VirtualRun, epoch_ms

ESTATE = load_estate(Path(__file__).with_name("small_estate.toml"))
EVENING = datetime(2026, 3, 4, 18)
MINUTE, HOUR = 60_000, 3_600_000
QUARTER = """
title = {{ en = "A quarter of an hour", zh = "一刻钟" }}
about = "What a door says in it."
sources = ["none: a test's"]
at = 18:15:00

[places]
door = {{ device = "{door}" }}

[[told]]
what = "events"
at = "door"
until_s = 900
within_s = 1
"""


class Log(Recorder):
    """A recorder that keeps every frame: (virtual ms, device, class, bytes)."""

    def __init__(self):
        super().__init__()
        self.frames = []

    def sent(self, at, device, cls, frame, due):
        super().sent(at, device, cls, frame, due)
        self.frames.append((at, device, cls, frame))


def run(until_ms, seed=7, start=EVENING, estate=ESTATE, incidents=(), polls=False, steps=1):
    made = VirtualRun(estate, KEY, seed, start, incidents, InTheLoop(estate.id), Log(), polls)
    for step in range(1, steps + 1):
        made.run(until_ms * step // steps)
    return made


def digest(until_ms):
    made = run(until_ms)
    return hashlib.sha256(repr((made.recorder.frames, made.recorder.outputs, made.world.truth)).encode()).hexdigest()


@pytest.fixture(scope="module")
def evening():
    return run(2 * HOUR)


def test_the_same_seed_gives_the_same_bytes(evening):
    again = run(2 * HOUR)
    assert len(evening.recorder.frames) > 500
    assert again.recorder.frames == evening.recorder.frames
    assert again.recorder.outputs == evening.recorder.outputs
    assert again.recorder.alarms == evening.recorder.alarms
    assert again.world.truth == evening.world.truth


def test_what_a_device_says_is_kept_for_as_long_as_it_is_asked_for_unless_a_fault_puts_it_off(tmp_path):
    door = ESTATE.of_kind("door")[0]
    file = tmp_path / "quarter.toml"
    file.write_text(QUARTER.format(door=door.name), encoding="utf-8")
    quarter = incidents.find(str(file))
    made = run(4 * HOUR, incidents=[quarter])
    said, until = made.recorder.said[door.id], 15 * MINUTE + 901_000 + LATER_MS
    assert said.until == made.asked()[door.id] == until
    assert said.rows
    assert max(row[0] for row in said.rows) <= until < max(made.recorder.events_sent[door.id])
    asked = plan([parse("partition at=70 for=60")], {ESTATE.id: ESTATE.devices}, 7)
    faulty = VirtualRun(ESTATE, KEY, 7, EVENING, [quarter], InTheLoop(ESTATE.id), Log(), faults=asked)
    assert faulty.recorder.said[door.id].until == faulty.asked()[door.id] == inf


def test_another_seed_gives_another_evening(evening):
    assert run(2 * HOUR, seed=8).recorder.frames != evening.recorder.frames


def test_a_run_in_pieces_is_the_same_run(evening):
    assert run(2 * HOUR, steps=37).recorder.frames == evening.recorder.frames


@pytest.mark.parametrize("hashes", ["0", "1"])
def test_the_bytes_do_not_depend_on_pythons_hashes(hashes):
    folders = (str(Path(__file__).parent), str(Path(__file__).parents[1]))
    code = f"import sys; sys.path[:0] = {folders!r}; from test_virtual_run import *; print(digest({HOUR}))"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": hashes}, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == digest(HOUR)


def test_devices_that_skip_quiet_samples_send_what_devices_send_that_poll():
    start = EVENING + timedelta(minutes=30)
    polling = run(15 * MINUTE, start=start, polls=True)
    skipping = run(15 * MINUTE, start=start)
    assert polling.recorder.frames == skipping.recorder.frames
    assert polling.recorder.outputs == skipping.recorder.outputs
    assert len(skipping.recorder.frames) > 50


def test_everything_is_powered_on_in_its_first_minute_and_accepted(evening):
    births = {}
    for at, device, cls, _ in evening.recorder.frames:
        if cls == "st":
            births.setdefault(device, at)
    assert set(births) == {device.id for device in ESTATE.devices} == evening.recorder.accepted
    assert max(births.values()) < POWER_ON_MS + 6 * DELAY_MS[1]
    assert max(births.values()) - min(births.values()) > POWER_ON_MS / 2, "not all at once"


def test_no_message_is_faster_or_slower_than_the_network():
    """One way up, and one way down again: from the decision to the stored-ack at the device."""
    made = run(20 * MINUTE, incidents=[fire()])
    took = [alarm.stored - alarm.decided for alarm in made.recorder.alarms.values()]
    assert took
    connect = 6 * DELAY_MS[1]  # a detector sleeps between its alarms
    assert all(2 * DELAY_MS[0] <= ms <= 2 * DELAY_MS[1] + connect for ms in took)


def fire(burnout_s=None):
    """Smoke at three detectors after 2, 2.5 and 3 minutes."""
    return kitchen_fire("1/0101", crossings_s=(120, 150, 180), burnout_s=burnout_s, out_s=600)


def test_a_device_that_burns_falls_silent():
    made = run(20 * MINUTE, incidents=[fire(burnout_s=200)])
    burnt = made.world.truth[0].device
    assert [at for at, device, _, _ in made.recorder.frames if device == burnt and at > 200_000] == []
    assert burnt not in made.recorder.online
    assert any(alarm.device == burnt and alarm.stored for alarm in made.recorder.alarms.values())


def test_wall_time_is_that_of_the_estates_zone():
    assert epoch_ms(ESTATE, datetime(2026, 3, 4, 8)) == 1_772_582_400_000  # midnight UTC: the estate is 8 hours ahead

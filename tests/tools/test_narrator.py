"""What a live run tells on the terminal: every stage once, in its order, with what was observed and nothing else."""

import io
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from lilong_firmware.effects import ACCEPTED, ACKNOWLEDGED, RAISED, STORED
from lilong_simulator.estate.parts import Device
from lilong_simulator.feed import FeedError, FeedReader
from lilong_simulator.recorder import Recorder
from lilong_simulator.truth import Expectation, truth_row
from lilong_tools.narrator import Narrator
from rich.console import Console

SMOKE, SMOKE_2, DOOR, OTHER = (f"{number:016x}" for number in (1, 2, 3, 4))
NAMES = {SMOKE: "core1/01F/smoke", SMOKE_2: "core1/02F/smoke", DOOR: "core1/ground/door", OTHER: "core2/ground/door"}
EPOCH_ZERO = 1_800_000_000_000.0
WORLD_ZERO = 5_000.0
BOOT = 9
FIRE_CODE = 1


def placed(device: str) -> Device:
    return Device(device, NAMES[device].rsplit("/", 1)[1], NAMES[device], 0.0, 0.0, 0, None, None, None, ())


class Story:
    """A run by script: `now` is its clock; each `tell` gives the lines that are new since the last one."""

    def __init__(self, tmp_path: Path, feed: bool = True) -> None:
        self.now = 0.0
        self.recorder = Recorder()
        self.rows = [
            truth_row(placed(SMOKE), "smoke.alarm", 20_000, "fire"),
            truth_row(placed(SMOKE_2), "smoke.alarm", 23_000, "fire"),
        ]
        self.expectations: list[Expectation] = []
        self.file = tmp_path / "observed.jsonl"
        self.run = SimpleNamespace(
            accepter=None, recorder=self.recorder, clock=lambda: self.now, epoch_zero=EPOCH_ZERO, world_zero=WORLD_ZERO,
            truth=self.rows, expectations=self.expectations, devices=[placed(device) for device in NAMES],
        )  # fmt: skip
        self.screen = io.StringIO()
        console = Console(file=self.screen, width=200)
        self.narrator = Narrator(console, self.run, FeedReader(self.file) if feed else None)

    def tell(self) -> list[str]:
        before = len(self.screen.getvalue())
        self.narrator.poll()
        return self.screen.getvalue()[before:].splitlines()

    def note(self, at: float, what: str, device: str = SMOKE, seq: int = 1) -> None:
        self.recorder.note(WORLD_ZERO + at, device, what, FIRE_CODE, BOOT, seq)

    def observe(self, at: float, event: str, device: str = SMOKE, seq: int = 1) -> None:
        row = {
            "at": EPOCH_ZERO + WORLD_ZERO + at, "event": event, "alarm": f"{device}-{BOOT}-{seq}", "device": device,
            "code": FIRE_CODE, "boot": BOOT, "seq": seq,
        }  # fmt: skip
        with self.file.open("a") as file:
            file.write(json.dumps(row) + "\n")

    def release(self, at: float, device: str = DOOR, value: int = 1) -> None:
        self.recorder.output(WORLD_ZERO + at, device, "lock", value)

    def door_must_open(self, device: str = DOOR) -> None:
        after = tuple(row.id for row in self.rows)
        for what, within in (("command", 3_000), ("report", 5_000)):
            name = f"{device}:{what}"
            self.expectations.append(
                Expectation(name, "fire", what, "fire_release", device, NAMES[device], after, 2, within)
            )


def words(lines: list[str]) -> list[list[str]]:
    return [line.split(maxsplit=3) for line in lines]


def test_every_stage_of_an_alarm_is_told_once_and_in_order(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.recorder.output(WORLD_ZERO + 25_530, SMOKE, "sounder", 1)
    story.note(25_530, RAISED)
    story.observe(25_533, "stored")
    story.observe(25_536, "shown")
    story.note(28_350, ACKNOWLEDGED)
    assert words(story.tell()) == [
        ["raised", "smoke.alarm", NAMES[SMOKE], "5.53 s after the crossing, local output on"],
        ["stored", "smoke.alarm", NAMES[SMOKE], "3 ms after the decision"],
        ["shown", "smoke.alarm", NAMES[SMOKE], "6 ms after the decision"],
        ["acknowledged", "smoke.alarm", NAMES[SMOKE], "2.82 s after the decision"],
    ]
    assert story.tell() == []


def test_a_stage_is_told_when_it_comes(tmp_path: Path) -> None:
    story = Story(tmp_path)
    assert story.tell() == []
    story.note(26_000, RAISED)
    assert [line[0] for line in words(story.tell())] == ["raised"]
    story.observe(26_009, "stored")
    assert [line[0] for line in words(story.tell())] == ["stored"]
    story.observe(26_020, "shown")
    story.note(27_000, RAISED, SMOKE_2)
    assert [line[:3:2] for line in words(story.tell())] == [["shown", NAMES[SMOKE]], ["raised", NAMES[SMOKE_2]]]


def test_with_a_feed_only_the_feed_says_that_an_alarm_is_stored(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.note(26_000, RAISED)
    story.note(26_100, STORED)
    assert [line[0] for line in words(story.tell())] == ["raised"]


def test_without_a_feed_the_stored_ack_says_it_and_nothing_says_that_it_is_shown(tmp_path: Path) -> None:
    story = Story(tmp_path, feed=False)
    story.note(26_000, RAISED)
    story.note(26_100, STORED)
    story.note(30_000, ACKNOWLEDGED)
    assert [line[0] for line in words(story.tell())] == ["raised", "stored", "acknowledged"]


def test_an_alarm_without_a_crossing_and_without_an_output_claims_neither(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.note(19_999, RAISED)  # before the world crossed anything
    assert [line.split() for line in story.tell()] == [["raised", "smoke.alarm", NAMES[SMOKE]]]


def test_a_line_of_the_feed_about_an_unknown_alarm_is_told_by_nobody(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.observe(26_000, "stored")
    assert story.tell() == []
    assert [event.event for event in story.narrator.events] == ["stored"]


def test_a_feed_that_goes_wrong_is_an_error(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.file.write_text("all is well\n")
    with pytest.raises(FeedError, match=r"observed\.jsonl:1: not a line of an observed feed"):
        story.tell()


# ---- doors


def test_a_release_counts_from_the_second_alarm_and_is_told_once(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.door_must_open()
    story.note(26_000, RAISED)
    story.note(30_000, RAISED, SMOKE_2)
    story.tell()
    story.release(30_007)
    assert words(story.tell()) == [
        ["released", "fire", "release", f"{NAMES[DOOR]}            7 ms after the second alarm"]
    ]
    assert story.tell() == []


def test_a_door_that_is_locked_again_is_told_once(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.door_must_open()
    story.release(10_000)  # somebody comes home
    story.release(15_000, value=0)
    story.note(26_000, RAISED)
    story.note(30_000, RAISED, SMOKE_2)
    story.release(30_007)
    assert "locked" not in [line[0] for line in words(story.tell())]
    story.release(90_007, value=0)
    assert words(story.tell()) == [["locked", "fire", "release", f"{NAMES[DOOR]}            60.00 s after the release"]]
    story.release(95_000)
    story.release(100_000, value=0)
    assert story.tell() == []


def test_the_end_of_an_alarm_is_told(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.note(26_000, RAISED)
    story.observe(26_010, "stored")
    story.tell()
    story.observe(96_000, "cleared")
    assert words(story.tell()) == [["cleared", "smoke.alarm", NAMES[SMOKE], "70.00 s after the decision"]]


def test_a_door_that_opens_before_the_fire_is_confirmed_is_no_release(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.door_must_open()
    story.release(10_000)  # somebody comes home
    story.note(26_000, RAISED)
    story.release(27_000)
    assert [line[0] for line in words(story.tell())] == ["raised"]
    story.note(30_000, RAISED, SMOKE_2)
    assert [line[0] for line in words(story.tell())] == ["raised"]
    story.release(32_500)
    assert story.tell()[0].endswith(" 2.50 s after the second alarm")


def test_only_the_doors_that_must_open_are_told(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.door_must_open()
    story.note(26_000, RAISED)
    story.note(30_000, RAISED, SMOKE_2)
    story.tell()
    story.release(30_007, OTHER)
    story.release(30_008, DOOR, value=0)
    assert story.tell() == []


# ---- the progress line


def test_the_progress_line_never_calls_a_connection_an_acceptance(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.run.world_zero = None
    for device in NAMES:
        story.recorder.link(0.0, device, True)
    assert story.narrator.line() == "4 of 4 devices connected, 0 accepted · 0 messages · 0/s · 0 alarms"
    story.note(0.0, ACCEPTED, SMOKE)
    assert story.narrator.line().startswith("4 of 4 devices connected, 1 accepted · ")


def test_of_several_estates_a_device_is_told_with_its_own(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.rows[0] = replace(story.rows[0], name=f"lane_house_2/{NAMES[SMOKE]}")
    story.note(25_530, RAISED)
    assert f" lane_house_2/{NAMES[SMOKE]} " in story.tell()[0]


def test_the_progress_line_tells_world_time_and_the_rate_of_the_last_second(tmp_path: Path) -> None:
    story = Story(tmp_path)
    story.recorder.link(0.0, SMOKE, True)
    story.now = WORLD_ZERO + 2_000
    story.tell()
    for _ in range(30):
        story.recorder.sent(0.0, SMOKE, "hb", b"", 0.0)
    story.now += 500
    assert story.narrator.line() == "2 s · 1 connected · 30 messages · 0/s · 0 alarms"
    story.now += 1_000
    assert story.narrator.line() == "4 s · 1 connected · 30 messages · 20/s · 0 alarms"

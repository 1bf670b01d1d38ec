"""What stands at the bottom of the terminal while a load runs: what was seen, and how near to void the run is."""

import io
from dataclasses import replace
from types import SimpleNamespace

import pytest
from lilong_firmware.effects import ACCEPTED, RAISED, STORED
from lilong_simulator.estate.parts import Device
from lilong_simulator.load.faults import parse
from lilong_simulator.load.recording import LoadRecorder
from lilong_simulator.load.scenario import Copies, Scenario
from lilong_simulator.truth import truth_row
from lilong_tools.load.view import LoadView
from rich.console import Console

A, B = "aa00000000000001", "bb00000000000002"
DOOR = Device(A, "door", "core1/ground/door", 0.0, 0.0, 0, None, None, None, ())

SMOKE = replace(DOOR, id=B, kind="smoke", name="core1/01F/0101/smoke")


class Story:
    """A run by script, on a terminal or on none."""

    def __init__(self, terminal: bool = False, **asked: object) -> None:
        self.now = 0.0
        self.recorder = LoadRecorder(lambda: self.now)
        self.run = SimpleNamespace(
            recorder=self.recorder, devices=[DOOR, SMOKE], troubles={}, truth=[], world_zero=None, world_now=0.0,
            settings=SimpleNamespace(scenario=Scenario((Copies("music_plaza"),), **asked)),
        )  # fmt: skip
        self.screen = io.StringIO()
        console = Console(file=self.screen, width=160, force_terminal=terminal)
        self.view = LoadView(console, self.run, lambda: self.now)

    def at(self, world_s: float) -> str | None:
        """What is on so many seconds after the world began."""
        self.run.world_zero, self.run.world_now = 1.0, world_s * 1000
        return self.facts().get("on now")

    def facts(self) -> dict[str, str]:
        return dict(self.view.facts())


@pytest.fixture
def story() -> Story:
    return Story()


def test_before_anything_was_seen_nothing_is_claimed(story: Story) -> None:
    assert story.facts() == {
        "phase": "coming up", "connected": "0 of 2", "accepted": "not observed", "messages": "0, 0/s",
        "alarms": "0, 0 in flight", "stored-ack": "–", "PUBACK": "–", "generator lag": "–",
        "saturation": "nothing measured yet",
    }  # fmt: skip


def test_everything_that_was_asked_for_is_told(story: Story) -> None:
    recorder = story.recorder
    story.run.world_zero, story.run.world_now = 1_000.0, 12_000.0
    recorder.link(1.0, A, True)
    recorder.note(2.0, A, ACCEPTED, 0, 7, 0)
    for took in (1.0, 2.0, 30.0):
        recorder.sent(100.0, A, "st", b"", 100.0)
        recorder.puback(100.0 + took, A, "st", 100.0)
    recorder.note(200.0, A, RAISED, 4, 7, 1)
    recorder.note(300.0, B, RAISED, 4, 7, 1)
    recorder.note(240.0, A, STORED, 4, 7, 1)
    recorder.lag(4.0)
    facts = story.facts()
    assert facts["phase"] == "12 s of 60 s"
    assert facts["connected"] == "1 of 2, 1 of them asleep between messages"
    assert "links broke" not in facts
    story.run.troubles = {"closed by the broker": 1, "no CONNACK": 2}
    assert story.facts()["links broke"] == "3 times, most often: no CONNACK"
    assert facts["accepted"] == "1"
    assert facts["alarms"] == "2, 1 in flight"
    assert facts["PUBACK"] == "p50 2 ms, p99 30 ms, max 30 ms"
    assert facts["stored-ack"] == "p50 40 ms, p99 40 ms, max 40 ms"
    assert facts["saturation"] == "2% of the lag that is allowed, 200 ms"


def test_the_step_of_an_incident_that_has_come_last_is_told() -> None:
    story = Story(incidents=("kitchen_fire@+30", "tamper@+2000"))
    assert "on now" not in story.facts(), "nothing is on before the world has begun"
    assert story.at(10) == "nothing, kitchen_fire@+30 in 20 s"
    assert story.at(31) == "kitchen_fire@+30: a pan burns in the kitchen, then the kitchen"
    assert story.at(30 + 151) == "kitchen_fire@+30: and up the stair"
    assert story.at(1_940) == "nothing, tamper@+2000 in 60 s"
    assert story.at(2_001) == "tamper@+2000: what brings tamper about"
    assert story.at(90_000) == "nothing"


def test_faults_are_told_with_what_is_left_of_them() -> None:
    faults = [parse(text) for text in (
        "partition at=20 for=30 share=0.1", "blackout at=40 for=60 device=a", "blackout at=40 for=60 device=b",
    )]  # fmt: skip
    story = Story(faults=tuple(faults))
    assert story.at(0) == "nothing, partition in 20 s"
    assert story.at(45) == "partition for 5 s more; blackout for 55 s more"
    assert story.at(100) == "nothing"


def test_what_is_on_stands_in_the_line_and_in_the_table() -> None:
    for terminal in (False, True):
        story = Story(terminal, incidents=("falling_object@+1",))
        story.at(130)
        story.view.start()
        story.view.update()
        story.view.stop()
        assert "a flower pot" in story.screen.getvalue()


def test_a_run_that_was_asked_for_neither_says_nothing_of_it(story: Story) -> None:
    assert story.at(10) is None


def test_saturation_is_told_by_the_tightest_limit_of_what_has_happened(story: Story) -> None:
    story.run.truth = [truth_row(DOOR, "door.forced", 5_000, "forced"), truth_row(DOOR, "door.held", 9, "", "may")]
    story.recorder.lag(150.0)
    assert story.facts()["saturation"] == "75% of the lag that is allowed, 200 ms"
    for _ in range(200):
        story.recorder.lag(400.0)
    assert story.facts()["saturation"].startswith("SATURATED: 200%")


def test_without_a_terminal_a_line_comes_every_ten_seconds(story: Story) -> None:
    for second in range(25):
        story.now = second * 1_000.0
        story.view.update()
    assert len(story.screen.getvalue().replace("\n", " ").split("phase ")) - 1 == 3


def test_the_rate_is_that_since_the_last_time(story: Story) -> None:
    story.view.update()
    story.now = 10_000.0
    for _ in range(500):
        story.recorder.sent(story.now, A, "hb", b"", story.now)
    story.view.update()
    assert story.facts()["messages"] == "500, 50/s"


def test_on_a_terminal_the_table_is_drawn_and_taken_away(story: Story) -> None:
    story = Story(terminal=True)
    story.view.start()
    story.view.update()
    story.view.stop()
    text = story.screen.getvalue()
    assert "generator lag" in text
    assert text.count("\x1b[2K") >= len(story.view.facts()), "nothing of it stays above what is told at the end"

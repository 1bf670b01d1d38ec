"""What stands at the bottom of the terminal while a load runs: what was seen, and how near to void the run is."""

import io
from types import SimpleNamespace

import pytest
from lilong_firmware.effects import ACCEPTED, RAISED, STORED
from lilong_simulator.estate_parts import Device
from lilong_simulator.load.recording import LoadRecorder
from lilong_simulator.truth import truth_row
from lilong_tools.load.view import LoadView
from rich.console import Console

A, B = "aa00000000000001", "bb00000000000002"
DOOR = Device(A, "door", "core1/ground/door", 0.0, 0.0, 0, None, None, None, ())


class Story:
    """A run by script, on a terminal or on none."""

    def __init__(self, terminal: bool = False) -> None:
        self.now = 0.0
        self.recorder = LoadRecorder(lambda: self.now)
        self.run = SimpleNamespace(
            recorder=self.recorder, devices=[A, B], truth=[], world_zero=None, world_now=0.0,
            settings=SimpleNamespace(scenario=SimpleNamespace(duration_s=60.0)),
        )  # fmt: skip
        self.screen = io.StringIO()
        console = Console(file=self.screen, width=160, force_terminal=terminal)
        self.view = LoadView(console, self.run, lambda: self.now)

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
    assert facts["connected"] == "1 of 2"
    assert facts["accepted"] == "1"
    assert facts["alarms"] == "2, 1 in flight"
    assert facts["PUBACK"] == "p50 2 ms, p99 30 ms, max 30 ms"
    assert facts["stored-ack"] == "p50 40 ms, p99 40 ms, max 40 ms"
    assert facts["saturation"] == "2% of the lag that is allowed, 200 ms"


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

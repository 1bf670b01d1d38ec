"""What was recorded of a run tells its alarms as the run's own recorder saw them."""

from dataclasses import dataclass

import pytest
from backends import KEY
from lilong_protocol import frame
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.seal import UP, Seal
from lilong_simulator.incidents import find
from lilong_simulator.load.lines import Said
from lilong_simulator.score.recorded_run import read
from test_virtual_run import ESTATE, run

MINUTE = 60_000


@dataclass
class Rows:
    """A source of rows."""

    said: list
    name: str = "rows"
    epoch_zero: float | None = 0.0
    cut: str | None = None

    def rows(self):
        yield from sorted(self.said, key=lambda row: row.at)


@pytest.fixture(scope="module")
def evening():
    incidents = [find(name) for name in ("smoke.alarm", "door.forced", "manhole.moved")]
    return run(15 * MINUTE, incidents=incidents)


@pytest.fixture
def said(evening):
    return [Said(at, ESTATE.id, device, cls, data) for at, device, cls, data in evening.recorder.frames]


def clocks(recorder):
    return {key: (alarm.code, alarm.decided, alarm.cleared) for key, alarm in recorder.alarms.items()}


def test_alarms_are_those_of_the_run_with_when_they_were_decided_and_cleared(evening, said):
    found = read(Rows(said))
    assert clocks(found.recorder) == clocks(evening.recorder)
    assert len(found.recorder.alarms) >= 3
    assert found.devices == {device.id for device in ESTATE.devices}
    assert {device: kind for device, (kind, _) in found.kinds.items()} == {one.id: one.kind for one in ESTATE.devices}


def test_an_alarm_that_waited_for_its_link_has_its_true_time(evening, said):
    late = [row._replace(at=row.at + 2 * MINUTE) if row.cls == "al" else row for row in said]
    found = read(Rows(late))
    assert clocks(found.recorder) == clocks(evening.recorder)
    assert all(alarm.sent >= alarm.decided + 2 * MINUTE for alarm in found.recorder.alarms.values())


def test_a_repeat_is_the_same_alarm(evening, said):
    again = [row._replace(at=row.at + 5_000) for row in said if row.cls == "al"]
    assert clocks(read(Rows([*said, *again])).recorder) == clocks(evening.recorder)


def test_what_is_done_is_told_by_what_devices_say_of_it(evening, said):
    """Doors unlock for cards, lamps and locks say how they are."""
    told = {(device, name): value for _, device, name, value in read(Rows(said)).recorder.outputs}
    seen = {(device, name): value for _, device, name, value in evening.recorder.outputs}
    lamps = [key for key in told if key[1] == "lamp"]
    assert lamps
    assert {key: told[key] for key in lamps} == {key: seen[key] for key in lamps}


def test_of_a_real_board_it_is_recorded_that_it_sent_and_not_what(said):
    board = said[0].device
    rows = [row._replace(frame=b"") if row.device == board else row for row in said]
    found = read(Rows(rows))
    assert board not in found.devices
    assert found.recorder.messages == read(Rows(said)).recorder.messages


def test_what_has_no_date_is_dated_by_the_births_of_devices_that_know_the_time(said):
    assert read(Rows(said, epoch_zero=5.0)).epoch_zero == 5.0
    born = next(row for row in said if row.cls == "st")
    assert read(Rows([born], epoch_zero=None)).epoch_zero is None, "at its first birth it does not know it"
    key = Seal(frame_key(device_root(KEY, ESTATE.id, born.device), UP), ESTATE.id, born.device, UP)
    now = 1_800_000_000_000
    payload = frame.pack(frame.BIRTH, {0: 1, 1: 2}, boot=1, seq=2, uptime=9_000, nonce=bytes(8), epoch=now)
    dated = Said(100_000.0, ESTATE.id, born.device, "st", key.seal("st", payload))
    assert read(Rows([born, dated], epoch_zero=None)).epoch_zero == now - 100_000


@pytest.mark.parametrize("junk", [b"\x00", b"\xff" * 40, bytes(17)])
def test_junk_is_counted_and_tells_nothing(said, junk):
    found = read(Rows([*said, Said(said[-1].at, ESTATE.id, said[0].device, "al", junk)]))
    assert clocks(found.recorder) == clocks(read(Rows(said)).recorder)

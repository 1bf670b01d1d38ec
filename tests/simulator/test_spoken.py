"""Frames made in this process: what stands beside the bytes is what whoever opens them finds."""

from datetime import datetime
from pathlib import Path

from backends import KEY, InTheLoop
from lilong_protocol import frame as frames
from lilong_protocol.frame import Frame
from lilong_protocol.pc.sealed import payload_of
from lilong_protocol.topics import ALARM
from lilong_simulator.estate import load_estate
from lilong_simulator.fleet.spoken import Spoken, said_of
from lilong_simulator.fleet.uplinks import PASSING
from lilong_simulator.incidents import CAUSES, OneAlarm
from lilong_simulator.recorder import Recorder
from lilong_simulator.virtual_run import VirtualRun

ESTATE = load_estate(Path(__file__).with_name("small_estate.toml"))
KINDS = {device.kind for device in ESTATE.devices}
MINUTE = 60_000


class Heard(Recorder):
    """Every frame as it was given to the transport."""

    def __init__(self):
        super().__init__()
        self.frames = []

    def sent(self, at, device, cls, frame, due):
        super().sent(at, device, cls, frame, due)
        self.frames.append((cls, frame, fields(said_of(frame))))  # at once: nothing may change it later


def fields(frame):
    return {name: getattr(frame, name) for name in Frame.__slots__}


def play(minutes, incidents=(), seals=True):
    heard, start = Heard(), datetime(2026, 3, 4, 7)
    VirtualRun(ESTATE, KEY, 7, start, incidents, InTheLoop(ESTATE.id), heard, seals=seals).run(minutes * MINUTE)
    return heard.frames


ALARMS = [OneAlarm(name) for name, (kind, _) in CAUSES.items() if kind in KINDS]


def test_what_is_said_is_what_the_bytes_say_and_stays_so():
    kinds = set()
    for cls, frame, told in play(30, ALARMS):
        assert fields(frames.unpack(payload_of(frame))) == told == fields(said_of(frame))
        assert isinstance(frame, Spoken) or cls == ALARM  # which goes as it came back from the store
        kinds.add(told["kind"])
    assert kinds >= {frames.BIRTH, frames.HEARTBEAT, frames.TELEMETRY, frames.EVENT, frames.RAISE, frames.UPDATE}


def test_what_is_not_sealed_is_what_passes_and_says_the_same():
    for (cls, sealed, told), (_, unsealed, said) in zip(play(15), play(15, seals=False), strict=True):
        assert said == told
        assert bytes(unsealed) == (b"" if cls in PASSING else bytes(sealed))


def test_a_frame_of_another_maker_is_read():
    _, frame, told = play(1)[0]
    assert fields(said_of(bytes(frame))) == told


def test_a_frame_without_bytes_is_one_all_the_same():
    assert len(Spoken()) == 0
    assert Spoken(), "else a device that does not seal never hears of its PUBACK"

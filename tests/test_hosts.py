"""The central promise: the estate you load-test is the firmware you ship.

Given the same time, draws, boot, keys and downlinks, a device of every kind publishes the same bytes in virtual time,
in the live fleet over MQTT, and on real MicroPython in a board's heap.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import pytest
from hosts import DATA, DEVICE, ROOT, TENANT, Account, Host, LiveHost, ProcessHost, VirtualHost
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware.almanac import sky
from lilong_firmware.bus import ANSWERS, CLEARED, SILENT, STARTED, heard
from lilong_firmware.bus import RAISED as BEGINS
from lilong_firmware.effects import ACCEPTED, ACKNOWLEDGED, RAISED, STORED
from lilong_firmware.kinds import rules
from lilong_protocol import codes, frame, topics
from lilong_protocol.keys import frame_key
from lilong_protocol.seal import DOWN, UP, Seal, frame_tag

EPOCH = 1_800_000_000_000  # wall time, in ms, of the device's uptime 0
SECOND, MINUTE = 1_000, 60_000

UPLINK = Seal(frame_key(ROOT, UP), TENANT, DEVICE, UP)
DOWNLINK = Seal(frame_key(ROOT, DOWN), TENANT, DEVICE, DOWN)


# ---- what happens to a device


def reads(**values: int) -> tuple[str, dict[str, int]]:
    """Its sensors read so from now on."""
    return "reads", values


def command(number: int, *arguments: int) -> tuple[str, int, dict[int, int]]:
    """The backend sends a command."""
    return "command", number, dict(enumerate(arguments))


def configures(version: int, settings: dict[int, int]) -> tuple[str, int, dict[int, int]]:
    """The backend desires a configuration."""
    return "configures", version, settings


def requests(*body: object) -> tuple[str, dict[int, object]]:
    """The backend wants something again."""
    return "requests", dict(enumerate(body))


STORES = ("stores",)  # the backend has committed every alarm frame so far, and says so
TIME = ("time",)  # the backend answers the last question for the time
ACKNOWLEDGES = ("acknowledges",)  # an operator acknowledges the last alarm
FORGES = ("forges",)  # somebody else sends a command
CUTS = ("cuts",)  # the link breaks; a new one can be had
# By the streetlight's calendar, from day to dusk; its clock lags by half of the first round trip of 90 ms.
SUNSET_MS = sky(DATA["streetlight"]["calendar"], EPOCH)[1] + 45
LIVES = ("lives",)  # nothing: the device lives up to here


@dataclass(frozen=True)
class Story:
    """(uptime in ms, what happens then ...), from power-on, when its sensors read `values`."""

    rows: tuple[tuple, ...]
    values: dict[str, int] = field(default_factory=dict)
    beat_s: int | None = None


STORIES = {
    "smoke": Story(
        values={"battery": 9},
        rows=(
            (40, TIME, STORES),
            (5 * SECOND, reads(obscuration=400)),  # sampled at 8 and 12 s
            (13_500, STORES),
            (14 * SECOND, TIME),
            (15 * SECOND, ACKNOWLEDGES),
            (16 * SECOND, command(codes.CMD_MUTE)),  # refused: the fire grows
            (17 * SECOND, reads(obscuration=300)),
            (21 * SECOND, command(codes.CMD_MUTE)),
            (22 * SECOND, FORGES),
            (30 * SECOND, CUTS),
            (50 * SECOND, reads(obscuration=5)),
            (2 * MINUTE, STORES, command(codes.CMD_RESET)),
            (125 * SECOND, STORES),
            (200 * SECOND, reads(tamper=1)),
            (215 * SECOND, CUTS),  # nothing of it has been stored yet
            (230 * SECOND, STORES, command(codes.CMD_TEST)),
            (5 * MINUTE, reads(tamper=0, battery=80)),
            (6 * MINUTE, LIVES),
        ),
    ),
    "gas": Story(
        beat_s=60,
        rows=(
            (70, TIME),
            (2 * MINUTE, reads(gas=260)),  # warming up
            (200 * SECOND, STORES),
            (205 * SECOND, ACKNOWLEDGES),
            (206 * SECOND, command(codes.CMD_MUTE)),
            (4 * MINUTE, reads(gas=120)),
            (245 * SECOND, command(codes.CMD_MUTE)),
            (250 * SECOND, CUTS),
            (5 * MINUTE, reads(gas=0)),
            (340 * SECOND, STORES),
            (345 * SECOND, command(codes.CMD_OPEN_VALVE)),  # refused: the alarm has not been reset
            (350 * SECOND, command(codes.CMD_RESET)),
            (355 * SECOND, STORES, command(codes.CMD_OPEN_VALVE)),
            (360 * SECOND, FORGES),
            (400 * SECOND, reads(co=400)),
            (800 * SECOND, reads(co=-1)),  # a dead sensor
            (810 * SECOND, CUTS),
            (820 * SECOND, STORES),
            (16 * MINUTE, LIVES),  # a quarter of an hour of telemetry
        ),
    ),
    "door": Story(
        beat_s=20,
        rows=(
            (30, TIME),
            (1_500, reads(credential=7)),
            (2 * SECOND, reads(contact=1)),
            (5 * SECOND, reads(contact=0)),
            (9 * SECOND, reads(credential=8)),  # unknown
            (19_900, CUTS),
            (20 * SECOND, reads(contact=1)),  # forced, before the link is back
            (21_700, STORES),
            (25 * SECOND, ACKNOWLEDGES),
            (30 * SECOND, FORGES),
            (40 * SECOND, reads(contact=0)),
            (42 * SECOND, STORES, command(codes.CMD_RESET)),
            (45 * SECOND, STORES, command(codes.CMD_UNLOCK)),
            (46 * SECOND, reads(contact=1)),  # held open for more than half a minute
            (90 * SECOND, reads(exit_button=1)),
            (95 * SECOND, STORES, reads(contact=0, tamper=1)),
            (100 * SECOND, reads(pin=10_043)),  # under duress
            (101 * SECOND, ACKNOWLEDGES),
            (102 * SECOND, STORES, reads(pin=0)),
            (103 * SECOND, command(codes.CMD_CARD_REVOKE, 0xBE4707BA, 1)),
            (104 * SECOND, reads(credential=7)),
            (105 * SECOND, reads(reader=0)),
            (114 * SECOND, STORES, command(codes.CMD_CARDS_CONFIRM, 1)),
            (116 * SECOND, reads(reader=1, credential=2_000)),
            (118 * SECOND, command(codes.CMD_FIRE_RELEASE)),
            (2 * MINUTE, LIVES),
        ),
    ),
    "streetlight": Story(
        values={"lux": 10_000, "power": 5},
        rows=(
            (90, TIME),
            (10 * MINUTE, reads(lux=5)),  # dusk, if it lasts for a minute
            (11 * MINUTE, LIVES),  # the lamp is lit, and its meter says so
            (15 * MINUTE, configures(1, {codes.S_FAILURE_LEVEL: 80})),
            (16 * MINUTE, reads(leakage=400, temperature=9_000)),
            (18 * MINUTE, STORES, reads(leakage=0, temperature=2_500)),
            (1_190 * SECOND, STORES),
            (20 * MINUTE, command(codes.CMD_SET_LEVEL, 40)),
            (21 * MINUTE, command(codes.CMD_SET_LEVEL, 140)),  # no such level
            (22 * MINUTE, FORGES),
            (30 * MINUTE, reads(power=5)),  # burnt out
            (1_865 * SECOND, CUTS),
            (32 * MINUTE, STORES),
            (33 * MINUTE, ACKNOWLEDGES),
            (40 * MINUTE, reads(power=245)),
            (50 * MINUTE, STORES, command(codes.CMD_AUTOMATIC)),
            (60 * MINUTE, reads(lux=-1)),  # a dead sensor
            (61 * MINUTE, STORES),
            (SUNSET_MS, LIVES),  # lit by the calendar
            (90 * MINUTE, reads(lux=10_000)),
            (91 * MINUTE, LIVES),  # dark: its sensor sees light
            (92 * MINUTE, STORES, reads(relay=1)),  # the relay has stuck
            (SUNSET_MS + 20 * MINUTE, LIVES),  # lit by the calendar, whatever the sensor says
            (94 * MINUTE, STORES),
            (3 * 60 * MINUTE, command(codes.CMD_SET_LEVEL, 0)),  # against the calendar, which has lit it
            (3 * 60 * MINUTE + 1_000, CUTS),
            (4 * 60 * MINUTE, LIVES),
        ),
    ),
    "manhole": Story(
        values={"battery": 90, "tilt": 12},
        rows=(
            (25, TIME),
            (MINUTE, reads(shock=2_000)),
            (62 * SECOND, reads(shock=0, tilt=300)),  # lifted
            (65 * SECOND, CUTS),  # before it is stored
            (75 * SECOND, STORES),
            (80 * SECOND, ACKNOWLEDGES),
            (85 * SECOND, FORGES),
            (5 * MINUTE, reads(tilt=14)),
            (10 * MINUTE, STORES, command(codes.CMD_RESET)),
            (11 * MINUTE, STORES, reads(water=90)),
            (12 * MINUTE, reads(h2s=80, battery=15)),
            (13 * MINUTE, STORES),
            (20 * MINUTE, reads(water=2_000, h2s=0)),
            (21 * MINUTE, command(codes.CMD_TEST), command(codes.CMD_UNLOCK)),  # it has no lock
            (30 * MINUTE, STORES),
            (2 * 60 * MINUTE, LIVES),
        ),
    ),
    "shed_socket": Story(
        rows=(
            (30, TIME),
            (2 * SECOND, command(codes.CMD_SWITCH_ON)),
            (3 * SECOND, reads(current=2_000, power=4_400)),
            (4 * MINUTE, reads(current=7_000)),  # too much of it
            (250 * SECOND, reads(current=0, power=0)),
            (255 * SECOND, command(codes.CMD_SWITCH_ON)),  # refused
            (265 * SECOND, STORES, ACKNOWLEDGES),
            (270 * SECOND, STORES, command(codes.CMD_RESET)),
            (275 * SECOND, STORES, command(codes.CMD_SWITCH_ON)),
            (280 * SECOND, reads(obscuration=400, power=3_000)),
            (290 * SECOND, CUTS),
            (310 * SECOND, STORES, FORGES),
            (5 * MINUTE + 20 * SECOND, reads(temperature=7_500, obscuration=5)),
            (6 * MINUTE, STORES, reads(temperature=2_500, power=0)),
            (8 * MINUTE, STORES),
            (485 * SECOND, command(codes.CMD_RESET)),
            (490 * SECOND, STORES, reads(current=500)),  # the relay sticks
            (500 * SECOND, STORES),
            (16 * MINUTE, LIVES),
        ),
    ),
    "gateway": Story(
        rows=(
            (30, TIME),
            (5 * SECOND, reads(bus=heard(1, BEGINS, 1))),
            (6 * SECOND, reads(bus=heard(3, BEGINS, 1))),  # the second detector
            (7 * SECOND, reads(bus=heard(4, STARTED))),
            (10 * SECOND, reads(bus=heard(2, SILENT))),
            (11 * SECOND, reads(bus=heard(7, SILENT))),
            (20 * SECOND, reads(mains=0)),
            (22_500, CUTS),  # before it is stored
            (40 * SECOND, STORES, ACKNOWLEDGES),
            (45 * SECOND, command(codes.CMD_MUTE), FORGES),
            (105 * SECOND, STORES, reads(mains=1)),  # two are missed
            (108 * SECOND, STORES, reads(bus=heard(7, ANSWERS))),
            (112 * SECOND, STORES),
            *((115 * SECOND + n, reads(bus=heard(n, SILENT))) for n in range(3, 13)),
            (160 * SECOND, reads(bus=heard(1, CLEARED, 1))),
            (161 * SECOND, reads(bus=heard(3, CLEARED, 1))),
            (210 * SECOND, STORES),  # many are
            *((220 * SECOND + n, reads(bus=heard(n, ANSWERS))) for n in range(3, 13)),
            (225 * SECOND, STORES, command(codes.CMD_FIRE_RELEASE)),
            (230 * SECOND, command(codes.CMD_RESET)),
            (4 * MINUTE, LIVES),
        ),
    ),
    "vehicle_lane": Story(
        beat_s=30,
        rows=(
            (70, TIME),
            (5 * SECOND, reads(approach=1)),
            (6 * SECOND, reads(confidence=96, vehicle_class=1)),
            (6_100, reads(plate=3_000)),  # a stranger pays
            (6_200, reads(plate=0)),
            (8 * SECOND, reads(loop=1, approach=0)),
            (10 * SECOND, reads(loop=0)),
            (11 * SECOND, LIVES),  # the arm comes down; what hangs on an output answers at a time of the story
            (12 * SECOND, CUTS),
            (20 * SECOND, reads(confidence=70)),
            (20_100, reads(plate=7)),  # an attendant is asked
            (40 * SECOND, command(codes.CMD_OPEN_BARRIER), FORGES),
            (45 * SECOND, reads(loop=1)),
            (46 * SECOND, reads(loop=0)),
            (47 * SECOND, LIVES),
            (48 * SECOND, reads(loop=1)),  # down already
            (49 * SECOND, reads(loop=0)),
            (50 * SECOND, reads(down=0, tamper=1)),
            (55 * SECOND, STORES, ACKNOWLEDGES, reads(down=1, tamper=0)),
            (56 * SECOND, command(codes.CMD_FIRE_RELEASE)),
            (60 * SECOND, command(codes.CMD_CLOSE_BARRIER), command(codes.CMD_RESET)),
            (62 * SECOND, STORES),
            (90 * SECOND, LIVES),
            (100 * SECOND, LIVES),
        ),
    ),
    "cycle_gate": Story(
        beat_s=30,
        rows=(
            (70, TIME),
            (5 * SECOND, reads(direction=1)),
            (5_100, reads(tag=1_000)),
            (6 * SECOND, reads(tag=1_000)),  # the same passage
            (8 * SECOND, reads(direction=2)),
            (8_100, reads(tag=3_000)),  # unknown, and out
            (10 * SECOND, reads(exit_button=1)),
            (15 * SECOND, reads(direction=1)),
            (15_100, reads(tag=7)),  # an e-bike
            (16 * SECOND, STORES, ACKNOWLEDGES),
            (20 * SECOND, reads(reader=0), CUTS),
            (30 * SECOND, reads(reader=1)),
            (40 * SECOND, STORES, command(codes.CMD_UNLOCK)),
            (50 * SECOND, command(codes.CMD_RESET), reads(fire=1)),
            (52 * SECOND, STORES, reads(fire=0)),
            (55 * SECOND, command(codes.CMD_RESET), FORGES),
            (65 * SECOND, LIVES),
        ),
    ),
    "fence_zone": Story(
        rows=(
            (30, TIME),
            (2 * SECOND, reads(tension=300)),
            (2_800, reads(tension=150)),  # a cat
            (5 * SECOND, reads(tension=300, position=214)),
            (8 * SECOND, reads(pulse_return=0)),
            (10_600, CUTS),  # before it is stored
            (15 * SECOND, STORES, ACKNOWLEDGES),
            (16 * SECOND, command(codes.CMD_MUTE), FORGES),
            (20 * SECOND, reads(tension=150, position=-1, pulse_return=6_200)),
            (30 * SECOND, STORES, command(codes.CMD_RESET)),
            (31_300, STORES, command(codes.CMD_DISARM)),
            (35 * SECOND, reads(panic=1, pulse_return=3_000)),  # a touch is none now
            (36 * SECOND, reads(panic=0)),
            (40 * SECOND, STORES, ACKNOWLEDGES),
            (41 * SECOND, STORES, command(codes.CMD_RESET)),
            (42_300, STORES, command(codes.CMD_ARM)),  # it is one
            (50 * SECOND, reads(pulse_return=6_200, pulse_energy=6_000)),
            (52 * SECOND, LIVES),  # the pulses end
            (55 * SECOND, STORES, reads(pulse_energy=2_000, mains=0)),
            (60_300, STORES, command(codes.CMD_RESET)),
            (65 * SECOND, reads(mains=1, battery=15)),
            (2 * MINUTE, STORES),
            (130 * SECOND, LIVES),
        ),
    ),
    "intercom": Story(
        beat_s=20,
        rows=(
            (30, TIME),
            (1_500, reads(call=101)),  # the unit controller lets it ring
            (4 * SECOND, reads(callee=10)),
            (6 * SECOND, reads(callee=13)),  # the flat opens
            (15 * SECOND, reads(call=102)),
            (35 * SECOND, LIVES),  # it rings in the app
            (38 * SECOND, reads(credential=7)),
            (40 * SECOND, reads(credential=8)),
            (41 * SECOND, CUTS),
            (42 * SECOND, reads(panic=1)),
            (43 * SECOND, reads(panic=0, cancel=1)),
            (60 * SECOND, STORES, ACKNOWLEDGES),
            (61 * SECOND, reads(callee=26)),  # the guard answers
            (62 * SECOND, STORES, command(codes.CMD_RESET), FORGES),
            (63 * SECOND, reads(callee=28, tamper=1)),
            (65 * SECOND, STORES, command(codes.CMD_FIRE_RELEASE)),
            (70 * SECOND, reads(tamper=0)),
            (71 * SECOND, STORES, command(codes.CMD_RESET)),
            (72 * SECOND, STORES, command(codes.CMD_UNLOCK)),
            (80 * SECOND, reads(path=4, call=103)),
            (2 * MINUTE, reads(path=0)),
            (125 * SECOND, LIVES),
        ),
    ),
    "wristband": Story(
        beat_s=30,
        values={"latitude": 31_240_000, "longitude": 121_420_000},
        rows=(
            (60, TIME),
            (3 * SECOND, reads(sos=1)),
            (3_200, reads(sos=0)),
            (4 * SECOND, CUTS),  # before it is stored
            (12 * SECOND, STORES),
            (12_500, command(codes.CMD_MUTE)),
            (13 * SECOND, ACKNOWLEDGES),
            (14 * SECOND, STORES, command(codes.CMD_RESET)),
            (15 * SECOND, STORES, FORGES),
            (16 * SECOND, reads(accel=100)),  # a fall: weightless, an impact, stillness
            (16_200, reads(accel=4_000)),
            (16_300, reads(accel=1_000)),
            (16_400, reads(motion=0, heart_rate=131)),
            (50 * SECOND, STORES, ACKNOWLEDGES),
            (55 * SECOND, reads(worn=0, battery=10)),
            (65 * SECOND, LIVES),
        ),
    ),
}  # fmt: skip


# ---- a backend in the hand of the test


class Downlink(NamedTuple):
    uptime_ms: int
    cls: str
    data: bytes


class Backend:
    """Makes the downlinks of a story out of what the device has published."""

    def __init__(self, account: Account) -> None:
        self._published = account.published
        self._stored: set[bytes] = set()
        self._counter = 0

    def frames(self, *kinds: int) -> list[frame.Frame]:
        opened = [frame.unpack(UPLINK.open(cls, data)) for cls, _, _, data in self._published]
        return [one for one in opened if one.kind in kinds]

    def sends(self, deed: tuple, uptime_ms: int) -> Iterator[tuple[str, bytes]]:
        what, *rest = deed
        if what == "stores":
            for cls, _, _, data in list(self._published):
                if cls == topics.ALARM and data not in self._stored:
                    self._stored.add(data)
                    stored = frame.unpack(UPLINK.open(cls, data))
                    body = {0: frame_tag(data)}
                    yield self._sealed(topics.ACK, frame.STORED_ACK, body, ref=(stored.boot, stored.seq))
        elif what == "time":
            asks = [
                one for one in self.frames(frame.BIRTH, frame.HEARTBEAT) if one.kind == frame.BIRTH or 4 in one.body
            ]
            asked = asks[-1]
            yield self._sealed(
                topics.COMMAND, frame.TIME, {0: asked.uptime}, epoch=EPOCH + asked.uptime, target=asked.boot,
                nonce=asked.nonce,
            )  # fmt: skip
        elif what == "acknowledges":
            for alarm in self.frames(frame.RAISE)[-1:]:
                yield self._order(uptime_ms, topics.ACK, frame.OPERATOR_ACK, {0: "王"}, (alarm.boot, alarm.seq))
        elif what == "command":
            yield self._order(uptime_ms, topics.COMMAND, frame.COMMAND, {0: rest[0], 1: rest[1]})
        elif what == "configures":
            yield self._sealed(topics.CONFIG, frame.DESIRED_CONFIG, {0: rest[0], 1: rest[1]})
        elif what == "requests":
            yield self._order(uptime_ms, topics.COMMAND, frame.REQUEST, rest[0])
        elif what == "forges":
            cls, data = self._order(uptime_ms, topics.COMMAND, frame.COMMAND, {0: codes.CMD_TEST})
            yield cls, data[:-1] + bytes([data[-1] ^ 1])

    def _order(self, uptime_ms: int, cls: str, kind: int, body: dict, ref: tuple[int, int] | None = None):
        session = self.frames(frame.BIRTH)[-1]
        self._counter += 1
        return self._sealed(
            cls, kind, body, counter=self._counter, ref=ref, target=session.boot, nonce=session.nonce,
            deadline=uptime_ms + 10 * SECOND,
        )  # fmt: skip

    def _sealed(self, cls: str, kind: int, body: dict, **fields: object) -> tuple[str, bytes]:
        return cls, DOWNLINK.seal(cls, frame.pack(kind, body, **fields))


@dataclass
class Life:
    """What came of a story: what the device did, which downlinks it got, and how many came while it was away."""

    account: Account
    downlinks: list[Downlink] = field(default_factory=list)
    lost: int = 0


async def play(host: Host, story: Story) -> Life:
    """Let a device live through a story."""
    life = Life(host.account)
    backend = Backend(host.account)
    try:
        await host.power_on(story.values)
        await host.at(0)
        for uptime_ms, *deeds in story.rows:
            changes = [change for deed in deeds if deed[0] == "reads" for change in deed[1].items()]
            await host.at(uptime_ms, *changes)
            for deed in deeds:
                if deed == CUTS and host.online():
                    await host.cut()
                for cls, data in backend.sends(deed, uptime_ms):
                    if host.online():
                        life.downlinks.append(Downlink(uptime_ms, cls, data))
                        await host.deliver(cls, data)
                    else:
                        life.lost += 1
        life.account = host.account.copy()
    finally:
        await host.power_off()  # of which nothing is told
    return life


def readable(account: Account) -> list[tuple]:
    """What was published as text, so that a difference can be read."""
    rows = []
    for cls, qos, retain, data in account.published:
        opened = frame.unpack(UPLINK.open(cls, data))
        fields = {name: getattr(opened, name) for name in frame.Frame.__slots__ if getattr(opened, name) is not None}
        rows.append((cls, qos, retain, fields, data.hex()))
    return rows


def lived(host_type: type[Host], kind: str, story: Story) -> Life:
    return asyncio.run(play(host_type(kind, story.beat_s), story))


def assert_same(other: Life, expected: Life, where: str) -> None:
    assert readable(other.account) == readable(expected.account), where
    assert other.account.outputs == expected.account.outputs, where
    assert other.account.notes == expected.account.notes, where
    assert other.downlinks == expected.downlinks, where


@pytest.mark.parametrize("host", [LiveHost, ProcessHost], ids=["live fleet", "MicroPython process"])
@pytest.mark.parametrize("kind", sorted(STORIES))
def test_a_device_does_what_it_does_in_virtual_time_byte_for_byte(kind, host):
    assert_same(lived(host, kind, STORIES[kind]), lived(VirtualHost, kind, STORIES[kind]), host.__name__)


@pytest.mark.parametrize("kind", sorted(STORIES))
def test_each_story_has_all_that_can_happen_to_a_device(kind):
    life = lived(VirtualHost, kind, STORIES[kind])
    frames = [frame.unpack(UPLINK.open(cls, data)) for cls, _, _, data in life.account.published]
    assert {frame.BIRTH, frame.DEATH, frame.RAISE, frame.RESPONSE} <= {one.kind for one in frames}
    assert {ACCEPTED, RAISED, STORED, ACKNOWLEDGED} <= {what for what, *_ in life.account.notes}
    assert len(set(life.account.published)) < len(life.account.published), "no alarm frame is repeated"
    assert any(one.epoch for one in frames)
    assert life.lost == 0, "a downlink finds the device away: let the story wait for it"


# ---- any story


@st.composite
def stories(draw):
    kind = draw(st.sampled_from(sorted(STORIES)))
    channels = [name for name, _, _ in rules(kind).CHANNELS]
    some = st.lists(st.sampled_from(channels), min_size=1, max_size=3, unique=True)
    values = st.sampled_from((0, 1, 5, 7, 41, 60, 100, 101, 231, 300, 501, 600, 2_000, 10_000))
    senses = st.builds(lambda name, value: ("reads", {name: value}), st.sampled_from(draw(some)), values)
    downlinks = st.sampled_from((STORES, TIME, ACKNOWLEDGES, FORGES, command(codes.CMD_TEST), command(codes.CMD_RESET)))
    waits = st.one_of(st.sampled_from((0, 1, 20, SECOND, 4 * SECOND, 30 * SECOND, MINUTE)), st.integers(0, 15 * SECOND))
    deeds = st.one_of(senses, senses, downlinks, st.just(CUTS))
    rows = []
    at = 0
    for wait, deed in draw(st.lists(st.tuples(waits, deeds), min_size=5, max_size=30)):
        at += wait
        rows.append((at, deed))
    return kind, Story((*rows, (at + 15 * SECOND, LIVES)), beat_s=draw(st.sampled_from((None, 60))))


@settings(max_examples=60, deadline=None)
@given(stories())
def test_the_live_fleet_follows_virtual_time_through_any_story(example):
    kind, story = example
    assert_same(lived(LiveHost, kind, story), lived(VirtualHost, kind, story), "live fleet")

"""Gateways of an estate in virtual time: wired by its data, and linked with no network."""

import math
from datetime import datetime, time
from pathlib import Path

import pytest
from backends import KEY, InTheLoop
from fires import kitchen_fire
from lilong_firmware.kinds import rules
from lilong_firmware.linkage import Linkage
from lilong_protocol import codes
from lilong_protocol.frame import EVENT
from lilong_protocol.pc import linkages
from lilong_protocol.pc.linkages import NEAR_M
from lilong_simulator.estate import load_estate
from lilong_simulator.fleet.provision import Provisioner
from lilong_simulator.fleet.spoken import said_of
from lilong_simulator.incidents.one_alarm import OneAlarm
from lilong_simulator.load.faults import parse
from lilong_simulator.load.faults.excuses import Excuses
from lilong_simulator.load.faults.timeline import plan
from lilong_simulator.recorder import Recorder
from lilong_simulator.score import score
from lilong_simulator.virtual_run import VirtualRun
from lilong_simulator.wiring import wirings

SMALL = Path(__file__).with_name("small_estate.toml").read_text()
GATEWAYS = """
[[devices]]
kind = "gateway"
where = "lobbies"
lobbies = ["ground"]

[[devices]]
kind = "gateway"
where = "spots"
spots = [{ id = "control", x = 55, y = 30 }]

[[devices]]
kind = "fence_zone"
where = "spots"
spots = [{ id = "zone1", x = 10, y = 0 }, { id = "zone2", x = 10, y = 38 }]
"""
START = datetime(2026, 3, 4, 18, 30)
BEGIN_S = 600  # of the fire, after the start
SECOND, MINUTE = 1_000, 60_000


@pytest.fixture(scope="module")
def estate(tmp_path_factory):
    file = tmp_path_factory.mktemp("estate") / "house.toml"
    file.write_text(SMALL.replace("[rates]", GATEWAYS + "[rates]"))
    return load_estate(file)


class Log(Recorder):
    """What gateways raised, too."""

    def of(self, estate, name, output):
        """[(ms, value)] of an output."""
        device = estate.device(name).id
        return [(at, value) for at, who, its, value in self.outputs if (who, its) == (device, output)]

    def raised(self, estate, kind, code):
        ids = {device.id for device in estate.of_kind(kind)}
        return [alarm for alarm in self.alarms.values() if alarm.device in ids and alarm.code == code]


class Played:
    """A kitchen fire in flat 1/101 at 18:40, with faults, judged as any run is."""

    def __init__(self, estate, *faults, burnout=None, until_s=1_900):
        self.log = Log()
        incidents = [kitchen_fire("1/0101", time(18, 40), (95, 150, 170), burnout)]
        planned = plan([parse(text) for text in faults], {estate.id: estate.devices}, 7)
        self.run = VirtualRun(estate, KEY, 7, START, incidents, InTheLoop(estate.id), self.log, faults=planned)
        self.run.run(until_s * SECOND)
        smoke = self.log.raised(estate, "smoke", codes.ALARM_SMOKE_ALARM)
        self.second = sorted(alarm.decided for alarm in smoke)[1]
        excuses = Excuses(self.run.faults.timeline.hindrances) if self.run.faults is not None else None
        self.score = score(
            self.run.world.truth, self.log.alarms.values(), None, excuses=excuses, acknowledgement_expected=False,
            horizon=0,
        )  # fmt: skip


def test_each_gateway_has_what_stands_where_it_stands_and_a_line_to_the_gates(estate):
    found = {wiring.gateway.name: wiring for wiring in wirings(estate).values()}
    core = found["core1/ground/gateway"]
    names = [child.name for child in core.children]
    assert {name.split("/")[0] for name in names[: core.watched]} == {"core1"}
    assert names[core.watched :] == ["front/leaf1/door", "front/leaf2/door"]
    assert not [name for name in names if name.endswith(("wristband", "manhole", "gateway"))]
    outdoors = found["control/gateway"]
    assert {child.kind for child in outdoors.children} == {"door", "fence_zone", "streetlight"}


def test_what_a_gateway_is_given_is_the_table_that_the_centre_has(estate):
    provisioner = Provisioner(estate, KEY, 7)
    (core, *_) = estate.of_kind("gateway")
    given = provisioner.identity(core).data
    children = wirings(estate)[core.id].children
    linkage = Linkage(given["linkage"], lambda child: 0)
    fire, gas = (linkage.unpacked(at) for at in range(linkage.count))
    known = linkages.LINKAGES[0]
    assert (fire[0], fire[1], fire[2] * 1000) == (known.number, known.devices, known.within_ms)
    for row, kinds in ((fire, {"smoke"}), (gas, {"gas"})):
        for at, child in enumerate(children):
            assert (int.from_bytes(row[5], "little") >> at & 1 == 1) == (child.kind in kinds)
    assert rules("gateway").KIND == codes.KIND_GATEWAY


@pytest.mark.parametrize(
    "faults",
    [(), ("partition at=590 for=900",), ("partition at=590 for=900 gateway=core1",)],
    ids=["network", "no backbone", "core cut off"],
)
def test_doors_of_the_core_and_gates_are_released_within_3_s_whatever_the_network_does(estate, faults):
    """GB 50166-2019; and nothing of it is a false alarm."""
    played = Played(estate, *faults)
    for door in estate.escape_doors(1):
        lock = [(at, value) for at, value in played.log.of(estate, door.name, "lock") if at >= played.second]
        assert lock[0][1] == 1
        assert lock[0][0] - played.second <= 3 * SECOND
        assert all(value for _, value in lock), "whoever has a card locks no door behind him"
    assert played.log.of(estate, "core1/ground/gateway", "siren")[0][1] == 1
    untouched = played.log.of(estate, "core2/ground/door", "lock")
    assert not [at for at, value in untouched if value and played.second <= at <= played.second + 3 * SECOND]
    assert (played.score.false, played.score.duplicate) == (0, None)


def test_without_its_gateway_a_cut_off_core_is_not_released_and_all_alarms_arrive_later(estate):
    killed = "blackout at=590 for=600 device=core1/ground/gateway standby=0"
    played = Played(estate, "partition at=590 for=600", killed, until_s=2_400)
    lock = played.log.of(estate, "core1/ground/door", "lock")
    assert [value for at, value in lock if at < 1_190 * SECOND][-1] == 0
    assert lock[-1][1] == 1, "when it is back: the alarms are still there"
    smoke = played.log.raised(estate, "smoke", codes.ALARM_SMOKE_ALARM)
    assert len(smoke) >= 2
    assert all(alarm.stored is not None for alarm in smoke), "a gateway that is killed loses nothing"


def test_a_command_of_the_gateway_comes_to_a_device_whose_tick_is_wrong_at_its_own_time(estate):
    """By an hour: what it says of it must not be older, or newer, than what it said before."""
    said = []
    log = Log()
    planned = plan([parse("wrong_clock at=90 for=60 skew_s=3600 kind=door")], {estate.id: estate.devices}, 7)
    fire = kitchen_fire("1/0101", time(18, 40), (95, 150, 170))
    run = VirtualRun(estate, KEY, 7, START, [fire], InTheLoop(estate.id), log, faults=planned)
    door = estate.device("core1/ground/door").id
    log.on_sent = lambda at, device, frame: said.append((at, said_of(frame))) if device == door else None
    run.run(900 * SECOND)
    released = [
        (at, one.uptime)
        for at, one in said
        if one.kind == EVENT and one.body[0] == codes.EVENT_DOOR_RELEASED
    ]  # fmt: skip
    assert released
    for at, uptime in released:
        assert uptime - at > 3_600 * SECOND - MINUTE  # its power came on in the first minute


def test_an_intruder_is_lit_by_the_lamps_that_are_near_within_2_s_without_the_backbone(estate):
    log = Log()
    planned = plan([parse("partition at=10 for=300")], {estate.id: estate.devices}, 7)
    incident = OneAlarm("fence.cut")
    run = VirtualRun(estate, KEY, 7, datetime(2026, 3, 4, 12), [incident], InTheLoop(estate.id), log, faults=planned)
    run.run(100 * SECOND)
    (cut,) = log.raised(estate, "fence_zone", codes.ALARM_FENCE_CUT)
    zone = estate.by_id[cut.device]
    lamps = estate.of_kind("streetlight")
    near = [lamp for lamp in lamps if math.hypot(lamp.x - zone.x, lamp.y - zone.y) <= NEAR_M]
    assert 0 < len(near) < len(lamps)
    for lamp in lamps:
        lit = [at for at, value in log.of(estate, lamp.name, "lamp") if value == 100 and at >= cut.decided]
        assert [at - cut.decided <= 2 * SECOND for at in lit] == [True] * (lamp in near)


def test_a_detector_that_burns_is_missed_within_100_s_and_its_fire_goes_on(estate):
    played = Played(estate, burnout=300)
    (missed,) = played.log.raised(estate, "gateway", codes.ALARM_GATEWAY_CHILD_OFFLINE)
    assert missed.decided - (BEGIN_S + 300) * SECOND <= 100 * SECOND
    assert [value for _, value in played.log.of(estate, "core1/ground/gateway", "siren")] == [1]
    assert (played.score.false, played.score.duplicate) == (0, None)


def test_a_feeder_in_the_dark_is_one_alarm_of_its_gateway_within_120_s(estate):
    doors = [f"blackout at=300 for=400 kind={kind} standby=0" for kind in ("door", "streetlight")]
    log = Log()
    planned = plan([parse(text) for text in doors], {estate.id: estate.devices}, 7)
    run = VirtualRun(estate, KEY, 7, START, [], InTheLoop(estate.id), log, faults=planned)
    run.run(1_000 * SECOND)
    alone = log.raised(estate, "gateway", codes.ALARM_GATEWAY_CHILD_OFFLINE)
    assert len(alone) == 8  # a lobby door each; two gate leaves, a room and three lamps
    assert all(300 * SECOND <= alarm.decided <= 420 * SECOND for alarm in alone)
    assert all(alarm.cleared is not None for alarm in alone)
    result = score(run.world.truth, log.alarms.values(), None, acknowledgement_expected=False, horizon=0)
    assert (result.false, result.duplicate) == (0, None)

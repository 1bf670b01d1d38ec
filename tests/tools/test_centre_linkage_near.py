"""Linkage by what is near and by the flat: lamps, cameras and valves, and who still wants them when one is over."""

import pytest
from centre_world import (
    GAS,
    KEY,
    MINUTE,
    NOW,
    SECOND,
    SMOKE,
    Placed,
    SmallEstate,
    World,
    birth,
    cleared,
    raised,
    updated,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_protocol import codes
from lilong_tools.centre.core import Core
from lilong_tools.centre.store import Store

ZONES = tuple(f"fe{number:014x}" for number in range(1, 4))
COVER = "c0ee000000000001"
LAMPS = tuple(f"1a{number:014x}" for number in range(32, 37))
CAMERA = "ca00000000000001"
OTHER_GAS = "9a00000000000002"
GATE = "9e00000000000001"
CLIMB, CUT, MOVED = codes.ALARM_FENCE_CLIMB, codes.ALARM_FENCE_CUT, codes.ALARM_MANHOLE_MOVED


class Perimeter(SmallEstate):
    """A straight fence of three zones, lamps every 30 m along it, a camera at the second, a cover."""

    devices = (
        *SmallEstate.devices,
        *(Placed(zone, "fence_zone", f"zone{at}/fence_zone", x=1000.0 + 45 * at) for at, zone in enumerate(ZONES)),
        *(Placed(lamp, "streetlight", f"path/0{at}/streetlight", x=1000.0 + 30 * at) for at, lamp in enumerate(LAMPS)),
        Placed(CAMERA, "camera", "fence/zone01/camera", x=1040.0),
        Placed(COVER, "manhole", "path/cover/manhole", x=1080.0),
        Placed(OTHER_GAS, "gas", "core1/01F/0102/gas", 1, unit="0102"),
        Placed(GATE, "cycle_gate", "west_gate/in/cycle_gate", x=900.0),
    )


PERIMETER = Perimeter()
PLACED = {device.id: device for device in PERIMETER.devices}
NEAR = {  # 40 m of each
    ZONES[0]: LAMPS[:2], ZONES[1]: LAMPS[1:3], ZONES[2]: LAMPS[2:5], COVER: LAMPS[2:5],
}  # fmt: skip
KINDS = {"fence_zone": 13, "streetlight": 4, "camera": 11, "manhole": 5, "gas": 2, "smoke": 1, "door": 3}


@pytest.fixture
def core():
    return core_of(PERIMETER)


def core_of(estate):
    core = Core(estate, KEY, NOW)
    for device in estate.devices:
        core.receive(NOW, *birth(device.id, offline_s=86_400), False)
    return core


def ordered(core, device):
    """What the centre still tells a device of its own accord."""
    return [order.name for order in core.commands.open_of(device) if order.cause.startswith("linkage ")]


def give(core, at_ms, frame):
    core.receive(NOW + at_ms, *frame, False)


def test_a_fence_alarm_lights_the_lamps_near_and_points_the_camera(core):
    give(core, 0, raised(ZONES[0], CLIMB))
    assert [lamp for lamp in LAMPS if ordered(core, lamp) == ["set_level"]] == list(NEAR[ZONES[0]])
    assert ordered(core, CAMERA) == ["look_at"]
    (order,) = core.commands.open_of(CAMERA)
    assert (order.arguments, order.insists) == ({0: 1}, True)


def test_a_displaced_cover_is_lit_until_it_lies_where_it_lay(core):
    give(core, 0, raised(COVER, MOVED))
    assert [lamp for lamp in LAMPS if ordered(core, lamp)] == list(NEAR[COVER])
    give(core, 5_000, updated(COVER, 2, (1, 1), MOVED))
    assert ordered(core, LAMPS[3]) == ["set_level"]
    give(core, 9_000, cleared(COVER, (1, 1), MOVED))
    assert {name for lamp in NEAR[COVER] for name in ordered(core, lamp)} == {"automatic"}


def test_a_lamp_that_two_zones_light_burns_until_both_are_over(core):
    give(core, 0, raised(ZONES[0], CLIMB))
    give(core, 100, raised(ZONES[1], CUT))
    give(core, 5_000, cleared(ZONES[0], (1, 1), CLIMB))
    assert ordered(core, LAMPS[0]) == ["automatic"]
    assert ordered(core, LAMPS[1]) == ["set_level"]
    give(core, 6_000, cleared(ZONES[1], (1, 1), CUT))
    assert ordered(core, LAMPS[1]) == ["automatic"]


def test_a_leak_shuts_the_valves_of_its_flat_alone():
    class Kitchen(Perimeter):
        devices = (
            *(one for one in Perimeter.devices if one.kind != "gas"),
            Placed(GAS, "gas", "core1/01F/0101/gas", 1, unit="0101"),
            Placed(OTHER_GAS, "gas", "core1/01F/0102/gas", 1, unit="0102"),
        )

    core = core_of(Kitchen())
    give(core, 0, raised(GAS, codes.ALARM_GAS_LEAK))
    assert (ordered(core, GAS), ordered(core, OTHER_GAS)) == (["close_valve"], [])
    give(core, 5_000, cleared(GAS, (1, 1), codes.ALARM_GAS_LEAK))
    assert ordered(core, GAS) == []  # the valve is opened again by a person


def test_a_fire_opens_cycle_gates_and_barriers_too_and_never_locks_them_again(core):
    give(core, 0, raised(SMOKE))
    give(core, 10, raised("5a00000000000002"))
    assert ordered(core, GATE) == ["fire_release"]
    for device in (SMOKE, "5a00000000000002"):
        give(core, 60_000, cleared(device, (1, 1)))
    assert ordered(core, GATE) == []


def test_real_lamps_light_within_two_seconds_and_go_back_to_their_calendar():
    world = World(estate=PERIMETER)
    for device in (ZONES[0], LAMPS[0], LAMPS[4]):
        world.add_placed(PLACED[device])
    world.run(10 * SECOND)
    world.sense(ZONES[0], "tension", 300)
    while not world.feed("stored"):
        world.run(100)
    world.run(2 * SECOND)
    assert world.members[LAMPS[0]].outputs["lamp"] == 100
    assert world.members[LAMPS[4]].outputs.get("lamp", 0) == 0 or LAMPS[4] not in NEAR[ZONES[0]]
    world.sense(ZONES[0], "tension", 150)
    world.run(MINUTE)
    world.core.command(world.now, ZONES[0], "reset", {}, "Wang")
    world.settle()
    world.run(MINUTE)
    assert (CLIMB, True) in [(alarm["code"], alarm["cleared"]) for alarm in world.core.alarm_list()]
    assert [world.commanded(LAMPS[0], name) != [] for name in ("set_level", "automatic")] == [True, True]


STEPS = st.lists(st.tuples(st.sampled_from([*ZONES, COVER]), st.booleans()), max_size=12)


@settings(deadline=None)
@given(STEPS, st.booleans())
def test_a_lamp_is_lit_as_long_as_anybody_wants_it_and_let_go_when_nobody_does(steps, restarts):
    core, store = core_of(PERIMETER), Store(":memory:", PERIMETER.id)
    seq, standing, wanted = dict.fromkeys(NEAR, 0), {}, set()
    for at, (device, begins) in enumerate(steps, 1):
        code = MOVED if device == COVER else CLIMB
        if begins and device not in standing:
            seq[device] += 1
            standing[device] = seq[device]
            give(core, at, raised(device, code, seq=seq[device]))
        elif not begins and device in standing:
            ref = standing.pop(device)
            seq[device] += 1
            give(core, at, cleared(device, (1, ref), code, seq=seq[device]))
        wanted |= {lamp for one in standing for lamp in NEAR[one]}
        if restarts:
            store.commit(core.take().rows)
            core = Core(PERIMETER, KEY, NOW + at, saved=store.load())
        for lamp in LAMPS:
            lit = any(lamp in NEAR[one] for one in standing)
            expected = {"set_level"} if lit else {"automatic"} if lamp in wanted else set()
            assert set(ordered(core, lamp)) == expected
    store.close()

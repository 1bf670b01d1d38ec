"""What a device does for its building's gateway, with no network: what makes a building safer, and nothing else."""

import pytest
from harness import MINUTE, SECOND, Host, codes
from lilong_firmware.local import COMMANDS, obey
from lilong_protocol import frame
from lilong_protocol.pc.linkages import LINKAGES
from lilong_protocol.registry import COMMAND
from lilong_protocol.registry import COMMANDS as ALL
from lilong_simulator.kinds import KINDS
from stories import GIVEN


def device(kind, **options):
    host = Host(kind, data=GIVEN.get(kind), link=False, **options)
    host.run(4 * MINUTE)
    return host


def told(host, command, argument=None):
    code = obey(host.device, host.uptime(), command, argument)
    host._drain()
    host.run(1)
    return code


def test_a_door_is_released_and_stays_so_when_the_power_goes():
    host = device("door")
    assert told(host, codes.CMD_FIRE_RELEASE) == frame.OK
    assert host.outputs["lock"] == 1
    host.power_cycle()
    host.run(SECOND)
    assert host.outputs["lock"] == 1


def test_a_gas_valve_shuts_and_only_a_person_opens_it():
    host = device("gas")
    for _ in range(2):
        assert told(host, codes.CMD_CLOSE_VALVE) == frame.OK
    assert host.switched("valve")[-1][1] == 1
    host.heal()
    host.run(5 * MINUTE)
    assert len(host.events(codes.EVENT_GAS_VALVE_CLOSED)) == 1
    host.power_cycle()
    host.run(5 * MINUTE)
    assert host.outputs["valve"] == 1
    assert host.order(codes.CMD_OPEN_VALVE) == frame.OK
    assert host.outputs["valve"] == 0


def test_a_lamp_is_lit_and_goes_back():
    host = device("streetlight", values={"lux": 50_000})
    assert told(host, codes.CMD_SET_LEVEL, 100) == frame.OK
    assert host.outputs["lamp"] == 100
    assert told(host, codes.CMD_AUTOMATIC) == frame.OK
    assert host.outputs["lamp"] == 0


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_else_is_obeyed(kind):
    host = device(kind)
    before = list(host.trace)
    for command in ALL:
        if command.number not in COMMANDS:
            assert told(host, command.number, 1) == frame.FORBIDDEN
    assert host.trace == before


def test_every_command_of_the_linkage_table_is_obeyed():
    acts = [act for known in LINKAGES for act in known.acts]
    given = {COMMAND[name].number for act in acts for name in (act.command, act.end) if name}
    assert given == set(COMMANDS)

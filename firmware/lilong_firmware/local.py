"""A command of the building's gateway, over the building bus: no network, no session, no operator.

Whoever gets at the wires of the bus can give it, so it is only what makes a building safer: it lets people out, shuts
gas off, gives light, points a camera. The bus carries nothing that would undo it but for light.
"""

from lilong_protocol import codes, frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .device import Device

COMMANDS = (
    codes.CMD_FIRE_RELEASE, codes.CMD_CLOSE_VALVE, codes.CMD_SET_LEVEL, codes.CMD_AUTOMATIC, codes.CMD_LOOK_AT,
)  # fmt: skip


def obey(device: "Device", now: int, command: int, argument: "int | None") -> int:
    """Carry it out, an input as any other of `Device`; a response code of `lilong_protocol.frame`."""
    if command not in COMMANDS:
        return frame.FORBIDDEN
    code = device.rules.command(now, command, {} if argument is None else {0: argument})
    device._plan(now)
    return code

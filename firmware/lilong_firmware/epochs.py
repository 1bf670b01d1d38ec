"""Key epochs: a device goes over to the keys of a higher one when it is told to, and stays there."""

from lilong_protocol import frame
from lilong_protocol.keys import frame_key
from lilong_protocol.seal import DOWN, UP, Seal

from .effects import DISCONNECT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .device import Device, Identity

U32 = 0xFFFFFFFF


def use_epoch(device: "Device", now: int, arguments: "dict[int, int]") -> int:
    """The command `use_epoch` {0: epoch}; a response code.

    It connects anew: the broker must not be left with a will of the epoch before. So the birth comes first, and then
    the response. What waits keeps its bytes.
    """
    epoch = arguments.get(0, -1)
    if not 1 <= epoch <= U32:
        return frame.INVALID
    if epoch <= device.epoch or not device.store.LOGS:  # without flash it would fall back with the power
        return frame.CONFLICT
    try:
        device.store.put("epoch", epoch.to_bytes(4, "big"))
    except OSError:
        return frame.CONFLICT
    enter(device, epoch)
    device.out.append((DISCONNECT,))
    device.session.disconnected(now)
    device.session.hurry(now)
    return frame.OK


def enter(device: "Device", epoch: int) -> None:
    """From now on all frames are sealed in this epoch, and only such are opened."""
    identity = device.identity
    device.epoch = epoch
    device.uplink._seal = _seal(identity, UP, epoch)
    device.downlink._seal = _seal(identity, DOWN, epoch)


def _seal(identity: "Identity", direction: str, epoch: int) -> Seal:
    return Seal(frame_key(identity.root, direction, epoch), identity.tenant, identity.device, direction, epoch)

"""How an update of the firmware ends: told as its result when the backend has accepted a session after the restart.

The new bundle has shown by then that it starts, keeps its rules, and reaches the backend; or the old one runs again.
"""

from lilong_protocol import cbor, frame, topics

from .fetch import PENDING
from .slot import FIRMWARE
from .slots import NONE, OK, Slots

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .device import Device

def settle(device: "Device", now: int, slots: Slots) -> None:
    """The backend has accepted this session: what runs is good, and how the update has ended that was tried is told."""
    if slots.trial != NONE and not slots.confirm():
        return  # staged, and not yet tried
    data = dict(device.store.items()).get(PENDING)
    if data is None:
        return
    try:
        artifact, version, digest = cbor.decode(data)
        body = None
        if slots.slots[slots.running].digest == digest:
            device.store.put("u%x" % FIRMWARE, digest)
            body = {0: artifact, 1: frame.OK, 2: version}
        elif slots.ended != OK:
            body = {0: artifact, 1: frame.EXPIRED}
        if body is not None:  # else it was cut short before it was staged, and will be offered again
            sealed = device.uplink.frame(now, frame.UPDATE_RESULT, topics.UPDATE, body)
            device.session.send(now, topics.UPDATE, sealed)
    except (ValueError, TypeError, OSError):
        pass  # a damaged record, or a flash that takes nothing: the offer will come again
    device.store.drop(PENDING)

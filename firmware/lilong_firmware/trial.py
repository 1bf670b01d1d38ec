"""How an update of the firmware ends: told as its result when the backend has accepted a session after the restart.

The new bundle has shown by then that it starts, keeps its rules, and reaches the backend; or the old one runs again.
"""

from lilong_protocol import cbor, frame, topics

from .slot import FIRMWARE
from .slots import NONE, OK, Slots

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .device import Device

PENDING = "upd"  # a record: [artifact, version, digest]


def pend(device: "Device", artifact: int, version: str, digest: bytes) -> None:
    """Remember what the next start tries: OSError when that cannot be kept."""
    device.store.put(PENDING, cbor.encode([artifact, version, digest]))


def settle(device: "Device", now: int, slots: Slots) -> None:
    """The backend has accepted this session: what runs is good, and the update that was tried is told to have ended."""
    if slots.running != NONE and slots.running == slots.trial:
        slots.confirm()
    elif slots.trial != NONE:
        return  # staged, and not yet tried
    data = dict(device.store.items()).get(PENDING)
    if data is None:
        return
    try:
        artifact, version, digest = cbor.decode(data)
        body = {0: artifact, 1: frame.OK, 2: version} if slots.ended == OK else {0: artifact, 1: frame.EXPIRED}
        if slots.ended == OK:
            device.store.put("u%x" % FIRMWARE, digest)
        sealed = device.uplink.frame(now, frame.UPDATE_RESULT, topics.UPDATE, body)
        device.session.send(now, topics.UPDATE, sealed)
    except (ValueError, TypeError, OSError):
        pass  # a damaged record, or a flash that takes nothing: the offer will come again
    device.store.drop(PENDING)

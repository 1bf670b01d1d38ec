"""Configuration: what a backend desires (kind 18) is stored, takes effect, and is reported (kind 12).

The record "config" is [version, {setting: value}] in CBOR, of those settings only that differ from their defaults.
"""

from lilong_protocol import cbor, frame, topics
from lilong_protocol.codes import DEFAULTS, S_BEAT_S, SETTING_RANGES, link

from .effects import PUBLISH
from .session import ASKED, ONLINE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .device import Device

U32 = 0xFFFFFFFF
REFUSED_MAX = 32  # (ours) settings of which a report says why: a frame has room for these


def take(device: "Device", now: int, body: "dict[int, Any]") -> None:
    """A desired configuration: a version above the one in effect is stored, then takes effect, then is reported."""
    version: Any = body.get(0)
    wanted = body.get(1)
    if not _is_version(version) or not isinstance(wanted, dict):
        raise frame.FrameError(frame.BAD, "configuration: version and settings")
    if version <= device.reported[0]:
        return
    chosen, refused = judged(device.rules.KIND, wanted)
    try:
        device.store.put("config", cbor.encode([version, chosen]))
    except OSError:
        return  # it is retained: the next connection brings it again
    session = device.session
    if _apply(device, now, version, chosen) and session.state == ONLINE:
        device.out.append((PUBLISH, topics.STATE, session.birth(now, ASKED), 1, False))  # it tells another beat
    device.rules.configured(now)
    report: dict[int, Any] = {0: version, 1: chosen}
    if refused:
        report[2] = refused
    session.send(now, topics.CONFIG, device.uplink.frame(now, frame.REPORTED_CONFIG, topics.CONFIG, report))


def load(device: "Device", record: bytes) -> None:
    """Take the stored configuration up before the start; ValueError or TypeError for another record."""
    version, wanted = cbor.decode(record)
    if not _is_version(version):
        raise ValueError
    _apply(device, 0, version, judged(device.rules.KIND, wanted)[0])


def judged(kind: int, wanted: "dict[int, Any]") -> "tuple[dict[int, int], dict[int, int]]":
    """(the settings of a kind that differ from their defaults, the error code of each that is not taken)."""
    chosen: dict[int, int] = {}
    refused: dict[int, int] = {}
    for number in sorted(wanted):
        value = wanted[number]
        at = 9 * number
        code = 0
        if not 0 <= at < len(SETTING_RANGES) or not _u24(at + 6) >> kind & 1:
            code = frame.NOT_FOUND
        elif isinstance(value, bool) or not isinstance(value, int):
            code = frame.INVALID
        elif value != DEFAULTS[number]:
            if _u24(at) <= value <= _u24(at + 3):
                chosen[number] = value
            else:
                code = frame.INVALID
        if code and len(refused) < REFUSED_MAX:
            refused[number] = code
    return chosen, refused


def _apply(device: "Device", now: int, version: int, chosen: "dict[int, int]") -> bool:
    """Put settings into effect; True when the device beats otherwise from now on."""
    settings = list(DEFAULTS)
    for number in chosen:
        settings[number] = chosen[number]
    before = device.settings[S_BEAT_S]
    wanted_s = settings[S_BEAT_S]
    device.settings = settings
    device.reported = {0: version, 1: chosen}
    if wanted_s == before:
        return False
    _, _, beat_s, offline_s, _ = link(device.rules.KIND)
    beat_s = device.identity.beat_s or beat_s
    offline_s = device.identity.offline_s or offline_s
    device.session.offline_s = max(offline_s, offline_s * wanted_s // beat_s)
    device.session.set_beat(now, wanted_s or beat_s)
    return True


def _is_version(version: "Any") -> bool:
    return isinstance(version, int) and not isinstance(version, bool) and 0 < version <= U32


def _u24(at: int) -> int:
    return SETTING_RANGES[at] | SETTING_RANGES[at + 1] << 8 | SETTING_RANGES[at + 2] << 16

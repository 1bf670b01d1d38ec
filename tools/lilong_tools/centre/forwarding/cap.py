"""A message of the Common Alerting Protocol 1.2 (OASIS, 1 July 2010): what has been confirmed, where, since when.

    POST <receiver>                        content-type: application/cap+xml
    Idempotency-Key: <identifier>          the same with every try, as the whole message is

The receipt is an answer 2xx with {"identifier": that of the message, "receipt": the receiver's own number for it} in
JSON; any other answer is none. It names a place, a storey and a flat, and nobody who lives there.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from math import cos, radians
from typing import Any
from xml.etree import ElementTree

from lilong_protocol.pc.errors import RequestError
from lilong_protocol.registry import ALARM

from ..model import PlacedDevice
from .rules import Rule

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
ACTUAL, EXERCISE = "Actual", "Exercise"  # of simulated devices nothing else
MEDIA_TYPE = "application/cap+xml"  # as feeds of it are served; IANA has none for it beside that of emergency calls
METRES_A_DEGREE = 111_195.0  # of latitude
RADIUS_KM = 0.05  # (ours) round a detector
LONGEST = 64_000  # characters of an answer that are looked at


def alert(
    tenant: str, identifier: str, rule: Rule, place: str, at_ms: int, operator: str | None,
    causes: Sequence[tuple[PlacedDevice, int, int]], estate: Any = None, status: str = EXERCISE,
) -> str:  # fmt: skip
    """causes: of each alarm its device, code, and epoch ms when it was raised."""
    root = ElementTree.Element("alert", xmlns=NAMESPACE)
    by = "independent detectors" if operator is None else "the operator"
    _add(
        root, identifier=identifier, sender=f"lilong.{tenant}", sent=_time(at_ms), status=status, msgType="Alert",
        scope="Private", addresses="brigade guards police",
    )  # fmt: skip
    for language, event in (("zh-CN", rule.event_zh), ("en", rule.event)):
        info = ElementTree.SubElement(root, "info")
        _add(
            info, language=language, category=rule.category, event=event, urgency="Immediate", severity=rule.severity,
            certainty="Observed", onset=_time(min((raised for _, _, raised in causes), default=at_ms)),
            senderName=tenant, headline=f"{event}, {tenant}, {place}", description=f"confirmed by {by}",
        )  # fmt: skip
        for device, code, raised in causes:
            parameter = ElementTree.SubElement(info, "parameter")
            name = ALARM[code].name if code in ALARM else str(code)
            _add(parameter, valueName=name, value=f"{device.name} {_time(raised)}")
        area = ElementTree.SubElement(info, "area")
        _add(area, areaDesc=", ".join([tenant, place, *dict.fromkeys(one.name for one, _, _ in causes)]))
        for circle in _circles(estate, [device for device, _, _ in causes]):
            _add(area, circle=circle)
    return "<?xml version='1.0' encoding='UTF-8'?>\n" + ElementTree.tostring(root, encoding="unicode")


def receipt_of(identifier: str, answer: bytes) -> str:
    """The receiver's own number of a message that it has. RequestError for what is no receipt of this message."""
    try:
        told = json.loads(answer[:LONGEST])
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or told.get("identifier") != identifier:
        raise RequestError("its answer is no receipt of this message; it must be JSON with its identifier")
    return str(told.get("receipt", ""))


def _add(parent: ElementTree.Element, **children: str) -> None:
    for name, text in children.items():
        ElementTree.SubElement(parent, name).text = text


def _time(epoch_ms: int) -> str:
    """As CAP wants it: no Z, no fraction; UTC is -00:00."""
    return datetime.fromtimestamp(epoch_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S-00:00")


def _circles(estate: Any, devices: Iterable[PlacedDevice]) -> list[str]:
    """Where the estate says where on Earth it lies: "latitude,longitude radius in km" of each device."""
    latitude, longitude = getattr(estate, "latitude", None), getattr(estate, "longitude", None)
    if latitude is None or longitude is None:
        return []
    east_m = METRES_A_DEGREE * cos(radians(latitude))
    circles = []
    for device in devices:
        north, east = estate.height_m / 2 - device.y, device.x - estate.width_m / 2
        circles.append(f"{latitude + north / METRES_A_DEGREE:.6f},{longitude + east / east_m:.6f} {RADIUS_KM}")
    return list(dict.fromkeys(circles))

"""Findings: what only a backend can conclude, from silence, from many devices or from what it has refused.

A finding has a number above those of all alarms, and stands in a backend's observed feed as an alarm does:

    {"at": epoch ms, "event": "stored|updated|shown|acknowledged|cleared", "alarm": id of the finding,
     "device": the one that it is about or "", "code": number, "boot": 0, "seq": 0, "finding": name, "level": 1..4,
     "since": epoch ms when it began}

and by its kind: `members`, the ids of all devices that it is about, in one `updated` line more when the list has
grown; `feeder`; `officer`, `cell` and `cause`, the id of the alarm that sends somebody; `reason` of a refusal; `about`
and `text` of data that are doubted; `cause`, ids of alarms, `members`, their devices, `receiver` and `receipt` of what
has been forwarded.
An id is used once; a finding is stored once, and cleared once when it is over.
"""

from dataclasses import dataclass

from ..registry.tables import BLUE, ORANGE, RED, YELLOW, Label

FIRST = 1001  # alarms of devices are below
MINUTE_MS = 60_000


@dataclass(frozen=True)
class Finding:
    """`quiet_ms`: it is over when nothing of the kind came for so long; None: when its cause is."""

    number: int
    name: str
    level: int
    label: Label
    quiet_ms: int | None = None


OFFLINE = Finding(1001, "comms.offline", YELLOW, Label("silent", "失联"))
FEEDER_LOST = Finding(1002, "comms.feeder_lost", ORANGE, Label("feeder lost", "馈线断电"))
UNKNOWN_DEVICE = Finding(1003, "sec.unknown_device", ORANGE, Label("unknown device", "未知设备"), 10 * MINUTE_MS)
REPLAY = Finding(1004, "sec.replay", ORANGE, Label("replayed message", "报文重放"), 10 * MINUTE_MS)
IMPOSSIBLE_PASSAGE = Finding(
    1005, "door.impossible_passage", ORANGE, Label("one card at two places", "同卡异地"), 10 * MINUTE_MS
)
DISPATCH = Finding(1006, "care.dispatch", RED, Label("officer sent", "网格员出动"))
OUT_OF_RANGE = Finding(1007, "quality.out_of_range", BLUE, Label("value out of range", "数值越界"))
STUCK = Finding(1008, "quality.stuck", BLUE, Label("value stands still", "数值停滞"))
RATE = Finding(1009, "quality.rate", BLUE, Label("value changes too fast", "数值突变"))
FUTURE_TIME = Finding(1010, "quality.future_time", BLUE, Label("time to come", "时间超前"))
GAP = Finding(1011, "quality.gap", BLUE, Label("messages lack", "数据缺失"), 10 * MINUTE_MS)
CONTRADICTION = Finding(1012, "quality.contradiction", BLUE, Label("values contradict", "数据矛盾"))
RAIN_LEVEL = Finding(1013, "weather.rain_level", BLUE, Label("rain", "降雨预警"))  # told by the weather service
# What the brigade, guards or police have been told, and have said that they received: a line of it is the receipt.
FIRE_FORWARDED = Finding(1014, "fire.forwarded", RED, Label("fire forwarded", "火警已转报"))
ALARM_FORWARDED = Finding(1015, "alarm.forwarded", ORANGE, Label("alarm forwarded", "警情已转报"))

FINDINGS = (
    OFFLINE, FEEDER_LOST, UNKNOWN_DEVICE, REPLAY, IMPOSSIBLE_PASSAGE, DISPATCH, OUT_OF_RANGE, STUCK, RATE, FUTURE_TIME,
    GAP, CONTRADICTION, RAIN_LEVEL, FIRE_FORWARDED, ALARM_FORWARDED,
)  # fmt: skip
BY_NUMBER = {finding.number: finding for finding in FINDINGS}
BY_NAME = {finding.name: finding for finding in FINDINGS}


def is_finding(code: int) -> bool:
    """Whether a number of an observed feed is a finding's, not an alarm's."""
    return code >= FIRST

"""Which alarms are forwarded, and what confirms them. One table.

A fire is confirmed as it is for linkage: by the quorum of `lilong_protocol.pc.linkages`, two independent detectors of a
core. Whatever else is forwarded, and a fire that one detector alone has told, a person at the console has confirmed.
"""

from dataclasses import dataclass
from typing import Literal

from lilong_protocol import codes
from lilong_protocol.pc.findings import ALARM_FORWARDED, FIRE_FORWARDED, Finding


@dataclass(frozen=True)
class Rule:
    """`linkage`: the rule whose incident confirms it by itself, "" where a person has to.

    category, severity, event: what a CAP 1.2 message calls it; `event_zh` as GB 26875 and GB 50348 do.
    """

    name: str
    alarms: tuple[int, ...]
    finding: Finding
    linkage: str
    category: Literal["Fire", "Security", "Health"]
    severity: Literal["Extreme", "Severe"]
    event: str
    event_zh: str


RULES = (
    Rule("fire", (codes.ALARM_SMOKE_ALARM,), FIRE_FORWARDED, "fire", "Fire", "Extreme", "Fire alarm", "火警"),
    Rule("gas", (codes.ALARM_GAS_LEAK, codes.ALARM_GAS_CO), ALARM_FORWARDED, "", "Fire", "Severe", "Gas alarm",
         "可燃气体报警"),
    Rule("intrusion",
         (codes.ALARM_FENCE_CLIMB, codes.ALARM_FENCE_TOUCH, codes.ALARM_FENCE_SHORT, codes.ALARM_FENCE_CUT,
          codes.ALARM_DOOR_FORCED), ALARM_FORWARDED, "", "Security", "Severe", "Intruder alarm", "入侵报警"),
    Rule("help", (codes.ALARM_BAND_SOS, codes.ALARM_BAND_FALL, codes.ALARM_PANIC), ALARM_FORWARDED, "", "Health",
         "Severe", "Call for help", "紧急求助"),
)  # fmt: skip

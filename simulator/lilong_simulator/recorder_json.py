"""What a recorder saw as plain values: for another process of the same run, or beside its recording for a later score.

Whatever a judgement asks of a recorder belongs here, once: a run by several processes and `lilong score` have it then.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import asdict
from typing import Any

from .carried_out import LINKED_OUTPUTS
from .recorder import AlarmClocks, Recorder, Regular
from .said import Said

REGULAR = ("beats", "samples", "births")  # of a recorder


def witnessed(seen: Recorder, asked: Container[str]) -> dict[str, Any]:
    """What no frame tells: clocks of alarms, what burnt, and of devices that are `asked` their outputs."""
    return {
        "alarms": [asdict(alarm) for alarm in seen.alarms.values()],
        "burnt": seen.burnt,
        "outputs": [list(row) for row in seen.outputs if row[2] in LINKED_OUTPUTS and row[1] in asked],
        "accepts": {device: one.accepts for device, one in seen.said.items() if one.accepts},
    }


def to_json(seen: Recorder, asked: Container[str]) -> dict[str, Any]:
    """All of it but the measures. asked: devices of which outputs and events are judged."""
    return {
        "messages": seen.messages,
        **witnessed(seen, asked),
        **{name: {device: [one.first, one.count] for device, one in getattr(seen, name).items()} for name in REGULAR},
        "linked": sorted(seen.linked),
        "online": sorted(seen.online),
        "accepted": sorted(seen.accepted),
        "stored_frames": seen.stored_frames,
        "events_sent": {device: times for device, times in seen.events_sent.items() if device in asked},
        "said": {device: _said(one) for device, one in seen.said.items()},
    }


def from_json(values: Mapping[str, Any]) -> Recorder:
    """What `to_json` or `witnessed` gave; of what there is not, nothing was seen."""
    seen = Recorder()
    seen.messages = dict(values.get("messages", {}))
    for row in values["alarms"]:
        alarm = AlarmClocks(**row)
        seen.alarms[alarm.device, alarm.boot, alarm.seq] = alarm
    for name in REGULAR:
        told = values.get(name, {})
        getattr(seen, name).update((device, Regular(*one)) for device, one in told.items())
    seen.burnt = dict(values["burnt"])
    seen.linked, seen.online, seen.accepted = (set(values.get(name, ())) for name in ("linked", "online", "accepted"))
    seen.stored_frames = values.get("stored_frames", 0)
    seen.outputs = [(at, device, name, value) for at, device, name, value in values["outputs"]]
    seen.events_sent = {device: list(times) for device, times in values.get("events_sent", {}).items()}
    seen.said = {
        device: Said(
            [(at, cls, boot, seq, up) for at, cls, boot, seq, up in rows], dict(zeros), set(unread),
            {(boot, seq): code for boot, seq, code in codes},
            {(boot, seq): list(times) for boot, seq, times in raises}, [(at, boot) for at, boot in born], list(alive),
            dict(spoke), [], {(boot, seq): list(times) for boot, seq, times in ages},
        )
        for device, (rows, zeros, unread, codes, raises, born, alive, spoke, ages) in values.get("said", {}).items()
    }
    for device, times in values.get("accepts", {}).items():
        seen.said.setdefault(device, Said()).accepts = list(times)
    return seen


def _said(one: Said) -> list[Any]:
    codes = [[boot, seq, code] for (boot, seq), code in one.codes.items()]
    raises = [[*key, times] for key, times in one.raises.items()]
    ages = [[*key, times] for key, times in one.ages.items()]
    kept = (codes, raises, one.born, one.alive, list(one.spoke.items()), ages)
    return [one.rows, list(one.zeros.items()), sorted(one.unread), *kept]

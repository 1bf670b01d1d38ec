"""What each number on the wire means, a line for each: `protocol/frozen.txt` holds all that were ever given out."""

from . import ALARMS, COMMANDS, EVENTS, KINDS, MESSAGES, QUANTITIES, SETTINGS
from .messages import HEADER


def meanings() -> list[str]:
    """A line for each number, and of a quantity its unit."""
    lines = [f"payload key {key} {name} {kind}" for name, (key, kind, _) in HEADER.items()]
    for message in MESSAGES:
        lines.append(f"message {message.number} {message.name} {message.cls} {'up' if message.uplink else 'down'}")
        lines += [f"body {message.number} key {f.key} {f.name} {f.type}" for f in message.body]
    lines += [f"quantity {q.number} {q.name} 10^{q.exponent} {q.unit}" for q in QUANTITIES]
    lines += [f"setting {s.number} {s.name} 10^{s.exponent} {s.unit}" for s in SETTINGS]
    lines += [f"kind {kind.number} {kind.name}" for kind in KINDS]
    lines += [f"alarm {alarm.number} {alarm.name}" for alarm in ALARMS]
    lines += [f"event {event.number} {event.name}" for event in EVENTS]
    for command in COMMANDS:
        places = "".join(f" {place}:{argument.name}" for place, argument in enumerate(command.arguments))
        lines.append(f"command {command.number} {command.name}{places}")
    return lines


def grown(before: str) -> str:
    """The text of frozen.txt with what is new at its end; a line that stands is never changed or taken out."""
    known = set(before.splitlines())
    return before + "".join(f"{line}\n" for line in meanings() if line not in known)

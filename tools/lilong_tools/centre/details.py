"""What the observed feed tells besides alarms, for a conformance run: the turns of events, dates, incidents."""

from lilong_protocol import frame, topics
from lilong_protocol.pc.decided import Decided
from lilong_protocol.pc.message import Message
from lilong_protocol.pc.received import Incident

from .model import Json


def details(decided: Decided) -> list[Json]:
    """The rows of a batch, in the order in which its messages had their effect."""
    rows = [row for message in decided.messages if (row := told(message)) is not None]
    return rows + [incident_row(incident) for incident in decided.incidents]


def told(message: Message) -> Json | None:
    """An event whose turn has come, or when a raise was sealed: epoch ms, `sealed_since` null where nobody can tell."""
    row: Json = {"device": message.device, "boot": message.boot, "seq": message.seq, "code": message.code}
    if message.kind == frame.EVENT and not message.late:
        return {"event": "event", **row}
    if message.kind == frame.RAISE:
        return {"event": "dated", **row, "sealed_at": message.at_ms, "sealed_since": message.since_ms}
    return None


def incident_row(incident: Incident) -> Json:
    """A refusal that somebody should look at; `device`: whose topic it was, null when it was nobody's."""
    parts = topics.parse(incident.topic)
    device = None if parts is None else parts[1]
    return {"event": "incident", "device": device, "boot": None, "seq": None, "reason": incident.reason}

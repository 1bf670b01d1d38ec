"""What a broker says when it refuses a connection."""

from lilong_protocol.pc.mqtt_server import REFUSALS


def refused(code: int) -> str:
    """In words; MQTT 3.1.1 table 3.1."""
    why = REFUSALS[code] if 0 < code < len(REFUSALS) else "no reason that MQTT 3.1.1 knows"
    return f"the broker refuses the connection: {why} (CONNACK code {code})"

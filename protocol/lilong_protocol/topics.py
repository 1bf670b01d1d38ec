"""Topics: lilong/1/{tenant}/{device}/{u|d}/{class}, and what each class may carry."""

PREFIX = "lilong/1/"

# Uplink classes: QoS and retain flag of each (protocol/README.md, "Topics and classes").
STATE, HEARTBEAT, TELEMETRY, EVENT, ALARM, RESPONSE = "st", "hb", "tm", "ev", "al", "rs"
# These two go both ways; logs go up.
CONFIG, UPDATE, LOG = "cf", "ot", "lg"
# Downlink classes.
ACK, COMMAND = "ak", "cm"

UP_CLASSES = (STATE, HEARTBEAT, TELEMETRY, EVENT, ALARM, RESPONSE, CONFIG, UPDATE, LOG)
DOWN_CLASSES = (ACK, COMMAND, CONFIG, UPDATE)


def up_qos(cls: str) -> int:
    """0 for what may be lost, 1 for the rest."""
    return 0 if cls in (HEARTBEAT, TELEMETRY) else 1


def retained(cls: str) -> bool:
    """State and configuration stand until the next of their kind; nothing else may be retained."""
    return cls in (STATE, CONFIG)


def up(tenant: str, device: str, cls: str) -> str:
    return "%s%s/%s/u/%s" % (PREFIX, tenant, device, cls)


def down(tenant: str, device: str, cls: str) -> str:
    return "%s%s/%s/d/%s" % (PREFIX, tenant, device, cls)


def down_filter(tenant: str, device: str) -> str:
    """What a device subscribes to."""
    return "%s%s/%s/d/#" % (PREFIX, tenant, device)


def all_up_filter(tenant: str = "+") -> str:
    """What a backend subscribes to."""
    return "%s%s/+/u/#" % (PREFIX, tenant)


def parse(topic: str) -> "tuple[str, str, str, str] | None":
    """(tenant, device, direction, class), or None when the topic is not one of ours."""
    parts = topic.split("/")
    if len(parts) != 6 or parts[0] != "lilong" or parts[1] != "1" or not parts[2]:
        return None
    if parts[4] == "u":
        if parts[5] not in UP_CLASSES:
            return None
    elif parts[4] != "d" or parts[5] not in DOWN_CLASSES:
        return None
    device = parts[3]
    if len(device) != 16:
        return None
    for c in device:
        if c not in "0123456789abcdef":
            return None
    return parts[2], device, parts[4], parts[5]

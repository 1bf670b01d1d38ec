"""Topics: lilong/1/{tenant}/{device}/{u|d}/{class}, and what each class may carry."""

PREFIX = "lilong/1/"

# Uplink classes: QoS and retain flag of each (protocol/README.md, "Topics and classes").
STATE, HEARTBEAT, TELEMETRY, EVENT, ALARM, RESPONSE = "st", "hb", "tm", "ev", "al", "rs"
# Downlink classes.
ACK, COMMAND = "ak", "cm"

UP_QOS = {STATE: 1, HEARTBEAT: 0, TELEMETRY: 0, EVENT: 1, ALARM: 1, RESPONSE: 1}
UP_CLASSES = (STATE, HEARTBEAT, TELEMETRY, EVENT, ALARM, RESPONSE)
DOWN_CLASSES = (ACK, COMMAND)


def retained(cls: str) -> bool:
    """Birth and death are retained; nothing else may be."""
    return cls == STATE


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

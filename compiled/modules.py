"""What is compiled, as paths in a wheel."""

PACKAGES = (
    "protocol/lilong_protocol", "firmware/lilong_firmware", "simulator/lilong_simulator", "tools/lilong_tools",
)  # fmt: skip

_PROTOCOL = ("cbor", "codes", "frame", "mqtt", "mqtt_packets", "seal", "topics")
_BACKEND = (
    "agenda", "bodies", "clock", "decided", "desired", "downlink", "engine", "keyring", "memory", "message", "order",
    "ordering", "orders", "peer", "pieces", "presence", "quick", "received", "receiver", "refusals", "replies",
    "sealed", "seen", "session", "supervision", "updates", "values", "wishes",
)  # fmt: skip
_FIRMWARE = (
    "alarm_panel", "almanac", "asking", "barrier", "bus", "call", "cards", "children", "clock", "co_dose", "columns",
    "device", "doorway", "downlink", "draws", "duplicates", "effects", "episodes", "fall", "fence_line", "fence_wire",
    "hold", "lamp_faults", "linkage", "local", "lock", "outage", "outbox", "passback", "rules", "sampling",
    "sentinel", "service_life", "session", "stays", "store", "streak", "uplink", "kinds/[a-z]*",
)  # fmt: skip
_SIMULATOR = (
    "data_faults/held", "fleet/calendar", "fleet/live/client", "fleet/live/connection", "fleet/live/crowd",
    "fleet/live/fleet", "fleet/live/hub", "fleet/live/lean", "fleet/live/link", "fleet/live/member", "fleet/live/plain",
    "fleet/live/wheel", "fleet/observer", "fleet/plant", "fleet/still", "fleet/uplinks", "fleet/virtual",
    "fleet/virtual_member", "latency", "load/answered", "load/measures", "load/replay_link", "load/replayed",
    "load/series", "random_streams", "recorder", "tables/measured", "tables/messages", "simulated/[a-z]*",
    "virtual_run", "world/[a-z]*",
)  # fmt: skip
_CENTRE = (
    "centre/alarm", "centre/alarms", "centre/cards", "centre/commands", "centre/core", "centre/ingest",
    "centre/intake", "centre/linkage", "centre/model", "centre/outcome", "centre/presence", "centre/register",
    "policy", "virtual_centre", "virtual_recorder",
)  # fmt: skip

MODULES = tuple(
    f"{package}/{name}.py"
    for package, names in (
        ("lilong_protocol", _PROTOCOL),
        ("lilong_protocol/pc", _BACKEND),
        ("lilong_firmware", _FIRMWARE),
        ("lilong_simulator", _SIMULATOR),
        ("lilong_tools", _CENTRE),
    )
    for name in names
)

OPEN = frozenset(("Observer", "PacketStream", "RamStore", "Recorder"))
"""Classes that code which is not compiled may subclass; each call of their methods asks for that."""

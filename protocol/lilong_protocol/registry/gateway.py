"""Building gateway or unit controller: buffers, links locally, supervises the devices behind it."""

from .tables import Kind, Label, Link

KIND = Kind(
    number=16,
    name="gateway",
    label=Label("gateway", "楼宇网关"),
    category="infrastructure",
    link=Link(always_on=True, keepalive_s=60, beat_s=30, offline_s=100, telemetry_s=0),
    quantities=("mains", "battery", "children_online", "children_offline"),
    alarms=("power.mains_loss", "gateway.child_offline", "battery.low", "tamper"),
    events=("gateway.linkage", "tested"),
    commands=("test", "fire_release", "reset"),
    outputs=("siren",),
    settings=("beat_s", "log_level"),
)  # fmt: skip

"""Waste bin with a level sensor."""

from .tables import RED, Alarm, Kind, Label, Link

ALARMS = (Alarm(68, "bin.fire", RED, True, Label("fire in the bin", "垃圾箱起火")),)
KIND = Kind(
    number=15,
    name="bin",
    label=Label("waste bin", "垃圾箱"),
    category="infrastructure",
    link=Link(always_on=False, keepalive_s=60, beat_s=86_400, offline_s=180_000, telemetry_s=0),
    quantities=("fill", "battery", "temperature"),
    alarms=("bin.full", "bin.fire", "battery.low", "sensor.fault"),
    events=("bin.emptied", "tested"),
    commands=("test", "reset"),
    outputs=("fault",),
    settings=("beat_s", "log_level"),
    object_id=3430,
)  # fmt: skip

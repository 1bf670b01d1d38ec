"""Manhole cover."""

from .tables import Kind, Label, Link

KIND = Kind(
    number=5,
    name="manhole",
    label=Label("manhole cover", "井盖"),
    category="infrastructure",
    link=Link(always_on=False, keepalive_s=60, beat_s=86_400, offline_s=180_000, telemetry_s=0),
    quantities=("tilt", "water_below_rim", "gas", "h2s", "battery", "acceleration"),
    alarms=("manhole.moved", "manhole.level", "manhole.overfull", "manhole.gas", "battery.low", "sensor.fault"),
    events=("tested",),
    commands=("test", "reset"),
    outputs=("fault",),
    settings=("beat_s", "log_level", "tilt_trip", "water_warn"),
    object_id=3408,
    needs=("tilt", "water"),
    wakes=("tilt",),
)

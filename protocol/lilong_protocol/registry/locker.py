"""Parcel locker."""

from .tables import Kind, Label, Link

KIND = Kind(
    number=14,
    name="locker",
    label=Label("parcel locker", "快递柜"),
    category="infrastructure",
    link=Link(always_on=True, keepalive_s=600, beat_s=300, offline_s=900, telemetry_s=0),
    quantities=("boxes_taken",),
    alarms=("locker.forced", "tamper", "sensor.fault"),
    events=("locker.delivered", "locker.collected", "tested"),
    commands=("test", "unlock", "reset"),
    outputs=("lock",),
    settings=("beat_s", "log_level"),
)  # fmt: skip

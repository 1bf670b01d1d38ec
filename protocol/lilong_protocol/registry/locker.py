"""Parcel locker."""

from .tables import Event, Kind, Label, Link, Quantity

QUANTITIES = (Quantity(74, "box", "/", 0, 1, 1_000, Label("box", "格口")),)
EVENTS = (Event(63, "locker.left_open", Label("box left open", "格口未关")),)
KIND = Kind(
    number=14,
    name="locker",
    label=Label("parcel locker", "快递柜"),
    category="infrastructure",
    link=Link(always_on=True, keepalive_s=600, beat_s=300, offline_s=900, telemetry_s=0),
    quantities=("boxes_taken", "box"),
    alarms=("locker.forced", "tamper", "sensor.fault"),
    events=("locker.delivered", "locker.collected", "locker.left_open", "tested"),
    commands=("test", "unlock", "reset"),
    outputs=("lock", "fault"),
    settings=("beat_s", "log_level"),
)  # fmt: skip

"""Streetlight controller (events named after TALQ)."""

from .tables import Kind, Label, Link

KIND = Kind(
    number=4,
    name="streetlight",
    label=Label("streetlight", "路灯"),
    category="infrastructure",
    # 900 s while lit; unlit it beats every 3,600 s, so that only twice that proves loss.
    link=Link(always_on=True, keepalive_s=900, beat_s=900, offline_s=7_200, telemetry_s=0),
    quantities=("lamp_level", "power", "voltage", "illuminance"),
    alarms=("lamp.failure", "sensor.fault"),
    events=("lamp.level", "tested"),
    commands=("test", "set_level", "automatic"),
    outputs=("lamp",),
    object_id=3416,
)

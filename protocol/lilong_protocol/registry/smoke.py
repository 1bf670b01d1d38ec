"""Smoke detector, in a flat or a corridor."""

from .tables import Kind, Label, Link

KIND = Kind(
    number=1,
    name="smoke",
    label=Label("smoke detector", "烟感"),
    category="smart_home",
    # 24 h radio beat and offline after 50 h; a detector linked to a gateway announces its own, shorter ones.
    link=Link(always_on=False, keepalive_s=60, beat_s=86_400, offline_s=180_000, telemetry_s=0),
    quantities=("obscuration", "battery", "service_days"),
    alarms=("smoke.alarm", "tamper", "battery.low", "sensor.fault", "end_of_life"),
    events=("muted", "tested"),
    commands=("test", "mute", "reset"),
    outputs=("sounder", "fault"),
    settings=("beat_s", "log_level", "smoke_trip"),
    object_id=3407,
    needs=("obscuration", "sounder"),
)

"""Wristband of an elderly resident. Not a medical device."""

from .tables import Kind, Label, Link

KIND = Kind(
    number=6,
    name="wristband",
    label=Label("wristband", "老人腕表"),
    category="smart_home",
    link=Link(always_on=False, keepalive_s=60, beat_s=600, offline_s=1_800, telemetry_s=0),
    quantities=("heart_rate", "spo2", "acceleration", "worn", "latitude", "longitude", "outside_fence", "battery"),
    alarms=(
        "band.sos", "band.fall", "band.heart_rate", "band.spo2", "band.inactive", "band.geofence",
        "band.removed", "battery.low", "sensor.fault",
    ),
    events=("band.fall_candidate", "band.fall_cancelled", "band.worn", "band.taken_off", "tested"),
    commands=("test", "mute", "reset"),
    outputs=("vibrate", "buzzer", "fault"),
    settings=("beat_s", "log_level", "heart_rate_low", "heart_rate_high", "fence_margin"),
    needs=("sos",),
    wakes=("accel", "sos"),
)  # fmt: skip

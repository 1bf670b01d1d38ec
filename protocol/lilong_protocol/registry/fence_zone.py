"""One zone of an electric or tension fence."""

from .tables import Kind, Label, Link

KIND = Kind(
    number=9,
    name="fence_zone",
    label=Label("fence zone", "周界防区"),
    category="perimeter_alarm",
    link=Link(always_on=True, keepalive_s=60, beat_s=30, offline_s=100, telemetry_s=0),
    quantities=("pulse_peak", "pulse_return", "pulse_interval", "tension", "armed", "position"),
    alarms=(
        "fence.climb", "fence.touch", "fence.short", "fence.cut", "panic", "tamper", "power.mains_loss",
        "sensor.fault",
    ),
    events=("fence.armed", "fence.disarmed", "tested"),
    commands=("test", "arm", "disarm", "mute", "reset"),
    outputs=("siren", "light"),
    settings=("beat_s", "log_level"),
)  # fmt: skip

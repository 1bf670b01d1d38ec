"""Charging socket in a bicycle shed: cuts its own power."""

from .tables import Kind, Label, Link

KIND = Kind(
    number=13,
    name="shed_socket",
    label=Label("shed socket", "车棚充电插座"),
    category="vehicle_management",
    link=Link(always_on=True, keepalive_s=600, beat_s=300, offline_s=900, telemetry_s=900),
    quantities=("switched_on", "current", "power", "energy", "temperature", "obscuration"),
    alarms=("power.over_current", "power.over_temperature", "smoke.alarm", "sensor.fault"),
    events=("socket.on", "socket.off", "tested"),
    commands=("test", "switch_on", "switch_off", "reset"),
    outputs=("relay",),
    settings=("beat_s", "log_level"),
)  # fmt: skip

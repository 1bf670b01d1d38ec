"""Video intercom panel at a door."""

from .tables import Kind, Label, Link

KIND = Kind(
    number=10,
    name="intercom",
    label=Label("intercom panel", "可视对讲"),
    category="video_intercom",
    link=Link(always_on=True, keepalive_s=120, beat_s=60, offline_s=180, telemetry_s=0),
    quantities=("call_state", "flat", "unlocked", "credential"),
    alarms=("panic", "tamper", "sensor.fault"),
    events=("call.state", "door.unlocked", "door.granted", "door.denied", "tested"),
    commands=("test", "unlock", "reset"),
    outputs=("ring", "lock"),
    settings=("beat_s", "log_level"),
)  # fmt: skip

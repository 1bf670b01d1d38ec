"""Indoor station of a video intercom: the monitor in a flat, with an emergency button."""

from .tables import Kind, Label, Link

KIND = Kind(
    number=17,
    name="indoor_station",
    label=Label("indoor station", "室内机"),
    category="video_intercom",
    link=Link(always_on=True, keepalive_s=600, beat_s=300, offline_s=900, telemetry_s=0),
    quantities=("call_state",),
    alarms=("panic", "tamper", "sensor.fault"),
    events=("tested",),
    commands=("test", "reset"),
    outputs=("chime", "fault"),
    settings=("beat_s", "log_level"),
)  # fmt: skip

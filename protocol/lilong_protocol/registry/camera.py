"""Camera with analytics: a source of events, no stream."""

from .tables import Kind, Label, Link

KIND = Kind(
    number=11,
    name="camera",
    label=Label("camera", "视频分析"),
    category="video_surveillance",
    link=Link(always_on=True, keepalive_s=120, beat_s=60, offline_s=180, telemetry_s=0),
    quantities=("storey", "confidence", "clip", "position"),
    alarms=("camera.falling_object", "camera.line_crossing", "camera.blocked", "tamper"),
    events=("camera.seen", "tested"),
    commands=("test", "reset"),
    outputs=(),
    settings=("beat_s", "log_level"),
)  # fmt: skip

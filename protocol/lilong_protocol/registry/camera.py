"""Camera with analytics: a source of events, no stream."""

from .tables import Argument, Command, Kind, Label, Link, Quantity

COMMANDS = (
    Command(31, "look_at", Label("look at", "转至预置位"), (Argument("preset", "/", 1, 255),), deadline_ms=5_000),
)
SEEN = (
    (1, "falling_object", Label("falling object", "高空抛物")),
    (2, "line_crossing", Label("line crossed", "越线")),
    (3, "movement", Label("movement", "活动")),
)
QUANTITIES = (
    Quantity(75, "seen", "/", 0, 1, 255, Label("what was seen", "识别类别"), meanings=SEEN),
    Quantity(76, "preset", "/", 0, 0, 255, Label("preset looked at", "预置位")),
)
KIND = Kind(
    number=11,
    name="camera",
    label=Label("camera", "视频分析"),
    category="video_surveillance",
    link=Link(always_on=True, keepalive_s=120, beat_s=60, offline_s=180, telemetry_s=0),
    quantities=("storey", "confidence", "clip", "position", "seen", "preset"),
    alarms=("camera.falling_object", "camera.line_crossing", "camera.blocked", "tamper", "sensor.fault"),
    events=("camera.seen", "tested"),
    commands=("test", "reset", "look_at", "automatic"),
    outputs=("preset", "fault"),
    settings=("beat_s", "log_level"),
)  # fmt: skip

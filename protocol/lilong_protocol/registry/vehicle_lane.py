"""Vehicle lane: plate camera, loop, barrier."""

from .tables import Kind, Label, Link

KIND = Kind(
    number=7,
    name="vehicle_lane",
    label=Label("vehicle lane", "车道道闸"),
    category="vehicle_management",
    link=Link(always_on=True, keepalive_s=120, beat_s=60, offline_s=180, telemetry_s=0),
    quantities=(
        "lane_state", "loop", "credential", "confidence", "vehicle_class", "stay", "fee", "direction", "denial",
    ),
    alarms=("lane.forced_open", "lane.blocked", "lane.fault", "tamper"),
    events=(
        "lane.opened", "lane.denied", "lane.manual", "lane.entered", "lane.left", "lane.released", "tested",
    ),
    commands=("test", "open_barrier", "close_barrier", "fire_release", "reset"),
    outputs=("barrier",),
    settings=("beat_s", "log_level"),
)  # fmt: skip

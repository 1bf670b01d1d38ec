"""Vehicle lane: plate camera, loops, barrier."""

from .tables import Command, Event, Kind, Label, Link, Quantity

PERMITS = (
    (0, "none", Label("none: drove through unread", "无凭据")),
    (1, "resident", Label("on the white list", "白名单")),
    (2, "visitor", Label("visitor", "访客")),
    (3, "temporary", Label("temporary: pays by the stay", "临时车")),
    (4, "attendant", Label("an attendant opened", "人工放行")),
    (5, "fire", Label("open for fire", "消防放行")),
)
QUANTITIES = (Quantity(80, "permit", "/", 0, 0, 5, Label("why it may pass", "放行依据"), meanings=PERMITS),)
EVENTS = (Event(60, "lane.secured", Label("no longer open for fire", "消防常开解除")),)
COMMANDS = (Command(30, "deny_vehicle", Label("deny the vehicle", "拒绝放行"), deadline_ms=5_000),)
KIND = Kind(
    number=7,
    name="vehicle_lane",
    label=Label("vehicle lane", "车道道闸"),
    category="vehicle_management",
    link=Link(always_on=True, keepalive_s=120, beat_s=60, offline_s=180, telemetry_s=0),
    quantities=(
        "lane_state", "loop", "credential", "confidence", "vehicle_class", "stay", "fee", "direction", "denial",
        "permit", "cards_stamp",
    ),
    alarms=("lane.forced_open", "lane.blocked", "lane.fault", "tamper", "sensor.fault"),
    events=(
        "lane.opened", "lane.denied", "lane.manual", "lane.entered", "lane.left", "lane.released", "lane.secured",
        "tested",
    ),
    commands=(
        "test", "open_barrier", "close_barrier", "deny_vehicle", "fire_release", "reset", "cards_confirm",
        "card_revoke",
    ),
    outputs=("barrier", "fault"),
    settings=("beat_s", "log_level"),
    needs=("plate", "loop", "barrier"),
)  # fmt: skip

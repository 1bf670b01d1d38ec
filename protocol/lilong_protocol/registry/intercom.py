"""Video intercom panel at a door."""

from .tables import Kind, Label, Link, Quantity

CALL_SIDES = (
    (1, "flat", Label("flat", "住户室内机")),
    (2, "app", Label("resident's app", "住户手机")),
    (3, "desk", Label("guard desk", "值班室")),
)
QUANTITIES = (
    Quantity(73, "call_side", "/", 0, 0, 3, Label("side called", "呼叫对象"), meanings=CALL_SIDES),
)  # fmt: skip

KIND = Kind(
    number=10,
    name="intercom",
    label=Label("intercom panel", "可视对讲"),
    category="video_intercom",
    link=Link(always_on=True, keepalive_s=120, beat_s=60, offline_s=180, telemetry_s=0),
    quantities=("call_state", "call_side", "flat", "unlocked", "credential", "denial", "cards_stamp"),
    alarms=("panic", "door.duress", "door.attempts", "tamper", "sensor.fault"),
    events=(
        "call.state", "door.unlocked", "door.granted", "door.denied", "door.released", "door.locked", "tested",
    ),
    commands=("test", "unlock", "fire_release", "reset", "cards_confirm", "card_revoke"),
    outputs=("flat", "ring", "lock", "buzzer", "fault"),
    settings=("beat_s", "log_level", "unlock_for"),
    needs=("ring", "lock"),
)  # fmt: skip

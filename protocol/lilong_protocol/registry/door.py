"""Door reader and controller."""

from .tables import Kind, Label, Link

KIND = Kind(
    number=3,
    name="door",
    label=Label("door reader", "门禁"),
    category="access_control",
    link=Link(always_on=True, keepalive_s=120, beat_s=60, offline_s=180, telemetry_s=0),
    quantities=("door_open", "unlocked", "credential", "cards_stamp", "denial"),
    alarms=("door.forced", "door.held", "door.duress", "tamper", "door.attempts", "door.reader_offline",
            "sensor.fault"),
    events=(
        "door.granted", "door.denied", "door.exit", "door.opened", "door.closed", "door.unlocked",
        "door.released", "door.locked", "door.passback", "door.clock_lost", "door.clock_set", "tested",
        "door.asked",
    ),
    commands=("test", "unlock", "fire_release", "reset", "cards_confirm", "card_revoke"),
    outputs=("lock", "buzzer", "fault"),
    settings=("beat_s", "log_level", "held_open", "unlock_for"),
    object_id=10351,
    needs=("contact", "lock"),
)  # fmt: skip

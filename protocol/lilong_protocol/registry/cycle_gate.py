"""Reader for bicycles and e-bikes, at a gate, a shed or a lift lobby."""

from .tables import Event, Kind, Label, Link

EVENTS = (
    Event(61, "gate.unknown_tag", Label("unknown tag", "未知标签")),
    Event(62, "gate.stolen_tag", Label("tag reported stolen", "失窃车辆")),
)
KIND = Kind(
    number=8,
    name="cycle_gate",
    label=Label("cycle gate", "非机动车读卡"),
    category="vehicle_management",
    link=Link(always_on=True, keepalive_s=120, beat_s=60, offline_s=180, telemetry_s=0),
    quantities=("unlocked", "credential", "rssi", "direction", "denial", "cards_stamp"),
    alarms=("gate.ebike_in_lobby", "tamper", "door.reader_offline", "sensor.fault"),
    events=(
        "gate.passed", "gate.unknown_tag", "gate.stolen_tag", "door.denied", "door.exit", "door.unlocked",
        "door.released", "door.locked", "tested",
    ),
    commands=("test", "unlock", "fire_release", "reset", "cards_confirm", "card_revoke"),
    outputs=("lock", "buzzer", "fault"),
    settings=("beat_s", "log_level", "unlock_for"),
    needs=("tag",),
)  # fmt: skip

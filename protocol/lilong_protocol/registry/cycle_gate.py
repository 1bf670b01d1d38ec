"""Reader for bicycles and e-bikes, at a gate, a shed or a lift lobby."""

from .tables import Kind, Label, Link

KIND = Kind(
    number=8,
    name="cycle_gate",
    label=Label("cycle gate", "非机动车读卡"),
    category="vehicle_management",
    link=Link(always_on=True, keepalive_s=120, beat_s=60, offline_s=180, telemetry_s=0),
    quantities=("credential", "rssi", "direction", "denial"),
    alarms=("gate.ebike_in_lobby", "tamper", "door.reader_offline", "sensor.fault"),
    events=("gate.passed", "door.denied", "tested"),
    commands=("test", "fire_release", "reset"),
    outputs=("lock", "buzzer"),
    settings=("beat_s", "log_level"),
)  # fmt: skip

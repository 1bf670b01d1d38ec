"""Streetlight controller (events named after TALQ)."""

from .tables import Kind, Label, Link

KIND = Kind(
    number=4,
    name="streetlight",
    label=Label("streetlight", "路灯"),
    category="infrastructure",
    # 900 s while lit; unlit it beats every 3,600 s, so that only twice that proves loss.
    link=Link(always_on=True, keepalive_s=900, beat_s=900, offline_s=7_200, telemetry_s=0),
    quantities=(
        "lamp_level", "power", "voltage", "illuminance", "current", "power_factor", "leakage", "temperature",
        "lamp_hours",
    ),
    alarms=(
        "lamp.failure", "sensor.fault", "lamp.dimming_failure", "lamp.supply_loss", "lamp.supply_voltage_too_high",
        "lamp.supply_voltage_too_low", "lamp.current_too_high", "lamp.current_too_low", "lamp.power_factor_too_low",
        "lamp.cycling_failure", "lamp.unexpected_on", "lamp.leakage_detected", "lamp.relay_failure",
        "lamp.high_temperature", "lamp.control_gear_comm_failure",
    ),
    events=("lamp.level", "tested"),
    commands=("test", "set_level", "automatic"),
    outputs=("lamp", "failure_level", "fault"),
    settings=("beat_s", "log_level", "failure_level"),
    object_id=3416,
    needs=("lamp",),
)  # fmt: skip

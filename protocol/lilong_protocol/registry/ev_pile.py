"""Charging pile for cars (states of OCPP 1.6)."""

from .tables import Kind, Label, Link

KIND = Kind(
    number=12,
    name="ev_pile",
    label=Label("charging pile", "充电桩"),
    category="vehicle_management",
    link=Link(always_on=True, keepalive_s=600, beat_s=300, offline_s=900, telemetry_s=900),
    quantities=("pile_state", "current", "voltage", "power", "energy", "temperature", "leakage", "ended_by"),
    alarms=("power.over_current", "power.over_temperature", "lamp.leakage_detected", "sensor.fault"),
    events=("pile.state", "tested"),
    commands=("test", "switch_on", "switch_off", "reset"),
    outputs=("contactor", "fault"),
    settings=("beat_s", "log_level"),
)  # fmt: skip

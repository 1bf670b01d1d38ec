"""Combustible gas and CO detector with a shut-off valve."""

from .tables import ORANGE, Alarm, Command, Kind, Label, Link

ALARMS = (Alarm(56, "gas.valve_fault", ORANGE, False, Label("valve fault", "阀门故障"), urgency=3),)
COMMANDS = (Command(24, "close_valve", Label("close valve", "关阀")),)

KIND = Kind(
    number=2,
    name="gas",
    label=Label("gas detector", "燃气报警器"),
    category="smart_home",
    link=Link(always_on=True, keepalive_s=600, beat_s=300, offline_s=900, telemetry_s=900),
    quantities=("gas", "co", "valve_closed", "ready", "service_days"),
    alarms=("gas.leak", "gas.co", "gas.valve_fault", "tamper", "sensor.fault", "end_of_life"),
    events=("muted", "tested", "gas.valve_closed", "gas.valve_opened", "gas.ready"),
    commands=("test", "mute", "reset", "open_valve", "close_valve"),
    outputs=("sounder", "valve", "fault"),
    settings=("beat_s", "log_level", "gas_trip"),
    object_id=3325,
    needs=("gas", "sounder"),
)

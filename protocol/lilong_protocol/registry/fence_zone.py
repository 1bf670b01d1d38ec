"""One zone of a pulse or tension fence."""

from .tables import ORANGE, Alarm, Kind, Label, Link, Quantity, Setting

QUANTITIES = (
    Quantity(70, "pulse_charge", "C", -6, 0, 100_000, Label("charge of a pulse", "脉冲电量")),
    Quantity(71, "pulse_energy", "J", -3, 0, 100_000, Label("energy of a pulse", "脉冲能量"), 3331),
    Quantity(72, "earth_voltage", "V", 0, 0, 20_000, Label("voltage at the earth stake", "接地极电压"), 3316),
)
ALARMS = (
    Alarm(60, "fence.earth_fault", ORANGE, True, Label("fence leaks to earth", "围栏接地漏电")),
    Alarm(61, "fence.pulse_fault", ORANGE, True, Label("pulse outside its limits", "脉冲超限")),
)
SETTINGS = (Setting(14, "fence_trip", "N", 0, 20, 300, 80, Label("change of tension that counts", "张力报警阈值")),)

KIND = Kind(
    number=9,
    name="fence_zone",
    label=Label("fence zone", "周界防区"),
    category="perimeter_alarm",
    # No source says when a silent zone must be missed. EN 54-21 has 100 s for a fault of a fire alarm's path, the best
    # grade of intruder alarms 180 s; two of three beats may be lost. A zone that falls silent just after a beat is
    # missed 100 s later, not before: what must be so within 100 s takes 95, as a gateway has.
    link=Link(always_on=True, keepalive_s=60, beat_s=30, offline_s=100, telemetry_s=0),
    quantities=(
        "pulse_peak", "pulse_return", "pulse_interval", "pulse_charge", "pulse_energy", "earth_voltage", "tension",
        "position", "armed", "mains", "battery",
    ),
    alarms=(
        "fence.climb", "fence.touch", "fence.short", "fence.cut", "fence.earth_fault", "fence.pulse_fault", "panic",
        "tamper", "power.mains_loss", "battery.low", "sensor.fault",
    ),
    events=("fence.armed", "fence.disarmed", "muted", "tested"),
    commands=("test", "arm", "disarm", "mute", "reset"),
    outputs=("siren", "light", "pulse", "fault"),
    settings=("beat_s", "log_level", "fence_trip"),
    needs=("siren",),
)  # fmt: skip

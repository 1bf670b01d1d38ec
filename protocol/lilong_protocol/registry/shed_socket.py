"""Charging socket in a bicycle shed: cuts its own power."""

from .tables import RED, Alarm, Kind, Label, Link, Quantity

ENDS = (
    (1, "command", Label("by command", "远程断电")),
    (2, "alarm", Label("cut by an alarm", "告警切断")),
    (3, "sensor", Label("a sensor is silent", "传感器失效")),
    (4, "full", Label("battery full", "充满自停")),
    (5, "time", Label("longest session", "超时自停")),
    (6, "unplugged", Label("unplugged", "拔枪")),
    (7, "person", Label("by a person", "现场停止")),
    (8, "power", Label("mains lost", "停电")),
)

QUANTITIES = (Quantity(68, "ended_by", "/", 0, 0, 255, Label("why the power went off", "断电原因"), meanings=ENDS),)
ALARMS = (Alarm(65, "power.not_cut", RED, True, Label("current though cut off", "切断后仍有电流")),)
KIND = Kind(
    number=13,
    name="shed_socket",
    label=Label("shed socket", "车棚充电插座"),
    category="vehicle_management",
    link=Link(always_on=True, keepalive_s=600, beat_s=300, offline_s=900, telemetry_s=900),
    quantities=("switched_on", "current", "power", "energy", "temperature", "obscuration", "ended_by"),
    alarms=("power.over_current", "power.over_temperature", "smoke.alarm", "power.not_cut", "sensor.fault"),
    events=("socket.on", "socket.off", "tested"),
    commands=("test", "switch_on", "switch_off", "reset"),
    outputs=("relay", "fault"),
    settings=("beat_s", "log_level"),
    needs=("current", "temperature", "relay"),
)  # fmt: skip

"""Building gateway or unit controller: links locally, supervises the devices on its building bus."""

from .tables import ORANGE, U32, Alarm, Event, Kind, Label, Link, Quantity

LINKAGES = (
    (1, "fire", Label("fire", "火灾联动")),
    (2, "gas", Label("gas leak", "燃气联动")),
    (3, "intruder", Label("intruder", "周界联动")),
    (4, "cover", Label("cover displaced", "井盖联动")),
    (255, "by_hand", Label("by hand", "手动")),
)

QUANTITIES = (
    Quantity(64, "child", "/", 0, 1, 1_024, Label("place in the gateway's list", "下级设备序号")),
    Quantity(65, "children", "/", 0, 0, (1 << 48) - 1, Label("that one and the next 47, a bit each", "下级设备位图")),
    Quantity(66, "linkage", "/", 0, 0, 255, Label("linkage rule", "联动规则"), meanings=LINKAGES),
    Quantity(67, "linkages", "/", 0, 0, U32, Label("rules that act, a bit each", "生效联动位图")),
)
ALARMS = (
    Alarm(64, "gateway.children_offline", ORANGE, False, Label("many devices behind it offline", "多个下级设备离线"),
          urgency=3),
)  # fmt: skip
EVENTS = (
    Event(48, "gateway.children_lost", Label("devices behind it lost", "下级设备失联")),
    Event(49, "gateway.children_back", Label("devices behind it back", "下级设备恢复")),
    Event(50, "gateway.linkage_ended", Label("local linkage ended", "本地联动结束")),
)
KIND = Kind(
    number=16,
    name="gateway",
    label=Label("gateway", "楼宇网关"),
    category="infrastructure",
    link=Link(always_on=True, keepalive_s=60, beat_s=30, offline_s=95, telemetry_s=0),
    quantities=("mains", "battery", "children_online", "children_offline", "child", "children", "linkage", "linkages"),
    alarms=("power.mains_loss", "gateway.child_offline", "gateway.children_offline", "battery.low", "tamper",
            "sensor.fault"),
    events=("gateway.linkage", "gateway.linkage_ended", "gateway.children_lost", "gateway.children_back", "muted",
            "tested"),
    commands=("test", "fire_release", "mute", "reset"),
    outputs=("bus", "siren", "fault"),
    settings=("beat_s", "log_level"),
    needs=("bus",),
)  # fmt: skip

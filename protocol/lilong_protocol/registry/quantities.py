"""Quantities: numbers below 24 take one byte on the wire."""

from .tables import Label, Quantity

DENIALS = (
    (1, "unknown", Label("unknown credential", "未知凭证")),
    (2, "revoked", Label("revoked", "已注销")),
    (3, "outdated", Label("visitor's card, and the list is too old", "名单过期，访客卡不放行")),
    (4, "passback", Label("has just gone in", "反潜回")),
)

QUANTITIES = (
    Quantity(1, "obscuration", "dB/m", -3, 0, 10_000, Label("smoke obscuration", "烟雾减光率"), 3407),
    Quantity(2, "temperature", "Cel", -2, -5_000, 20_000, Label("temperature", "温度"), 3303),
    Quantity(3, "battery", "%EL", 0, 0, 100, Label("battery", "电量"), 3),
    Quantity(4, "gas", "%LEL", -1, 0, 1_000, Label("combustible gas", "可燃气体"), 3325),
    Quantity(5, "co", "ppm", 0, 0, 10_000, Label("carbon monoxide", "一氧化碳"), 3325),
    Quantity(6, "voltage", "V", -1, 0, 5_000, Label("supply voltage", "供电电压"), 3316),
    Quantity(7, "power", "W", -1, 0, 100_000, Label("power", "功率"), 3328),
    Quantity(8, "lamp_level", "%", 0, 0, 100, Label("lamp level", "亮度"), 3416),
    Quantity(9, "illuminance", "lx", 0, 0, 200_000, Label("illuminance", "照度"), 3301),
    Quantity(10, "tilt", "deg", -1, 0, 1_800, Label("tilt", "倾角"), 3429),
    Quantity(11, "water_below_rim", "m", -3, 0, 20_000, Label("water below the rim", "水面距井口"), 3408),
    Quantity(12, "h2s", "ppm", -1, 0, 10_000, Label("hydrogen sulphide", "硫化氢"), 3325),
    Quantity(13, "heart_rate", "beat/min", 0, 0, 300, Label("heart rate", "心率"), 3346),
    Quantity(14, "spo2", "%", 0, 0, 100, Label("blood oxygen", "血氧")),
    Quantity(15, "acceleration", "g", -3, 0, 32_000, Label("acceleration", "加速度"), 3313),
    Quantity(16, "worn", "/", 0, 0, 1, Label("worn", "佩戴")),
    Quantity(17, "latitude", "lat", -6, -90_000_000, 90_000_000, Label("latitude", "纬度"), 3336),
    Quantity(18, "longitude", "lon", -6, -180_000_000, 180_000_000, Label("longitude", "经度"), 3336),
    Quantity(19, "door_open", "/", 0, 0, 1, Label("door open", "门开"), 10351),
    Quantity(20, "unlocked", "/", 0, 0, 1, Label("unlocked", "已开锁"), 10359),
    Quantity(21, "valve_closed", "/", 0, 0, 1, Label("valve closed", "阀门关闭")),
    Quantity(22, "ready", "/", 0, 0, 1, Label("warmed up", "预热完成")),
    Quantity(23, "outside_fence", "m", 0, 0, 100_000, Label("outside the geofence", "越出围栏")),
    Quantity(24, "credential", "/", 0, 0, (1 << 53) - 1, Label("credential pseudonym", "凭证假名")),
    Quantity(25, "sensor", "/", 0, 0, 255, Label("sensor concerned", "相关传感器")),
    Quantity(26, "current", "A", -3, 0, 1_000_000, Label("current", "电流"), 3317),
    Quantity(27, "power_factor", "/", -2, 0, 100, Label("power factor", "功率因数"), 3329),
    Quantity(28, "leakage", "A", -4, 0, 100_000, Label("leakage current", "漏电电流"), 3317),
    Quantity(29, "lamp_hours", "h", 0, 0, 1_000_000, Label("hours lit", "亮灯时长")),
    Quantity(30, "cards_stamp", "/", 0, 0, (1 << 32) - 1, Label("stamp of the card list", "名单版本")),
    Quantity(31, "denial", "/", 0, 0, 255, Label("why it was denied", "拒绝原因"), meanings=DENIALS),
    Quantity(32, "service_days", "d", 0, 0, 100_000, Label("days in service", "服役天数")),
)

"""Settings: what a backend may change by desired configuration, with the default that a device starts from."""

from .tables import Label, Setting

SETTINGS = (
    Setting(1, "beat_s", "s", 0, 10, 172_800, 0, Label("heartbeat period (0: its kind's)", "心跳周期")),
    Setting(2, "smoke_trip", "dB/m", -3, 50, 300, 230, Label("smoke trip level", "烟雾报警阈值")),
    Setting(3, "gas_trip", "%LEL", -1, 50, 250, 100, Label("gas alarm level", "燃气报警阈值")),
    Setting(4, "held_open", "s", -3, 5_000, 600_000, 30_000, Label("held open after", "门未关时限")),
    Setting(5, "unlock_for", "s", -3, 1_000, 60_000, 5_000, Label("unlocked for", "开锁时长")),
    Setting(6, "failure_level", "%", 0, 0, 100, 100, Label("system failure level", "故障亮度")),
    Setting(7, "tilt_trip", "deg", -1, 50, 150, 100, Label("tilt alarm angle", "倾斜报警角度")),
    Setting(8, "water_warn", "m", -3, 200, 2_000, 500, Label("warn when water is this near the rim", "水位预警距离")),
    Setting(9, "heart_rate_low", "beat/min", 0, 30, 60, 40, Label("lowest heart rate at rest", "静息心率下限")),
    Setting(10, "heart_rate_high", "beat/min", 0, 90, 200, 130, Label("highest heart rate at rest", "静息心率上限")),
    Setting(11, "fence_margin", "m", 0, 10, 1_000, 50, Label("geofence margin", "围栏裕度")),
    Setting(12, "log_level", "/", 0, 0, 7, 4, Label("log level (RFC 5424 severity)", "日志级别")),
)

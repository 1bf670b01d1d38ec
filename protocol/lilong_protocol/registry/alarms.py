"""Alarms, with the warning level of each (1 red to 4 blue)."""

from .tables import MANHOLE_RETRY, ORANGE, RED, SOS_RETRY, YELLOW, Alarm, Label

ALARMS = (
    Alarm(1, "smoke.alarm", RED, True, Label("smoke", "火警")),
    Alarm(2, "gas.leak", RED, True, Label("gas leak", "燃气泄漏")),
    Alarm(3, "gas.co", RED, True, Label("carbon monoxide", "一氧化碳超标")),
    Alarm(4, "door.forced", ORANGE, True, Label("door forced", "强行开门")),
    Alarm(5, "door.held", ORANGE, False, Label("door held open", "门未关")),
    Alarm(6, "door.duress", RED, True, Label("duress code", "胁迫码"), certainty=3),
    Alarm(7, "tamper", ORANGE, True, Label("tamper", "防拆")),
    Alarm(8, "door.attempts", ORANGE, True, Label("repeated wrong credentials", "多次无效凭证")),
    Alarm(9, "battery.low", YELLOW, False, Label("battery low", "电量低"), urgency=3),
    Alarm(10, "sensor.fault", YELLOW, False, Label("sensor fault", "传感器故障"), urgency=3),
    Alarm(11, "lamp.failure", YELLOW, False, Label("lamp failure", "灯具故障"), urgency=3),
    Alarm(12, "manhole.moved", RED, True, Label("cover moved", "井盖移位"), retry_s=MANHOLE_RETRY),
    Alarm(13, "manhole.level", ORANGE, False, Label("water level high", "水位偏高"), retry_s=MANHOLE_RETRY),
    Alarm(14, "manhole.overfull", RED, True, Label("overflowing", "井口溢水"), retry_s=MANHOLE_RETRY),
    Alarm(15, "manhole.gas", RED, True, Label("gas in the shaft", "井内有害气体"), retry_s=MANHOLE_RETRY),
    Alarm(16, "band.sos", RED, True, Label("SOS", "求救"), retry_s=SOS_RETRY),
    Alarm(17, "band.fall", RED, True, Label("fall", "跌倒"), certainty=3),
    Alarm(18, "band.heart_rate", RED, True, Label("heart rate", "心率异常"), certainty=3),
    Alarm(19, "band.spo2", RED, True, Label("blood oxygen low", "血氧偏低"), certainty=3),
    Alarm(20, "band.inactive", RED, True, Label("no movement", "长时间无活动"), certainty=2),
    Alarm(21, "band.geofence", ORANGE, False, Label("left the area", "离开区域"), certainty=3),
    Alarm(22, "band.removed", YELLOW, False, Label("wristband taken off", "腕表脱落"), urgency=3),
)

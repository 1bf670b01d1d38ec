"""Alarms, with the warning level of each (1 red to 4 blue)."""

import re

from .tables import BLUE, MANHOLE_RETRY, ORANGE, RED, SOS_RETRY, YELLOW, Alarm, Label


def _lamp(number: int, talq: str, label: Label, level: int = YELLOW) -> Alarm:
    """A lamp's fault under its TALQ name: `supplyLoss` is `lamp.supply_loss`."""
    name = re.sub("[A-Z]", lambda letter: "_" + letter[0].lower(), talq)
    return Alarm(number, "lamp." + name.removeprefix("lamp_"), level, False, label, urgency=3, talq=talq)


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
    Alarm(11, "lamp.failure", YELLOW, False, Label("lamp failure", "灯具故障"), urgency=3, talq="lampFailure"),
    Alarm(12, "manhole.moved", RED, True, Label("cover moved", "井盖移位"), retry_s=MANHOLE_RETRY, talq="grillOpened"),
    Alarm(
        13, "manhole.level", ORANGE, False, Label("water high", "水位偏高"), retry_s=MANHOLE_RETRY, talq="levelWarning"
    ),
    Alarm(14, "manhole.overfull", RED, True, Label("overflowing", "井口溢水"), retry_s=MANHOLE_RETRY, talq="overfull"),
    Alarm(15, "manhole.gas", RED, True, Label("gas in the shaft", "井内有害气体"), retry_s=MANHOLE_RETRY),
    Alarm(16, "band.sos", RED, True, Label("SOS", "求救"), retry_s=SOS_RETRY),
    Alarm(17, "band.fall", RED, True, Label("fall", "跌倒"), certainty=3),
    Alarm(18, "band.heart_rate", RED, True, Label("heart rate", "心率异常"), certainty=3),
    Alarm(19, "band.spo2", RED, True, Label("blood oxygen low", "血氧偏低"), certainty=3),
    Alarm(20, "band.inactive", RED, True, Label("no movement", "长时间无活动"), certainty=2),
    Alarm(21, "band.geofence", ORANGE, False, Label("left the area", "离开区域"), certainty=3),
    Alarm(22, "band.removed", YELLOW, False, Label("wristband taken off", "腕表脱落"), urgency=3),
    Alarm(23, "door.reader_offline", YELLOW, False, Label("reader offline", "读卡器离线"), urgency=3),
    _lamp(24, "dimmingFailure", Label("dimming failure", "调光故障")),
    _lamp(25, "supplyLoss", Label("supply lost", "断电")),
    _lamp(26, "supplyVoltageTooHigh", Label("supply voltage too high", "电压过高")),
    _lamp(27, "supplyVoltageTooLow", Label("supply voltage too low", "电压过低")),
    _lamp(28, "currentTooHigh", Label("current too high", "电流过大")),
    _lamp(29, "currentTooLow", Label("current too low", "电流过小")),
    _lamp(30, "powerFactorTooLow", Label("power factor too low", "功率因数过低")),
    _lamp(31, "cyclingFailure", Label("lamp goes on and off", "灯具反复启灭")),
    _lamp(32, "lampUnexpectedOn", Label("lamp on unexpectedly", "异常亮灯")),
    _lamp(33, "leakageDetected", Label("leakage to the pole", "灯杆漏电"), ORANGE),
    _lamp(34, "relayFailure", Label("relay failure", "继电器故障")),
    _lamp(35, "highTemperature", Label("temperature too high", "温度过高")),
    _lamp(36, "controlGearCommFailure", Label("control gear does not answer", "控制装置通信故障")),
    Alarm(37, "end_of_life", YELLOW, False, Label("end of life", "到期报废"), urgency=2),
    Alarm(38, "lane.forced_open", ORANGE, True, Label("barrier forced open", "道闸被强开")),
    Alarm(39, "lane.blocked", YELLOW, False, Label("barrier blocked", "道闸受阻"), urgency=3),
    Alarm(40, "lane.fault", YELLOW, False, Label("barrier fault", "道闸故障"), urgency=3),
    Alarm(41, "gate.ebike_in_lobby", ORANGE, True, Label("e-bike in the lift lobby", "电动车进楼"), certainty=3),
    Alarm(42, "fence.climb", ORANGE, True, Label("climbing", "攀爬")),
    Alarm(43, "fence.touch", ORANGE, True, Label("fence touched", "触网")),
    Alarm(44, "fence.short", ORANGE, True, Label("fence shorted", "围栏短路")),
    Alarm(45, "fence.cut", ORANGE, True, Label("fence cut", "围栏断线")),
    Alarm(46, "panic", RED, True, Label("panic button", "紧急按钮")),
    Alarm(47, "camera.falling_object", ORANGE, True, Label("falling object", "高空抛物"), certainty=3),
    Alarm(48, "camera.line_crossing", ORANGE, True, Label("line crossed", "越线"), certainty=3),
    Alarm(49, "camera.blocked", YELLOW, False, Label("view blocked", "遮挡"), urgency=3),
    Alarm(50, "power.over_current", ORANGE, True, Label("over-current", "过流")),
    Alarm(51, "power.over_temperature", ORANGE, True, Label("over-temperature", "过热")),
    Alarm(52, "locker.forced", ORANGE, True, Label("box forced", "格口被撬")),
    Alarm(53, "bin.full", BLUE, False, Label("bin full", "垃圾满溢"), urgency=3),
    Alarm(54, "power.mains_loss", ORANGE, False, Label("mains lost", "市电中断")),
    Alarm(55, "gateway.child_offline", YELLOW, False, Label("device behind it offline", "下级设备离线"), urgency=3),
)

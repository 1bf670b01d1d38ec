"""Events: what happened, without calling anybody."""

from .tables import Event, Label

EVENTS = (
    Event(1, "door.granted", Label("access granted", "通行")),
    Event(2, "door.denied", Label("access denied", "拒绝通行")),
    Event(3, "door.exit", Label("exit button", "出门按钮")),
    Event(4, "door.opened", Label("door opened", "门打开")),
    Event(5, "door.closed", Label("door closed", "门关闭")),
    Event(6, "door.unlocked", Label("unlocked by command", "远程开锁")),
    Event(7, "door.released", Label("released for fire", "消防释放")),
    Event(8, "door.locked", Label("locked", "上锁")),
    Event(9, "muted", Label("sounder muted", "已消音")),
    Event(10, "tested", Label("test passed", "自检通过")),
    Event(11, "gas.valve_closed", Label("valve closed", "阀门已关")),
    Event(12, "gas.valve_opened", Label("valve opened", "阀门已开")),
    Event(13, "gas.ready", Label("sensor warmed up", "预热完成")),
    Event(14, "lamp.level", Label("lamp switched", "灯光切换")),
    Event(15, "band.fall_candidate", Label("fall suspected", "疑似跌倒")),
    Event(16, "band.fall_cancelled", Label("fall cancelled by wearer", "佩戴者取消")),
    Event(17, "band.worn", Label("put on", "已佩戴")),
    Event(18, "band.taken_off", Label("taken off", "已取下")),
    Event(19, "door.passback", Label("denied: has just gone in", "反潜回")),
    Event(20, "door.clock_lost", Label("clock lost", "时钟失准")),
    Event(21, "door.clock_set", Label("clock set", "时钟已校准")),
)

"""Commands of the management centre."""

from .tables import Argument, Command, Label

U32 = (1 << 32) - 1

COMMANDS = (
    Command(1, "test", Label("self-test", "自检")),
    Command(2, "mute", Label("mute", "消音")),
    Command(3, "unlock", Label("unlock", "开锁"), deadline_ms=5_000),
    Command(4, "set_level", Label("set level", "调光"), (Argument("level", "%", 0, 100),)),
    Command(5, "fire_release", Label("release for fire", "消防释放"), deadline_ms=5_000),
    Command(6, "reset", Label("reset alarm", "复位")),
    Command(7, "open_valve", Label("open valve", "开阀")),
    Command(8, "automatic", Label("automatic", "恢复自动")),
    Command(9, "cards_confirm", Label("card list is current", "确认名单"), (Argument("stamp", "/", 0, U32),)),
    Command(
        10, "card_revoke", Label("revoke a card", "注销卡"),
        (Argument("credential", "/", 0, U32), Argument("stamp", "/", 1, U32)),
    ),
    Command(12, "use_epoch", Label("use the keys of an epoch", "切换密钥"), (Argument("epoch", "/", 1, U32),)),
    Command(13, "open_barrier", Label("open barrier", "开闸"), deadline_ms=5_000),
    Command(14, "close_barrier", Label("close barrier", "关闸"), deadline_ms=5_000),
    Command(15, "arm", Label("arm", "布防")),
    Command(16, "disarm", Label("disarm", "撤防")),
    Command(17, "switch_on", Label("switch on", "通电"), deadline_ms=5_000),
    Command(18, "switch_off", Label("switch off", "断电"), deadline_ms=5_000),
)  # fmt: skip

"""When an alarm was sealed, told by rows "dated" of the feed: by uptime and the boot's start, never by a guess."""

from lilong_protocol import codes

from ...scenario import Judge, NotTriedError
from ..bench import FEED_MS, Bench
from ..book import scenario
from ..player import Player
from ..wire import Row

NEAR_MS = 2_000
LIVED_MS = 60_000
LATE_MS = 10_000


async def _dated(bench: Bench, player: Player, data: bytes) -> Row:
    if not await bench.acked(player, data):
        raise NotTriedError("not seen: the stored-ack of an honest alarm")
    await bench.until(lambda: bool(bench.rows("dated", data, player)), FEED_MS)
    rows = bench.rows("dated", data, player)
    if not rows:
        raise NotTriedError('not observed: needs --observed FILE with rows of event "dated"')
    return rows[0]


async def _off(bench: Bench, player: Player, code: int, ago_ms: int) -> int:
    """By how many ms an alarm that was sealed so long ago is dated wrongly."""
    sealed = bench.wire.epoch() - ago_ms
    row = await _dated(bench, player, player.alarm(code, uptime=player.uptime() - ago_ms))
    off: int = row["sealed_at"] - sealed
    return off


@scenario("LIL-TIME-004")
async def an_alarm_under_way(bench: Bench, judge: Judge) -> None:
    """An alarm that comes 30 s late, and one after a birth that came late: each is dated when it was sealed."""
    player = bench.players[0]
    player.start(player.boot + 1, LIVED_MS)
    player.birth()
    await bench.probe(player)
    off = await _off(bench, player, codes.ALARM_TAMPER, 30_000)
    judge("LIL-TIME-004", "an alarm that comes late is dated by its uptime", abs(off) <= NEAR_MS, f"{off} ms off")
    player.start(player.boot + 1, LIVED_MS)
    late = player.bearing(1)
    await bench.quiet(LATE_MS)
    player.connection = 1
    player.send("st", late)
    player.heartbeat()
    await bench.probe(player)
    off = await _off(bench, player, codes.ALARM_SENSOR_FAULT, 5_000)
    claim = "a birth that was under way makes nothing look late that comes after it"
    judge("LIL-TIME-004", claim, abs(off) <= NEAR_MS, f"{off} ms off")


@scenario("LIL-TIME-005")
async def an_alarm_of_an_unknown_boot(bench: Bench, judge: Judge) -> None:
    """Alarms of a boot that nobody has heard of: an interval, or the device's own time where the frame carries it."""
    player = bench.players[0]
    player.start(player.boot + 3, LIVED_MS)
    player.birth()
    await bench.probe(player)
    unknown = player.boot - 1
    row = await _dated(bench, player, player.alarm(boot=unknown, seq=1, uptime=30_000))
    since, at = row["sealed_since"], row["sealed_at"]
    interval = (since is None or since < at) and at <= bench.wire.epoch() + NEAR_MS
    judge("LIL-TIME-005", "without a time of its own it gets an interval", interval, f"from {since} to {at}")
    own = bench.wire.epoch() - 3_600_000
    data = player.alarm(codes.ALARM_SENSOR_FAULT, boot=unknown, seq=2, uptime=40_000, epoch=own, quality=3)
    row = await _dated(bench, player, data)
    off = row["sealed_at"] - own
    right = abs(off) <= NEAR_MS and row["sealed_since"] is not None
    judge("LIL-TIME-005", "with a time of its own it gets that", right, f"{off} ms off, since {row['sealed_since']}")

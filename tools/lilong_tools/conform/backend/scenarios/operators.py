"""What a person at the backend wants: commands and acknowledgements, by hooks that press for them."""

from lilong_protocol import codes, frame, topics
from lilong_protocol.pc.bodies import well_formed
from lilong_protocol.registry import COMMAND

from ...scenario import Judge, NotTriedError
from ..bench import ANSWER_MS, Bench, Told, name_of, uptime_of
from ..book import scenario
from ..player import Player
from .sessions import times

LATE_MS = 12_000
NEAR_MS = 200
MOST_MS = 600_000  # a deadline further off than that protects nobody


async def _commanded(bench: Bench, player: Player) -> Told:
    since = bench.mark()
    await bench.wire.command(player.device)
    return await bench.obtain(player, frame.COMMAND, since, "the command that was asked for")


def _answer(player: Player, one: Told) -> None:
    data = player.frame(frame.RESPONSE, topics.RESPONSE, {0: 200}, counter=one.frame.counter)
    player.send(topics.RESPONSE, data)


@scenario("LIL-CMD-006", "LIL-CMD-007", "LIL-CMD-014", "LIL-CMD-015", "LIL-FRAME-001")
async def commands(bench: Bench, judge: Judge) -> None:
    """Two commands and a new boot between them: counters rise, boot and nonce are the present ones, deadlines near."""
    player = bench.players[0]
    first = await _commanded(bench, player)
    uptime = player.uptime()
    fresh = (first.frame.target, first.frame.nonce) == (player.boot, player.nonce)
    judge("LIL-FRAME-001", "for the present boot and nonce", fresh and well_formed(first.kind, first.body), "not")
    ahead = first.frame.deadline - uptime
    judge("LIL-CMD-007", "its deadline is near, in the device's uptime", 0 < ahead <= MOST_MS, f"{ahead} ms ahead")
    judge("LIL-CMD-014", "its arguments are those of its command", *_given(first))
    void = _void_ms(first)
    judge("LIL-CMD-015", f"it is void after {void} ms at most", ahead <= void, f"{ahead} ms ahead")
    _answer(player, first)
    player.start(player.boot + 1)
    player.birth()
    await bench.probe(player)
    second = await _commanded(bench, player)
    _answer(player, second)
    rise = first.frame.counter < second.frame.counter
    judge("LIL-CMD-006", "counters rise", rise, f"{first.frame.counter}, then {second.frame.counter}")
    fresh = (second.frame.target, second.frame.nonce) == (player.boot, player.nonce)
    judge("LIL-FRAME-001", "after a restart for the new boot and nonce", fresh, "for the boot before")


def _given(one: Told) -> tuple[bool, str]:
    """Whether a command carries the arguments that the registry gives to it; else what it carries."""
    known = next((known for known in COMMAND.values() if known.number == one.body[0]), None)
    given = one.body.get(1) or {}
    ranges = {} if known is None else {n: (low.low, low.high) for n, low in enumerate(known.arguments)}
    right = known is None or (
        given.keys() == ranges.keys() and all(ranges[n][0] <= given[n] <= ranges[n][1] for n in ranges)
    )
    return right, f"{given}"


def _void_ms(one: Told) -> int:
    """How long its command may take effect after it was ordered; an hour where nobody knows it."""
    return next((known.deadline_ms for known in COMMAND.values() if known.number == one.body[0]), MOST_MS)


@scenario("LIL-CMD-015", "LIL-SESSION-015")
async def a_command_that_waits(bench: Bench, judge: Judge) -> None:
    """Three commands to a device known from a retained birth only: one request for its birth, which comes late."""
    player = bench.players[1]
    player.start(player.boot + 1)
    bench.kept(player, topics.STATE, player.bearing(1))
    await bench.probe(bench.players[0])
    since, ordered = bench.mark(), player.uptime()
    for _ in range(3):
        await bench.wire.command(player.device)
        await bench.quiet(1_000)
    last = player.uptime()
    asked = bench.of(player, frame.REQUEST, since)
    judge("LIL-SESSION-015", "it is asked for its birth at most once in 10 s", len(asked) <= 1, f"{len(asked)} times")
    await bench.quiet(LATE_MS)
    asked_at = uptime_of(player.birth(connection=1))
    known = await bench.until(lambda: bool(times(bench, player, since, asked_at)), ANSWER_MS)
    judge("LIL-SESSION-015", "a birth is taken however late it comes", known, "it was not told the time")
    await bench.until(lambda: bool(bench.of(player, frame.COMMAND, since)), ANSWER_MS)
    for one in bench.of(player, frame.COMMAND, since):
        if one.body[0] == codes.CMD_USE_EPOCH:
            continue  # nobody's order: it goes on by itself
        most = last + _void_ms(one)
        claim = "a command that has waited lapses as long after it was ordered"
        judge("LIL-CMD-015", claim, one.frame.deadline <= most + NEAR_MS, f"{one.frame.deadline - ordered} ms after it")
        _answer(player, one)


@scenario("LIL-CMD-008")
async def a_command_to_nobody_heard(bench: Bench, judge: Judge) -> None:
    """A command to a device known from a retained birth only: it is asked for its birth first."""
    player = bench.players[1]
    player.start(player.boot + 1)
    bench.kept(player, topics.STATE, player.bearing(1))
    await bench.probe(bench.players[0])
    since = bench.mark()
    await bench.wire.command(player.device)
    await bench.until(lambda: bool(bench.of(player, frame.REQUEST, since)), ANSWER_MS)
    asked = bench.of(player, frame.REQUEST, since)
    early = bench.of(player, frame.COMMAND, since)
    judge("LIL-CMD-008", "it is asked for a birth", bool(asked), "no request came")
    judge("LIL-CMD-008", "before the command", not early, "the command came first")


@scenario("LIL-ALARM-018", "LIL-ALARM-020")
async def a_person_acknowledges(bench: Bench, judge: Judge) -> None:
    """A person acknowledges an alarm: the device is told, and again after its restart."""
    player = bench.players[0]
    data = player.alarm()
    if not await bench.acked(player, data):
        raise NotTriedError("not seen: the stored-ack of an honest alarm")
    boot, seq = name_of(data)
    since = bench.mark()
    await bench.wire.acknowledge(player.device, boot, seq)

    def told(since: int) -> list[Told]:
        return [one for one in bench.of(player, frame.OPERATOR_ACK, since) if one.frame.target == player.boot]

    there = await bench.until(lambda: bool(told(since)), ANSWER_MS)
    judge("LIL-ALARM-018", "the device is told", there, "no operator-ack came")
    named = all(tuple(one.frame.ref) == (boot, seq) for one in told(since))
    judge("LIL-ALARM-020", "the operator-ack names the raise", named, "another frame")
    player.start(player.boot + 1)  # before it has answered
    since = bench.mark()
    player.birth()
    again = await bench.until(lambda: bool(told(since)), ANSWER_MS)
    judge("LIL-ALARM-018", "and again after its restart", again, "no operator-ack for the new boot")
    for one in told(since)[:1]:
        _answer(player, one)

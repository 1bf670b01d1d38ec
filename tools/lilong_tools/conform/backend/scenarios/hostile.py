"""What nobody honest sends: forged, reflected, retained, malformed. No stored-ack, no effect, and life goes on."""

from collections.abc import Callable

from lilong_protocol import codes, frame, topics

from ...scenario import Judge
from ..bench import Bench, uptime_of
from ..book import scenario
from ..player import Player

_NO_KEY = bytes(range(32))


async def _ignored(bench: Bench, judge: Judge, id_: str, what: str, player: Player, cls: str, data: bytes) -> None:
    """A frame that must have neither a stored-ack nor an effect."""
    since = bench.mark()
    player.send(cls, data)
    await bench.probe(player)
    acks = [one for one in bench.of(player, frame.STORED_ACK, since) if one.body.get(0) == data[-8:]]
    judge(id_, f"{what} is not acknowledged", not acks, "it was")


def forgeries(one: Player, other: Player) -> list[tuple[str, str, Callable[[], bytes]]]:
    """(sentence, what it is, its frame) of each way to forge an alarm of a device."""

    def payload() -> bytes:
        body = {0: codes.ALARM_SMOKE_ALARM, 1: 4, 2: 4, 3: 4, 4: {}}
        return one.payload(frame.RAISE, topics.ALARM, body, seq=1_000 + one.number("forged"))

    def wrong_tag() -> bytes:
        good = one.sealed(topics.ALARM, payload())
        return good[:-1] + bytes([good[-1] ^ 1])

    def changed() -> bytes:
        data = bytearray(one.sealed(topics.ALARM, payload()))
        data[-12] ^= 1
        return bytes(data)

    return [
        ("LIL-SEAL-005", "a wrong tag", wrong_tag),
        ("LIL-SEAL-005", "a payload that was changed", changed),
        ("LIL-SEAL-005", "a key that nobody has given out", lambda: one.sealed(topics.ALARM, payload(), root=_NO_KEY)),
        ("LIL-SEC-005", "a frame of another class", lambda: one.sealed(topics.ALARM, payload(), as_class=topics.EVENT)),
        (
            "LIL-SEC-005", "a frame of another device",
            lambda: one.sealed(topics.ALARM, payload(), root=other.root, device=other.device),
        ),
        ("LIL-SEC-005", "the key of another device", lambda: one.sealed(topics.ALARM, payload(), root=other.root)),
        ("LIL-SEC-005", "a key epoch that nobody has asked for", lambda: one.sealed(topics.ALARM, payload(), epoch=3)),
    ]  # fmt: skip


@scenario("LIL-SEAL-005", "LIL-SEC-005")
async def forged_alarms(bench: Bench, judge: Judge) -> None:
    """Alarms with wrong tags and keys, of other classes, devices and epochs: neither acknowledged nor taken."""
    one, other = bench.players[0], bench.players[1]
    for id_, what, forge in forgeries(one, other):
        data = forge()
        await _ignored(bench, judge, id_, what, one, topics.ALARM, data)
        if id_ == "LIL-SEAL-005":
            await bench.effects(judge, id_, f"{what} has no effect", "stored", one, data, 0)


@scenario("LIL-SEAL-005", "LIL-SEC-004")
async def forged_births(bench: Bench, judge: Judge) -> None:
    """Births and heartbeats that ask, with a wrong tag: nobody is told the time."""
    player = bench.players[0]
    since = bench.mark()
    nonce = b"forgery!"
    good = player.bearing(99, nonce=nonce)
    player.send(topics.STATE, good[:-1] + bytes([good[-1] ^ 1]))
    player.send(topics.STATE, b"\xff" * 40)
    await bench.probe(player)
    told = [one for one in bench.of(player, frame.TIME, since) if one.frame.nonce == nonce]
    judge("LIL-SEC-004", "what is forged has no answer", not told, "it was told the time")
    since = bench.mark()
    asked = uptime_of(player.heartbeat(asks=True))
    again = await bench.until(
        lambda: any(one.body.get(0) == asked for one in bench.of(player, frame.TIME, since)), 5_000
    )
    judge("LIL-SEAL-005", "and no effect on the session", again, "the session is not answered any more")


@scenario("LIL-TOPIC-004")
async def a_retained_alarm(bench: Bench, judge: Judge) -> None:
    """An alarm and an event that the broker had kept: neither acknowledged nor taken."""
    player = bench.players[0]
    data = player.raising()
    since = bench.mark()
    bench.kept(player, topics.ALARM, data)
    bench.kept(player, topics.EVENT, player.eventing(seq=500))
    await bench.probe(player)
    judge("LIL-TOPIC-004", "a retained alarm is not acknowledged", not bench.acks(player, data, since), "it was")
    await bench.effects(judge, "LIL-TOPIC-004", "a retained alarm has no effect", "stored", player, data, 0)


@scenario("LIL-CBOR-003", "LIL-FRAME-001", "LIL-FRAME-002", "LIL-FRAME-003", "LIL-TOPIC-002")
async def malformed_payloads(bench: Bench, judge: Judge) -> None:
    """Authentic frames whose payload breaks a rule: refused, and the next honest alarm is acknowledged."""
    player = bench.players[0]
    body = {0: codes.ALARM_SMOKE_ALARM, 1: 4, 2: 4, 3: 4, 4: {}}

    def good() -> bytes:
        return player.payload(frame.RAISE, topics.ALARM, body, seq=2_000 + player.number("malformed"))

    for id_, what, cls, payload in (
        ("LIL-CBOR-003", "bytes behind the payload", topics.ALARM, good() + b"\x00"),
        ("LIL-CBOR-003", "an overlong head", topics.ALARM, good().replace(b"\x01\x06", b"\x01\x18\x06", 1)),
        ("LIL-FRAME-001", "no uptime", topics.ALARM, player.with_keys(good(), {4: None})),
        ("LIL-FRAME-001", "no number", topics.ALARM, player.with_keys(good(), {3: None})),
        ("LIL-FRAME-002", "a reserved key", topics.ALARM, player.with_keys(good(), {13: 1})),
        ("LIL-FRAME-002", "a critical extension", topics.ALARM, player.with_keys(good(), {17: 1})),
        ("LIL-FRAME-003", "another version", topics.ALARM, player.with_keys(good(), {0: 2})),
        ("LIL-FRAME-003", "an unknown kind", topics.ALARM, player.with_keys(good(), {1: 200})),
        ("LIL-TOPIC-002", "an alarm on u/ev", topics.EVENT, good()),
    ):
        await _ignored(bench, judge, id_, what, player, cls, player.sealed(cls, payload))

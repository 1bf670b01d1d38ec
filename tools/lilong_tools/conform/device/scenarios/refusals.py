"""What nobody honest sends: forged, reflected, retained, malformed. Nothing of it has an effect."""

from collections.abc import Callable
from typing import Any

from lilong_protocol import cbor, codes, frame, topics
from lilong_protocol.keys import MacKey, frame_key
from lilong_protocol.seal import DOWN, UP, Seal

from ...scenario import Judge
from ..bench import UNKNOWN_COMMAND, Bench
from ..book import scenario
from .repeats import copies

_OTHER_DEVICE = "f" * 16


Forge = Callable[[bytes], bytes]


def forgeries(bench: Bench) -> list[tuple[str, str, Forge]]:
    """(sentence, what it is, payload -> frame) of each way to forge a command."""

    def good(payload: bytes) -> bytes:
        return bench.sealed(topics.COMMAND, payload)

    def changed(payload: bytes) -> bytes:
        """The number of the command's class of kinds stays, the last byte of its deadline is another."""
        data = bytearray(good(payload))
        data[-35] ^= 1  # behind it: 2 bytes of head and 32 of tag
        return bytes(data)

    def under(key: MacKey, tenant: str, device: str, direction: str) -> Forge:
        return lambda payload: Seal(key, tenant, device, direction).seal(topics.COMMAND, payload)

    key = frame_key(bench.root, DOWN, bench.epoch)
    up = frame_key(bench.root, UP, bench.epoch)
    tenant, device = bench.tenant, bench.device
    return [
        ("LIL-SEAL-005", "a wrong tag", lambda payload: good(payload)[:-1] + bytes([good(payload)[-1] ^ 1])),
        ("LIL-SEAL-005", "a payload that was changed", changed),
        ("LIL-SEAL-005", "no seal at all", lambda payload: payload),
        ("LIL-SEAL-005", "a frame that was cut off", lambda payload: good(payload)[: len(payload)]),
        ("LIL-SEAL-002", "a tag of 8 bytes", under(key, tenant, device, UP)),
        ("LIL-SEC-005", "a frame of another class", lambda payload: bench.sealed(topics.COMMAND, payload, topics.ACK)),
        ("LIL-SEC-005", "a frame of another device", under(key, tenant, _OTHER_DEVICE, DOWN)),
        ("LIL-SEC-005", "a frame of another tenant", under(key, tenant + "x", device, DOWN)),
        ("LIL-SEC-005", "a frame under the key of the other direction", under(up, tenant, device, DOWN)),
        (
            "LIL-SEC-005", "a frame of a key epoch that is not in use",
            lambda payload: bench.sealed(topics.COMMAND, payload, epoch=bench.epoch + 1),
        ),
    ]  # fmt: skip


@scenario("LIL-SEAL-002", "LIL-SEAL-005", "LIL-SEC-004", "LIL-SEC-005")
async def forged_commands(bench: Bench, judge: Judge) -> None:
    """Commands with wrong tags, of other classes, devices, tenants, directions and epochs: no answer, no effect."""
    for id_, what, forge in forgeries(bench):
        data = forge(bench.order(codes.CMD_TEST))
        since = bench.mark()
        before = {one.data for one in bench.seen}
        bench.publish(topics.COMMAND, data)
        alive = await bench.settle()
        done = [one for one in bench.of(frame.EVENT, since, codes.EVENT_TESTED) if one.data not in before]
        probe = 1 if alive else 0
        said = bench.of(frame.ERROR, since) + bench.of(frame.RESPONSE, since)[: -probe or None]
        judge(id_, f"{what} has no effect", not done, "it was carried out")
        claim = f"{what} has no answer"
        judge("LIL-SEC-004", claim, not said, f"kind {said[0].kind} {said[0].body}" if said else "")


@scenario("LIL-SEAL-005", "LIL-SEC-005", "LIL-ALARM-004")
async def forged_stored_acks(bench: Bench, judge: Judge) -> None:
    """Stored-acks with a wrong tag, and the alarm's own frame sent back to its device: the repeats go on."""
    bench.acknowledges = False
    raised = await bench.begins(bench.alarms()[0])
    good = bench.sealed(topics.ACK, bench.stored(raised))
    bench.publish(topics.ACK, good[:-1] + bytes([good[-1] ^ 1]))
    bench.publish(topics.ACK, bench.sealed(topics.ACK, bench.stored(raised), as_class=topics.COMMAND))
    bench.publish(topics.ACK, raised.data)
    await bench.settle()
    since = bench.mark()
    await bench.cut()
    again = await bench.until(lambda: bool(copies(bench, raised, since)), 5_000)
    for id_ in ("LIL-SEAL-005", "LIL-SEC-005", "LIL-ALARM-004"):
        judge(id_, "a forged or reflected stored-ack ends no repeats", again, "the frame was not sent again")


@scenario("LIL-TOPIC-003")
async def a_retained_command(bench: Bench, judge: Judge) -> None:
    """A command that the broker kept reaches the device at its next connection: dropped without an answer."""
    payload = bench.order(codes.CMD_TEST, deadline=1 << 40)
    counter = frame.unpack(payload).counter
    data = bench.sealed(topics.COMMAND, payload)
    since = bench.mark()
    try:
        await bench.cut(lambda: bench.publish(topics.COMMAND, data, True))
        done = await bench.tested(since)
    finally:
        bench.publish(topics.COMMAND, b"", True)
    judge("LIL-TOPIC-003", "a retained command is not carried out", not done, "its event came")
    said = [one.body for one in bench.responses(counter, since)]
    judge("LIL-TOPIC-003", "nor answered", not said, f"{said}")


def malformed(bench: Bench) -> list[tuple[str, str, str, bytes, int]]:
    """(sentence, what it is, class, payload, code that answers it) of authentic frames that break a rule."""

    def with_(**keys: Any) -> bytes:
        fields = cbor.decode(bench.order(UNKNOWN_COMMAND))
        assert isinstance(fields, dict)
        for name, value in keys.items():
            fields[int(name[1:])] = value
        return cbor.encode({key: value for key, value in fields.items() if value is not None})

    good = bench.order(UNKNOWN_COMMAND)
    return [
        ("LIL-CBOR-003", "a float", topics.COMMAND, good[:-1] + b"\xf9\x00\x00", 400),
        ("LIL-CBOR-003", "bytes behind the payload", topics.COMMAND, good + b"\x00", 400),
        ("LIL-FRAME-001", "a command without a counter", topics.COMMAND, with_(k8=None), 400),
        ("LIL-FRAME-001", "a command with a short nonce", topics.COMMAND, with_(k11=b"1234"), 400),
        ("LIL-FRAME-002", "a reserved key", topics.COMMAND, with_(k14=1), 400),
        ("LIL-FRAME-002", "a critical extension", topics.COMMAND, with_(k18=1), 402),
        ("LIL-FRAME-003", "another version", topics.COMMAND, with_(k0=2), 501),
        ("LIL-FRAME-003", "an unknown kind", topics.COMMAND, with_(k1=99), 415),
        ("LIL-TOPIC-002", "a command on d/ak", topics.ACK, good, 415),
    ]


@scenario(
    "LIL-CBOR-003", "LIL-FRAME-001", "LIL-FRAME-002", "LIL-FRAME-003", "LIL-FRAME-006", "LIL-FRAME-009",
    "LIL-TOPIC-002",
)  # fmt: skip
async def malformed_downlinks(bench: Bench, judge: Judge) -> None:
    """Authentic frames that break a rule: each is answered with an error that has its code, and the session goes on."""
    connection = bench.connection
    answered = []
    for id_, what, cls, payload, code in malformed(bench):
        since = bench.mark()
        bench.say(cls, payload)
        alive = await bench.settle()
        errors = bench.of(frame.ERROR, since)
        said = [one.body.get(0) for one in errors]
        judge(id_, f"{what} is answered with error {code}", said == [code], f"{said or 'no error'}")
        answered += errors
        same = alive and bench.connection == connection
        judge("LIL-FRAME-003", f"{what} ends no session", same, "it connected anew" if alive else "it fell silent")
        connection = bench.connection
    longest = max((len(str(one.body.get(1, ""))) for one in answered), default=0)
    judge("LIL-FRAME-006", "what is malformed and authentic is answered with an error", bool(answered), "no error")
    if answered:
        judge("LIL-FRAME-009", "its text has at most 64 characters", longest <= 64, f"{longest} characters")


@scenario("LIL-FRAME-002", "LIL-FRAME-004")
async def keys_to_come(bench: Bench, judge: Judge) -> None:
    """Keys from 24 on, negative ones and unknown keys of a body: ignored, the command is carried out."""
    for id_, what, extra, inner in (
        ("LIL-FRAME-002", "a key from 24 to 255", {24: "new", 255: 1}, {}),
        ("LIL-FRAME-002", "a negative key", {-1: b"private"}, {}),
        ("LIL-FRAME-004", "an unknown key of the body", {}, {77: [1, 2]}),
    ):
        fields = cbor.decode(bench.order(codes.CMD_TEST))
        assert isinstance(fields, dict)
        body = fields[7]
        assert isinstance(body, dict)
        body.update(inner)
        fields.update(extra)
        said = await bench.code_of(cbor.encode(fields))
        judge(id_, f"{what} changes nothing", said == frame.OK, f"{said}")

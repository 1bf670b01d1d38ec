"""Updates, with artifacts whose digest is wrong: nothing that is offered here may ever be installed."""

from typing import NamedTuple

from lilong_protocol import codes, frame, topics
from lilong_simulator.stimuli import Alarm

from ...scenario import Judge, NotTriedError
from ..bench import ANSWER_MS, Bench
from ..book import scenario
from ..maker import NEWEST
from ..seen import Seen

FIRMWARE, CARD_LIST = 0, 1
DATA = bytes(range(256)) * 6  # two chunks of 768 bytes
AGAIN_MS, TRIES = 10_000, 6
OTHER_DIGEST = b"\x5a" * 32
DOWNLOADING = 1
VERIFY_MS = 60_000  # a small board works for seconds at a signature
LEAST = 64  # bytes of a piece, more or less: for how many pieces anybody is served
_KEY = "; --maker-key signs it"


class Parcel(NamedTuple):
    """What is offered: its sort and bytes, the digest and signature that the offer tells of it."""

    what: int
    data: bytes
    digest: bytes
    signature: bytes | None = None


def harmless(bench: Bench) -> Parcel:
    """What a device fetches and cannot use: a door's list of cards, else firmware, signed where its maker is known."""
    if bench.kind == codes.KIND_DOOR:
        return Parcel(CARD_LIST, DATA, OTHER_DIGEST)
    if bench.maker is None:
        return Parcel(FIRMWARE, DATA, OTHER_DIGEST)
    data = bench.maker.firmware(bench.kind or 0, DATA, NEWEST)
    return Parcel(FIRMWARE, data, OTHER_DIGEST, bench.maker.sign(OTHER_DIGEST))


def offer_of(bench: Bench, artifact: int, parcel: Parcel, **changes: int) -> bytes:
    """The payload of an offer; `changes` of what and size."""
    what, size = changes.get("what", parcel.what), changes.get("size", len(parcel.data))
    body = {0: artifact, 1: what, 2: "conformance", 3: size, 4: parcel.digest}
    if parcel.signature is not None:
        body[5] = parcel.signature
    return bench.order(0, kind=frame.UPDATE_OFFER, body=body)


async def _offered(bench: Bench, parcel: Parcel) -> int:
    """Offer it; its number. NotTriedError when the device takes no updates."""
    artifact = bench.counter()
    code = await bench.code_of(offer_of(bench, artifact, parcel), topics.UPDATE)
    if code == frame.FORBIDDEN:
        raise NotTriedError(f"it refuses what is not signed (403) before it fetches it{_KEY}")
    if code != frame.OK:
        raise NotTriedError(f"it does not take the offer: {code or 'no response'}")
    await bench.until(lambda: bool(chunk_requests(bench, artifact) or results(bench, artifact)), VERIFY_MS)
    if results(bench, artifact) == [frame.FORBIDDEN]:
        raise NotTriedError(f"it refuses what is not signed (result 403) before it fetches it{_KEY}")
    return artifact


def chunk_requests(bench: Bench, artifact: int, since: int = 0) -> list[Seen]:
    return [one for one in bench.of(frame.CHUNK_REQUEST, since) if one.body[0] == artifact]


def results(bench: Bench, artifact: int) -> list[int]:
    """The codes of its results, each frame once."""
    found = {one.ref: one.body[1] for one in bench.of(frame.UPDATE_RESULT) if one.body[0] == artifact}
    return list(found.values())


def _serve(
    bench: Bench, parcel: Parcel, artifact: int, offset: int, size: int, nonce: bytes | None = None
) -> None:
    body = {0: artifact, 1: offset, 2: parcel.data[offset : offset + size] or b"\x00"}
    bench.say(topics.UPDATE, frame.pack(frame.CHUNK, body, target=bench.boot, nonce=nonce or bench.nonce))


async def serve_all(bench: Bench, artifact: int, parcel: Parcel) -> list[int]:
    """Answer every chunk request until the update has ended; how many were open each time."""
    served = max(0, len(chunk_requests(bench, artifact)) - 1)
    open_: list[int] = []
    while len(open_) < 8 + len(parcel.data) // LEAST and not results(bench, artifact):
        wanted = served
        await bench.until(
            lambda wanted=wanted: len(chunk_requests(bench, artifact)) > wanted or bool(results(bench, artifact)),  # type: ignore[misc]
            ANSWER_MS,
        )
        asked = chunk_requests(bench, artifact)
        if len(asked) <= served:
            break
        open_.append(len(asked) - served)
        body = asked[served].body
        _serve(bench, parcel, artifact, body[1], body[2])
        served += 1
    await bench.until(lambda: bool(results(bench, artifact)), ANSWER_MS)
    return open_


@scenario("LIL-UPD-006")
async def alarms_in_an_update(bench: Bench, judge: Judge) -> None:
    """An alarm while a chunk is awaited, and another with a chunk: each comes as soon as it would without an update."""
    one, other = bench.alarms()
    parcel = harmless(bench)
    artifact = await _offered(bench, parcel)
    await bench.obtain("a chunk request", lambda: chunk_requests(bench, artifact), ANSWER_MS)
    since = bench.mark()
    await bench.apply(one.begin)
    first = await bench.told(frame.RAISE, one, since, one.begin)
    judge("LIL-UPD-006", "an alarm comes while a chunk is awaited", first is not None, f"none in {_within(one)} s")
    body = chunk_requests(bench, artifact)[0].body
    since = bench.mark()
    await bench.apply(other.begin)
    _serve(bench, parcel, artifact, body[1], body[2])

    def second() -> list[Seen]:
        return [
            one for one in bench.seen[since:] if one.cls == topics.ALARM and (first is None or one.ref != first.ref)
        ]

    there = await bench.until(lambda: bool(second()), _within(other) * 1000)
    judge("LIL-UPD-006", "and while chunks are taken", there, f"none in {_within(other)} s")
    await serve_all(bench, artifact, parcel)


def _within(alarm: Alarm) -> int:
    return alarm.begin.within_s + 3


@scenario("LIL-UPD-001", "LIL-UPD-002", "LIL-UPD-004")
async def an_artifact_of_another_digest(bench: Bench, judge: Judge) -> None:
    """Every chunk comes, but the digest is another: fetched piece by piece, then refused with 422."""
    since = bench.mark()
    parcel = harmless(bench)
    artifact = await _offered(bench, parcel)
    for open_ in await serve_all(bench, artifact, parcel):
        judge("LIL-UPD-001", "one request is open at a time", open_ == 1, f"{open_} requests")
    end = max((one.body[1] + one.body[2] for one in chunk_requests(bench, artifact)), default=0)
    whole = end == len(parcel.data)
    judge("LIL-UPD-001", "it is fetched to its end", whole, f"to byte {end} of {len(parcel.data)}")
    ended = results(bench, artifact)
    right = ended == [frame.INVALID]
    judge("LIL-UPD-002", "what has another digest is refused with 422", right, f"{ended or 'no result'}")
    judge("LIL-UPD-004", "it tells one result", len(ended) == 1, f"{len(ended)}")
    states = [one.body[1] for one in bench.of(frame.UPDATE_PROGRESS, since) if one.body[0] == artifact]
    judge("LIL-UPD-004", "it tells that it downloads", DOWNLOADING in states, f"{states}")


@scenario("LIL-UPD-001", "LIL-UPD-003")
async def chunks_that_do_not_come(bench: Bench, judge: Judge) -> None:
    """Only chunks come that nobody has asked for: not taken; the piece is asked for every 10 s, six times, then 408."""
    parcel = harmless(bench)
    artifact = await _offered(bench, parcel)
    await bench.obtain("a chunk request", lambda: chunk_requests(bench, artifact), ANSWER_MS)
    first = chunk_requests(bench, artifact)[0].body
    since = bench.mark()
    _serve(bench, parcel, artifact + 1, first[1], first[2])
    _serve(bench, parcel, artifact, first[1] + 1, first[2])
    _serve(bench, parcel, artifact, first[1], first[2], bytes(8))
    await bench.settle()
    moved = [one.body[1] for one in chunk_requests(bench, artifact, since) if one.body[1] != first[1]]
    judge("LIL-UPD-003", "chunks of others, elsewhere, under another nonce are not taken", not moved, f"{moved}")
    if bench.wire.longest_ms < TRIES * AGAIN_MS:
        raise NotTriedError("six times 10 s are too long here")
    await bench.until(lambda: bool(results(bench, artifact)), (TRIES + 1) * AGAIN_MS)
    asked = {one.ref: one.at for one in chunk_requests(bench, artifact)}
    gaps = [after - before for before, after in zip(list(asked.values()), list(asked.values())[1:], strict=False)]
    right = len(asked) == TRIES and all(AGAIN_MS - 500 <= gap <= AGAIN_MS + 2_000 for gap in gaps)
    judge("LIL-UPD-001", "asked for again after 10 s, six times", right, f"{len(asked)} requests after {gaps} ms")
    ended = results(bench, artifact)
    judge("LIL-UPD-001", "then given up with 408", ended == [frame.EXPIRED], f"{ended or 'no result'}")

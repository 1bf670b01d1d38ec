"""Offers of updates that are refused at once, and the one that is being fetched already."""

from lilong_protocol import frame, topics

from ...scenario import Judge, NotTriedError
from ..bench import SOON_MS, Bench
from ..book import scenario
from .commands import U32
from .updates import VERIFY_MS, chunk_requests, harmless, offer_of, results, serve_all

UNKNOWN = 99


@scenario("LIL-UPD-007", "LIL-UPD-008")
async def offers_that_are_refused(bench: Bench, judge: Judge) -> None:
    """An unknown sort, one too large, another while one is fetched: 404, 422 or 409, 409; the same again: 200."""
    parcel = harmless(bench)
    refused = bench.counter()
    said = await bench.code_of(offer_of(bench, refused, parcel, what=UNKNOWN), topics.UPDATE)
    if said == frame.FORBIDDEN or results(bench, refused) == [frame.FORBIDDEN]:
        raise NotTriedError("it refuses what is not signed (403) before it looks at what it is")
    judge("LIL-UPD-007", "an unknown sort of artifact is refused with 404", said == frame.NOT_FOUND, f"{said}")
    artifact, large, other = bench.counter(), bench.counter(), bench.counter()
    said = await bench.code_of(offer_of(bench, large, parcel, size=U32), topics.UPDATE)
    if results(bench, large) == [frame.FORBIDDEN]:
        raise NotTriedError("it refuses what is not signed (403) before it looks at its size; --maker-key signs it")
    claim = f"an artifact of {U32} bytes is refused with 422, or 409 for want of room"
    judge("LIL-UPD-007", claim, said in (404, 409, 422), f"{said or 'no response'}")
    said = await bench.code_of(offer_of(bench, artifact, parcel), topics.UPDATE)
    if said == frame.NOT_FOUND:
        return  # it takes none at all
    if said != frame.OK:
        raise NotTriedError(f"it does not take the offer: {said or 'no response'}")
    await bench.obtain("a chunk request", lambda: chunk_requests(bench, artifact), VERIFY_MS)
    said = await bench.code_of(offer_of(bench, other, parcel), topics.UPDATE)
    judge("LIL-UPD-007", "another while one is fetched is refused with 409", said == frame.CONFLICT, f"{said}")
    since = bench.mark()
    said = await bench.code_of(offer_of(bench, artifact, parcel), topics.UPDATE)
    judge("LIL-UPD-008", "the offer of what is being fetched is answered with 200", said == frame.OK, f"{said}")
    await bench.quiet(SOON_MS)
    anew = chunk_requests(bench, artifact, since) + bench.of(frame.UPDATE_PROGRESS, since)
    judge("LIL-UPD-008", "and begins nothing anew", not anew, f"kind {anew[0].kind} {anew[0].body}" if anew else "")
    await serve_all(bench, artifact, parcel)
    late = [one for one in (refused, large, other) if results(bench, one)]
    judge("LIL-UPD-007", "no result follows a refusal", not late, "one came")

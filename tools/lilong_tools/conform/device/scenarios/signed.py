"""Firmware that is signed: by its maker or by somebody else, for this device or others, newer or not."""

from hashlib import sha256

from lilong_protocol import frame, topics

from ...scenario import Judge, NotTriedError
from ..bench import ANSWER_MS, Bench
from ..book import scenario
from ..maker import NEWEST, OLDEST, Maker
from .updates import DATA, FIRMWARE, VERIFY_MS, Parcel, chunk_requests, offer_of, results, serve_all

OTHERS_BOARD, OTHERS_DOMAIN = "conformance", "conformance.invalid"
INSTALL_MS = 120_000  # a restart, and its way back to the backend


def _maker(bench: Bench) -> tuple[Maker, int]:
    """Who signs, and the device's kind."""
    if bench.maker is None:
        raise NotTriedError("needs firmware that is signed: give --maker-key")
    return bench.maker, bench.kind or 0


def _signed(maker: Maker, data: bytes) -> Parcel:
    digest = sha256(data).digest()
    return Parcel(FIRMWARE, data, digest, maker.sign(digest))


async def _ended(bench: Bench, parcel: Parcel, within_ms: int = ANSWER_MS) -> tuple[int, list[int]]:
    """Offer it, and give what is asked for: its number, and how it ends. NotTriedError where none takes firmware."""
    artifact = bench.counter()
    code = await bench.code_of(offer_of(bench, artifact, parcel), topics.UPDATE)
    if code == frame.FORBIDDEN:
        return artifact, [code]
    if code != frame.OK:
        raise NotTriedError(f"it does not take the offer: {code or 'no response'}")
    await bench.until(lambda: bool(chunk_requests(bench, artifact) or results(bench, artifact)), VERIFY_MS)
    await serve_all(bench, artifact, parcel)
    await bench.until(lambda: bool(results(bench, artifact)), within_ms)
    return artifact, results(bench, artifact)


@scenario("LIL-UPD-002")
async def firmware_of_nobody_it_trusts(bench: Bench, judge: Judge) -> None:
    """Firmware that is right but for its signature: none, a stranger's, of other firmware, cut short. 403 each."""
    maker, kind = _maker(bench)
    right = _signed(maker, maker.firmware(kind, DATA, NEWEST))
    signatures = {
        "without a signature": None,
        "signed by a stranger": maker.stranger(right.digest),
        "under the signature of other firmware": maker.sign(sha256(DATA).digest()),
        "under a signature that is cut short": maker.sign(right.digest)[:-1],
    }
    for what, signature in signatures.items():
        _, ended = await _ended(bench, right._replace(signature=signature))
        judge("LIL-UPD-002", f"firmware {what} is refused with 403", ended == [frame.FORBIDDEN], _told(ended))


@scenario("LIL-UPD-012")
async def signed_firmware_that_is_not_for_it(bench: Bench, judge: Judge) -> None:
    """Signed by its maker, but for another class or vendor, cut short or longer than it says: 422; no newer: 409."""
    maker, kind = _maker(bench)
    right = maker.firmware(kind, DATA, NEWEST)
    wrong = {
        "for another class of device": maker.firmware(kind, DATA, NEWEST, board=OTHERS_BOARD),
        "of another vendor": maker.firmware(kind, DATA, NEWEST, vendor=OTHERS_DOMAIN),
        "that is cut short": right[:-100],
        "that is longer than it says": right + bytes(100),
        "that says nothing of itself": DATA,
    }
    for what, data in wrong.items():
        _, ended = await _ended(bench, _signed(maker, data))
        judge("LIL-UPD-012", f"firmware {what} is refused with 422", ended == [frame.INVALID], _told(ended))
    _, ended = await _ended(bench, _signed(maker, maker.firmware(kind, DATA, OLDEST)))
    judge("LIL-UPD-012", "a sequence number above none is refused with 409", ended == [frame.CONFLICT], _told(ended))


@scenario("LIL-UPD-004", "LIL-UPD-012")
async def newer_firmware(bench: Bench, judge: Judge) -> None:
    """Firmware that is newer, in effect after a restart: 200; the same again: 200 at once; no newer than it: 409."""
    maker, kind = _maker(bench)
    released = maker.released(kind)
    if released is None:
        raise NotTriedError("needs firmware that may be installed: give --release")
    data, signature, sequence = released
    parcel = Parcel(FIRMWARE, data, sha256(data).digest(), signature)
    _, ended = await _ended(bench, parcel, INSTALL_MS)
    if ended in ([frame.CONFLICT], [frame.INVALID]) and maker.image is None:
        why = "something as new has run on it" if ended == [frame.CONFLICT] else "the release is for other devices"
        raise NotTriedError(f"it does not take the --release ({ended[0]}): {why}")
    judge("LIL-UPD-004", "what is newer, and for it, is put into effect: 200", ended == [frame.OK], _told(ended))
    if ended == [frame.OK]:
        again, ended = await _ended(bench, parcel)
        at_once = ended == [frame.OK] and not chunk_requests(bench, again)
        judge("LIL-UPD-004", "what is in effect is answered with 200 at once", at_once, _told(ended))
        _, ended = await _ended(bench, _signed(maker, maker.firmware(kind, DATA, sequence)))
        judge("LIL-UPD-012", "what is not above it is refused with 409", ended == [frame.CONFLICT], _told(ended))


def _told(ended: list[int]) -> str:
    return ", ".join(str(code) for code in ended) or "no result"

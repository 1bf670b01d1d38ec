"""What the documents promise of a chip and no hardware had to prove: memory, speed, flash, clock, chance, radio."""

from collections.abc import Iterator
from typing import Any

from lilong_firmware.modem import LISTEN_MS, PULSE_MS, SIM_MS, WAKE_MS

from ..boards import Board
from .rows import Row, held, told
from .session import Session

SLOW_S = 60.0
CLOCK_MS = 4_000
RANDOM_BITS = 256 * 8

# (ours) all of these: a board that is worse is not broken, but no device of ours runs well on it.
HEAP_LEAST = 60_000  # bytes before anything is imported; boards/unix/README.md, "Heap", counts with 64 KB
FRAMES_LEAST = 20  # sealed frames a second: a fire's burst of alarms on one device
ED25519_MOST_MS = 30_000  # firmware/lilong_firmware/install.py goes on with its rules meanwhile
WRITE_MOST_MS = 1_500  # for 4 KiB: below the watchdog by far
READ_MOST_MS = 500
FREE_LEAST = 256 * 1024  # two bundles, and what outlives the power
TLS_MOST_MS = 8_000
ONES_MOST_OFF = 113  # bits of 2,048: five standard deviations of a fair coin
WEAKEST_DBM = -75
MODEM_MS = 120_000  # a modem that is long without a network has a bad aerial, or a bad place
STARTED_MS = LISTEN_MS + PULSE_MS + WAKE_MS
OURS = "(ours)"


def measured(session: Session, board: Board, begun: dict[str, Any]) -> Iterator[Row]:
    yield held("chip", "heap free", begun["heap_free"], "B", HEAP_LEAST, None, OURS)
    speed = session.call("speed", seconds=SLOW_S)
    rate = speed["frames"] * 1_000 // max(1, speed["frames_ms"])
    yield held("chip", "sealed frames", rate, "1/s", FRAMES_LEAST, None, OURS)
    yield held("chip", "Ed25519 verification", speed["ed25519_ms"], "ms", None, ED25519_MOST_MS, OURS)
    good = int(speed["ed25519_good"] is True)
    yield held("chip", "Ed25519 accepts", good, "", 1, 1, "RFC 8032, 7.1, test 3")
    flash = session.call("flash", seconds=SLOW_S)
    yield held("flash", "4 KiB written", flash["write_ms"], "ms", None, WRITE_MOST_MS, OURS)
    yield held("flash", "4 KiB read", flash["read_ms"], "ms", None, READ_MOST_MS, OURS)
    yield held("flash", "4 KiB erased", flash["erase_ms"], "ms", None, WRITE_MOST_MS, OURS)
    yield held("flash", "read back wrong", flash["wrong"], "", 0, 0, "what was written")
    yield held("flash", "free", flash["free"], "B", FREE_LEAST, None, OURS)
    clock = session.call("clock", CLOCK_MS)
    seconds = CLOCK_MS // 1_000
    yield held("clock", f"RTC in {seconds} s of ticks", clock["rtc_s"], "s", seconds - 1, seconds + 1, OURS)
    chance = session.call("chance")
    half = RANDOM_BITS // 2
    yield held("random", "ones of 2,048 bits", chance["ones"], "", half - ONES_MOST_OFF, half + ONES_MOST_OFF, OURS)
    yield held("random", "two draws differ", int(chance["differ"]), "", 1, 1, OURS)
    if board.radio == "wifi":
        radio = session.call("radio", seconds=SLOW_S)
        yield held("radio", "networks heard", radio["networks"], "", 1, None, OURS)
        yield held("radio", "the strongest", radio["best_dbm"], "dBm", WEAKEST_DBM, None, OURS)
    elif board.radio == "ppp":
        yield from modem_rows(session.call("modem", MODEM_MS, seconds=SLOW_S + MODEM_MS / 1_000))


def modem_rows(said: dict[str, Any]) -> Iterator[Row]:
    """A SIM that wants its PIN is not given one here: it has three tries."""
    why = said["why"] or OURS
    yield held("modem", "answers AT", said["answers_ms"], "ms", None, STARTED_MS, why)
    if "wants a PIN" in why:
        yield told("modem", "SIM", None, "", why)
    else:
        yield held("modem", "SIM ready", said["sim_ms"], "ms", None, STARTED_MS + SIM_MS, why)
        yield held("modem", "network", said["network_ms"], "ms", None, MODEM_MS, why)


def handshake(session: Session, config: dict[str, Any], ca: bytes) -> Iterator[Row]:
    """To the device's own broker, over its own network."""
    wait_ms = 20_000
    said = session.call(
        "handshake", config["host"], config["port"], ca.hex(), config.get("networks") or [], wait_ms, seconds=SLOW_S
    )
    if "why" in said:
        yield Row("radio", "TLS handshake", None, "ms", None, TLS_MOST_MS, "FAIL", said["why"])
        return
    yield told("radio", "joined after", said["joined_ms"], "ms")
    yield held("radio", "TLS handshake", said["tls_ms"], "ms", None, TLS_MOST_MS, OURS)

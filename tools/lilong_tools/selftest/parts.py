"""Every pin and driver of a kind's wiring: what sensors read against their data sheets, what outputs do."""

import importlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..boards import Board, known_drivers
from ..boards.kinds import MOMENTARY, channels, outputs
from ..boards.model import Wiring
from .rows import Row, answered, held, told
from .session import Session

WATCH_MS = 6_000  # above the 2.6 s of the slowest driver's first value (drivers/README.md)
DRIVE_MS = 2_000
PRESS_MS = 20_000
SEEN_PERCENT = 5  # (ours) of the time that a fixture's pin is high, by which "on" must differ from a steady "off"
RECORD = "record"  # the parameter of drivers that have a calibration

Ask = Callable[[str], bool]


def limits(driver: str, channel: str) -> tuple[str, float | None, float | None, str]:
    """(unit, low, high, clause) of a channel in its driver's data sheet; no limits where it has none."""
    sheet: dict[str, Any] = getattr(importlib.import_module(f"lilong_firmware.drivers.{driver}"), "DATA_SHEET", {})
    measure = sheet.get("measures", {}).get(channel)
    if not measure:
        return "", None, None, "no limits in the data sheet"
    unit, low, high, clause = measure
    return unit, low, high, clause


def sensors(session: Session, wiring: Wiring, watch_ms: int = WATCH_MS) -> Iterator[Row]:
    """All channels at rest, watched for a while."""
    seen = session.call("watch", watch_ms, seconds=watch_ms / 1_000 + 40)
    for channel in channels(wiring.kind):
        if channel in wiring.absent:
            continue
        driver = _driver(wiring, channel)
        unit, low, high, clause = limits(driver, channel)
        if channel in MOMENTARY or known_drivers()[driver].momentary:
            events = [value for name, value in seen["events"] if name == channel]
            yield told("sensor", channel, events or "quiet", unit, driver)
            continue
        value = seen["last"].get(channel)
        row = held("sensor", channel, value, unit, low, high, f"{driver}: {clause}")
        for end in ("low", "high"):  # the extremes count too
            other = held("sensor", channel, seen[end].get(channel), unit, low, high, f"{driver}: {clause}")
            row = other if other.verdict == "FAIL" and row.verdict == "pass" else row
        yield row


def levels(session: Session, board: Board, wiring: Wiring) -> Iterator[Row]:
    """Input pins as they are."""
    inputs = {
        wiring.pins[value].gpio: wiring.pins[value]
        for part in wiring.parts.values()
        for name, value in part.parameters.items()
        if known_drivers()[part.driver].takes.get(name) == "in"
    }
    if inputs:
        found = session.call("pins", sorted(inputs))["levels"]
        for gpio, pin in sorted(inputs.items()):
            yield told("pin", f"{pin.name} ({pin.printed})", found[str(gpio)], "", f"GPIO {gpio} of {board.chip.name}")


def changes(session: Session, wiring: Wiring, ask: Ask | None) -> Iterator[Row]:
    """Inputs that a person works: each must be seen to change."""
    for channel in channels(wiring.kind):
        if channel in wiring.absent or not _by_hand(wiring, channel):
            continue
        good: bool | None = None
        if ask is not None and ask(f"{channel}: answer, then work it within {PRESS_MS // 1_000} s. Ready?"):
            good = bool(session.call("watch", PRESS_MS, channel, seconds=PRESS_MS / 1_000 + 40)["changed"])
        yield answered("input", channel, good, f"{_driver(wiring, channel)}: changes when it is worked")


def _by_hand(wiring: Wiring, channel: str) -> bool:
    """On an input pin of its own, or told as an event."""
    driver = known_drivers()[_driver(wiring, channel)]
    return channel in MOMENTARY or (set(driver.takes.values()) & {"in"} != set() and "i2c" not in driver.takes.values())


def driven(session: Session, wiring: Wiring, ask: Ask | None, loops: Mapping[str, int]) -> Iterator[Row]:
    """Every output, seen by a fixture's pin or by a person."""
    for name in outputs(wiring.kind):
        if name in wiring.absent:
            continue
        driver = _driver(wiring, name)
        seconds = DRIVE_MS / 1_000 * 2 + 40
        if name in loops:
            seen = session.call("drive", name, 1, DRIVE_MS, loops[name], seconds=seconds)["levels"]
            good, says = moved(seen)
            yield answered("output", name, good, f"{driver}: GPIO {loops[name]} {says}")
            continue
        if ask is None:
            yield answered("output", name, None, driver)
            continue
        session.call("drive", name, 1, DRIVE_MS, seconds=seconds)
        yield answered("output", name, ask(f"{name}: was it on for {DRIVE_MS // 1_000} s, and off again?"), driver)


def moved(seen: Mapping[str, list[int]]) -> tuple[bool, str]:
    """Whether a fixture's pin followed an output, of how often it was low and high before, on and after; and in words.

    An output that only chirps shows as both levels where there was one.
    """
    high = {phase: 100 * levels[1] / max(1, sum(levels)) for phase, levels in seen.items()}
    idle = all(0 in seen[phase] for phase in ("before", "after"))
    steps = min(abs(high["on"] - high[phase]) for phase in ("before", "after"))
    good = steps >= SEEN_PERCENT or (idle and 0 not in seen["on"])
    words = f"is high for {high['on']:.1f} % of the time, {high['before']:.1f} % before and {high['after']:.1f} % after"
    return good, words


def calibrated(session: Session, wiring: Wiring) -> Iterator[tuple[Row, str, str]]:
    """(row, name of the record, the record in hex) of each driver that takes one and can make it."""
    for channel, part in wiring.parts.items():
        name = part.parameters.get(RECORD)
        if not isinstance(name, str) or "calibrate" not in known_drivers()[part.driver].methods:
            continue
        record = session.call("calibrate", channel)["record"]
        row = held("calibration", channel, None if record is None else len(record) // 2, "B", 1, None, part.driver)
        yield row, name, record or ""


def _driver(wiring: Wiring, name: str) -> str:
    return wiring.parts[wiring.shares.get(name, name)].driver

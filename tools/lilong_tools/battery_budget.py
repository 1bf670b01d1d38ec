"""What a sleeping kind wakes up for by itself, and what its sensors draw meanwhile: the budget of `lilong battery`.

Nothing here is measured on hardware. Looks are those of `lilong_firmware.sleep_*`; what each takes comes from the chip
models of the tests, and from measurements by others of what comes before it.
"""

import importlib
from dataclasses import dataclass

from lilong_protocol.registry import KINDS

from .battery_life import MS_A_DAY, Awake
from .boards import Board

BOOT_MS = 200
"""From the end of a sleep to the look (ours): ROM and bootloader 100 (`sleep_esp32.BOOT_MS`), MicroPython 50, the
module of the look 50. The rest of the firmware is not loaded."""
LONGEST_S = {"smoke": 4, "manhole": 25}
"""Between two looks, (ours): two samples 4 s apart are an alarm; a cover's alarm is stored within 30 s."""
SLOWEST_MS = 2_300
"""`look.LOOK_MS`: a sensor without a glance is waited for so long at most."""
GLANCE_MS = {
    "lis3dh_cover": 1, "ultrasonic": 30, "ze03": 40, "max30102": 50, "charging": 1, "tamper_switch": 1,
    "smoke_chamber": 10, "battery": 2, "max17048": 2, "gnss": 1_000, "mq": 2, "ze03_adc": 2, "a02yyuw": 500,
    "float_switch": 40,
}  # fmt: skip
"""ms that a driver's value takes in a look, on the chip models; of a UART that only uploads, half a period or more."""
ALWAYS_UA = {
    "lis3dh_cover": (3, "table 12, 10 Hz"), "lis3dh_wrist": (3, "table 12, 10 Hz"), "max17048": (23, "active"),
    "max30102": (1, "shut down"), "ze03": (10_000, "technical parameters, at most"), "ze03_adc": (10_000, "the same"),
    "ultrasonic": (2_000, "(ours) idle"), "a02yyuw": (8_000, "(ours) it measures all the time"),
    "gnss": (25_000, "(ours) tracking"), "smoke_chamber": (20, "(ours) its amplifier"), "battery": (15, "its divider"),
}  # fmt: skip
"""What a part draws while the board sleeps, unless its supply is switched."""
REPORT_MS = {"wifi": 6_000, "ppp": 30_000}
"""A connection with the radio on, (ours): to the network, TLS, what waits, and the answer."""
SUPPLY = {
    "smoke": "the mains and a reserve cell, as wired detectors have; on a battery a front end of its own must look at "
    "the chamber and wake this chip",
    "manhole": "a switch at the sensors' supply, and no gas module, which wants minutes to warm up; with one, the line "
    "of a street lamp",
    "wristband": "a cell that is charged each day, as on the wrist",
}
"""What carries a kind where a battery does not."""


@dataclass(frozen=True)
class Budget:
    """awake: the looks, and the reports by beats. parts_ua: by driver, what it draws all the time."""

    awake: tuple[Awake, ...]
    parts_ua: dict[str, float]
    period_s: float


def budget(board: Board, kind: str, look_s: float | None = None) -> Budget:
    """Of a kind that sleeps (`sleeps`) on a board that carries it. look_s: between two looks, in place of its own."""
    looks = importlib.import_module(f"lilong_firmware.sleep_{kind}").Naps.LOOKS
    wiring = board.kinds[kind]
    parts = {name: wiring.parts[wiring.shares.get(name, name)].driver for name in (*wiring.parts, *wiring.shares)}
    least_s = min(ms for _, ms in looks if ms) / 1_000
    every = look_s or least_s
    ms, seen = 0.0, set()
    for name, period in looks:
        driver = parts.get(name)
        if driver is not None and driver not in seen:
            seen.add(driver)
            share = 1 if period in (0, least_s * 1_000) else min(1.0, every * 1_000 / period)
            ms += share * GLANCE_MS.get(driver, SLOWEST_MS)
    beats = MS_A_DAY / 1_000 / next(one for one in KINDS if one.name == kind).link.beat_s
    awake = (
        Awake("looks", BOOT_MS + ms, MS_A_DAY / 1_000 / every, False),
        Awake("reports", REPORT_MS[board.radio], beats, True),
    )
    drawn = {driver: float(ALWAYS_UA[driver][0]) for driver in sorted(set(parts.values())) if driver in ALWAYS_UA}
    return Budget(awake, drawn, every)

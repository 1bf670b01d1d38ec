"""How right the pulse sensor's driver is on the model of its chip: rates and oxygen drawn by seed, and movement.

python benchmarks/pulse.py [SEEDS]: exits with 1 beyond 3 beats a minute or 3 %. A model is no person: this says what
the arithmetic does, and nothing of skin, cold hands or arrhythmia.
"""

import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from chips.buses import I2C
from chips.clock import Clock
from chips.max30102 import MAX30102 as Chip
from chips.max30102 import Wrist
from common import machine, table
from lilong_firmware.drivers.max30102 import MAX30102

STILL_S, MOVING_S = 25, 40
SECOND = 1_000_000


def run(wrist: Wrist, seconds: int, movement: int = 0) -> list[tuple[int, int]]:
    """(rate, oxygen) of each second from the fifteenth on; it moves from the tenth on."""
    clock = Clock()
    bus = I2C(clock)
    bus.chips[0x57] = Chip(clock, wrist)
    driver = MAX30102(bus)
    read = []
    while clock.us < seconds * SECOND:
        if clock.us >= 10 * SECOND:
            wrist.movement = movement
        driver.poll(clock.us // 1_000)
        clock.pass_us(100_000 - clock.us % 100_000)
        if clock.us >= 15 * SECOND and clock.us % SECOND < 100_000:
            read.append((driver.read("heart_rate") or 0, driver.read("spo2") or 0))
    return read


def still(seeds: int) -> tuple[int, int, int]:
    """(worst error of the rate, of the oxygen, without a reading) after 25 s."""
    rate_off = oxygen_off = silent = 0
    for seed in range(seeds):
        draw = random.Random(seed)
        bpm, spo2 = draw.randint(40, 200), draw.randint(70, 100)
        perfusion, noise, jitter, breath = (draw.randint(*ends) for ends in ((50, 400), (0, 60), (0, 20), (0, 6)))
        wrist = Wrist(bpm, spo2, perfusion, noise, jitter, seed, breath)
        rate, oxygen = run(wrist, STILL_S)[-1]
        if rate and oxygen:
            rate_off, oxygen_off = max(rate_off, abs(rate - bpm)), max(oxygen_off, abs(oxygen - spo2))
        else:
            silent += 1
    return rate_off, oxygen_off, silent


def moving(seeds: int, movement: int) -> tuple[str, ...]:
    """A row: how often there is no rate, one wrong by more than 5, an oxygen wrong by more than 4."""
    none = rate_wrong = oxygen_wrong = count = 0
    for seed in range(seeds):
        draw = random.Random(seed)
        bpm = draw.randint(50, 140)
        for rate, oxygen in run(Wrist(bpm, 97, draw.randint(80, 300), seed=seed), MOVING_S, movement):
            count += 1
            none += not rate
            rate_wrong += rate > 0 and abs(rate - bpm) > 5
            oxygen_wrong += oxygen > 0 and abs(oxygen - 97) > 4
    return (f"{movement / 10:g} %", *(f"{100 * part / count:.1f} %" for part in (none, rate_wrong, oxygen_wrong)))


def main() -> int:
    seeds = int(sys.argv[1]) if sys.argv[1:] else 200
    print(machine())
    rate, oxygen, silent = still(seeds)
    print(f"{seeds} pulses of 40 to 200 beats a minute and 70 to 100 %, at rest: within {rate} beats a minute and "
          f"{oxygen} %; {silent} without a reading")  # fmt: skip
    rows = [moving(max(seeds // 10, 5), movement) for movement in (0, 3, 10, 20, 40, 150)]
    table(("movement, of the light", "no reading", "rate off by over 5", "oxygen off by over 4"), rows)
    return int(rate > 3 or oxygen > 3)


if __name__ == "__main__":
    sys.exit(main())

"""MicroPython onto a bare chip of the ESP32 family, through the command `esptool`."""

import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from .errors import FlashError

OFFSETS = {"esp32": "0x1000", "esp32c3": "0x0", "esp32s3": "0x0"}
"""Where an image of MicroPython with its boot loader begins (MicroPython: esp32, "Deploying the firmware")."""
WRITE_S = 600.0
LOOK_S = 60.0
CHIP_NAME = re.compile(r"^Detected image type: (\S+)", re.MULTILINE)
TAIL = 3


def write(chip: str, port: str, image: Path, tell: Callable[[str], None], dry_run: bool = False) -> None:
    """Look at an image, then write it; FlashError when it is not for the chip, or esptool cannot."""
    if chip not in OFFSETS:
        raise FlashError(
            f"--firmware {image}: a chip of the RP2 family takes its image as a drive: hold BOOTSEL, plug it in, copy "
            "the .uf2 file onto it, then flash without --firmware"
        )
    if importlib.util.find_spec("esptool") is None:
        raise FlashError("esptool is not installed; `pip install 'lilong[flash]'` brings it")
    look(chip, image)
    if dry_run:
        tell(f"would write {image} at {OFFSETS[chip]}")
        return
    tell(f"writes {image} at {OFFSETS[chip]} ...")
    done = _esptool(["--chip", chip, "--port", port, "write-flash", OFFSETS[chip], str(image)], WRITE_S)
    if done.returncode:
        raise FlashError(
            f"{port}: esptool could not write: {_end(done)}; hold BOOT while the chip resets, and try again"
        )


def look(chip: str, image: Path) -> None:
    """FlashError for a file that is no image, or one for another chip."""
    if not image.is_file():
        raise FlashError(f"--firmware {image}: no such file; MicroPython's are at https://micropython.org/download")
    done = _esptool(["image-info", str(image)], LOOK_S)
    if done.returncode:
        raise FlashError(f"--firmware {image}: no image of an ESP32: {_end(done)}")
    named = CHIP_NAME.search(done.stdout)
    found = named[1].lower().replace("-", "") if named else ""
    if found != chip:
        raise FlashError(f"--firmware {image}: for {found or 'unknown chip'}, and the board has {chip}; get its own")


def _esptool(words: list[str], seconds: float) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            [sys.executable, "-m", "esptool", *words], stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
            errors="replace", timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise FlashError(f"esptool {' '.join(words)}: not done in {seconds:.0f} s; look at the cable") from None


def _end(done: "subprocess.CompletedProcess[str]") -> str:
    lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return " / ".join(lines[-TAIL:]) or f"it ended with code {done.returncode}"

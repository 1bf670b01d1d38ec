"""Runs a script on MicroPython's WebAssembly build under node: 32 bits, so that an int above 2**30 is an object."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from micropython import ROOT

PACKAGE = "@micropython/micropython-webassembly-pyscript"
VERSION = "1.29.0-6"
INSTALL = f"npm install --no-save --prefix . {PACKAGE}@{VERSION}"
BOARD_FOLDERS = ("protocol/lilong_protocol", "firmware/lilong_firmware")


def find_wasm() -> Path:
    """The package's folder: what LILONG_WASM names, else node_modules at the top; skipped when there is none."""
    named = os.environ.get("LILONG_WASM")
    folder = Path(named) if named else ROOT / "node_modules" / PACKAGE
    if not (folder / "micropython.mjs").is_file():
        if named:
            pytest.fail(f"LILONG_WASM={named}: no micropython.mjs there; name the folder of {PACKAGE}")
        pytest.skip(f"no WebAssembly build of MicroPython: {INSTALL}, or set LILONG_WASM to the package's folder")
    if shutil.which("node") is None:
        pytest.skip("no node to run the WebAssembly build of MicroPython: install nodejs 20 or newer")
    return folder


def run_wasm(script: Path, timeout: float = 60) -> str:
    """What a script prints there; the test fails if it ends with an error. `timeout` in seconds."""
    folders = [f"{ROOT / folder}=/lib/{Path(folder).name}" for folder in BOARD_FOLDERS]
    done = subprocess.run(
        ["node", Path(__file__).with_suffix(".mjs"), find_wasm(), script, *folders],
        capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.fail(f"MicroPython in WebAssembly ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout

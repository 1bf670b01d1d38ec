"""The wheel: what pip installs holds the data too, and works without the checkout beside it."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]

USE = """
import json, sys
from importlib import resources
from lilong_simulator.estate import load_estate
from lilong_simulator.fleet import image
import lilong_simulator, lilong_tools
print(json.dumps({
    "from": [lilong_simulator.__file__, lilong_tools.__file__, str(image.board_folder("unix"))],
    "devices": len(load_estate("music_plaza").devices),
    "template": resources.files("lilong_simulator").joinpath("report/templates/report.html").is_file(),
    "console": resources.files("lilong_tools").joinpath("centre/console/index.html").is_file(),
    "modules": len(image.modules("unix")),
}))
"""


def test_the_wheel_holds_estates_templates_console_and_boards(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    built = subprocess.run([*command, "-w", tmp_path, ROOT], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("lilong-*.whl")
    place = tmp_path / "installed"
    zipfile.ZipFile(wheel).extractall(place)
    done = subprocess.run(
        [sys.executable, "-c", USE], capture_output=True, text=True, check=False, cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(place)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert all(Path(file).is_relative_to(place) for file in found["from"])
    assert found["devices"] == 3444
    assert found["template"]
    assert found["console"]
    assert found["modules"] > 20

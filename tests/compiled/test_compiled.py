"""The compiled program is the same program: it passes the specifications and says the same bytes."""

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = {  # as in a wheel
    "protocol/lilong_protocol": "lilong_protocol",
    "firmware/lilong_firmware": "lilong_firmware",
    "simulator/lilong_simulator": "lilong_simulator",
    "tools/lilong_tools": "lilong_tools",
    "boards": "lilong_simulator/boards",
    "protocol/vectors/v1": "lilong_protocol/vectors/v1",
    "protocol/spec": "lilong_protocol/spec",
}
COMMAND = "from lilong_tools.cli import main; main()"
ESTATE = "tests/simulator/small_estate.toml"
SPECIFICATIONS = (
    "tests/protocol/test_cbor.py", "tests/protocol/test_seal.py", "tests/protocol/test_vectors.py",
    "tests/firmware/test_smoke.py", "tests/firmware/test_gas.py", "tests/firmware/test_door.py",
    "tests/firmware/test_streetlight.py", "tests/firmware/test_manhole.py", "tests/firmware/test_wristband.py",
    "tests/simulator/test_virtual_fleet.py", "tests/simulator/test_live_fleet.py",
    "tests/simulator/test_faults_virtual.py", "tests/simulator/test_faults_live.py",
)  # fmt: skip
OTHERWISE = (  # tests with a device of their own class, that read __slots__, or ask where the checkout is
    "the_counts_of_the_readme", "do_not_disturb_one_another", "what_came_before_a_fault", "sockets_have_their_turn",
)  # fmt: skip
FAULTS = (
    "--fault", "wrong_clock at=600 for=600 spread=115", "--fault", "blackout at=2000 for=300 share=0.3",
    "--fault", "bad_radio at=3000 for=600 loss=0.1 duplicate=0.05", "--fault", "partition at=5000 for=600 share=0.5",
)  # fmt: skip
NOT = " and ".join(f"not {name}" for name in OTHERWISE)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with packages and extension modules; compiled without the C compiler's patience."""
    if shutil.which("cc") is None or not (Path(sysconfig.get_path("include")) / "Python.h").is_file():
        pytest.skip("no C compiler, or no headers of Python; on Debian: apt install gcc python3-dev")
    folder = tmp_path_factory.mktemp("compiled")
    for source, place in PLACES.items():
        shutil.copytree(ROOT / source, folder / place, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, ROOT / "compiled/build.py", folder, "0"], check=True)
    return folder


def run(folder: Path | None, *arguments: str) -> str:
    environment = os.environ | ({} if folder is None else {"PYTHONPATH": str(folder)})
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-4_000:]
    return done.stdout


@pytest.mark.timeout(600)
def test_it_is_compiled_and_says_the_same_bytes(compiled: Path, tmp_path: Path) -> None:
    where = run(compiled, "-c", "import lilong_firmware.device as it; print(it.__file__)")
    assert where.strip().endswith(".so")
    for number, faults in enumerate(((), FAULTS)):
        digests = []
        for name, folder in (("compiled", compiled), ("interpreted", None)):
            out = tmp_path / name / str(number)
            run(
                folder, "-c", COMMAND, "simulate", ESTATE, "--days", "0.2", "--incident", "smoke.alarm", *faults,
                "--format", "parquet", "--out", str(out),
            )  # fmt: skip
            files = sorted(path for path in out.rglob("*") if path.suffix in (".parquet", ".jsonl"))
            digests.append([(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files])
        assert digests[0] == digests[1]
        assert len(digests[0]) >= 5


@pytest.mark.timeout(600)
def test_it_passes_the_specifications(compiled: Path) -> None:
    told = run(compiled, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "-k", NOT, *SPECIFICATIONS)
    assert " passed" in told
    assert "failed" not in told

"""Compiles with mypyc what a run spends its time in: codec, firmware, fleets, world, centre.

python compiled/build.py FOLDER [OPTIMISATION, 0 to 3]    the extension modules, as they lie in a wheel
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "compiled"))

from modules import MODULES, OPEN, PACKAGES  # noqa: E402
from stage import declared, staged  # noqa: E402

# `make check` has judged the types; here they are read once more, without the other packages' own.
CONFIG = """[mypy]
mypy_path = {stage}
follow_imports = silent
ignore_missing_imports = true
disable_error_code = no-any-return, misc, unused-ignore, import-untyped
"""
SETUP = """
from mypyc.build import mypycify
from setuptools import setup
modules = mypycify(
    ["--config-file=mypy.ini", *{modules!r}], opt_level="{level}", debug_level="0", multi_file=True,
    group_name="lilong",
)
setup(name="lilong", packages=[], ext_modules=modules)
"""


class CompileError(RuntimeError):
    """mypyc or the C compiler refuses; what they told."""


def build(out: Path, level: str = "2") -> list[Path]:
    """Compile into `out`; the paths of the extension modules relative to it. `level`: of the C compiler."""
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder)
        for package in PACKAGES:
            left_out = shutil.ignore_patterns("__pycache__", "*.so")
            shutil.copytree(ROOT / package, stage / Path(package).name, ignore=left_out)
        names = sorted({str(path.relative_to(stage)) for pattern in MODULES for path in stage.glob(pattern)})
        sources = {Path(name): (stage / name).read_text(encoding="utf-8") for name in names}
        types = declared(sources)
        for path, source in sources.items():
            (stage / path).write_text(staged(path, source, types, OPEN), encoding="utf-8")
        (stage / "mypy.ini").write_text(CONFIG.format(stage=stage), encoding="utf-8")
        (stage / "setup.py").write_text(SETUP.format(modules=names, level=level), encoding="utf-8")
        jobs = str(os.cpu_count() or 1)
        command = [sys.executable, "setup.py", "-q", "build_ext", "--build-lib", str(out.resolve()), "-j", jobs]
        done = subprocess.run(command, cwd=stage, capture_output=True, text=True, check=False)
    if done.returncode:
        told = [line for line in (done.stdout + done.stderr).splitlines() if "warning: Treating" not in line]
        raise CompileError("\n".join(told[-40:]))
    return sorted(path.relative_to(out) for path in out.rglob("*.so"))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    try:
        print(f"{len(build(Path(sys.argv[1]), *sys.argv[2:]))} extension modules in {sys.argv[1]}")
    except CompileError as error:
        raise SystemExit(f"{error}\nnothing was compiled: mypyc needs a C compiler and Python's headers") from None

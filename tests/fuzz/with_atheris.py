"""The targets under atheris (libFuzzer, guided by coverage): python -m tests.fuzz.with_atheris TARGET [-runs=N ...].

atheris is optional (`pip install --group fuzz`). New inputs go to out/fuzz/atheris/, those of the corpus are only read.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["lilong_protocol"]):
    from tests.fuzz.corpus import FOLDER
    from tests.fuzz.targets import TARGETS


def main() -> None:
    target, *options = sys.argv[1:]
    run = TARGETS[target]

    def once(data: bytes) -> None:
        run(bytes(data))

    found = Path("out/fuzz/atheris") / target
    found.mkdir(parents=True, exist_ok=True)
    atheris.Setup([sys.argv[0], *options, str(found), str(FOLDER / target)], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

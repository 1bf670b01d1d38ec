"""The options of `lilong dissector`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from .inputs import InputError
from .wireshark import dissector


def dissector_command(
    out: Annotated[Path | None, typer.Option(help="a file for Wireshark's plugin folder; else printed")] = None,
) -> None:
    """The Wireshark dissector of lilong frames in MQTT, with the registry's names."""
    if out is None:
        sys.stdout.write(dissector())
        return
    try:
        out.write_text(dissector(), encoding="utf-8")
    except OSError as error:
        raise InputError(f"--out {out}: cannot be written ({error.strerror}); name a file in a folder") from None

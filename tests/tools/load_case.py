"""What tests of `lilong load` share: brokers that are none, short runs with their reports, refusals."""

import json
from pathlib import Path

from commands import Ended, run_lilong

WELL = ("pass", "generator saturated")  # the second on a machine that is busy with other tests
NOWHERE = "mqtt://127.0.0.1:1"
AWAY = "mqtt://192.0.2.1"  # TEST-NET-1: nobody's


def refusal(*arguments: object) -> str:
    """What it says in one line, with nothing begun."""
    ended = run_lilong("load", *arguments)
    assert (ended.code, ended.out) == (2, ""), ended
    assert len(ended.err.splitlines()) == 1, ended.err
    return ended.err.removeprefix("lilong: ").removesuffix("\n")


def loaded(broker: str, folder: Path, *options: object) -> tuple[Ended, dict]:
    """A run to its end, with its report."""
    ended = run_lilong("load", "--broker", broker, "--report", folder, *options)
    assert "Traceback" not in ended.err, ended.err
    return ended, json.loads((folder / "report.json").read_text())

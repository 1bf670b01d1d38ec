"""Adding to the registry is one edit: everything that names, checks, draws or decodes follows by itself."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OWN = """
from .tables import YELLOW, Alarm, Kind, Label, Link

ALARMS = (Alarm(91, "organ.mute", YELLOW, False, Label("no sound", "无声")),)
KIND = Kind(
    90, "organ", Label("organ", "管风琴"), "smart_home", Link(True, 60, 300, 900, 0), (), ("organ.mute",), (), (), ()
)
"""
EDITS = {
    "quantities.py": (
        "QUANTITIES = (\n",
        'QUANTITIES = (\n    Quantity(200, "noise", "dB", -1, 0, 1_400, Label("noise", "噪声")),\n',
    ),
    "events.py": ("EVENTS = (\n", 'EVENTS = (\n    Event(200, "door.sang", Label("it sang", "唱歌")),\n'),
    "alarms.py": (
        "ALARMS = (\n", 'ALARMS = (\n    Alarm(90, "door.howl", RED, True, Label("howling", "嚎叫")),\n'
    ),
    "commands.py": (
        "COMMANDS = (\n",
        'COMMANDS = (\n    Command(90, "sing", Label("sing", "唱"), (Argument("verses", "/", 1, 9),)),\n',
    ),
    "settings.py": (
        "SETTINGS = (\n", 'SETTINGS = (\n    Setting(90, "choir", "/", 0, 1, 9, 4, Label("choir", "合唱")),\n'
    ),
    "messages.py": (
        '            Field(1, "rejected"',
        '            Field(40, "mood", "number", "how it feels", required=False, high=9),\n'
        '            Field(1, "rejected"',
    ),
}  # fmt: skip

PROBE = """
import lilong_protocol
from lilong_protocol import codes, frame, registry
from lilong_protocol.pc.bodies import well_formed
from lilong_protocol.pc.describe import describe
from lilong_protocol.pc.strategies import bodies
from lilong_protocol.registry import generate
from lilong_protocol.seal import UP, Seal
from lilong_protocol.keys import MacKey
from lilong_tools.centre.registry_view import registry_view
from lilong_tools.wireshark import dissector
from hypothesis import find

assert lilong_protocol.__file__.startswith(COPY), lilong_protocol.__file__
assert (codes.Q_NOISE, codes.EVENT_DOOR_SANG) == (200, 200)
assert (codes.ALARM_DOOR_HOWL, codes.CMD_SING, codes.S_CHOIR) == (90, 90, 90)
assert (codes.KIND_ORGAN, codes.ALARM_ORGAN_MUTE, codes.severity(91)) == (90, 91, 2)
assert codes.latches(90) and codes.severity(90) == 4 and not codes.is_alarm(92)
assert generate.stale() == []
assert "? 40: 0..9,  ; mood" in generate.cddl()
reference = generate.reference()
for row in ("| 200 | noise | 10^-1 dB |", "| 200 | door.sang |", "| 90 | door.howl |",
            "| 90 | sing | 0 verses 1..9 / |", "| 90 | choir |", "| heartbeat | 40 | mood |"):
    assert row in reference, row
seal = Seal(MacKey(bytes(32)), "acme", "00" * 8, UP)
body = {0: 0, 1: 0, 2: 0, 3: {200: 425}, 40: 7}
told = describe(seal.seal("hb", frame.pack(frame.HEARTBEAT, body, 1, 1, 1, nonce=bytes(8))))
assert told.body["mood"] == 7 and str(told.body["values"]["noise"][0]) == "42.5"
assert well_formed(frame.HEARTBEAT, body) and not well_formed(frame.HEARTBEAT, {**body, 40: 10})
assert find(bodies(registry.MESSAGE[frame.HEARTBEAT]), lambda drawn: 40 in drawn)[40] in range(10)
view = registry_view()
assert view["quantities"]["200"]["name"] == "noise" and view["commands"]["sing"]["args"][0]["name"] == "verses"
for name in ("noise", "door.sang", "door.howl", "sing", "choir", "mood"):
    assert f'"{name}"' in dissector(), name
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The protocol's folder with one more of everything in its registry."""
    target = tmp_path_factory.mktemp("registry") / "protocol"
    shutil.copytree(ROOT / "protocol", target, ignore=shutil.ignore_patterns("__pycache__"))
    for name, (place, edit) in EDITS.items():
        path = target / "lilong_protocol" / "registry" / name
        text = path.read_text(encoding="utf-8")
        assert text.count(place) == 1, name
        path.write_text(text.replace(place, edit), encoding="utf-8")
    (target / "lilong_protocol" / "registry" / "organ.py").write_text(OWN, encoding="utf-8")
    return target


def run(copy: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=False, env={"PYTHONPATH": str(copy)}
    )


def test_one_edit_is_seen_everywhere(copy: Path) -> None:
    stale = run(copy, "-m", "lilong_protocol.registry.generate", "--check")
    assert stale.returncode == 1
    assert "codes.py, lilong.cddl, REFERENCE.md, frozen.txt: stale" in stale.stderr
    written = run(copy, "-m", "lilong_protocol.registry.generate")
    assert (written.returncode, written.stderr) == (0, "")
    seen = run(copy, "-c", f"COPY = {str(copy)!r}\n{PROBE}")
    assert seen.returncode == 0, seen.stderr

"""Faults planted into the firmware of a soak, which it has to find: tests of the soak itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from lilong_simulator.fleet import image

FAULTS = {  # name: (module, what stands there, what is put in its place)
    "a leak of 8 bytes a minute": (
        "lilong_firmware/device.py",
        "        if now >= rules.deadline:\n            rules.timer(now)\n        self.session.step(now)\n",
        "        if now >= rules.deadline:\n            rules.timer(now)\n        self.session.step(now)\n"
        "        if now > 60_000 * len(LEAK):\n            LEAK.append(None)\n",
    ),
    "a dropped alarm": (
        "lilong_firmware/outbox.py",
        "        victims: list[bytearray] = []\n        if len",
        "        victims: list[bytearray] = []\n        if kind == RAISE and boot + seq & 3 == 3:\n"
        "            return STORED\n        if len",
    ),
    "an unbounded list": (
        "lilong_firmware/downlink.py",
        "if len(self._responses) >= RESPONSES_KEPT:",
        "if len(self._responses) >= 9_999:",
    ),
    "a sounder that waits": (
        "lilong_firmware/kinds/smoke.py",
        '            self._above = False\n            self.device.output("sounder", 1)\n',
        "            self._above = False\n",
    ),
    "files that stay": (
        "lilong_firmware/flash.py",
        '            self.drop(name + ".new")  #',
        "            pass  #",
    ),
}
HEAD = {"lilong_firmware/device.py": "LEAK = []\n\n\nclass Identity:"}  # besides


@contextmanager
def planted(name: str, folder: Path) -> Iterator[None]:
    """The boards that start meanwhile have this fault."""
    module, there, instead = FAULTS[name]
    text = image.modules("unix")[module].read_text()
    assert text.count(there) == 1, f"{module} has changed: plant {name} anew"
    text = text.replace(there, instead)
    if module in HEAD:
        text = text.replace("class Identity:", HEAD[module], 1)
    changed = folder / "changed.py"
    changed.write_text(text)
    sources = {**image.modules("unix"), module: changed}
    with mock.patch.object(image, "modules", return_value=sources):
        yield

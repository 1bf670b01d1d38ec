"""Carries a plan out so that a board whose cable is pulled runs what it ran, or all that is new.

Everything is written beside its place, and its hash is taken there. Only then is all of it put into place, one renaming
after another in one go: the bundle and what is beside it, the record that chooses the bundle, the configuration.
"""

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from lilong_firmware.boot import FOLDER

from .errors import FlashError
from .plan import NEW, Plan, digest
from .remote import Remote
from .there import There, look

BEGIN = """
import os
try:
    os.mkdir(FOLDER)
except OSError:
    pass
for path in GONE:
    try:
        os.remove(path)
    except OSError:
        pass
"""
HASHES = """
import json, hashlib, binascii
def _hash(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while True:
            data = file.read(512)
            if not data:
                return str(binascii.hexlify(digest.digest()), "ascii")
            digest.update(data)
print(json.dumps({path: _hash(path) for path in PATHS}))
"""
FINISH = """
import os
for path in PATHS:
    os.rename(path + NEW, path)
for path in GONE:
    try:
        os.remove(path)
    except OSError:
        pass
if hasattr(os, "sync"):
    os.sync()
"""


def deploy(remote: Remote, plan: Plan, there: There, tell: Callable[[str], None]) -> None:
    """FlashError when something is wrong; what is on the board can run then as before."""
    spare = f"{FOLDER}/{plan.slot}"
    gone = [path + NEW for path in plan.puts]
    free = there.free
    if free < plan.needs and spare in plan.puts and spare in there.files:
        gone.append(spare)  # it is not in effect, and its successor comes
        free += len(plan.puts[spare])
    if free < plan.needs:
        raise FlashError(
            f"{remote.port}: no space: {plan.needs // 1024} KiB are needed and {free // 1024} free; take files off the "
            "board that are not ours, or write its file system anew"
        )
    remote.run(f"FOLDER = {FOLDER!r}\nGONE = {gone!r}\n{BEGIN}")
    try:
        _stage(remote, plan, tell)
    except FlashError:
        _forget(remote, gone)
        raise
    remote.run(f"PATHS = {list(plan.puts)!r}\nGONE = {list(plan.deletes)!r}\nNEW = {NEW!r}\n{FINISH}")
    after = look(remote, tuple(path for path in plan.puts if not path.startswith(FOLDER)))
    wrong = [path for path, data in plan.puts.items() if after.files.get(path) != digest(data)]
    if wrong:
        raise FlashError(f"{remote.port}: {', '.join(wrong)}: not what was written; its flash may be worn: try again")


def _stage(remote: Remote, plan: Plan, tell: Callable[[str], None]) -> None:
    with tempfile.TemporaryDirectory(prefix="lilong-flash-") as folder:
        local = Path(folder, "file")
        for path, data in plan.puts.items():
            tell(f"copies {path} ({len(data):,} bytes)")
            with open(os.open(local, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
                file.write(data)
            remote.copy(local, path + NEW)
    names = [path + NEW for path in plan.puts]
    said = remote.run(f"PATHS = {names!r}\n{HASHES}")
    try:
        hashes = json.loads(said.splitlines()[-1])
    except (ValueError, IndexError):
        raise FlashError(f"{remote.port}: the board's answer is none of ours: {said[-200:]!r}") from None
    wrong = [path for path, data in plan.puts.items() if hashes.get(path + NEW) != digest(data)]
    if wrong:
        raise FlashError(f"{remote.port}: {', '.join(wrong)} came over wrong; try again, with a shorter cable perhaps")


def _forget(remote: Remote, paths: list[str]) -> None:
    """Take away what was half written, if the board is still there."""
    try:
        remote.run(f"FOLDER = {FOLDER!r}\nGONE = {[path for path in paths if path.endswith(NEW)]!r}\n{BEGIN}")
    except FlashError:
        return

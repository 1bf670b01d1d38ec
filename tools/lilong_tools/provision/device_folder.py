"""The folder of one device: written whole or not at all, for its owner only."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from lilong_protocol.pc.private_file import PrivateFileError, read_private_bytes, write_private

from .errors import ProvisionError


def read_folder(folder: Path) -> dict[str, bytes] | None:
    """The files of a folder by name, None when there is no folder; ProvisionError when others may read one."""
    if not folder.is_dir():
        return None
    try:
        return {path.name: read_private_bytes(path) for path in sorted(folder.iterdir())}
    except PrivateFileError as error:
        raise ProvisionError(str(error)) from None


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put a folder with these files in the place of the one that was there."""
    part = before = None
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))  # for its owner only
        for name, content in files.items():
            write_private(part / name, content)
        if folder.exists():
            before = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
            folder.replace(before)
        part.replace(folder)
    except (OSError, PrivateFileError) as error:
        says = error.strerror if isinstance(error, OSError) else str(error)
        raise ProvisionError(f"{folder}: cannot be written ({says}); name a folder where you may write") from None
    finally:
        for left in (part, before):
            if left is not None:
                shutil.rmtree(left, ignore_errors=True)


def remove_folder(folder: Path) -> bool:
    """False when there was none."""
    if not folder.is_dir():
        return False
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise ProvisionError(f"{folder}: cannot be removed ({error.strerror}); remove it by hand") from None
    return True


def write_if_other(path: Path, text: str) -> bool:
    """Write a file for all to read, which has no secret in it; False when it says so already."""
    try:
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            return False
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, text, 0o644)
    except (OSError, UnicodeDecodeError, PrivateFileError) as error:
        raise ProvisionError(f"{path}: cannot be written ({error}); name a folder where you may write") from None
    return True

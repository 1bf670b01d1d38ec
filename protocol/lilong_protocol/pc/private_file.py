"""Files with secrets in them: read only where nobody else may read them, written whole or not at all."""

import contextlib
import os
import stat
import sys
import tempfile
from pathlib import Path

OWNER_ONLY = 0o600


class PrivateFileError(ValueError):
    """A file of secrets that cannot be used: what, where, what to do."""


def read_private(path: Path) -> str:
    """The text of a file that is ours and that group and others may not touch; PrivateFileError for any other.

    The file that is looked at is the one that is read, whatever is put in its place meanwhile.
    """
    try:
        return read_private_bytes(path).decode()
    except UnicodeDecodeError:
        raise PrivateFileError(f"{path}: is not text; give the file that was written for this purpose") from None


def read_private_bytes(path: Path) -> bytes:
    """The same of a file that is no text."""
    try:
        with path.open("rb") as file:
            _check(path, os.fstat(file.fileno()))
            return file.read()
    except OSError as error:
        raise PrivateFileError(f"{path}: cannot be read ({error.strerror}); name a file that you may read") from None


def write_private(path: Path, content: str | bytes, mode: int = OWNER_ONLY) -> None:
    """Write a file whole, in place of the one that was there, never readable by more than `mode` says."""
    part = ""
    try:
        handle, part = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # for its owner only, from the start
        with os.fdopen(handle, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        Path(part).replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            if part:
                Path(part).unlink()
        raise PrivateFileError(
            f"{path}: cannot be written ({error.strerror}); name a place where you may write"
        ) from None


def _check(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise PrivateFileError(f"{path}: is no file; give the path of a file")
    if sys.platform == "win32":
        return  # its permissions are lists that stat does not show
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise PrivateFileError(
            f"{path}: has secrets in it and may be used by others than its owner (mode {mode:04o}): chmod 600 {path}, "
            "and renew the keys if others could have read them"
        )
    if status.st_uid != os.geteuid():
        raise PrivateFileError(
            f"{path}: belongs to user {status.st_uid}, who could change it, and this is user {os.geteuid()}: "
            f"chown {os.geteuid()} {path}"
        )

"""New access for one device as a file, ID.access: what `lilong provision --change` writes, to be offered as it is.

It is wrapped for its device, which tries it and falls back by itself (LIL-UPD-010, 011): no key signs it.
"""

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from lilong_firmware.access import SIZE_MAX
from lilong_protocol.pc.updates import ACCESS, Artifact
from lilong_protocol.wrap import OVERHEAD

from .errors import UpdateError

SUFFIX = ".access"


@dataclass(frozen=True)
class Access:
    """device: by the name of the file."""

    device: str
    data: bytes = field(repr=False)

    @property
    def digest(self) -> bytes:
        return sha256(self.data).digest()

    @property
    def version(self) -> str:
        return f"access {self.digest[:4].hex()}"

    def artifact(self) -> Artifact:
        """To be offered; its number follows from its digest."""
        return Artifact(int.from_bytes(self.digest[:4], "big"), ACCESS, self.version, self.data)


def read(path: Path) -> Access:
    """UpdateError for a file that no device would take."""
    try:
        content = path.read_bytes()
    except OSError as error:
        says = f"cannot be read ({error.strerror}); give one of `lilong provision --change`"
        raise UpdateError(f"{path}: {says}") from None
    if not OVERHEAD < len(content) <= SIZE_MAX:
        raise UpdateError(f"{path}: {len(content)} bytes, and new access has {OVERHEAD + 1} to {SIZE_MAX}")
    return Access(path.stem, content)

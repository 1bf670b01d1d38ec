"""Updates: what was offered to which device, and the pieces of it that the device asks for."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from ..registry.tables import U32
from .errors import RequestError

FIRMWARE, CARD_LIST, ACCESS = 0, 1, 2
CHUNK_MAX = 768


@dataclass(frozen=True)
class Artifact:
    """A firmware or card list under a number of its own. `signature`: Ed25519 over the SHA-256 of `data`."""

    number: int
    what: int
    version: str
    data: bytes = field(repr=False)
    signature: bytes | None = None

    @property
    def digest(self) -> bytes:
        return sha256(self.data).digest()

    def body(self) -> dict[int, object]:
        """The body of its offer."""
        body: dict[int, object] = {
            0: self.number, 1: self.what, 2: self.version, 3: len(self.data), 4: self.digest,
        }  # fmt: skip
        if self.signature is not None:
            body[5] = self.signature
        return body


@dataclass
class Progress:
    """How far the update of one device is: state and bytes as it tells them, `code` once it is over."""

    artifact: int
    state: int | None = None
    have: int = 0
    code: int | None = None
    version: str | None = None
    withdrawn: bool = False  # no piece of it is given any more


class Updates:
    """Artifacts by number, and the one that each device was offered last."""

    def __init__(self) -> None:
        self._artifacts: dict[int, Artifact] = {}
        self._offered: dict[str, Progress] = {}

    def provide(self, artifact: Artifact) -> None:
        """Hold an artifact ready; a number means the same bytes for ever. RequestError when it is none."""
        known = self._artifacts.get(artifact.number)
        if known is not None and known.digest != artifact.digest:
            raise RequestError(f"artifact {artifact.number}: other bytes have that number; give these a new one")
        if not 0 <= artifact.number <= U32 or not artifact.data or not 1 <= len(artifact.version) <= 32:
            raise RequestError(
                f"artifact {artifact.number}: it needs a number up to {U32}, some bytes, a version of at most 32"
            )
        if artifact.signature is not None and len(artifact.signature) != 64:
            raise RequestError(f"artifact {artifact.number}: the signature has not 64 bytes; sign with Ed25519")
        self._artifacts[artifact.number] = artifact

    def artifact(self, number: int) -> Artifact | None:
        return self._artifacts.get(number)

    def offer(self, device: str, number: int) -> Progress:
        """From now on the device may ask for its pieces."""
        progress = self._offered[device] = Progress(number)
        return progress

    def progress(self, device: str) -> Progress | None:
        """Of the update that the device was offered last."""
        return self._offered.get(device)

    def withdraw(self, device: str) -> bool:
        """It gets no piece of it any more; how it ends is still taken note of. False when there is nothing to end."""
        progress = self._offered.get(device)
        if progress is None or progress.withdrawn or progress.code is not None:
            return False
        progress.withdrawn = True
        return True

    def asked(self, device: str, body: dict[int, Any]) -> None:
        """A request whose shape has been checked: the device has what is before it."""
        progress = self._of(device, body[0])
        artifact = self._artifacts.get(body[0])
        if progress is not None and artifact is not None:
            progress.have = min(body[1], len(artifact.data))

    def told(self, device: str, body: dict[int, Any]) -> bool:
        """A progress whose shape has been checked; True when it is of what was offered."""
        progress = self._of(device, body[0])
        if progress is None:
            return False
        progress.state, progress.have = body[1], body.get(2) or progress.have
        return True

    def ended(self, device: str, body: dict[int, Any]) -> bool:
        """A result whose shape has been checked; True when it is of what was offered."""
        progress = self._of(device, body[0])
        if progress is None:
            return False
        progress.code, progress.version = body[1], body.get(2)
        return True

    def piece(self, device: str, body: dict[int, Any]) -> bytes | None:
        """The bytes that a chunk request asks for; None when they were not offered, are not there or at hand."""
        number, offset, size = body[0], body[1], body[2]
        artifact = self._artifacts.get(number)
        progress = self._of(device, number)
        if progress is None or progress.withdrawn or artifact is None or offset >= len(artifact.data):
            return None
        return artifact.data[offset : offset + min(size, CHUNK_MAX)]

    def save(self, device: str) -> dict[str, Any]:
        """Plain values, for JSON."""
        return dict(vars(self._offered[device]))

    def restore(self, device: str, saved: dict[str, Any]) -> None:
        self._offered[device] = Progress(**saved)

    def _of(self, device: str, number: int) -> Progress | None:
        progress = self._offered.get(device)
        return progress if progress is not None and progress.artifact == number else None

"""A release as a file, *.llfw: the artifact as devices fetch it (head and image, `suit`), then its signature.

    artifact | "LLSG" | 64 bytes of Ed25519 over the SHA-256 of the artifact

Where the artifact ends is in its head. What is behind it never goes over the air: an offer carries the signature.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from lilong_firmware import suit
from lilong_firmware.slot import SIZE_MAX
from lilong_protocol.pc.maker import SIMULATED, class_id, vendor_id
from lilong_protocol.pc.updates import FIRMWARE, Artifact

from ..boards import open_board
from ..boards.kinds import kinds
from .errors import UpdateError
from .keys import Public, of_private

SUFFIX = ".llfw"
ROMFS_MAGIC = b"\xd2\xcd\x31"  # as MicroPython's `mpremote romfs` writes it
SIGNED = b"LLSG"
SIGNATURE_BYTES = 64
TEXT_MAX = 32  # of a version, as the offer has it


@dataclass(frozen=True)
class Release:
    """data: head and image, as they are signed."""

    manifest: suit.Manifest
    data: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    @property
    def digest(self) -> bytes:
        """What is signed."""
        return sha256(self.data).digest()

    @property
    def version(self) -> str:
        return self.manifest.version

    def artifact(self) -> Artifact:
        """To be offered. Its number follows from its digest, so that the same bytes have the same one for ever."""
        number = int.from_bytes(self.digest[:4], "big")
        return Artifact(number, FIRMWARE, self.manifest.version, self.data, self.signature)

    def packed(self) -> bytes:
        return self.data + SIGNED + self.signature


def sign(key: Path, board: str, kind: str, sequence: int, version: str, image: bytes) -> Release:
    """UpdateError or BoardError for anything that no device would take."""
    carried = kinds()
    if board != SIMULATED:
        opened = open_board(board)
        board, carried = opened.id, tuple(opened.kinds)  # a path leads to it, and devices know its name
    if kind not in carried:
        raise UpdateError(f"--kind {kind}: {board} carries none; it carries {', '.join(carried)}")
    if not 1 <= sequence < 1 << 32:
        raise UpdateError(f"--sequence {sequence}: give a number from 1 to {(1 << 32) - 1}, one more with each release")
    if not 1 <= len(version) <= TEXT_MAX or not version.isprintable():
        raise UpdateError(f"--version {version!r}: give 1 to {TEXT_MAX} characters")
    if not image.startswith(ROMFS_MAGIC):
        raise UpdateError(
            f"IMAGE: begins with {image[:4]!r}, so it is no ROMFS bundle, which is what devices take; "
            "give the bundle of the firmware"
        )
    private, public = of_private(key)
    digest = sha256(image).digest()
    vendor = vendor_id(public.vendor)
    manifest = suit.Manifest(sequence, vendor, class_id(vendor, board, kind), suit.ROMFS, len(image), digest, version)
    data = suit.head(manifest) + image
    if len(data) > SIZE_MAX:
        raise UpdateError(f"IMAGE: {len(data)} bytes with its head, and a device takes at most {SIZE_MAX}")
    return Release(manifest, data, private.sign(sha256(data).digest()))


def unpack(path: Path, content: bytes) -> Release:
    """UpdateError says what is wrong with a file; the signature is not looked at here."""
    try:
        head = suit.head_size(content[: suit.HEAD])
        manifest = suit.parse(content[:head])
    except ValueError as error:
        raise UpdateError(f"{path}: {error}; give a file that `lilong update sign` has written") from None
    end = head + manifest.size
    behind = content[end:]
    if len(content) < end or len(behind) != len(SIGNED) + SIGNATURE_BYTES or not behind.startswith(SIGNED):
        wanted = end + len(SIGNED) + SIGNATURE_BYTES
        raise UpdateError(f"{path}: {len(content)} bytes, and its head speaks of {wanted}: it was cut short or changed")
    if sha256(content[head:end]).digest() != manifest.digest:
        raise UpdateError(f"{path}: its image is not the one that its head speaks of: it was changed")
    return Release(manifest, content[:end], behind[len(SIGNED) :])


def read(path: Path) -> Release:
    """UpdateError for a file that is no release."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UpdateError(f"{path}: cannot be read ({error.strerror}); give a file of `lilong update sign`") from None
    return unpack(path, content)


def check(path: Path, release: Release, public: Public) -> None:
    """UpdateError when a device that trusts `public` would refuse it whatever it is."""
    if not public.signed(release.digest, release.signature):
        raise UpdateError(f"{path}: is not signed with this key; devices would refuse it (403)")
    if release.manifest.vendor != vendor_id(public.vendor):
        raise UpdateError(f"{path}: is of another maker than {public.vendor}; devices would refuse it (422)")


def newest_beside(path: Path, release: Release) -> tuple[Path, int] | None:
    """Of the releases in the folder of `path` for the same devices, the one with the highest sequence number."""
    best: tuple[Path, int] | None = None
    for other in sorted(path.parent.glob(f"*{SUFFIX}")):
        if other.resolve() == path.resolve():
            continue
        try:
            manifest = read(other).manifest
        except UpdateError:
            continue
        same = (manifest.vendor, manifest.device_class) == (release.manifest.vendor, release.manifest.device_class)
        if same and (best is None or manifest.sequence > best[1]):
            best = (other, manifest.sequence)
    return best


def named(manifest: suit.Manifest, vendor: str, boards: dict[str, Sequence[str]]) -> tuple[str, str] | None:
    """(board, kind) of an image of this maker, where it is one of ours. boards: kinds by board."""
    made = vendor_id(vendor)
    for board, carried in boards.items():
        for kind in carried:
            if class_id(made, board, kind) == manifest.device_class:
                return board, kind
    return None

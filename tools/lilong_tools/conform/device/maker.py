"""A device's maker, as a bench plays him: firmware that is rightly signed, whatever it says of itself."""

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from lilong_firmware import suit
from lilong_protocol.pc.maker import SIMULATED, SIMULATION, class_id, simulation_release_key, vendor_id
from lilong_protocol.registry import KIND_BY_NUMBER

from ...boards import open_board
from ...inputs import InputError
from ...update import keys
from ...update.release import Release, check, read

try:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
except ImportError:  # an extra: `of_simulations` gives nobody, and a key of the user's cannot be read
    pass

NEWEST = 0xFFFFFFFF
"""A sequence number above all others: only of what can never be put into effect, since its digest is wrong."""
OLDEST = 0
"""None is above it."""


@dataclass(frozen=True)
class Maker:
    """vendor: his domain. board: with a kind of device it makes the class (RFC 9124). release: what may be installed,
    digest and all; None: nothing may. image: what a simulated device is given as its release, by its own maker."""

    vendor: str
    board: str
    key: "Ed25519PrivateKey" = field(repr=False)
    release: Release | None = None
    image: bytes | None = field(default=None, repr=False)

    def sign(self, digest: bytes) -> bytes:
        return self.key.sign(digest)

    def stranger(self, digest: bytes) -> bytes:
        """A signature that is good, by somebody else."""
        return Ed25519PrivateKey.generate().sign(digest)

    def firmware(
        self, kind: int, image: bytes, sequence: int, vendor: str | None = None, board: str | None = None
    ) -> bytes:
        """Head and image; vendor, board: of others than the device's."""
        maker = vendor_id(vendor or self.vendor)
        of = class_id(maker, board or self.board, KIND_BY_NUMBER[kind].name)
        digest = sha256(image).digest()
        return suit.head(suit.Manifest(sequence, maker, of, suit.ROMFS, len(image), digest, "conformance")) + image

    def released(self, kind: int) -> tuple[bytes, bytes, int] | None:
        """(artifact, signature, sequence) of what may be installed on a device of a kind."""
        if self.image is not None:
            data = self.firmware(kind, self.image, 1)
            return data, self.sign(sha256(data).digest()), 1
        if self.release is None:
            return None
        return self.release.data, self.release.signature, self.release.manifest.sequence


def of_file(key: Path, board: str, release: Path | None) -> Maker:
    """Of a release key and what it has signed; UpdateError or BoardError for what is none."""
    private, public = keys.of_private(key)
    board = board if board == SIMULATED else open_board(board).id
    found = None if release is None else read(release)
    if release is not None and found is not None:
        check(release, found, public)
    return Maker(public.vendor, board, private, found)


def of_simulations(image: bytes) -> Maker | None:
    """Of simulated devices, whose key is public; None where nothing can be signed. image: of a release for them."""
    if not keys.HAVE_CRYPTOGRAPHY:
        return None
    key = Ed25519PrivateKey.from_private_bytes(simulation_release_key())
    return Maker(SIMULATION, SIMULATED, key, image=image)


def of_options(key: Path | None, board: str | None, release: Path | None) -> Maker | None:
    """What `--maker-key`, `--board` and `--release` say; InputError when they do not go together."""
    if key is None:
        given = [name for name, value in (("--board", board), ("--release", release)) if value is not None]
        if given:
            raise InputError(f"{' and '.join(given)}: whose firmware? give --maker-key, the key that signs it")
        return None
    if board is None:
        raise InputError("--maker-key: for which board? give --board, as `lilong update sign` takes it")
    return of_file(key, board, release)

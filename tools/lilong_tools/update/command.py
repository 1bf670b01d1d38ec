"""The options of `lilong update keygen`, `sign` and `show`."""

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from lilong_protocol.pc.maker import SIMULATED, SIMULATION, VENDOR, simulation_release_key
from lilong_protocol.pc.private_file import PrivateFileError, write_private
from lilong_simulator.fleet import image as rom

from ..boards import board_ids, open_board
from ..boards.kinds import kinds
from . import keys, release
from .errors import UpdateError
from .offer import offer, resume

update = typer.Typer(no_args_is_help=True, help="Signed firmware: made, shown, and rolled out in waves.")

ReleaseFile = Annotated[Path, typer.Argument(metavar="FILE", help="a release, as `lilong update sign` writes it")]
PrivateKey = Annotated[Path, typer.Option("--key", help="the release key; its public file is beside it")]


@update.command()
def keygen(
    key: PrivateKey = Path("release.key"),
    vendor: Annotated[str, typer.Option(help="a domain of the maker's, from which the ids in images follow")] = VENDOR,
    simulation: Annotated[
        bool, typer.Option("--simulation", help="the public key that simulated devices trust")
    ] = False,
) -> None:
    """A key to sign firmware with, for its owner only; and its public file, for devices."""
    if simulation:
        public = keys.make(key, SIMULATION, simulation_release_key())
        typer.echo(f"{key}: signs for simulated devices; everybody has this key, so it is nothing for hardware")
        return
    public = keys.make(key, vendor)
    typer.echo(f"{key}: signs firmware of {public.vendor} now; keep it, and a copy, where nobody else comes")
    typer.echo(f"{keys.public_path(key)}: what devices are given; ed25519 {public.key.hex()}")


@update.command()
def sign(
    board: Annotated[str, typer.Option(help="as in `lilong boards`, or simulated")],
    kind: Annotated[str, typer.Option(help="smoke, gas, door ...")],
    sequence: Annotated[int, typer.Option(help="one more with each release: no device goes back to a lower one")],
    version: Annotated[str, typer.Option(help="for people, at most 32 characters")],
    image: Annotated[
        Path | None,
        typer.Argument(metavar="IMAGE", help="as `lilong bundle` writes it; for simulated, by default this firmware"),
    ] = None,
    key: PrivateKey = Path("release.key"),
    out: Annotated[Path | None, typer.Option("--out", "-o", help="the file; else KIND-VERSION.llfw")] = None,
) -> None:
    """Firmware as devices take it: what it is, for whom, how new, and signed."""
    content = _image(image, board)
    made = release.sign(key, board, kind, sequence, version, content)
    path = out or Path(f"{kind}-{version}{release.SUFFIX}")
    before = release.newest_beside(path, made)
    try:
        write_private(path, made.packed(), keys.PUBLIC_MODE)
    except PrivateFileError as error:
        raise UpdateError(f"--out {error}") from None
    _print(path, made)
    if before is not None and before[1] >= sequence:
        typer.echo(
            f"warning: {before[0]} for the same devices has sequence {before[1]}: those that run it will refuse this "
            f"one (409); sign with --sequence {before[1] + 1} or above",
            err=True,
        )


@update.command()
def show(
    file: ReleaseFile,
    public: Annotated[Path | None, typer.Option(help="the public file of a release key: verify with it")] = None,
) -> None:
    """What a release is, and whether it is whole and signed."""
    trusted = None if public is None else keys.load_public(public)
    found = release.read(file)
    if trusted is not None:
        release.check(file, found, trusted)
    _print(file, found)
    if trusted is None:
        typer.echo("signature    not verified: give --public")
        return
    there: dict[str, Sequence[str]] = {name: tuple(open_board(name).kinds) for name in board_ids()}
    there[SIMULATED] = kinds()
    device = release.named(found.manifest, trusted.vendor, there)
    known = "of no board that is known here" if device is None else f"{device[0]}, {device[1]}"
    typer.echo(f"maker        {trusted.vendor}")
    typer.echo(f"for          {known}")
    typer.echo("signature    good")


def _image(path: Path | None, board: str) -> bytes:
    """The bytes of an image; without a file, what MicroPython processes of a simulation run."""
    if path is None and board != SIMULATED:
        raise UpdateError("IMAGE: give the bundle of the firmware, as `lilong bundle` writes it")
    try:
        return (rom.build() if path is None else path).read_bytes()
    except OSError as error:
        raise UpdateError(f"IMAGE {path}: cannot be read ({error.strerror}); give a file") from None
    except rom.ImageError as error:
        raise UpdateError(f"IMAGE: {error}") from None


def _print(path: Path, made: release.Release) -> None:
    manifest = made.manifest
    typer.echo(f"{path}: version {manifest.version}, sequence {manifest.sequence}")
    typer.echo(f"digest       {made.digest.hex()}")
    typer.echo(f"size         {len(made.data)} bytes: image {manifest.size}, head {len(made.data) - manifest.size}")
    typer.echo(f"vendor id    {uuid.UUID(bytes=manifest.vendor)}")
    typer.echo(f"class id     {uuid.UUID(bytes=manifest.device_class)}")


update.command()(offer)
update.command()(resume)

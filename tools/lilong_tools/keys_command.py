"""`lilong keys`: the key store of an estate, and what a board needs of it."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from lilong_protocol.pc.keystore import KeyStore, KeyStoreError, load, save
from lilong_protocol.pc.private_file import PrivateFileError, write_private
from lilong_simulator.estate import Device, Estate, load_estate

from .inputs import InputError

keys = typer.Typer(no_args_is_help=True, help="Keys of an estate, in a file for its owner only.")

EstateName = Annotated[str, typer.Argument(help="a built-in estate, or the path of an estate file")]
Store = Annotated[Path, typer.Option("--keys", help="the key store")]
DEFAULT = Path("keys.json")


@keys.command()
def new(estate: EstateName, store: Store = DEFAULT) -> None:
    """A random key for an estate, from which the key of each device follows."""
    tenant = load_estate(estate).id
    known = load(store) if store.exists() else KeyStore()
    known.new_estate(tenant, os.urandom)
    save(known, store)
    typer.echo(f"{store}: has a key of {tenant} now; keep a copy where the estate's other secrets are")


@keys.command()
def device(
    estate: EstateName,
    name: Annotated[str, typer.Argument(metavar="DEVICE", help="its id or its name")],
    host: Annotated[str, typer.Option(help="of the broker")],
    port: Annotated[int, typer.Option(min=1, max=65535, help="of the broker")] = 8883,
    own_root: Annotated[bool, typer.Option("--own-root", help="a random root, instead of one of the estate")] = False,
    out: Annotated[Path | None, typer.Option(help="the board's configuration file; else it is printed")] = None,
    store: Store = DEFAULT,
) -> None:
    """What a board's configuration needs: who it is, its root key, its broker and its user name there."""
    place = load_estate(estate)
    placed = _placed(place, name)
    known = load(store)
    if own_root:
        known.new_root(place.id, placed.id, os.urandom)
    root = known.root(place.id, placed.id)
    if root is None:
        raise KeyStoreError(
            f"{store}: has no key of {placed.name} of {place.id}; `lilong keys new` makes one for the estate, "
            "--own-root one for this device"
        )
    text = json.dumps(_config(place, placed, root, host, port), indent=1) + "\n"
    if own_root:
        save(known, store)  # before the board has it
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        write_private(out, text)
    except PrivateFileError as error:
        raise InputError(f"--out {error}") from None


@keys.command()
def rotate(
    estate: EstateName,
    name: Annotated[str | None, typer.Option("--device", help="id or name; else all devices of the estate")] = None,
    finish: Annotated[bool, typer.Option("--finish", help="the epoch that was asked for is in use everywhere")] = False,
    store: Store = DEFAULT,
) -> None:
    """Ask for the next key epoch; the centre tells its devices and goes on opening the one before."""
    place = load_estate(estate)
    chosen = None if name is None else _placed(place, name).id
    known = load(store)
    epoch = known.finish(place.id, chosen) if finish else known.ask(place.id, chosen)
    save(known, store)
    typer.echo(f"{store}: epoch {epoch} is {'in use' if finish else 'asked for'}")


@keys.command()
def show(store: Store = DEFAULT) -> None:
    """What is in a key store, without any key."""
    for tenant, held in sorted(load(store).estates.items()):
        own = sum(one.root is not None for one in held.devices.values())
        asked = "" if held.epochs.asked is None else f", {held.epochs.asked} asked for"
        key = "a key" if held.key else "no key"
        typer.echo(f"{tenant}: {key}, {own} devices with a root of their own, epoch {held.epochs.used}{asked}")


def _placed(place: Estate, name: str) -> Device:
    for placed in place.devices:
        if name in (placed.id, placed.name):
            return placed
    raise InputError(f"device {name!r}: {place.id} has none of this id or name; `/api/estate` of its centre lists them")


def _config(place: Estate, placed: Device, root: bytes, host: str, port: int) -> dict[str, str | int]:
    config: dict[str, str | int] = {
        "tenant": place.id, "device": placed.id, "kind": placed.kind, "root": root.hex(), "host": host, "port": port,
        "username": placed.id,
    }  # fmt: skip
    for key, value in (("beat_s", placed.beat_s), ("offline_s", placed.offline_s)):
        if value is not None:
            config[key] = value
    return config

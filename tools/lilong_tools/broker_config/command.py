"""`lilong broker-config`: what was given is looked at, then the folder is written."""

import ipaddress
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from lilong_protocol.keys import device_root
from lilong_protocol.pc.enrolment import members
from lilong_protocol.pc.keystore import KeyStore, KeyStoreError, load
from lilong_protocol.pc.simulation import simulation_key_at
from lilong_simulator.estate import load_estate

from ..inputs import InputError
from .folder import Wanted, write_folder

DNS_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?", re.IGNORECASE)
USER_NAME = re.compile(r"[a-z_][a-z0-9_.-]*", re.IGNORECASE)
DEVICE_ID = re.compile(r"[0-9a-f]{16}")


def broker_config(
    estate: Annotated[str, typer.Argument(help="a built-in estate, or the path of an estate file")],
    out: Annotated[Path, typer.Option(help="folder to be written; the authority of an earlier run in it is kept")],
    host: Annotated[list[str], typer.Option(help="name or address of the broker; may be given several times")],
    keys: Annotated[Path | None, typer.Option(help="the key store (lilong keys new)")] = None,
    public_key: Annotated[
        bool, typer.Option("--simulation-key", help="the public key of simulations, for a lab on other machines")
    ] = False,
    at: Annotated[Path | None, typer.Option(help="where the folder will stand on the broker's machine")] = None,
    user: Annotated[str | None, typer.Option(help="whom mosquitto becomes when root starts it")] = None,
    backend: Annotated[str, typer.Option(help="user name of the management centre")] = "centre",
    port: Annotated[int, typer.Option(min=1, max=65535, help="for devices")] = 8883,
    backend_port: Annotated[int, typer.Option(min=1, max=65535, help="for backends")] = 8884,
) -> None:
    """A hardened broker for an estate: mosquitto and EMQX with TLS, a login for each device, and access lists."""
    place = load_estate(estate)
    for name in host:
        _check_host(name)
    if port == backend_port:
        raise InputError(f"--port and --backend-port: both are {port}; give two")
    for option, account in (("--user", user), ("--backend", backend)):
        if account is not None and (not USER_NAME.fullmatch(account) or DEVICE_ID.fullmatch(account)):
            raise InputError(f"{option} {account!r}: not a user name; take letters and digits, and no device's id")
    stands = (at or out).absolute()
    if set(str(stands)) & set(' "\n'):
        raise InputError(f"--at {stands}: has a blank or a quote, which mosquitto.conf cannot say; give another path")
    devices = [device.id for device in place.devices]
    if keys:
        store = load(keys)
        devices = members(store, place.id, devices)
        root = _stored(store, keys, place.id)
    else:
        root = _simulated(place.id, host, public_key)
    wanted = Wanted(place.id, devices, root, host, stands, port, backend_port, backend, user)
    write_folder(out, wanted, datetime.now(UTC))
    typer.echo(f"{out}: a broker for {len(devices):,} devices of {place.id}; {out / 'README.md'} says how to run it")


def _stored(store: KeyStore, path: Path, tenant: str) -> Callable[[str], bytes]:
    def root(device: str) -> bytes:
        found = store.root(tenant, device)
        if found is None:
            raise KeyStoreError(
                f"{path}: has no key of device {device} of {tenant}; `lilong keys new` makes one for all"
            )
        return found

    return root


def _simulated(tenant: str, hosts: list[str], asked_for: bool) -> Callable[[str], bytes]:
    instead = "give --keys, or --simulation-key for a lab"
    for host in hosts:
        key = simulation_key_at(tenant, host, asked_for, instead)
    return lambda device: device_root(key, tenant, device)


def _check_host(name: str) -> None:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        if not DNS_NAME.fullmatch(name):
            raise InputError(f"--host {name!r}: neither a name nor an address; give one without port") from None

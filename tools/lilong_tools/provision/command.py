"""`lilong provision`: what was given is looked at, then one of its tasks is done."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from lilong_protocol.pc.keystore import KeyStore, load
from lilong_protocol.pc.simulation import is_loopback
from lilong_simulator.estate import Estate, load_estate

from ..update.keys import load_public
from .batch import LIST, SHEET, Outcome, Wanted
from .batch import provision as make
from .broker_folder import BrokerFolder, der
from .certificates import Signer
from .change import plain, write_change
from .contents import ON_BOARD, There
from .device_folder import read_folder
from .errors import ProvisionError
from .identity import device_id
from .labels import claim_url
from .leave import left_to_do, retire
from .look import look
from .networks import Networks, read_networks
from .port import Port
from .recall import Recalled, recall
from .rows import Row, read_csv, rows

PORT = 8883
NETWORKS_FORM = '{"networks": [{"ssid", "password"}], "modem": {"apn", "user", "password", "pin"}}'
One = Annotated[str | None, typer.Option(metavar="DEVICE", help="16 hex digits")]


@dataclass(frozen=True)
class _Options:
    """What concerns more than one task."""

    store: Path
    broker: Path | None
    out: Path
    host: str | None
    port: int | None
    ca: Path | None
    networks: Path | None
    on_board: str
    client_certificates: bool
    own_root: bool
    labels: bool
    claim: str | None
    release: Path | None = None


def provision(
    estate: Annotated[str | None, typer.Argument(help="a built-in estate, or the path of an estate file")] = None,
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="devices: columns mac or device, kind, board, name, ... data.NAME")
    ] = None,
    device: Annotated[str | None, typer.Option(help="one device, by its id of 16 hex digits")] = None,
    mac: Annotated[str | None, typer.Option(help="one device, by its chip's MAC")] = None,
    name: Annotated[str, typer.Option(help="its name; that of a place in the estate gives its id")] = "",
    kind: Annotated[str, typer.Option(help="smoke, gas, door ...")] = "",
    board: Annotated[str, typer.Option(help="as `lilong boards` lists them, or a path")] = "",
    data: Annotated[list[str] | None, typer.Option(metavar="NAME=FILE", help="what its kind is given")] = None,
    keys: Annotated[Path, typer.Option(help="the key store (lilong keys new)")] = Path("keys.json"),
    broker: Annotated[Path | None, typer.Option(help="folder of `lilong broker-config`, which gets the logins")] = None,
    host: Annotated[str | None, typer.Option(help="of the broker; else that of its folder")] = None,
    port_number: Annotated[int | None, typer.Option("--broker-port", min=1, max=65535, help="for devices")] = None,
    ca: Annotated[Path | None, typer.Option(help="PEM: who signed the broker's certificate, without --broker")] = None,
    networks: Annotated[Path | None, typer.Option(help=f"Wi-Fi and modem, for its owner only: {NETWORKS_FORM}")] = None,
    release: Annotated[Path | None, typer.Option(help="public file of the key whose firmware they take")] = None,
    client_certificates: Annotated[bool, typer.Option("--client-certificates", help="by --broker's authority")] = False,
    own_root: Annotated[bool, typer.Option("--own-root", help="a random root key, not one of the estate's")] = False,
    out: Annotated[Path, typer.Option(help="folder for a folder a device, the list and the labels")] = Path("devices"),
    labels: Annotated[bool, typer.Option("--labels/--no-labels", help="labels.html")] = True,
    claim: Annotated[str | None, typer.Option(help="https:// URL; the labels' codes lead to it and the id")] = None,
    again: Annotated[list[str] | None, typer.Option(metavar="DEVICE", help="anew, with a higher generation")] = None,
    gone: Annotated[str | None, typer.Option("--retire", metavar="DEVICE", help="take its key and login away")] = None,
    moves: Annotated[str | None, typer.Option("--transfer", metavar="DEVICE", help="to the estate of --to")] = None,
    to: Annotated[str | None, typer.Option(metavar="ESTATE", help="with --transfer")] = None,
    to_broker: Annotated[Path | None, typer.Option(help="with --transfer: the broker's folder there")] = None,
    to_out: Annotated[Path | None, typer.Option(help="with --transfer: the folder for devices there")] = None,
    to_keys: Annotated[Path | None, typer.Option(help="with --transfer: the key store there, if another")] = None,
    change: Annotated[list[str] | None, typer.Option(metavar="DEVICE", help="of --networks, --broker")] = None,
    check: Annotated[Path | None, typer.Option(help="what would go onto a board from this folder")] = None,
    put: Annotated[Path | None, typer.Option(help="write this folder of a device to the board on --port")] = None,
    erase: Annotated[bool, typer.Option("--erase", help="remove what makes the board on --port a device")] = False,
    port: Annotated[str | None, typer.Option(help="of a board on a cable; alone it gives the chip's MAC")] = None,
    on_board: Annotated[str, typer.Option(help="where the files stand on the board")] = ON_BOARD,
) -> None:
    """What devices are given: identity, keys, configuration, a login at the broker, labels. Never shows a secret."""
    options = _Options(keys, broker, out, host, port_number, ca, networks, on_board, client_certificates, own_root,
                       labels, claim_url(claim), release)  # fmt: skip
    if check is not None:
        sys.exit(_check(check, keys if keys.exists() else None))
    if put is not None or erase:
        _on_port(put, port, on_board)
        return
    if estate is None:
        raise ProvisionError("ESTATE: is missing; name a built-in estate or an estate file")
    place, store = load_estate(estate), load(keys)
    if gone is not None:
        _retire(place, _id("--retire", gone), store, options)
    elif change:
        _change(place, [_id("--change", one) for one in change], store, options)
    elif moves is not None:
        if to is None or to_out is None:
            raise ProvisionError("--transfer: give --to, the other estate, and --to-out, the folder for its devices")
        _transfer(place, _id("--transfer", moves), store, options, load_estate(to), to_keys, to_broker, to_out)
    else:
        anew = frozenset(_id("--again", one) for one in again or ())
        wanted, before = _rows(place, csv_file, {"device": device or "", "mac": mac or "", "name": name, "kind": kind,
                               "board": board}, data or [], port, anew, options)  # fmt: skip
        missing = anew - {row.device for row in wanted}
        if missing:
            raise ProvisionError(f"--again {min(missing)}: is none of the devices that are asked for; add its line")
        done = make(_wanted(place, wanted, options, anew, before), store, keys)
        _tell(done, options)


def _rows(
    place: Estate, file: Path | None, one: dict[str, str], data: Sequence[str], port: str | None,
    again: frozenset[str], options: _Options,
) -> tuple[list[Row], Recalled | None]:  # fmt: skip
    """What is asked for: a file, one device, or those of --again as they were."""
    single = any(one.values())
    if file is not None:
        if single or data:
            raise ProvisionError("--csv: and one device as well; give the file or the device")
        return read_csv(file, place), None
    if not single:
        if not again:
            one_device = "--kind, --board, and --mac, --device, --name or --port"
            raise ProvisionError(f"nothing to provision; give --csv FILE, or one device: {one_device}")
        recalled = [recall(options.out, device, place) for device in sorted(again)]
        return [one.row for one in recalled], recalled[0]
    if port is not None and not (one["device"] or one["mac"]):
        one = {**one, "device": Port(port).device_id()}
    cells = dict(one)
    for item in data:
        key, _, path = item.partition("=")
        if not path:
            raise ProvisionError(f"--data {key}: is not NAME=FILE; write it so")
        cells[f"data.{key}"] = path
    return rows([("command line", cells)], place, Path()), None


def _wanted(
    place: Estate, wanted: list[Row], options: _Options, again: frozenset[str],
    before: Recalled | None = None, least: dict[str, int] | None = None,
) -> Wanted:  # fmt: skip
    broker = None if options.broker is None else BrokerFolder(options.broker, place.id)
    there = _there(place.id, broker, options, before)
    if options.client_certificates and broker is None:
        raise ProvisionError("--client-certificates: the authority is in the broker's folder; give --broker")
    signer = Signer(broker, place.id, datetime.now(UTC)) if broker is not None and options.client_certificates else None
    return Wanted(place, wanted, there, options.out, broker, signer, again, options.own_root, options.labels,
                  options.claim, least or {})  # fmt: skip


def _there(tenant: str, broker: BrokerFolder | None, options: _Options, before: Recalled | None) -> There:
    trusted = None if options.release is None else load_public(options.release)
    networks = Networks() if before is None else before.networks
    if options.networks is not None:
        networks = read_networks(options.networks)
    if broker is not None:
        host = options.host or broker.host
        broker.check_host(host)
        return There(tenant, host, options.port or broker.port, broker.ca, networks, options.on_board, trusted)
    host_there = options.host or (before.host if before is not None else None)
    if host_there is None:
        raise ProvisionError("--broker: is missing; give the folder of `lilong broker-config`, or --host and --ca")
    known = before.ca if before is not None and options.host is None else None
    authority = known if options.ca is None else der(options.ca, _text(options.ca))
    if authority is None and not is_loopback(host_there):
        says = "another machine, and without TLS anybody on the way hears all; give --ca"
        raise ProvisionError(f"--host {host_there}: {says}")
    port = options.port or (before.port if before is not None else PORT)
    return There(tenant, host_there, port, authority, networks, options.on_board, trusted)


def _retire(place: Estate, device: str, store: KeyStore, options: _Options) -> None:
    broker = None if options.broker is None else BrokerFolder(options.broker, place.id)
    done = retire(place, device, store, options.store, broker, options.out)
    _say(*(done or [f"{device} of {place.id}: was retired before; nothing has changed"]), "Left to do:",
         *(f"- {line}" for line in left_to_do(place.id, device, broker)))  # fmt: skip


def _change(place: Estate, devices: Sequence[str], store: KeyStore, options: _Options) -> None:
    """Write an artifact for each device: what --networks and --broker say, where they are given."""
    broker = None if options.broker is None else BrokerFolder(options.broker, place.id)
    there = None
    if broker is not None:
        there = (options.host or broker.host, options.port or broker.port)
        broker.check_host(there[0])
    networks = Networks() if options.networks is None else read_networks(options.networks)
    roots = {}
    for device in devices:
        root = store.root(place.id, device)
        if root is None:
            raise ProvisionError(f"--change {device}: the key store has no key of it; provision it first")
        roots[device] = root
    content = plain(networks, there, None if broker is None else broker.ca)
    for device, root in roots.items():
        path = write_change(options.out, device, root, content, os.urandom)
        _say(f"{path}: `lilong update offer {path} --centre URL` offers it to {device}; it falls back by itself")


def _transfer(
    place: Estate, device: str, store: KeyStore, options: _Options, other: Estate, keys: Path | None,
    broker: Path | None, out: Path,
) -> None:  # fmt: skip
    """Made for the other estate first, with a generation above; only then does it leave this one."""
    if other.id == place.id:
        raise ProvisionError(f"--to {other.id}: it is there already; --again {device} provisions it anew")
    before = recall(options.out, device, place)
    path = keys or options.store
    theirs = load(path) if keys is not None else store
    there = _Options(path, broker, out, options.host, options.port, options.ca, options.networks, options.on_board,
                     options.client_certificates, options.own_root, options.labels, options.claim,
                     options.release)  # fmt: skip
    row = Row(**{**before.row.__dict__, "data": {}, "name": "", "building": "", "core": "", "unit": ""})
    elsewhere = before._replace(networks=Networks(), ca=None)
    wanted = _wanted(other, [row], there, frozenset((device,)), elsewhere, {device: before.generation + 1})
    done = make(wanted, theirs, path)
    _tell(done, there)
    _retire(place, device, load(options.store), options)


def _check(folder: Path, keys: Path | None) -> int:
    shown, wrong = look(folder, None if keys is None else load(keys))
    _say(*shown)
    if keys is None:
        _say("not compared with a key store: give --keys")
    for line in wrong:
        typer.echo(line, err=True)
    _say("nothing is wrong with it" if not wrong else f"{len(wrong)} wrong; see above")
    return 1 if wrong else 0


def _on_port(folder: Path | None, port: str | None, on_board: str) -> None:
    if port is None:
        raise ProvisionError("--port: is missing; name the port of the board, such as /dev/ttyUSB0")
    if folder is None:
        Port(port).erase(on_board)
        _say(f"{port}: {on_board} is removed. Flash cells keep traces until they are reused: esptool erase-flash, or "
             "flash_nuke on rp2, leaves none",
             "Its boots begin anew, and a backend refuses numbers that it has seen: before it goes back into service, "
             "`lilong provision ESTATE --again DEVICE`")  # fmt: skip
        return
    _, wrong = look(folder, None)
    files = read_folder(folder)
    if wrong or files is None:
        raise ProvisionError("\n".join(wrong))
    count = Port(port).put(folder, files, on_board)
    _say(f"{port}: has it all already" if not count else f"{port}: {count} of {len(files)} files written")


def _tell(done: Outcome, options: _Options) -> None:
    if not done.made and not done.broker_changed:
        _say(f"{options.out}: nothing has changed; all {len(done.same)} devices are there")
    else:
        _say(f"{options.out}: {len(done.made)} made, {len(done.same)} as they were; {LIST} lists them"
             + (f", {SHEET} has their labels" if options.labels else ""))  # fmt: skip
    if done.broker_changed:
        _say(f"{options.broker}: has their logins; send mosquitto SIGHUP once this folder is where it reads it")
    if done.broker_too_small:
        _say(f"{options.broker}: its limits are for fewer devices; run `lilong broker-config` again")
    if done.beside:
        _say(f"{len(done.beside)} of them are not in the estate file, such as {done.beside[0]}: a backend of the "
             "library takes them by the key store; our centre's console shows those of the file")  # fmt: skip


def _id(option: str, text: str) -> str:
    try:
        return device_id(text)
    except ValueError as error:
        raise ProvisionError(f"{option} {error}") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise ProvisionError(f"{path}: cannot be read; give a certificate in PEM") from None


def _say(*lines: str) -> None:
    for line in lines:
        typer.echo(line)

"""Provisions devices: all of it is decided before any of it is written, and a second run changes nothing.

What is written, in this order, so that a run that was cut short is made up for by the next: the key store, before any
board has what follows from it; the broker's passwords; a folder for each device; the list and the labels.
"""

import csv
import io
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lilong_protocol.keys import hkdf
from lilong_protocol.pc.enrolment import enrol, enrolled, first_epoch
from lilong_protocol.pc.keystore import KeyStore, KeyStoreError, save
from lilong_simulator.estate import Estate
from lilong_simulator.fleet.provision import CARD_SALT
from lilong_simulator.world.daylight import calendar

from .broker_folder import BrokerFolder
from .certificates import Signer
from .contents import CONFIG, Keys, There, contents, differences, parsed, without_estate_key
from .device_folder import read_folder, write_folder, write_if_other
from .errors import ProvisionError
from .labels import Label, need_segno, sheet
from .rows import Row

LIST = "provisioned.csv"
SHEET = "labels.html"
HEAD = ("device", "kind", "board", "name", "building", "core", "unit", "generation", "key")


@dataclass(frozen=True)
class Wanted:
    """again: devices to be provisioned anew. random: os.urandom but in tests. broker None: its files stay as they are.

    least: the lowest generation of a device, where another estate had it before.
    """

    estate: Estate
    rows: Sequence[Row]
    there: There
    out: Path
    broker: BrokerFolder | None = None
    signer: Signer | None = None
    again: frozenset[str] = frozenset()
    own_root: bool = False
    labels: bool = True
    claim: str | None = None
    least: Mapping[str, int] = field(default_factory=dict)
    random: Callable[[int], bytes] = os.urandom


@dataclass(frozen=True)
class Outcome:
    """By device id: `made` (new, or anew), `same`. logins: how many lines of the broker's files are other ones now."""

    made: tuple[str, ...]
    same: tuple[str, ...]
    beside: tuple[str, ...]
    """Not in the estate file: its centre shows only what is in it; backends of the library take them by the store."""
    broker_changed: bool
    broker_too_small: bool


def provision(wanted: Wanted, store: KeyStore, path: Path) -> Outcome:
    """Make everything that is wanted; ProvisionError or KeyStoreError before anything is written. path: the store's."""
    if wanted.labels:
        need_segno()
    known = KeyStore(store.estates)
    complaints: list[str] = []
    files: dict[str, dict[str, bytes]] = {}
    for row in wanted.rows:
        try:
            files[row.device] = _files(wanted, row, known)
        except (ProvisionError, KeyStoreError) as error:
            says = str(error)
            complaints.append(says if says.startswith(row.where) else f"{row.where}: {says}")
    if complaints:
        raise ProvisionError("\n".join(complaints))
    tenant = wanted.estate.id
    roots = {row.device: _root(known, tenant, row.device) for row in wanted.rows}
    logins = wanted.broker.logins(roots) if wanted.broker is not None else None
    made = [device for device, content in files.items() if read_folder(wanted.out / device) != content]
    listed = _listed(wanted, known)
    labels = _labels(wanted, listed) if wanted.labels else None

    if known.estates != store.estates:
        save(known, path)
    if wanted.broker is not None and logins is not None:
        wanted.broker.write(logins)
    for device in made:
        write_folder(wanted.out / device, files[device])
    write_if_other(wanted.out / LIST, _csv(listed))
    if labels is not None:
        write_if_other(wanted.out / SHEET, labels)
    beside = tuple(row.device for row in wanted.rows if row.device not in wanted.estate.by_id)
    return Outcome(
        tuple(made), tuple(device for device in files if device not in made), beside,
        bool(logins and logins.files),
        bool(wanted.broker is not None and logins is not None and wanted.broker.too_small(logins.devices)),
    )  # fmt: skip


def _files(wanted: Wanted, row: Row, store: KeyStore) -> dict[str, bytes]:
    """What a device is given; `store` is changed where it is provisioned for the first time, or anew."""
    tenant, device, folder = wanted.estate.id, row.device, wanted.out / row.device
    there = read_folder(folder)
    known = enrolled(store, tenant, device)
    anew = known is None or known.generation is None or device in wanted.again
    if known is not None and known.retired and device not in wanted.again:
        raise ProvisionError(f"device {device} is retired; --again {device} provisions it anew, with another key")
    if anew:
        enrol(store, tenant, device, wanted.random, wanted.own_root, wanted.least.get(device, 0))
    elif wanted.own_root and known is not None and known.root is None:
        raise ProvisionError(f"device {device} has a key that follows from its estate's; give --again {device} as well")
    now = enrolled(store, tenant, device)
    generation = 0 if now is None or now.generation is None else now.generation
    if there is not None:
        last = parsed(there.get(CONFIG, b"{}")).get("generation", 0)
        if isinstance(last, int) and last > generation:
            raise ProvisionError(
                f"{folder}: is of generation {last}, and the key store knows {generation}; bring back the store of then"
            )
    else:
        last = generation
    client = None if wanted.signer is None else wanted.signer.client(device, {} if anew else there or {})
    keys = Keys(_root(store, tenant, device), generation, first_epoch(store, tenant, device), client)
    given = Row(**{**row.__dict__, "data": _data(wanted.estate, row, store)})
    made = contents(given, wanted.there, keys)
    estate_key = store.estates[tenant].key
    without_estate_key(made, estate_key, row.where)
    if there is not None and not anew and last == generation and there != made:
        raise ProvisionError(
            f"{folder}: was made with another {', '.join(differences(made, there))}; --again {device} provisions it "
            "anew and raises its generation"
        )
    return made


def _data(estate: Estate, row: Row, store: KeyStore) -> dict[str, bytes]:
    """What a kind is given, with what follows from the estate where nothing else was named."""
    data = dict(row.data)
    key = store.estates[estate.id].key
    if row.kind == "streetlight" and "calendar" not in data:
        data["calendar"] = calendar(estate.latitude, estate.longitude)
    if row.kind in ("door", "intercom") and "card_key" not in data:
        if key is None:
            says = "the estate has no key from which it could follow; name a file"
            raise ProvisionError(f"{row.where}: data.card_key: {says}")
        data["card_key"] = hkdf(key, CARD_SALT, estate.id.encode())
    return data


def _root(store: KeyStore, tenant: str, device: str) -> bytes:
    root = store.root(tenant, device)
    if root is None:
        raise KeyStoreError(f"device {device} of {tenant}: has no key; `lilong keys new` makes one for the estate")
    return root


def _listed(wanted: Wanted, store: KeyStore) -> list[dict[str, str]]:
    """What is there after this run, by id: devices of earlier runs too."""
    rows: dict[str, dict[str, str]] = {}
    path = wanted.out / LIST
    if path.is_file():
        try:
            for line in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))):
                rows[line["device"]] = {name: line[name] or "" for name in HEAD}
        except (OSError, UnicodeDecodeError, KeyError, csv.Error):
            raise ProvisionError(f"{path}: is not the list that was written here; remove it") from None
    for row in wanted.rows:
        own = enrolled(store, wanted.estate.id, row.device)
        rows[row.device] = {
            "device": row.device, "kind": row.kind, "board": row.board.id, "name": row.name, "building": row.building,
            "core": row.core, "unit": row.unit, "generation": str(own.generation if own else 0),
            "key": "own" if own and own.root else "estate",
        }  # fmt: skip
    return [rows[device] for device in sorted(rows)]


def _csv(listed: Sequence[Mapping[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, HEAD, lineterminator="\n")
    writer.writeheader()
    writer.writerows(listed)
    return text.getvalue()


def _labels(wanted: Wanted, listed: Sequence[Mapping[str, str]]) -> str:
    def place(row: Mapping[str, str]) -> str:
        return ", ".join(f"{name} {row[name]}" for name in ("building", "core", "unit") if row[name])

    labels = [Label(row["device"], row["kind"], row["board"], row["name"], place(row)) for row in listed]
    return sheet(wanted.estate.id, labels, wanted.claim)

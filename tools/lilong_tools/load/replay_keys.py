"""As whom the devices of a recording connect in its replay, and by which keys they seal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lilong_protocol.keys import device_root
from lilong_protocol.pc.keystore import KeyStore
from lilong_protocol.pc.keystore import load as load_keys
from lilong_protocol.pc.simulation import simulation_key_at
from lilong_simulator.fleet.live import Passwords
from lilong_simulator.load.fresh import Keys
from lilong_simulator.load.replay import KeysOf

from ..inputs import InputError
from .target import Access, source_addresses


def access_of_recorded(
    ca: Path | None, cert: Path | None, key: Path | None, certificates: Path | None, credentials: Path | None,
    addresses: list[str] | None, places: list[tuple[str, str]],
) -> Access:  # fmt: skip
    passwords = None
    if credentials is not None:
        passwords = Passwords(credentials)
        passwords.check(device for _, device in places)
    return Access(ca, cert, key, passwords, certificates, source_addresses(addresses or ()), places[0][1])


def keys_of_recorded(file: Path | None, places: list[tuple[str, str]], host: str, public_key: bool) -> KeysOf:
    """The root and the key epoch in use of each device; InputError for one that the key store does not know."""
    if file is None:
        hint = "give --keys for keys of your own, or --simulation-key if that is a lab"
        estates: Mapping[str, bytes] = {
            tenant: simulation_key_at(tenant, host, public_key, hint) for tenant in {tenant for tenant, _ in places}
        }
        return lambda tenant, device: Keys(device_root(estates[tenant], tenant, device), 0)
    store = load_keys(file)
    unknown = [place for place in places if store.root(*place) is None]
    if unknown:
        tenant, device = unknown[0]
        raise InputError(_missing(store, file, tenant, device, len(unknown)))
    return lambda tenant, device: Keys(store.root(tenant, device) or b"", store.epochs(tenant, device).used)


def _missing(store: KeyStore, file: Path, tenant: str, device: str, count: int) -> str:
    if tenant not in store.estates:
        return f"--keys {file}: no key of the estate {tenant}; make one with lilong keys new"
    return f"--keys {file}: no key for {count:,} of the devices, as for {device} of {tenant}; add them, or another file"

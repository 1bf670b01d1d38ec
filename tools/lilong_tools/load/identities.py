"""Who the devices of a load are to the broker, and by which keys they speak."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from lilong_protocol.pc.keystore import load as load_keys
from lilong_protocol.pc.simulation import simulation_key_at
from lilong_simulator.fleet.live import Passwords
from lilong_simulator.load.places import Place

from ..inputs import InputError
from .target import Access, source_addresses


def access_of(
    ca: Path | None, cert: Path | None, key: Path | None, certificates: Path | None, credentials: Path | None,
    source: Sequence[str] | None, places: Sequence[Place],
) -> Access:  # fmt: skip
    first = places[0].devices[0].id
    passwords = None
    if credentials is not None:
        passwords = Passwords(credentials)
        passwords.check(device.id for place in places for device in place.devices)
    return Access(ca, cert, key, passwords, certificates, source_addresses(source or ()), first)


def keys_of(file: Path | None, places: Sequence[Place], host: str, public_key: bool) -> Mapping[str, bytes]:
    """Estate keys by tenant: the user's own, or those of simulations where the broker allows it."""
    if file is None:
        hint = "give --keys for keys of your own, or --simulation-key if that is a lab"
        return {place.tenant: simulation_key_at(place.tenant, host, public_key, hint) for place in places}
    store = load_keys(file)
    found = {}
    for place in places:
        estate = store.estates.get(place.tenant)
        if estate is None or estate.key is None:
            raise InputError(f"--keys {file}: no key of the estate {place.tenant}; make one with lilong keys new")
        found[place.tenant] = estate.key
    return found

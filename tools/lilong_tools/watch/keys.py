"""Whose frames can be verified: those of a key store, or of simulations."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from lilong_protocol.keys import device_root
from lilong_protocol.pc import keystore
from lilong_protocol.pc.simulation import simulation_key


class Keys(Protocol):
    """Keys by tenant and device."""

    def root(self, tenant: str, device: str) -> bytes | None: ...
    def epochs(self, tenant: str, device: str) -> Iterable[int]: ...


class StoredKeys:
    """Those of a key store; KeyStoreError when it cannot be read."""

    def __init__(self, path: Path) -> None:
        self._store = keystore.load(path)

    def root(self, tenant: str, device: str) -> bytes | None:
        return self._store.root(tenant, device)

    def epochs(self, tenant: str, device: str) -> Iterable[int]:
        return (epoch for epoch in self._store.epochs(tenant, device) if epoch is not None)


class PublicKeys:
    """Those of simulations, which anybody can derive; `epochs` 0 to 3, since nobody tells which is in use."""

    def root(self, tenant: str, device: str) -> bytes | None:
        return device_root(simulation_key(tenant), tenant, device)

    def epochs(self, _tenant: str, _device: str) -> Iterable[int]:
        return range(4)

"""Where the root keys of devices come from: an estate key, a dict, or any object that knows them."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from ..keys import KEY_BYTES, device_root


@runtime_checkable
class Keys(Protocol):
    """Knows the root of each device, 32 bytes; None: no device of ours, nothing of it is let through.

    It may have a second method `epochs(tenant, device) -> (used, previous, asked)`: where the rotation of a device's
    keys stood when this backend was first started. `pc.keystore` has both.
    """

    def root(self, tenant: str, device: str) -> bytes | None: ...


Epochs = tuple[int, int | None, int | None]
"""Key epochs of a device: the one in use, the one before it if frames of it may still come, the one asked for."""

KeySource = bytes | Mapping[str, bytes] | Mapping[tuple[str, str], bytes] | Keys
"""An estate key for every tenant, a dict {tenant: estate key} or {(tenant, device): root}, or an object with `root`."""


class FromEstateKey:
    """Every device's root is derived from the key of its estate."""

    def __init__(self, keys: bytes | Mapping[str, bytes]) -> None:
        self._all = keys if isinstance(keys, bytes) else None
        self._by_tenant = {} if isinstance(keys, bytes) else dict(keys)

    def root(self, tenant: str, device: str) -> bytes | None:
        key = self._all if self._all is not None else self._by_tenant.get(tenant)
        return None if key is None else device_root(key, tenant, device)


class DeviceRoots:
    """Each device has a root of its own."""

    def __init__(self, roots: Mapping[tuple[str, str], bytes]) -> None:
        self._roots = dict(roots)

    def root(self, tenant: str, device: str) -> bytes | None:
        return self._roots.get((tenant, device))


def keys_of(source: KeySource) -> Keys:
    """What `source` stands for; ValueError when a key has not 32 bytes, TypeError when it is nothing of the kind."""
    if isinstance(source, bytes):
        _check(source, "the estate key")
        return FromEstateKey(source)
    if isinstance(source, Mapping):
        for name, key in source.items():
            _check(key, f"the key of {name!r}")
        if all(isinstance(name, tuple) for name in source):
            return DeviceRoots({name: key for name, key in source.items() if isinstance(name, tuple)})
        return FromEstateKey({name: key for name, key in source.items() if isinstance(name, str)})
    if isinstance(source, Keys):
        return source
    raise TypeError(f"keys: {type(source).__name__} gives none; give an estate key, a dict, or an object with root()")


def _check(key: bytes, what: str) -> None:
    if not isinstance(key, bytes) or len(key) != KEY_BYTES:
        raise ValueError(f"{what}: {KEY_BYTES} bytes are needed")

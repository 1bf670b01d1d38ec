"""The key store of a backend: estate keys, the roots of devices that have their own, and key epochs, in one JSON file.

    {"format": "lilong keys 1",
     "estates": {"music_plaza": {"key": 64 hex digits,
                                 "epochs": {"used": 0, "previous": null, "asked": null},
                                 "devices": {"a4cf12fffe0b3c5d": {"root": 64 hex digits, "epochs": {...},
                                                                  "generation": 0, "retired": false}}}}}

An estate has a key, or devices with roots, or both: then the root counts. "epochs" may be left out, "previous" and
"asked" too. A device has those of its estate where it has none of its own. "generation" is there once it has been
provisioned (`enrolment`); one that is retired has no key, whatever its estate has. Only the owner may touch the file
(LIL-SEC-009), which is written whole or not at all.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from ..keys import KEY_BYTES, device_root
from ..seal import device_bytes
from .private_file import PrivateFileError, read_private, write_private

FORMAT = "lilong keys 1"
EPOCH_MAX = 0xFFFFFFFF
GENERATION_MAX = 0xFF  # the top byte of boot (LIL-SESSION-013)


class KeyStoreError(ValueError):
    """A key store that cannot be used, or lacks what is asked of it: what, where, what to do."""


class Epochs(NamedTuple):
    """Key epochs: the one in use, the one before it if frames of it may still come, the one asked for."""

    used: int = 0
    previous: int | None = None
    asked: int | None = None


@dataclass(frozen=True)
class DeviceKeys:
    """What a device has of its own; None: it follows from its estate, and of `generation`: it was never provisioned."""

    root: bytes | None = field(default=None, repr=False)
    epochs: Epochs | None = None
    generation: int | None = None
    retired: bool = False


@dataclass(frozen=True)
class TenantKeys:
    """The keys of one estate."""

    key: bytes | None = field(default=None, repr=False)
    epochs: Epochs = field(default=Epochs())
    devices: dict[str, DeviceKeys] = field(default_factory=dict)


class KeyStore:
    """Keys of any number of estates. `root` has the form that a receiver asks its keys in."""

    def __init__(self, estates: dict[str, TenantKeys] | None = None) -> None:
        self.estates = dict(estates or {})

    # ---- what a backend asks

    def root(self, tenant: str, device: str) -> bytes | None:
        """The 32-byte root of a device, None when it is not one of ours."""
        estate = self.estates.get(tenant)
        if estate is None:
            return None
        own = estate.devices.get(device)
        if own is not None and (own.retired or own.root is not None):
            return None if own.retired else own.root
        return None if estate.key is None else device_root(estate.key, tenant, device)

    def epochs(self, tenant: str, device: str) -> Epochs:
        """Where the rotation of a device's keys stands."""
        estate = self.estates.get(tenant)
        if estate is None:
            return Epochs()
        own = estate.devices.get(device)
        return estate.epochs if own is None or own.epochs is None else own.epochs

    # ---- what an operator changes

    def new_estate(self, tenant: str, random: Callable[[int], bytes]) -> bytes:
        """Give an estate a key of its own; the key. `random` is os.urandom but in tests."""
        _check_tenant(tenant)
        estate = self.estates.get(tenant, TenantKeys())
        if estate.key is not None:
            raise KeyStoreError(
                f"estate {tenant}: has a key already, on which every one of its devices depends; rotate it instead, or "
                "take another file"
            )
        key = random(KEY_BYTES)
        self.estates[tenant] = replace(estate, key=key)
        return key

    def new_root(self, tenant: str, device: str, random: Callable[[int], bytes]) -> bytes:
        """Give a device a random root of its own, in place of the one it had: it must be provisioned anew."""
        _check_tenant(tenant)
        _check_device(device)
        estate = self.estates.get(tenant, TenantKeys())
        root = random(KEY_BYTES)
        own = DeviceKeys(root, None, estate.devices.get(device, DeviceKeys()).generation)
        self.estates[tenant] = replace(estate, devices={**estate.devices, device: own})
        return root

    def ask(self, tenant: str, device: str | None = None) -> int:
        """The next epoch is wanted, of one device or of all that have none of their own; its number."""
        epochs = self._known_epochs(tenant, device)
        if epochs.asked is not None:
            raise KeyStoreError(f"{_who(tenant, device)}: epoch {epochs.asked} is asked for already; finish that first")
        if epochs.used == EPOCH_MAX:
            raise KeyStoreError(f"{_who(tenant, device)}: has used the last epoch; give it new keys")
        self._set_epochs(tenant, device, epochs._replace(asked=epochs.used + 1))
        return epochs.used + 1

    def finish(self, tenant: str, device: str | None = None) -> int:
        """The epoch asked for is in use, the one before it still opens frames; its number."""
        epochs = self._known_epochs(tenant, device)
        if epochs.asked is None:
            raise KeyStoreError(f"{_who(tenant, device)}: no epoch is asked for; rotate first")
        self._set_epochs(tenant, device, Epochs(epochs.asked, epochs.used))
        return epochs.asked

    # ---- inside

    def _known_epochs(self, tenant: str, device: str | None) -> Epochs:
        if tenant not in self.estates:
            known = ", ".join(sorted(self.estates)) or "none"
            raise KeyStoreError(f"estate {tenant}: has no keys here; known: {known}")
        if device is None:
            return self.estates[tenant].epochs
        _check_device(device)
        return self.epochs(tenant, device)

    def _set_epochs(self, tenant: str, device: str | None, epochs: Epochs) -> None:
        estate = self.estates[tenant]
        if device is None:
            self.estates[tenant] = replace(estate, epochs=epochs)
        else:
            own = replace(estate.devices.get(device, DeviceKeys()), epochs=epochs)
            self.estates[tenant] = replace(estate, devices={**estate.devices, device: own})


# ---- the file


def load(path: Path) -> KeyStore:
    """The key store in a file; KeyStoreError for one that others may touch, or that is not exactly of the form."""
    try:
        text = read_private(path)
    except PrivateFileError as error:
        raise KeyStoreError(str(error)) from None
    try:
        content = json.loads(text, object_pairs_hook=_once)
    except _Twice as error:
        raise KeyStoreError(f"{path}: has {error} twice; remove one of them") from None
    except ValueError as error:
        raise KeyStoreError(f"{path}: is not JSON ({error}); bring back a copy") from None
    try:
        return KeyStore(_estates(content))
    except _Wrong as error:
        raise KeyStoreError(f"{path}: {error}") from None


def save(store: KeyStore, path: Path) -> None:
    """Write the file, mode 0600, in place of the one that was there."""
    estates = {tenant: _estate_json(estate) for tenant, estate in sorted(store.estates.items())}
    try:
        write_private(path, json.dumps({"format": FORMAT, "estates": estates}, indent=1) + "\n")
    except PrivateFileError as error:
        raise KeyStoreError(str(error)) from None


class _Wrong(Exception):
    """Where in the file, and what is wanted there. Values are never repeated: they may be keys."""


class _Twice(Exception):
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise _Twice(next(repr(name) for name, _ in pairs if sum(name == other for other, _ in pairs) > 1))
    return content


def _object(value: Any, where: str, known: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Wrong(f"{where} is not an object")
    for name in value:
        if name not in known:
            raise _Wrong(f"{where} has an unknown {name!r}; known: {', '.join(known)}")
    return value


def _estates(content: Any) -> dict[str, TenantKeys]:
    whole = _object(content, "it", ("format", "estates"))
    if whole.get("format") != FORMAT:
        raise _Wrong(f'"format" is not "{FORMAT}"; it was written for something else, or by a newer version')
    estates = whole.get("estates")
    if not isinstance(estates, dict):
        raise _Wrong('"estates" is not an object of estates by name')
    return {tenant: _estate(tenant, value) for tenant, value in estates.items()}


def _estate(tenant: str, value: Any) -> TenantKeys:
    where = f"estate {tenant!r}"
    try:
        _check_tenant(tenant)
    except KeyStoreError as error:
        raise _Wrong(str(error)) from None
    given = _object(value, where, ("key", "epochs", "devices"))
    devices = given.get("devices", {})
    if not isinstance(devices, dict):
        raise _Wrong(f'{where}: "devices" is not an object of devices by id')
    own, key = {id_: _device(where, id_, of) for id_, of in devices.items()}, _key(given.get("key"), f'{where}: "key"')
    if key is None and not own:
        raise _Wrong(f'{where} has neither a "key" nor "devices"; give it one, or remove it')
    return TenantKeys(key, _epochs(given["epochs"], where) if "epochs" in given else Epochs(), own)


def _device(where: str, device: str, value: Any) -> DeviceKeys:
    where = f"{where}, device {device!r}"
    try:
        device_bytes(device)
    except ValueError:
        raise _Wrong(f"{where}: an id is 16 lowercase hex digits") from None
    given = _object(value, where, ("root", "epochs", "generation", "retired"))
    epochs = _epochs(given["epochs"], where) if "epochs" in given else None
    generation, retired = given.get("generation"), given.get("retired", False)
    if generation is not None and (type(generation) is not int or not 0 <= generation <= GENERATION_MAX):
        raise _Wrong(f'{where}: "generation" is not a whole number from 0 to {GENERATION_MAX}')
    if not isinstance(retired, bool):
        raise _Wrong(f'{where}: "retired" is neither true nor false')
    return DeviceKeys(_key(given.get("root"), f'{where}: "root"'), epochs, generation, retired)


def _key(value: Any, where: str) -> bytes | None:
    if value is None:
        return None
    if isinstance(value, str) and len(value) == 2 * KEY_BYTES and set(value) <= set("0123456789abcdef"):
        return bytes.fromhex(value)
    raise _Wrong(f"{where} is not {2 * KEY_BYTES} lowercase hex digits")


def _epochs(value: Any, where: str) -> Epochs:
    where = f'{where}: "epochs"'
    given = _object(value, where, Epochs._fields)
    for name, epoch in given.items():
        if epoch is None and name != "used":
            continue
        if not isinstance(epoch, int) or isinstance(epoch, bool) or not 0 <= epoch <= EPOCH_MAX:
            raise _Wrong(f"{where}: {name!r} is not a whole number from 0 to {EPOCH_MAX}")
    if "used" not in given:
        raise _Wrong(f"{where} has no 'used'")
    epochs = Epochs(**given)
    if epochs.previous is not None and epochs.previous >= epochs.used:
        raise _Wrong(f"{where}: 'previous' is not below 'used'; epochs only rise")
    if epochs.asked is not None and epochs.asked <= epochs.used:
        raise _Wrong(f"{where}: 'asked' is not above 'used'; epochs only rise")
    return epochs


def _estate_json(estate: TenantKeys) -> dict[str, Any]:
    written: dict[str, Any] = {} if estate.key is None else {"key": estate.key.hex()}
    written["epochs"] = estate.epochs._asdict()
    if estate.devices:
        written["devices"] = {device: _device_json(own) for device, own in sorted(estate.devices.items())}
    return written


def _device_json(own: DeviceKeys) -> dict[str, Any]:
    epochs = None if own.epochs is None else own.epochs._asdict()
    written = {"root": own.root and own.root.hex(), "epochs": epochs, "generation": own.generation}
    return {name: value for name, value in (*written.items(), ("retired", own.retired or None)) if value is not None}


def _check_tenant(tenant: str) -> None:
    if not tenant or set(tenant) & set("/+#\0") or not tenant.isprintable():
        raise KeyStoreError(f"estate {tenant!r}: is no part of a topic; use letters, digits and underscores")


def _check_device(device: str) -> None:
    try:
        device_bytes(device)
    except ValueError as error:
        raise KeyStoreError(str(error)) from None


def _who(tenant: str, device: str | None) -> str:
    return f"estate {tenant}" if device is None else f"device {device} of {tenant}"

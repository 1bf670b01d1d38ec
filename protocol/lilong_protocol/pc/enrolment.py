"""Who belongs to an estate: devices are provisioned, provisioned anew, and retired, in the key store.

    never --enrol--> generation 0 --enrol again--> 1 ... 255        any --retire--> no key, until enrolled again

The generation is the top byte of a device's boot numbers (LIL-SESSION-013), so that nothing that it says afterwards has
a number of before. A device that was retired gets a root of its own when it is enrolled again: the one of before may be
in other hands by then.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from .keystore import GENERATION_MAX, DeviceKeys, KeyStore, KeyStoreError, TenantKeys


def enrolled(store: KeyStore, tenant: str, device: str) -> DeviceKeys | None:
    """What the store has of a device that was provisioned; None when it never was."""
    estate = store.estates.get(tenant)
    known = None if estate is None else estate.devices.get(device)
    return known if known is not None and (known.generation is not None or known.retired) else None


def enrol(
    store: KeyStore, tenant: str, device: str, random: Callable[[int], bytes], own_root: bool = False, least: int = 0
) -> int:
    """Provision a device, or provision it anew: its generation, which is at least `least` and above the last.

    random: os.urandom but in tests. own_root: a new random root; else its own or the estate's. KeyStoreError without
    either, and when its generations are used up.
    """
    known = enrolled(store, tenant, device)
    generation = least
    if known is not None and known.generation is not None:
        generation = max(least, known.generation + 1)
    if generation > GENERATION_MAX:
        raise KeyStoreError(
            f"device {device} of {tenant}: has been provisioned {GENERATION_MAX + 1} times, which is all that its boot "
            "numbers have room for; give the hardware another device id"
        )
    if own_root or (known is not None and known.retired):
        store.new_root(tenant, device, random)
    if store.root(tenant, device) is None:
        raise KeyStoreError(
            f"device {device} of {tenant}: there is no key of it here; `lilong keys new` makes one for the estate, "
            "--own-root one for this device"
        )
    _put(store, tenant, device, replace(_of(store, tenant, device), generation=generation))
    return generation


def retire(store: KeyStore, tenant: str, device: str) -> bool:
    """Take a device's key away for good; False when that was done before. KeyStoreError for an unknown estate."""
    if tenant not in store.estates:
        known = ", ".join(sorted(store.estates)) or "none"
        raise KeyStoreError(f"estate {tenant}: has no keys here; known: {known}")
    own = _of(store, tenant, device)
    if own.retired:
        return False
    _put(store, tenant, device, DeviceKeys(None, None, own.generation, True))
    return True


def first_epoch(store: KeyStore, tenant: str, device: str) -> int:
    """The key epoch in which a device begins: whatever a backend has got to, it opens the one that is asked for."""
    epochs = store.epochs(tenant, device)
    return epochs.used if epochs.asked is None else epochs.asked


def members(store: KeyStore, tenant: str, planned: Iterable[str]) -> list[str]:
    """The devices that may speak: those of the plan that are not retired, and those that were provisioned beside it."""
    estate = store.estates.get(tenant, TenantKeys())
    retired = {device for device, own in estate.devices.items() if own.retired}
    there = [device for device in planned if device not in retired]
    beside = {device for device, own in estate.devices.items() if own.generation is not None} - retired - set(there)
    return [*there, *sorted(beside)]


def _of(store: KeyStore, tenant: str, device: str) -> DeviceKeys:
    return store.estates[tenant].devices.get(device, DeviceKeys())


def _put(store: KeyStore, tenant: str, device: str, own: DeviceKeys) -> None:
    estate = store.estates[tenant]
    store.estates[tenant] = replace(estate, devices={**estate.devices, device: own})

"""A device leaves an estate: its key, its login and its folder go, and a person is told what is left to do.

The order is that in which harm ends soonest where a run is cut short: the key store, the broker's files, the folder.
"""

from pathlib import Path

from lilong_protocol.pc.enrolment import retire as retire_key
from lilong_protocol.pc.keystore import KeyStore, save
from lilong_simulator.estate import Estate

from .broker_folder import BrokerFolder
from .device_folder import remove_folder


def retire(
    estate: Estate, device: str, store: KeyStore, path: Path, broker: BrokerFolder | None, out: Path
) -> list[str]:
    """Retire a device; what was done, and what is left to do, a sentence each. A second time changes nothing."""
    done: list[str] = []
    if retire_key(store, estate.id, device):
        save(store, path)
        done.append(f"{path}: {device} has no key any more")
    if broker is not None:
        logins = broker.logins({}, (device,))
        broker.write(logins)
        if logins.files:
            done.append(f"{broker.path}: {device} has no login any more")
    if remove_folder(out / device):
        done.append(f"{out / device}: removed, with its secrets")
    return done


def left_to_do(tenant: str, device: str, broker: BrokerFolder | None) -> list[str]:
    """What no file can do, in the order in which it should be done."""
    where = "the broker's folder" if broker is None else str(broker.path)
    return [
        f"mosquitto: send it SIGHUP once {where} is where it reads it. It ends the sessions of logins that are gone; "
        "without that the device stays connected until it connects anew",
        "the centre, and every backend with this key store: restart it. It then refuses each frame of the device as "
        "one of an unknown device, and reports it",
        f"the broker keeps what the device has retained: publish nothing, retained, to lilong/1/{tenant}/{device}/u/st "
        "and u/cf, and to its d/cf, with a login that may write there (mosquitto_ctrl, or a line in acl for the while)",
        "the device: erase its flash (lilong provision --erase --port PORT, or esptool erase_flash), since root key, "
        "Wi-Fi passwords and card lists are in it. One that is not to be had keeps them: change the Wi-Fi password of "
        "its network, and where it was a door, card_key and PINs",
    ]

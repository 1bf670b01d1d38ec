"""The file of networks: which Wi-Fi a device joins, by preference, and how its modem gets to the Internet.

    {"networks": [{"ssid": "plaza", "password": "..."}, {"ssid": "plaza-service", "password": "..."}],
     "modem": {"apn": "iot.example", "user": null, "password": null, "pin": null}}
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lilong_protocol.pc.private_file import PrivateFileError, read_private

from .errors import ProvisionError

SSID_BYTES = 32  # IEEE 802.11: SSID element
PASSWORD = (8, 63)  # WPA2 passphrase, in printable ASCII (IEEE 802.11, annex J)
NETWORKS_MAX = 4  # (ours) each is looked for in turn
MODEM = ("apn", "user", "password", "pin")


@dataclass(frozen=True)
class Networks:
    """networks: as the device's configuration has them; modem: the same for a board with a modem."""

    networks: tuple[Mapping[str, str], ...] = field(default=(), repr=False)
    modem: Mapping[str, str] | None = field(default=None, repr=False)


def read_networks(path: Path) -> Networks:
    """ProvisionError says what is wrong, and never what a password is."""
    try:
        content = json.loads(read_private(path))
    except PrivateFileError as error:
        raise ProvisionError(str(error)) from None
    except ValueError:
        raise ProvisionError(f"{path}: is not JSON; write it as in `lilong provision --help`") from None
    if not isinstance(content, dict) or not content or set(content) - {"networks", "modem"}:
        raise ProvisionError(f'{path}: is not an object of "networks", "modem" or both')
    networks = content.get("networks", [])
    if not isinstance(networks, list) or len(networks) > NETWORKS_MAX:
        raise ProvisionError(f'{path}: "networks" is not a list of at most {NETWORKS_MAX}, the preferred one first')
    checked = tuple(_network(f'{path}: "networks"[{at}]', one) for at, one in enumerate(networks))
    if len({one["ssid"] for one in checked}) < len(checked):
        raise ProvisionError(f'{path}: "networks": one ssid is there twice; remove one of them')
    return Networks(checked, _modem(f'{path}: "modem"', content.get("modem")))


def _network(where: str, value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or set(value) - {"ssid", "password"} or not isinstance(value.get("ssid"), str):
        raise ProvisionError(f'{where}: is not {{"ssid": text, "password": text}}')
    ssid, password = value["ssid"], value.get("password")
    if not 0 < len(ssid.encode()) <= SSID_BYTES:
        raise ProvisionError(f'{where}: "ssid" has {len(ssid.encode())} bytes; give 1 to {SSID_BYTES}')
    if password is None:
        raise ProvisionError(f'{where}: has no "password"; devices of an estate join no open network')
    low, high = PASSWORD
    if not isinstance(password, str) or not low <= len(password) <= high or not (password + " ").isascii():
        raise ProvisionError(f'{where}: "password" is not a text of {low} to {high} ASCII characters, as WPA2 has it')
    return {"ssid": ssid, "password": password}


def _modem(where: str, value: Any) -> dict[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) - set(MODEM) or not isinstance(value.get("apn"), str):
        raise ProvisionError(f'{where}: is not an object of "apn" and, where it is wanted, "user", "password", "pin"')
    kept = {name: text for name, text in value.items() if text is not None}
    for name, text in kept.items():
        if not isinstance(text, str) or not text.isascii() or not text.isprintable() or '"' in text or len(text) > 100:
            raise ProvisionError(f'{where}: "{name}" is not a text of at most 100 printable characters without quotes')
    pin = kept.get("pin", "0000")
    if not (pin.isdigit() and 4 <= len(pin) <= 8):
        raise ProvisionError(f'{where}: "pin" is not 4 to 8 digits')
    return kept

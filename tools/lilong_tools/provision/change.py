"""New access for devices in the field: an artifact of kind 2 for each, wrapped for it, which a backend offers.

The device tries it first and falls back by itself (LIL-UPD-011). Its folder keeps what it was provisioned with.
"""

from collections.abc import Callable
from pathlib import Path

from lilong_firmware.access import AUTHORITY, BROKER, CERTIFICATE, KEY, MODEM, NETWORK, SIZE_MAX, parse
from lilong_protocol.pc.private_file import PrivateFileError, write_private
from lilong_protocol.wrap import NONCE_BYTES, OVERHEAD, wrap

from .errors import ProvisionError
from .networks import Networks

SUFFIX = ".access"


def plain(
    networks: Networks, broker: tuple[str, int] | None, ca: bytes | None, client: tuple[bytes, bytes] | None = None
) -> bytes:
    """The items of an artifact; ProvisionError when there is nothing to change, or too much for a device."""
    items: list[tuple[int, bytes]] = [
        (NETWORK, f"{one['ssid']}\0{one['password']}".encode()) for one in networks.networks
    ]
    if broker is not None:
        items.append((BROKER, broker[1].to_bytes(2, "big") + broker[0].encode()))
    if ca is not None:
        items.append((AUTHORITY, ca))
    if client is not None:
        items += [(CERTIFICATE, client[0]), (KEY, client[1])]
    if networks.modem is not None:
        given = [networks.modem.get(name, "") for name in ("apn", "user", "password", "pin")]
        items.append((MODEM, "\0".join(given).encode()))
    made = b"".join(bytes([what]) + len(data).to_bytes(2, "big") + data for what, data in items)
    if len(made) + OVERHEAD > SIZE_MAX:
        most = SIZE_MAX - OVERHEAD
        raise ProvisionError(f"--change: {len(made)} bytes, and a device takes {most}; change less at once")
    try:
        parse(made)
    except ValueError as error:
        raise ProvisionError(f"--change: {error}; give --networks, or --broker with what is new") from None
    return made


def write_change(out: Path, device: str, root: bytes, content: bytes, random: Callable[[int], bytes]) -> Path:
    """The file to be offered to this device as `Artifact(number, ACCESS, version, data)`."""
    path = out / f"{device}{SUFFIX}"
    try:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, wrap(root, random(NONCE_BYTES), content))
    except (OSError, PrivateFileError) as error:
        raise ProvisionError(f"{path}: cannot be written ({error}); name a folder where you may write") from None
    return path

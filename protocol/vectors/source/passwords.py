"""passwords.json: from the root of a device to what it logs in to its broker with."""

from collections.abc import Iterator

from .base import DEVICE, OTHER_DEVICE, TENANT, Case, device_root, hkdf
from .keys import OWN_ROOT

ABOUT = (
    "password = HKDF-SHA-256(root, salt 'lilong/1 broker password', no info), 32 bytes as lowercase hex digits; the "
    "user name is the device's id."
)


def cases() -> Iterator[Case]:
    for name, tenant, device, root in (
        ("a derived root", TENANT, DEVICE, device_root()),
        ("another device", TENANT, OTHER_DEVICE, device_root(device=OTHER_DEVICE)),
        ("another tenant", "music_plaza", DEVICE, device_root("music_plaza")),
        ("a root of its own", TENANT, DEVICE, OWN_ROOT), ("a root of zeros", TENANT, "0" * 16, bytes(32)),
    ):  # fmt: skip
        yield {
            "name": name, "ids": ["LIL-KEY-007"], "tenant": tenant, "device": device, "root": root.hex(),
            "user": device, "password": hkdf(root, "lilong/1 broker password", "").hex(),
        }  # fmt: skip

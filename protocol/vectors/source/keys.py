"""keys.json: from the estate key to the root of a device to its frame keys."""

from collections.abc import Iterator

from .base import DEVICE, ESTATE_KEY, OTHER_DEVICE, TENANT, Case, device_root, frame_key

ABOUT = (
    "root = HKDF-SHA-256(estate_key, salt 'lilong/1 device root', info tenant/device); "
    "key = HKDF-SHA-256(root, salt 'lilong/1 frame key', info direction/epoch). estate_key null: the root is its own."
)
OWN_ROOT = bytes(range(255, 223, -1))


def cases() -> Iterator[Case]:
    places = [
        (TENANT, DEVICE, ESTATE_KEY), (TENANT, OTHER_DEVICE, ESTATE_KEY), ("music_plaza", DEVICE, ESTATE_KEY),
        (TENANT, DEVICE, bytes(32)), ("里弄", DEVICE, ESTATE_KEY), ("t" * 64, "0" * 16, ESTATE_KEY),
    ]  # fmt: skip
    for tenant, device, estate_key in places:
        root = device_root(tenant, device, estate_key)
        for direction in "ud":
            for epoch in (0, 1, 2, 4294967295) if tenant == TENANT and device == DEVICE else (0, 1):
                yield {
                    "name": f"estate {estate_key[:2].hex()}.., {tenant[:12]}/{device}, {direction}, epoch {epoch}",
                    "ids": ["LIL-KEY-001", "LIL-KEY-002"], "estate_key": estate_key.hex(), "tenant": tenant,
                    "device": device, "root": root.hex(), "direction": direction, "epoch": epoch,
                    "key": frame_key(direction, epoch, root).hex(),
                }  # fmt: skip
    for direction in "ud":
        for epoch in (0, 1):
            yield {
                "name": f"a root of its own, {direction}, epoch {epoch}", "ids": ["LIL-KEY-002"], "estate_key": None,
                "tenant": TENANT, "device": DEVICE, "root": OWN_ROOT.hex(), "direction": direction, "epoch": epoch,
                "key": frame_key(direction, epoch, OWN_ROOT).hex(),
            }  # fmt: skip

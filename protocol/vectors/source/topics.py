"""topics.json: the topics of version 1, and texts that are none."""

from collections.abc import Iterator

from lilong_protocol.registry import MESSAGES

from .base import DEVICE, TENANT, Case

ABOUT = "topic with its four parts, or refused."
_IDS = ["LIL-TOPIC-001"]
_OTHERS = (
    "", "/", "lilong", "lilong/1", f"lilong/2/acme/{DEVICE}/u/al", f"lilong/1/acme/{DEVICE}/u",
    f"lilong/1//{DEVICE}/u/al",
    f"lilong/01/acme/{DEVICE}/u/al", f"Lilong/1/acme/{DEVICE}/u/al", f"/lilong/1/acme/{DEVICE}/u/al",
    f"lilong/1/acme/{DEVICE}/u/al/", f"lilong/1/acme/{DEVICE}/u/al/more", "lilong/1/acme/A4CF12FFFE0B3C5D/u/al",
    "lilong/1/acme/a4cf12fffe0b3c5/u/al", "lilong/1/acme/a4cf12fffe0b3c5d0/u/al", "lilong/1/acme/a4cf12fffe0b3c5g/u/al",
    "lilong/1/acme//u/al", "lilong/1/acme/+/u/al", f"lilong/1/acme/{DEVICE}/x/al", f"lilong/1/acme/{DEVICE}/U/al",
    f"lilong/1/acme/{DEVICE}/u/", f"lilong/1/acme/{DEVICE}/u/zz", f"lilong/1/acme/{DEVICE}/u/AL",
    f"lilong/1/acme/{DEVICE}/u/ak", f"lilong/1/acme/{DEVICE}/u/cm", f"lilong/1/acme/{DEVICE}/d/al",
    f"lilong/1/acme/{DEVICE}/d/st", f"lilong/1/acme/{DEVICE}/d/#", f"lilong/1/acme/{DEVICE}/d/lg",
)  # fmt: skip


def cases() -> Iterator[Case]:
    places = sorted({("u" if message.uplink else "d", message.cls) for message in MESSAGES})
    for tenant, device in ((TENANT, DEVICE), ("里弄 1", "0" * 16)):
        for direction, cls in places:
            topic = f"lilong/1/{tenant}/{device}/{direction}/{cls}"
            yield {
                "name": topic, "ids": _IDS, "topic": topic, "tenant": tenant, "device": device,
                "direction": direction, "class": cls,
            }  # fmt: skip
    for topic in _OTHERS:
        yield {"name": f"not a topic: {topic!r}", "ids": _IDS, "topic": topic, "refused": {}}

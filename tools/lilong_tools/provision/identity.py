"""The id of a device: 16 hex digits, as given, or from the chip's MAC as an EUI-64."""

import re

MAC = re.compile(r"([0-9a-f]{2})([:-]?)" + r"([0-9a-f]{2})\2" * 4 + r"([0-9a-f]{2})")
ID = re.compile(r"[0-9a-f]{16}")
MULTICAST = 0x01


def eui64(mac: str) -> str:
    """The EUI-64 of a MAC (six bytes in hex, with ":" or "-" or nothing between), FF FE in its middle; ValueError.

    That is how Espressif's chips make their own from the factory MAC: https://docs.espressif.com, "Miscellaneous System
    APIs". IEEE holds the mapping for deprecated for new uses; nothing else is unique and needs no register of ours.
    """
    found = MAC.fullmatch(mac.strip().lower())
    if found is None:
        raise ValueError(f"{mac!r} is no MAC; write six bytes in hex, such as a4:cf:12:0b:3c:5d")
    digits = re.sub("[:-]", "", found[0])
    if int(digits[:2], 16) & MULTICAST:
        raise ValueError(f"{mac!r} is the address of a group, not of a chip; read the MAC from the chip (esptool)")
    if digits == "0" * 12:
        raise ValueError(f"{mac!r} is no chip's; read the MAC from the chip (esptool)")
    return f"{digits[:6]}fffe{digits[6:]}"


def device_id(text: str) -> str:
    """An id as it was given; ValueError."""
    if ID.fullmatch(text.strip().lower()) is None:
        raise ValueError(f"{text!r} is no device id; write 16 hex digits")
    return text.strip().lower()

"""The PIN of each flat, of its estate's key and its name only: 6 digits after a 1, as a door's pad gives them.

A PIN's duress form, its last digit one higher (9 becomes 0), is no other PIN of the same doors.
"""

from collections.abc import Iterable

from lilong_protocol.keys import hkdf

PIN_SALT = b"lilong/1 door PIN"
PINS = 1_000_000  # of 6 digits


def duress(pin: int) -> int:
    """What to enter instead of a PIN when somebody forces one to."""
    return pin - 9 if pin % 10 == 9 else pin + 1


def pins(estate_key: bytes, estate: str, flats: Iterable[str]) -> dict[str, int]:
    """A PIN for each flat key; `flats`: those whose PINs open the same doors."""
    found: dict[str, int] = {}
    taken: set[int] = set()  # PINs and their duress forms
    for flat in sorted(flats):
        attempt = 0
        while True:
            pin = PINS + int.from_bytes(hkdf(estate_key, PIN_SALT, f"{estate}/{flat}/{attempt}".encode())) % PINS
            if not taken & {pin, duress(pin)}:
                break
            attempt += 1
        found[flat] = pin
        taken |= {pin, duress(pin)}
    return found

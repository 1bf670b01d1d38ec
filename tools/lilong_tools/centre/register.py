"""The devices of the estate and what is known of each: its place, its latest values."""

from typing import Any

from lilong_protocol.registry import QUANTITIES

from .model import CentreError, Estate, Json, PlacedDevice, Row

# What concerns one moment or one person is told in the record, not kept as a value of the device.
_MOMENTS = ("credential", "sensor", "denial", "confidence", "vehicle_class", "permit", "direction", "rssi")
_PASSING = frozenset(row.number for row in QUANTITIES if row.name in _MOMENTS)


class Register:
    """By device id. Values are the raw integers of the registry's quantities."""

    def __init__(self, estate: Estate) -> None:
        self.placed: dict[str, PlacedDevice] = {device.id: device for device in estate.devices}
        self._tenant = estate.id
        self._values: dict[str, dict[int, Any]] = {}
        self._values_at: dict[str, int] = {}

    def get(self, device: str) -> PlacedDevice:
        placed = self.placed.get(device)
        if placed is None:
            raise CentreError(f"device {device!r}: not in estate {self._tenant}; use an id of GET /api/estate")
        return placed

    def values(self, device: str) -> tuple[dict[int, Any], int | None]:
        """The latest values by quantity, and the epoch ms of the last of them."""
        return self._values.get(device, {}), self._values_at.get(device)

    def take_values(self, device: str, at_ms: int, values: dict[int, Any]) -> bool:
        """Newer values; True when any of them differs from the one before."""
        if at_ms < self._values_at.get(device, 0):
            return False
        known = self._values.setdefault(device, {})
        changed = False
        for quantity, value in values.items():
            if quantity in _PASSING or value is None:
                continue
            if known.get(quantity) != value:
                known[quantity] = value
                changed = True
            self._values_at[device] = at_ms
        return changed

    def row(self, device: str) -> Row:
        """The device's latest values."""
        values = {str(quantity): value for quantity, value in self._values.get(device, {}).items()}
        return Row("device", (device, values, self._values_at.get(device)))

    def restore(self, device: str, row: Json) -> None:
        self._values[device] = {int(quantity): value for quantity, value in row["values"].items()}
        if row["values_at"] is not None:
            self._values_at[device] = row["values_at"]

"""Those who pass while somebody watches: of each whose card or plate is read, that it must be let in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lilong_simulator.estate import Device
from lilong_simulator.truth import PASSES, Expectation


@dataclass(frozen=True, slots=True)
class Watch:
    """From `from_ms` to `until_ms`, for an incident; limits as an expectation has them."""

    incident: str
    devices: frozenset[str]
    from_ms: int
    until_ms: int
    limits: Mapping[str, float | None]

    def sees(self, at_ms: int, device: Device) -> bool:
        return self.from_ms <= at_ms < self.until_ms and device.id in self.devices

    def wanted(self, at_ms: int, device: Device) -> Expectation:
        """Of who is read there then."""
        within, share_ms = self.limits["within_ms"], self.limits["share_ms"]
        return Expectation(
            f"{self.incident}:{device.name}:passes:{at_ms}", self.incident, "granted", PASSES[device.kind], device.id,
            device.name, (), 0, None if within is None else round(within), at_ms,
            share=self.limits["share"], share_ms=None if share_ms is None else round(share_ms),
        )  # fmt: skip

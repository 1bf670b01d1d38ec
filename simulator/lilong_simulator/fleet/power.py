"""What a fault of the run does to a simulated device, above all to its power: what it is when that comes back."""

from lilong_firmware.device import Device

from .radio import Radio
from .ticks import Drifting
from .uplinks import SpokenUplink, UnsealedUplink, speak


class Fault:
    """The state of one device; one that no fault touches has none. ppm: by which its tick is fast."""

    __slots__ = ("cut", "powered", "ppm", "radio")

    def __init__(self) -> None:
        self.powered = True
        self.cut = False
        self.radio: Radio | None = None
        self.ppm = 0


def rebooted(device: Device | Drifting) -> Device:
    """The device as it starts anew, with the next boot; its host starts it. Sensors read what they read now."""
    made = device.kind_of() if isinstance(device, Drifting) else type(device)
    fresh = made(
        device.identity, type(device.rules), device.store, device.draws, device.sampling.polls, device.uplink.boot + 1
    )
    fresh.updating = device.updating
    before, after = device.session, fresh.session
    after._beat_ms, after._telemetry_ms = before._beat_ms, before._telemetry_ms  # where the run has made them shorter
    for channel, value in enumerate(device.sampling.values):
        fresh.sense(0, channel, value)
        if device.faults >> channel & 1:
            fresh.sense(0, channel, None)
    if isinstance(device.uplink, SpokenUplink):
        speak(fresh, not isinstance(device.uplink, UnsealedUplink))
    return fresh


def remember(device: Device, channel: int, value: int | None) -> None:
    """What a sensor of a device without power would read: it does when power is back."""
    if value is None:
        device.faults |= 1 << channel
    else:
        device.sampling.values[channel] = value
        device.faults &= ~(1 << channel)

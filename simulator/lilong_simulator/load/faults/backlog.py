"""What waits in a device for its link: alarm frames, events, responses."""

from __future__ import annotations

from lilong_firmware.device import Device


def backlog_of(device: Device) -> int:
    """How many frames; a log of events that has some counts as one more."""
    log = device.event_log
    logged = log is not None and log.first() is not None
    return len(device.outbox) + len(device.session._queue) + logged

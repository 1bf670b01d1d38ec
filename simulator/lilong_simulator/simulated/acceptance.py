"""OCPP's first rule: after a boot a device says who it is, and then nothing, not even what it has kept from before,
until the backend has accepted it.

A backend of this protocol accepts a birth by answering it with the time. Whoever gets no answer says it again after a
while with jitter, so that a feeder full of piles does not flood the backend that is not ready for them. What is local
waits for nobody.
"""

from lilong_firmware.effects import NEVER, PUBLISH
from lilong_firmware.session import COLD_START, ONLINE
from lilong_protocol import topics

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lilong_firmware.device import Device

HELD = 3  # a state of the session beside its own: linked, and not accepted
AGAIN_MS, JITTER_MS = 60_000, 30_000  # (ours) OCPP leaves the interval to the device where it was told none


class Acceptance:
    """`at`: uptime in ms at which the birth is to be said again. `given`: in this boot; or at all, by
    data["accepted"], where a run accepts what devices say because the backend has no words for it."""

    __slots__ = ("_device", "at", "given")

    def __init__(self, device: "Device") -> None:
        self._device = device
        self.at = NEVER
        self.given = "accepted" in device.identity.data

    def linked(self, now: int, up: bool) -> None:
        """The link has come, and the birth is on its way; or it has gone."""
        self.at = NEVER
        if up and not self.given:
            self._device.session.state = HELD
            self._wait(now)

    def accepted(self, now: int) -> None:
        """The backend has answered: what has waited goes, alarms first."""
        session = self._device.session
        self.at = NEVER
        if not self.given:
            self.given = True
            if session.state == HELD:
                session.state = ONLINE
                self._device.outbox.renew(now)
                for data in self._device.outbox.due(now):
                    self._device.out.append((PUBLISH, topics.ALARM, data, 1, False))
                session.pump(now)

    def time(self, now: int) -> None:
        """Say it again when that is due."""
        if now >= self.at:
            birth = self._device.session.birth(now, COLD_START)
            self._device.out.append((PUBLISH, topics.STATE, birth, 1, False))
            self._wait(now)

    def _wait(self, now: int) -> None:
        self.at = now + AGAIN_MS + self._device.draws.below(JITTER_MS)

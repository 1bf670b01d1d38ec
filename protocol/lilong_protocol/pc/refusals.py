"""Why messages were refused: counted by reason; what may be an attack is kept as evidence, at a bounded rate."""

from .received import Incident

TOPIC, TENANT, RETAINED, UNKNOWN = "topic", "tenant", "retained", "unknown device"
SEAL, FORGED, PAYLOAD, KIND, BODY = "seal", "forged", "payload", "kind", "body"
EARLIER_BOOT, STALE_BIRTH, BOOT_ROLLBACK, OTHER_DEATH = "earlier boot", "stale birth", "boot rollback", "other death"
OTHER_BYTES = "same number, other bytes"
INCIDENTS = frozenset((UNKNOWN, FORGED, BOOT_ROLLBACK, OTHER_BYTES, RETAINED))
KEPT = 100  # between two calls of `take_incidents`; the rest is counted


class Refusals:
    """`counts` by reason."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self._incidents: list[Incident] = []

    def count(self, reason: str) -> None:
        self.counts[reason] = self.counts.get(reason, 0) + 1

    def add(self, now_ms: int, reason: str, topic: str, payload: bytes) -> None:
        self.count(reason)
        if reason in INCIDENTS and len(self._incidents) < KEPT:
            self._incidents.append(Incident(now_ms, reason, topic, payload))

    def take_incidents(self) -> list[Incident]:
        """Those since the last call that may be an attack."""
        if not self._incidents:
            return []
        incidents, self._incidents = self._incidents, []
        return incidents

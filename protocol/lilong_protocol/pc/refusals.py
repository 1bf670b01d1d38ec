"""Why messages were refused: counted by reason; what may be an attack is kept as evidence, at a bounded rate."""

from ..cbor import MAX_FRAME
from .received import Incident

TOPIC, TENANT, RETAINED, UNKNOWN = "topic", "tenant", "retained", "unknown device"
SEAL, FORGED, PAYLOAD, KIND, BODY = "seal", "forged", "payload", "kind", "body"
EARLIER_BOOT, STALE_BIRTH, BOOT_ROLLBACK, OTHER_DEATH = "earlier boot", "stale birth", "boot rollback", "other death"
OTHER_BYTES = "same number, other bytes"
REPLAYED = "replayed"
INCIDENTS = frozenset((UNKNOWN, FORGED, BOOT_ROLLBACK, OTHER_BYTES, RETAINED, REPLAYED))
KEPT, KEPT_MS = 100, 60_000  # of each reason in a minute; the rest is counted
TOPIC_CHARACTERS = 200


class Refusals:
    """`counts` by reason."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self._incidents: list[Incident] = []
        self._since_ms = 0
        self._kept: dict[str, int] = {}  # by reason, since then

    def count(self, reason: str) -> None:
        self.counts[reason] = self.counts.get(reason, 0) + 1

    def add(self, now_ms: int, reason: str, topic: str, payload: bytes) -> None:
        self.count(reason)
        if reason not in INCIDENTS:
            return
        if not self._since_ms <= now_ms < self._since_ms + KEPT_MS:
            self._since_ms, self._kept = now_ms, {}
        kept = self._kept[reason] = self._kept.get(reason, 0) + 1
        if kept <= KEPT:
            self._incidents.append(Incident(now_ms, reason, topic[:TOPIC_CHARACTERS], payload[:MAX_FRAME]))

    def take_incidents(self) -> list[Incident]:
        """Those since the last call that may be an attack."""
        if not self._incidents:
            return []
        incidents, self._incidents = self._incidents, []
        return incidents

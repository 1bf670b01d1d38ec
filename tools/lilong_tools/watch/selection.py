"""Which frames are shown: by device, kind of device, topic class and warning level."""

from collections.abc import Collection
from dataclasses import dataclass, field

from lilong_protocol import topics
from lilong_protocol.pc.describe import Description
from lilong_protocol.registry import KIND

from ..inputs import InputError

CLASSES = tuple(dict.fromkeys(topics.UP_CLASSES + topics.DOWN_CLASSES))


@dataclass
class Selection:
    """Empty means all. `level`: alarms at least as severe, 1 red to 4 blue, and what follows on them."""

    devices: Collection[str] = ()
    kinds: Collection[str] = ()
    classes: Collection[str] = ()
    level: int | None = None
    _kinds: dict[str, str] = field(default_factory=dict)  # learned from births, which brokers retain
    _calling: set[tuple[str, int, int]] = field(default_factory=set)

    def __post_init__(self) -> None:
        for kind in self.kinds:
            if kind not in KIND:
                raise InputError(f"--kind {kind}: unknown; use {', '.join(KIND)}")
        for cls in self.classes:
            if cls not in CLASSES:
                raise InputError(f"--class {cls}: unknown; use {', '.join(CLASSES)}")
        if self.level is not None and not 1 <= self.level <= 4:
            raise InputError(f"--level {self.level}: give 1 (red), 2 (orange), 3 (yellow) or 4 (blue)")

    def kind_of(self, told: Description) -> str | None:
        """The kind of its device, where it is known by now."""
        device = told.device or ""
        kind = told.body.get("kind") if told.message == "birth" else None
        if isinstance(kind, str) and told.verified is not False:
            self._kinds[device] = kind
        return self._kinds.get(device)

    def wants(self, told: Description, kind: str | None) -> bool:
        if self.devices and not any((told.device or "").startswith(device) for device in self.devices):
            return False
        if self.kinds and kind not in self.kinds:
            return False
        if self.classes and told.cls not in self.classes:
            return False
        return self.level is None or self._severe(told, self.level)

    def _severe(self, told: Description, level: int) -> bool:
        device, head = told.device or "", told.header
        if told.level is not None:
            if told.level > level:
                return False
            self._calling.add((device, head.get("boot", -1), head.get("seq", -1)))
            return True
        ref = head.get("ref")
        return isinstance(ref, list) and len(ref) == 2 and (device, ref[0], ref[1]) in self._calling

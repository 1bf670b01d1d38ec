"""What every data fault has: devices at which it can be, a beginning, an end, and frames that show it."""

from __future__ import annotations

from typing import ClassVar, Protocol

from lilong_firmware.device import Device as Firmware
from lilong_protocol.frame import BIRTH, EVENT, HEARTBEAT, RAISE, TELEMETRY, UPDATE, Frame
from lilong_protocol.registry import QUANTITIES

from ..estate import Device
from ..random_streams import Stream

QUANTITY = {row.name: row for row in QUANTITIES}
_VALUES_AT = {BIRTH: 7, HEARTBEAT: 3, EVENT: 4, RAISE: 4, UPDATE: 4}  # in bodies
LEAST_MS = 600_000  # (ours) none is shorter, but for a gap, which is of one instant
BEATS = 2.2  # (ours) and none is shorter than so many heartbeats, so that its device tells of it


class Hands(Protocol):
    """What a host lets be done to one of its devices."""

    def firmware(self, device: str) -> Firmware:
        """The device itself."""

    def value(self, device: str, channel: str) -> int:
        """What a sensor reads now."""

    def hold(self, device: str, channel: str, value: int) -> None:
        """It reads this, whatever the world does, until it is let go."""

    def let_go(self, device: str, channel: str) -> None:
        """It reads what there is."""


class DataFault:
    """One fault at one device; a subclass is one kind of them, in a file of its own.

    `quantity`: the registry's name of what is wrong, "" for what is no quantity. `beat_ms`: how often the device tells
    its values. `pace`: by which the run's rates are multiplied. All times are in ms of world time.
    """

    NAME: ClassVar[str]
    KINDS: ClassVar[frozenset[str]]  # of devices at which it can be
    ONCE: ClassVar[bool] = False  # the first frame that shows it is its end
    # Alarms that are raised for what it shows, in good faith, by kind: while it lasts, and when it is over.
    MAY_RAISE: ClassVar[dict[str, tuple[str, ...]]] = {}
    MAY_FOLLOW: ClassVar[dict[str, tuple[str, ...]]] = {}

    def __init__(self, device: Device, beat_ms: int, stream: Stream, pace: float = 1.0) -> None:
        self.device = device
        self.beat_ms = beat_ms
        self.stream = stream
        self.pace = pace
        self.quantity = ""

    @property
    def for_ms(self) -> float:
        """How long it lasts; infinity: until it shows."""
        return round(max(LEAST_MS / self.pace, BEATS * self.beat_ms))

    def begin(self, hands: Hands) -> bool:
        """It begins; False when there is nothing to begin with."""
        raise NotImplementedError

    def end(self, hands: Hands) -> None:
        """It is over."""

    def shows(self, at: int, frame: Frame) -> bool:
        """Whether a frame that the device has sent while it lasted is one of those by which it can be found."""
        raise NotImplementedError

    def evident(self, shown: int, first_ms: int, last_ms: int) -> bool:
        """Whether so many of them, sent from the first to the last, are enough to find it by."""
        return shown > 0


class HeldSensor(DataFault):
    """A sensor that reads a value of its own: a channel, and the quantity of which it is the reading."""

    CHANNELS: ClassVar[dict[str, tuple[str, str]]]  # by kind of device: channel, quantity

    def __init__(self, device: Device, beat_ms: int, stream: Stream, pace: float = 1.0) -> None:
        super().__init__(device, beat_ms, stream, pace)
        self._channel, self.quantity = self.CHANNELS[device.kind]
        self.value = 0

    def reads(self, now: int) -> int:
        """What it reads from now on, instead of `now`."""
        raise NotImplementedError

    def begin(self, hands: Hands) -> bool:
        self.value = self.reads(hands.value(self.device.id, self._channel))
        hands.hold(self.device.id, self._channel, self.value)
        return True

    def end(self, hands: Hands) -> None:
        hands.let_go(self.device.id, self._channel)

    def shows(self, at: int, frame: Frame) -> bool:
        return self.value in values_of(frame, QUANTITY[self.quantity].number)


def values_of(frame: Frame, quantity: int) -> list[int | None]:
    """All values of a quantity in a frame."""
    body = frame.body or {}
    if frame.kind == TELEMETRY:
        return list(body[2][body[0].index(quantity)]) if quantity in body[0] else []
    values = body.get(_VALUES_AT.get(frame.kind, -1)) or {}
    return [values[quantity]] if quantity in values else []

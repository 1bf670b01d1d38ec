"""The life of a device as a bad network delivers it: losses, repeats, other orders, reboots, clocks that are wrong."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from ... import frame
from ...cbor import MAX_INT, encode
from ...registry import MESSAGE
from ...seal import UP
from .frames import Brief, Payload, Place
from .values import bodies

START_MS = 1_800_000_000_000  # epoch ms of the first cold start
_LONGEST_DELAY_MS = 40_000


@dataclass(frozen=True)
class Said(Brief):
    """A frame as the device sealed it, at `at_ms` in true time; `epoch_ms` is what its own clock said, if anything."""

    kind: int
    cls: str
    boot: int
    seq: int
    uptime_ms: int
    at_ms: int
    epoch_ms: int | None
    data: bytes

    @property
    def name(self) -> str:
        return f"{self.cls} {self.boot}-{self.seq}"

    def __repr__(self) -> str:
        clock = "no clock" if self.epoch_ms is None else f"clock {self.epoch_ms - self.at_ms:+}"
        return f"<{self.name}: kind {self.kind} at {self.at_ms}, uptime {self.uptime_ms}, {clock}>"


@dataclass(frozen=True)
class Delivery(Brief):
    """One arrival at the backend."""

    at_ms: int
    topic: str
    data: bytes
    retained: bool
    said: Said

    def __repr__(self) -> str:
        return f"<{self.said.name} arrives at {self.at_ms}{', retained' if self.retained else ''}>"


@dataclass(frozen=True)
class Story(Brief):
    """What was said, in order, and what arrived, in order of arrival; what was lost is in `said` only."""

    place: Place
    said: tuple[Said, ...]
    deliveries: tuple[Delivery, ...]

    def arrived(self, cls: str) -> list[Said]:
        """The frames of a class that arrived at all, each once, by their first arrival."""
        return list(dict.fromkeys(one.said for one in self.deliveries if one.said.cls == cls))


class _Device:
    """Says things with the right numbers."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.seal = place.seal(UP)
        self.said: list[Said] = []
        self.boot = 0
        self.born_ms = 0
        self.seqs: dict[str, int] = {}
        self.raises: list[tuple[int, int]] = []

    def cold_start(self, boot: int, at_ms: int, nonce: bytes) -> None:
        self.boot, self.born_ms, self.nonce, self.seqs = boot, at_ms, nonce, {}

    def say(self, kind: int, body: dict[int, Any], at_ms: int, off_ms: int | None, ref: tuple[int, int] | None) -> None:
        """`off_ms`: how far the device's clock is off, None when it has no time."""
        message = MESSAGE[kind]
        seq = self.seqs[message.cls] = self.seqs.get(message.cls, 0) + 1
        epoch = None if off_ms is None else min(MAX_INT, max(0, at_ms + off_ms))
        payload: Payload = {0: frame.VERSION, 1: kind, 2: self.boot, 3: seq, 4: at_ms - self.born_ms, 7: body}
        if epoch is not None:
            payload |= {5: epoch, 6: frame.CLOCK_1_S}
        if "nonce" in message.header:
            payload[11] = self.nonce
        if "ref" in message.header:
            payload[9] = list(ref or (self.boot, seq))
        if kind == frame.RAISE:
            self.raises.append((self.boot, seq))
        data = self.seal.seal(message.cls, encode(payload))
        self.said.append(Said(kind, message.cls, self.boot, seq, at_ms - self.born_ms, at_ms, epoch, data))


# How far a clock is off: not set, right, an hour ago, a year from now, at the beginning of time, at its end.
_CLOCKS: tuple[int | None, ...] = (None, 0, 0, -3_600_000, 31_536_000_000, -START_MS * 2, MAX_INT)
_KINDS = (frame.HEARTBEAT, frame.TELEMETRY, frame.EVENT, frame.EVENT, frame.RAISE, frame.UPDATE, frame.CLEAR)


def _live(draw: st.DrawFn, device: _Device, boots: int, messages: int) -> None:
    now, boot = START_MS, draw(st.integers(0, 1000))
    for connection in range(1, boots + 1):
        boot += draw(st.integers(1, 3))
        now += draw(st.integers(0, 100_000))
        device.cold_start(boot, now, draw(st.binary(min_size=8, max_size=8)))
        off = draw(st.sampled_from(_CLOCKS))
        birth = draw(bodies(MESSAGE[frame.BIRTH], unknown=False))
        device.say(frame.BIRTH, {**birth, 1: connection}, now, off, None)
        for _ in range(draw(st.integers(0, messages))):
            now += draw(st.integers(0, 5_000))
            kind = draw(st.sampled_from(_KINDS))
            if kind in (frame.UPDATE, frame.CLEAR) and not device.raises:
                kind = frame.RAISE
            ref = draw(st.sampled_from(device.raises)) if device.raises else None
            if draw(st.integers(0, 9)) == 0:
                off = draw(st.sampled_from(_CLOCKS))  # a clock that jumps within a boot
            device.say(kind, draw(bodies(MESSAGE[kind], unknown=False)), now, off, ref)


@st.composite
def sessions(
    draw: st.DrawFn, place: Place | None = None, boots: int = 3, messages: int = 8, losses: bool = True,
    duplicates: bool = True, reordering: bool = True,
) -> Story:  # fmt: skip
    """A story of at most so many boots and messages a boot; each fault of the network can be turned off."""
    device = _Device(place or Place())
    _live(draw, device, draw(st.integers(1, boots)), messages)
    delays = st.integers(0, _LONGEST_DELAY_MS) if reordering else st.just(0)
    deliveries = []
    for said in device.said:
        if losses and draw(st.integers(0, 4)) == 0:
            continue
        topic = device.place.topic(MESSAGE[said.kind])
        for _ in range(1 + (draw(st.integers(0, 2)) if duplicates else 0)):
            deliveries.append(Delivery(said.at_ms + draw(delays), topic, said.data, False, said))
    deliveries.sort(key=lambda delivery: delivery.at_ms)
    return Story(device.place, tuple(device.said), tuple(deliveries))

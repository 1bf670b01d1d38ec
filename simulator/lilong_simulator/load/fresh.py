"""Frames said again: what was recorded, sealed anew for a device of now; only seal, boot and times are others.

Times are mapped evenly: what was a second of the recording is 1 / speed s now, in uptimes, dates, ages and periods
alike, so that a backend that dates a frame by one of them or by another comes to the same. Sequence numbers, and the
boots of one device among themselves, stay as they were; connections are counted anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, NamedTuple

from lilong_protocol import frame, topics
from lilong_protocol.cbor import CborError, decode, encode
from lilong_protocol.frame import Frame
from lilong_protocol.keys import frame_key
from lilong_protocol.pc.quick import unpack
from lilong_protocol.pc.sealed import payload_of
from lilong_protocol.seal import DOWN, UP, Seal, SealError

BOOT, SEQ, UPTIME, EPOCH, BODY, REF, NONCE = 2, 3, 4, 5, 7, 9, 11  # payload keys
RECONNECTED = 1


class Keys(NamedTuple):
    """The root of a device and the key epoch in use."""

    root: bytes
    epoch: int


@dataclass(frozen=True, slots=True)
class Times:
    """How times of a recording become times of now.

    first: ms of the recording at which it begins. epoch_zero: Unix ms at its ms 0, None where nobody knows: then no
    frame had a date. now: Unix ms at which the replay begins.
    """

    speed: float
    first: float
    epoch_zero: float | None
    now: float

    def span(self, ms: float) -> int:
        return round(ms / self.speed)

    def epoch(self, then: int) -> int:
        if self.epoch_zero is None:
            return then
        return round(self.now + (then - self.epoch_zero - self.first) / self.speed)


class Voice:
    """One device of a replay: what it said then becomes what it says now. `boot`: fresh, of the first that it says."""

    __slots__ = (
        "_added", "_birth", "_down", "_epoch", "_first_boot", "_nonce", "_seal", "_times", "boot", "connection",
        "device", "tenant",
    )  # fmt: skip

    def __init__(self, tenant: str, device: str, keys: Keys, boot: int, times: Times) -> None:
        self.tenant = tenant
        self.device = device
        self.boot = boot  # of the present session
        self.connection = 0  # of this boot, counted from 1
        self._times = times
        self._epoch = keys.epoch
        self._seal = Seal(frame_key(keys.root, UP, keys.epoch), tenant, device, UP, keys.epoch)
        self._down = Seal(frame_key(keys.root, DOWN, keys.epoch), tenant, device, DOWN, keys.epoch)
        self._first_boot: tuple[int, int] | None = None  # then and now
        self._added = 0  # births that nobody recorded, of this boot
        self._birth: dict[int, Any] | None = None
        self._nonce: bytes | None = None

    @property
    def born(self) -> bool:
        """There has been a birth that can be said again."""
        return self._birth is not None

    @property
    def sleeps(self) -> bool:
        """It leaves when it has said what it has to say."""
        return self._birth is not None and self._birth[BODY].get(5) is False

    @property
    def kind(self) -> int:
        """Of the device; 0: not known yet."""
        return 0 if self._birth is None else int(self._birth[BODY].get(0, 0))

    def boot_of(self, then: int) -> int:
        if self._first_boot is None:
            self._first_boot = (then, self.boot)
        was, now = self._first_boot
        return now + then - was & 0xFFFFFFFF

    # ---- up

    def connect(self, birth: dict[int, Any] | None = None) -> bytes:
        """The next connection, with a birth of then, or with the last one again; its will."""
        if birth is not None:
            self._birth = birth
            boot = self.boot_of(birth[BOOT])
            if boot != self.boot:
                self.boot, self.connection, self._added = boot, 0, 0
        self.connection += 1
        will = {0: frame.VERSION, 1: frame.DEATH, BOOT: self.boot, BODY: {0: self.connection}}
        return self._seal.seal(topics.STATE, encode(will))

    def say(self, cls: str, fields: dict[int, Any]) -> tuple[bytes, tuple[int, int]]:
        """The frame of now for the fields of then, and its boot and number; SealError when it has become too long."""
        times = self._times
        boot = self.boot_of(fields[BOOT])
        said = {**fields, BOOT: boot}
        if cls == topics.STATE and boot == self.boot and SEQ in said:
            said[SEQ] += self._added
        if UPTIME in said:
            said[UPTIME] = times.span(said[UPTIME])
        if EPOCH in said:
            said[EPOCH] = times.epoch(said[EPOCH])
        if REF in said:
            said[REF] = [self.boot_of(said[REF][0]), said[REF][1]]
        change = _BODIES.get(said[1])
        if change is not None:
            said[BODY] = change(self, said[BODY])
        if said[1] == frame.BIRTH:
            self._birth = fields
            self._nonce = said.get(NONCE)
        return self._seal.seal(cls, encode(said)), (boot, said.get(SEQ, 0))

    def again(self, after_ms: float) -> tuple[bytes, tuple[int, int]]:
        """A birth for a connection that the recording has not: the last one, so many ms of now after it was due."""
        assert self._birth is not None
        self._added += 1
        then = self._birth
        passed = round(after_ms * self._times.speed)
        changed = {**then, UPTIME: then[UPTIME] + passed, BODY: {**then[BODY], 6: RECONNECTED}}
        if EPOCH in changed:
            changed[EPOCH] += passed
        made = self.say(topics.STATE, changed)
        self._birth = then
        return made

    # ---- down

    def hear(self, cls: str, data: bytes) -> Frame | None:
        """What the backend says to it; None when that is not for it, or not from whoever has its key."""
        try:
            return frame.unpack(self._down.open(cls, data))
        except (SealError, frame.FrameError):
            return None

    def is_meant(self, said: Frame) -> bool:
        """A downlink of a kind that is for one boot is for the present one."""
        return bool(said.target == self.boot and said.nonce == self._nonce)

    # ---- bodies

    def _birth_body(self, body: dict[int, Any]) -> dict[int, Any]:
        changed = {**body, 1: self.connection}
        for key in (3, 4):
            if key in body:
                changed[key] = max(1, ceil(body[key] / self._times.speed))
        if 9 in body:
            changed[9] = self._epoch
        return changed

    def _death_body(self, body: dict[int, Any]) -> dict[int, Any]:
        return {**body, 0: self.connection}

    def _telemetry_body(self, body: dict[int, Any]) -> dict[int, Any]:
        return {**body, 1: [self._times.span(age) for age in body[1]]}

    def _crash_body(self, body: dict[int, Any]) -> dict[int, Any]:
        changed = dict(body)
        if 3 in body:
            changed[3] = self.boot_of(body[3])
        if 4 in body:
            changed[4] = self._times.span(body[4])
        return changed


_BODIES: Mapping[int, Callable[[Voice, dict[int, Any]], dict[int, Any]]] = {
    frame.BIRTH: Voice._birth_body,
    frame.DEATH: Voice._death_body,
    frame.TELEMETRY: Voice._telemetry_body,
    frame.CRASH: Voice._crash_body,
}


def fields_of(data: bytes) -> dict[int, Any] | None:
    """The payload of a recorded frame, whose seal nobody verifies; None for what is no frame."""
    try:
        payload = payload_of(data)
        unpack(payload)
        fields: dict[int, Any] = decode(payload)
    except (CborError, frame.FrameError, IndexError):
        return None
    return fields

"""A bench of played devices against one backend: what it has answered, to whom, and what the feed says of it."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from lilong_protocol import cbor, codes, frame, topics
from lilong_protocol.keys import frame_key
from lilong_protocol.seal import DOWN, Seal, frame_tag

from ..opened import Opened
from ..scenario import Judge, NotTriedError
from ..trace import Trace
from .player import Player
from .wire import Heard, Row, Wire

ANSWER_MS = 5_000
SETTLED_MS = 100  # and the next may begin
GRACE_MS = 400  # after an honest frame was answered: nothing more comes for what was sent before it
FEED_MS = 2_000
GAP_MS = 10_000  # LIL-EVENT-005
EPOCHS = 6  # key epochs that are tried on what comes
_START = 16  # of the payload in a frame


class Told(Opened):
    """A downlink."""

    __slots__ = ("device",)

    def __init__(self, heard: Heard) -> None:
        super().__init__(heard.at, heard.cls, heard.data)
        self.device = heard.device


class Bench:
    """`players`: at least three devices of one estate, each with a fresh, rising boot."""

    def __init__(
        self, wire: Wire, tenant: str, roots: dict[str, bytes], kinds: dict[str, int], boot: int, patience: float = 1.0
    ) -> None:
        self.wire = wire
        self.patience = patience
        self.told: list[Told] = []
        self._trace = Trace(tenant, roots, wire.now)
        self._tenant = tenant
        self.sent: dict[bytes, str] = {}  # the last 8 bytes of each frame: device
        self.names: dict[bytes, tuple[int, int]] = {}  # of each alarm: (boot, number)
        self._seals = {
            device: [Seal(frame_key(root, DOWN, epoch), tenant, device, DOWN, epoch) for epoch in range(EPOCHS)]
            for device, root in roots.items()
        }
        self.players = [
            Player(
                tenant, device, root, boot + (wire.generations.get(device, 0) << 24),
                kinds.get(device, codes.KIND_GAS), wire.now, self._publish, wire.epochs.get(device, 0),
            )
            for device, root in roots.items()
        ]  # fmt: skip
        wire.listen(self._take)

    # ---- time and what has come

    def recent(self) -> tuple[str, ...]:
        """The latest frames of both directions, decoded."""
        return self._trace.lines()

    def words(self, one: Told) -> str:
        """A downlink decoded."""
        return self._trace.line(one.at / 1000, topics.down(self._tenant, one.device, one.cls), one.data)

    def mark(self) -> int:
        """The place in `told` from which on something is looked for."""
        return len(self.told)

    def of(self, player: Player, kind: int, since: int = 0) -> list[Told]:
        """The downlinks of one kind to one device."""
        return [one for one in self.told[since:] if one.device == player.device and one.kind == kind]

    async def obtain(self, player: Player, kind: int, since: int, what: str) -> Told:
        """The first downlink of a kind that comes; NotTriedError when none does."""
        if not await self.until(lambda: bool(self.of(player, kind, since)), ANSWER_MS):
            raise NotTriedError(f"not seen: {what}")
        return self.of(player, kind, since)[0]

    async def until(self, condition: Callable[[], bool], at_most_ms: float) -> bool:
        """Let time pass until that is true, for so long at most."""
        return await self.wire.wait(condition, int(at_most_ms * self.patience))

    async def quiet(self, ms: float) -> None:
        """Let time pass."""
        await self.until(lambda: False, ms)

    def kept(self, player: Player, cls: str, data: bytes) -> None:
        """Let the backend have a frame as one that its broker had retained."""
        self._trace.up(player.device, cls, data)
        self.sent[frame_tag(data)] = player.device
        self.wire.publish_kept(player.device, cls, data)

    # ---- stored-acks

    def acks(self, player: Player, data: bytes, since: int = 0) -> list[Told]:
        """The stored-acks for exactly these bytes."""
        name = _name(data)
        return [
            one
            for one in self.of(player, frame.STORED_ACK, since)
            if tuple(one.frame.ref) == name and one.body.get(0) == frame_tag(data)
        ]

    async def acked(self, player: Player, data: bytes, since: int = 0) -> bool:
        """A stored-ack for these bytes comes."""
        return await self.until(lambda: bool(self.acks(player, data, since)), ANSWER_MS)

    async def probe(self, player: Player) -> None:
        """An honest alarm, acknowledged: what was sent before it has been handled. NotTriedError without an answer."""
        data = player.alarm(codes.ALARM_BATTERY_LOW)
        if not await self.acked(player, data):
            raise NotTriedError(f"the backend acknowledges nothing of {player.device}: has it the estate's keys?")
        await self.quiet(GRACE_MS)

    async def stored(self, player: Player, data: bytes) -> bytes:
        """As `probe`, for an alarm of the caller's."""
        player.send("al", data)
        if not await self.acked(player, data):
            raise NotTriedError("not seen: the stored-ack of an honest alarm")
        return data

    async def begin(self) -> None:
        """All players are born, and the backend has answered an honest alarm of each."""
        for player in self.players:
            player.birth()
        for player in self.players:
            await self.probe(player)

    async def end(self) -> None:
        """Clear whatever has been raised."""
        for player in self.players:
            for data in player.raised:
                player.send("al", player.clearing(_name(data), _code(data)))
            player.send("st", player.death())
        await self.quiet(SETTLED_MS)

    # ---- the feed

    def rows(self, event: str, data: bytes, player: Player) -> list[Row]:
        """The rows of the feed about the alarm of a raise."""
        boot, seq = _name(data)
        return [
            row
            for row in self.wire.observed() or []
            if row.get("event") == event
            and (row.get("device"), row.get("boot"), row.get("seq")) == (player.device, boot, seq)
        ]

    async def effects(self, judge: Judge, id_: str, claim: str, event: str, player: Player, data: bytes,
                      wanted: int, more: bool = False) -> None:  # fmt: skip
        """Judge how often something has happened to an alarm, `more`: or oftener; not observed without a feed."""
        if self.wire.observed() is None:
            judge.skip(id_, f"not observed: {claim}: needs --observed FILE")
            return
        if wanted:
            await self.until(lambda: len(self.rows(event, data, player)) >= wanted, FEED_MS)
        else:
            await self.quiet(GRACE_MS)
        count = len(self.rows(event, data, player))
        judge(
            id_,
            claim,
            count == wanted or (more and count > wanted),
            f"{count} rows {event!r} in the feed, not {wanted}",
        )

    # ---- inside

    def _publish(self, device: str, cls: str, data: bytes) -> None:
        self._trace.up(device, cls, data)
        self.sent[frame_tag(data)] = device
        if cls == topics.ALARM:
            with suppress(cbor.CborError, KeyError, TypeError, IndexError):
                self.names[frame_tag(data)] = _name(data)
        self.wire.publish(device, cls, data)

    def _take(self, heard: Heard) -> None:
        if heard.device not in self._seals:
            return
        self._trace.down(heard.device, heard.cls, heard.data)
        one = Told(heard)
        self.told.append(one)
        one.open(self._seals[heard.device], "LIL-SEAL-002")


def _payload(data: bytes) -> Any:
    first = data[_START]
    skip = 1 if first < 0x58 else 2 if first == 0x58 else 3
    return cbor.decode(data[_START + skip : -9])


def _name(data: bytes) -> tuple[int, int]:
    """(boot, seq) of a frame that a player has made."""
    fields = _payload(data)
    return fields[2], fields[3]


def _code(data: bytes) -> int:
    code = _payload(data)[7].get(0)
    return code if isinstance(code, int) else codes.ALARM_TAMPER


def uptime_of(data: bytes) -> int:
    """The uptime in a frame that a player has made."""
    uptime: int = _payload(data)[4]
    return uptime


name_of = _name

"""What a backend does with every uplink message, sans-io: verify, decode, deduplicate, put in order.

No clock is read and nothing is stored here. The caller passes epoch ms, stores what comes out, and only then
acknowledges it. Nothing unauthenticated leaves a trace but a count.
"""

from collections.abc import Container, Iterable
from typing import Any

from .. import frame, topics
from ..seal import UP, SealError, frame_tag
from . import refusals as why
from .agenda import Agenda
from .bodies import KINDS_OF_CLASS, well_formed
from .message import Message
from .ordering import Order
from .peer import Peer, opened
from .quick import unpack
from .received import FRESH, MALFORMED, REPEAT, Gap, Incident
from .refusals import Refusals
from .replays import Replays
from .roots import KeySource, keys_of
from .sealed import payload_of
from .seen import Window
from .session import AGAIN, NEW, ROLLBACK

_FOR_EVER = (topics.ALARM, topics.EVENT)
_PASSING = tuple(cls for cls in topics.UP_CLASSES if cls not in (topics.ALARM, topics.EVENT, topics.STATE))
_OLD = (why.EARLIER_BOOT, why.STALE_BIRTH)
_OUTBOX = 8  # in the body of a birth
Received = Message


class Receiver:
    """The uplinks of one estate. `known`: the devices that may speak; None lets in all that `keys` has a root for."""

    def __init__(self, tenant: str, keys: KeySource, known: Container[str] | None = None) -> None:
        self.tenant = tenant
        self.refusals = Refusals()
        self.repeats = 0
        self._keys = keys_of(keys)
        self._known = known
        self._peers: dict[str, Peer] = {}
        self._routes: dict[str, tuple[Peer, str]] = {}  # topics that have carried an authentic frame
        self._released: list[Message] = []
        self._gaps: list[Gap] = []
        self._wanted: list[Gap] = []
        self._gap_times = Agenda()
        self._replays = Replays()
        self.opened = opened  # a simulation that made the frames itself puts its own here

    # ---- in

    def receive(self, now_ms: int, topic: str, payload: bytes, retained: bool) -> Message | None:
        """A message has arrived; None when it was refused, which `refused` counts by reason.

        A fresh event comes back at once, to be stored; its effect has its turn in `take_released`.
        """
        route = self._routes.get(topic)
        if route is None:
            parts = topics.parse(topic)
            if parts is None or parts[2] != UP:
                return self._refuse(now_ms, why.TOPIC, topic, payload)
            if parts[0] != self.tenant:
                return self._refuse(now_ms, why.TENANT, topic, payload)
            device, cls = parts[1], parts[3]
            if self._known is not None and device not in self._known:
                return self._refuse(now_ms, why.UNKNOWN, topic, payload)
            found = self._peers.get(device) or self._new_peer(device)
            if found is None:
                return self._refuse(now_ms, why.UNKNOWN, topic, payload)
            route = (found, cls)
        peer, cls = route
        if retained and not topics.retained(cls):
            return self._refuse(now_ms, why.RETAINED, topic, payload)
        try:
            message = self.opened(now_ms, peer, cls, payload)
        except SealError as error:
            return self._refuse(now_ms, why.FORGED if error.forged else why.SEAL, topic, payload)
        except frame.FrameError:
            return self._refuse(now_ms, why.PAYLOAD, topic, payload)
        if not peer.keyring.lets(message.kind):
            return self._refuse(now_ms, why.FORGED, topic, payload)
        self._routes[topic] = route
        self._peers[peer.device] = peer
        if message.kind not in KINDS_OF_CLASS[cls]:
            return self._refuse(now_ms, why.KIND, topic, payload)
        received = Message(self.tenant, peer.device, cls, message, payload, retained)
        received.fate = FRESH
        received.received_ms = now_ms
        sound = well_formed(message.kind, message.body)
        if cls in _FOR_EVER:
            reason = self._kept(now_ms, peer, received, sound)
        elif not sound:
            reason = why.BODY
        elif cls == topics.STATE:
            reason = self._state(now_ms, peer, received)
        else:
            reason = self._passing(now_ms, peer, received)
        if reason is not None:
            if reason in _OLD and not retained and self._replays.stale(now_ms, peer.device):
                reason = why.REPLAYED
            return self._refuse(now_ms, reason, topic, payload)
        if received.fate == REPEAT and not retained and self._replays.is_one(now_ms, received, peer.session):
            self.refusals.add(now_ms, why.REPLAYED, topic, payload)
        received.device_kind = peer.session.kind
        return received

    def nothing_comes(self, now_ms: int, device: str) -> None:
        """The device has nothing of the gap that it was asked for: it is passed."""
        peer = self.peer(device)
        peer.order.nothing_comes()
        self._release(now_ms, peer)

    def step(self, now_ms: int) -> None:
        """`deadline` has come: gaps that have waited long enough are passed."""
        for device in self._gap_times.due(now_ms):
            self._release(now_ms, self._peers[device])

    # ---- out

    @property
    def deadline(self) -> int | None:
        """Epoch ms of the next wanted `step`, or None."""
        return self._gap_times.deadline

    def take_released(self) -> tuple[list[Message], list[Gap]]:
        """The events whose turn has come since the last call, in order per device, and the gaps among them."""
        if not self._released and not self._gaps:
            return [], []
        released, gaps = self._released, self._gaps
        self._released, self._gaps = [], []
        return released, gaps

    def take_wanted(self) -> list[Gap]:
        """The gaps that have waited long enough to be asked for, each once."""
        wanted, self._wanted = self._wanted, []
        return wanted

    @property
    def refused(self) -> dict[str, int]:
        """How many messages were refused, by reason."""
        return self.refusals.counts

    def take_incidents(self) -> list[Incident]:
        """The refusals since the last call that may be an attack."""
        return self.refusals.take_incidents()

    def find(self, device: str) -> Peer | None:
        """What is known of a device of the estate; made on first use. None when there is no key for it."""
        peer = self._peers.get(device)
        if peer is None:
            peer = self._new_peer(device)
            if peer is not None:
                self._peers[device] = peer
        return peer

    def forget(self, kept: int) -> None:
        """Of every device remember no more than about the last `kept` alarm and event frames: see `Seen.forget`."""
        for peer in self._peers.values():
            peer.forget(kept)

    def peer(self, device: str) -> Peer:
        """As `find`; KeyError when there is no key for it."""
        peer = self.find(device)
        if peer is None:
            raise KeyError(f"device {device!r} of {self.tenant}: the keys have no root for it")
        return peer

    def prepare(self, devices: Iterable[str]) -> None:
        """Derive the keys of these devices now rather than when all of them speak at once."""
        for device in devices:
            self.find(device)

    # ---- after a restart

    def restore(self, device: str, saved: dict[str, Any]) -> None:
        """Take back what `save` gave."""
        peer = self.peer(device)
        peer.session.load(saved)
        peer.order = Order(saved["event_boot"], saved["event_seq"])
        if saved.get("epochs"):
            peer.keyring.restore(saved["epochs"])
        for cls in _PASSING:
            peer.windows[cls] = (peer.session.boot, Window.load(saved.get(cls, 0)))

    def save(self, device: str) -> dict[str, Any]:
        """What a store must keep of a device beside its alarm and event frames: plain values by name."""
        peer = self.peer(device)
        saved = peer.session.save()
        saved["event_boot"], saved["event_seq"] = peer.order.boot, peer.order.seq
        saved["epochs"] = peer.keyring.save()
        for cls in _PASSING:
            boot, window = peer.windows.get(cls, (-1, None))
            known = None if boot != peer.session.boot else window
            saved[cls] = 0 if known is None else known.save(topics.up_qos(cls) > 0)
        return saved

    def restore_frame(self, now_ms: int, device: str, cls: str, data: bytes) -> None:
        """Take back a stored alarm or event frame, after `restore`. An event that waited for its turn waits again."""
        peer = self.peer(device)
        message = unpack(payload_of(data))
        peer.remember(cls, message.boot, message.seq, frame_tag(data))
        if cls == topics.EVENT and not peer.order.late(message.boot, message.seq):
            received = Message(self.tenant, device, cls, message, data, False)
            received.fate = FRESH if well_formed(message.kind, message.body) else MALFORMED
            received.device_kind = peer.session.kind
            received.received_ms = now_ms
            received.since_ms, received.at_ms = peer.session.when(now_ms, message)
            peer.order.add(now_ms, message.boot, message.seq, received)
            self._gap_times.plan(device, now_ms)

    def restore_number(self, device: str, cls: str, boot: int, seq: int, tag: bytes) -> None:
        """As `restore_frame`, for one whose effect is known to be past."""
        self.peer(device).remember(cls, boot, seq, tag)

    # ---- inside

    def _new_peer(self, device: str) -> Peer | None:
        root = self._keys.root(self.tenant, device)
        if root is None:
            return None
        epochs = getattr(self._keys, "epochs", None)
        return Peer(self.tenant, device, root, None if epochs is None else epochs(self.tenant, device))

    def _refuse(self, now_ms: int, reason: str, topic: str, payload: bytes) -> Message | None:
        """Counts; always None, so that a refusal is one line."""
        self.refusals.add(now_ms, reason, topic, payload)
        return None

    def _state(self, now_ms: int, peer: Peer, received: Message) -> str | None:
        message, session = received.frame, peer.session
        if message.kind == frame.DEATH:
            received.at_ms = now_ms  # the broker sends it: when the link was lost is not known better
            return None if session.death(message) else why.OTHER_DEATH
        connection = session.boot, session.connection
        verdict = session.birth(message, received.retained)
        if verdict == AGAIN:
            received.fate = REPEAT
            self.repeats += 1
        elif verdict != NEW:
            return why.BOOT_ROLLBACK if verdict == ROLLBACK else why.STALE_BIRTH
        elif not received.retained:
            session.heard(now_ms, message)
            self._replays.began(now_ms, peer.device)
            anew = (session.boot, session.connection) != connection
            peer.keyring.born(now_ms, anew, message.body.get(_OUTBOX) == 0)
        if verdict == NEW:
            self._release(now_ms, peer)  # a later boot ends the wait for an earlier one
        received.since_ms, received.at_ms = session.when(now_ms, message)
        return None

    def _passing(self, now_ms: int, peer: Peer, received: Message) -> str | None:
        message = received.frame
        if message.boot is None or message.seq is None or message.uptime is None:  # an error need not have them
            return why.BODY
        if message.boot < peer.session.boot:
            return why.EARLIER_BOOT
        if not peer.window(received.cls, message.boot).take(message.seq):
            received.fate = REPEAT
            self.repeats += 1
            return None
        if received.retained:  # who was there, not when
            received.since_ms, received.at_ms = peer.session.when(now_ms, message)
        else:
            self._heard(now_ms, peer, received)
        return None

    def _kept(self, now_ms: int, peer: Peer, received: Message, sound: bool) -> str | None:
        message = received.frame
        boot, seq = message.boot, message.seq
        tag = frame_tag(received.data)
        known = peer.tag(received.cls, boot, seq)
        if known is not None:
            if known != tag:
                return why.OTHER_BYTES
            received.fate = REPEAT
            self.repeats += 1
            return None
        peer.remember(received.cls, boot, seq, tag)
        self._heard(now_ms, peer, received)
        if not sound:
            received.fate = MALFORMED
            self.refusals.count(why.BODY)
        if received.cls == topics.EVENT:
            peer.keyring.followed |= peer.keyring.used == peer.keyring.epoch
            if peer.order.late(boot, seq):
                received.late = True
                self._released.append(received)
            else:
                peer.order.add(now_ms, boot, seq, received)
                self._release(now_ms, peer)
        return None

    def _heard(self, now_ms: int, peer: Peer, received: Message) -> None:
        session = peer.session
        known = session.alive and session.live
        received.revived = session.heard(now_ms, received.frame) and not known
        received.since_ms, received.at_ms = session.when(now_ms, received.frame)

    def _release(self, now_ms: int, peer: Peer) -> None:
        released, gaps, wanted = peer.order.ready(now_ms, peer.session.boot)
        self._released += released
        self._gaps += [Gap(peer.device, *gap) for gap in gaps]
        if wanted is not None:
            self._wanted.append(Gap(peer.device, *wanted))
            self._replays.began(now_ms, peer.device)
        deadline = peer.order.deadline()
        peer.keyring.settle(deadline is not None)
        if deadline is not None:
            self._gap_times.plan(peer.device, max(deadline, now_ms + 1))


__all__ = ["FRESH", "MALFORMED", "REPEAT", "Gap", "Incident", "Peer", "Received", "Receiver"]

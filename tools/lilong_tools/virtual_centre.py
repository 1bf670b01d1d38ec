"""The management centre's own core in virtual time: a commit takes COMMIT_MS, a console DRAW_MS, a person seconds."""

import contextlib
import json
from collections.abc import Sequence
from typing import Any, Protocol

from lilong_protocol.frame import BIRTH, Frame
from lilong_protocol.pc.peer import Peer, opened
from lilong_protocol.topics import ALARM, STATE
from lilong_simulator.estate import Estate
from lilong_simulator.fleet.spoken import Spoken, said_of
from lilong_simulator.fleet.virtual import VirtualFleet

from .brigade import Brigade
from .centre.core import NEVER, OPEN_EVERY_MS, Core
from .centre.forwarding.cap import receipt_of
from .centre.model import CentreError, Post
from .policy import COPIED, WATCHED_EVENTS, Action, Policy

COMMIT_MS = 5  # a group commit of the store
SILENCE_MS = 5_000  # it looks so far ahead for who may be lost
FORGET_MS = 86_400_000
SAID_AGAIN = 4_096  # (ours) events from the end of which a device may say one again: its log holds 1,000
RECEIVER, RECEIPT_MS = "brigade.stub", 200  # (ours) who confirmed alarms are forwarded to, and how quick it is
DRAW_MS = 50  # until a console has an alarm on its screen
OPERATOR = "simulated operator"
OFFICER = "simulated officer"
RESIDENT = "resident's app"
_OFFLINE_S, _ALWAYS_ON, _TIME_WANTED = 4, 5, 4  # in the bodies of a birth and of a heartbeat


class Log(Protocol):
    """Where what it sends is written."""

    def down(self, at: int, device: str, cls: str, frame: bytes) -> None: ...


class _Known:
    """A device as its birth told: what it takes for it to be lost. `last`: epoch ms when it was or will be heard."""

    __slots__ = ("last", "offline_ms", "sleeps")

    def __init__(self, birth: dict[int, Any], at: int) -> None:
        self.offline_ms: int = birth[_OFFLINE_S] * 1000
        self.sleeps: bool = not birth[_ALWAYS_ON]
        self.last = at


class CentreInTheLoop:
    """A backend of a virtual run. `feed`: the rows of its observed feed that nobody has taken yet."""

    def __init__(
        self, estate: Estate, estate_key: bytes, epoch_zero: int, seed: int, log: Log, checks: bool = False
    ) -> None:
        """checks: what devices say is checked for whether it can be, which takes some time."""
        self._core = Core(estate, estate_key, epoch_zero, durable=False, checks=checks, receiver=RECEIVER)
        self.brigade = Brigade()
        self._engine = self._core.engine
        self._engine.receiver.opened = _told
        self._supervision = self._engine.presence.supervision
        self._policy = Policy(seed, {device.id: device.core for device in estate.devices})
        self._epoch_zero = epoch_zero
        self._log = log
        self._fleet: VirtualFleet
        self._wake_at = NEVER
        self._act_at = NEVER
        self._lost_at = NEVER
        self._forget_at = FORGET_MS
        self._known: dict[str, _Known] = {}  # devices that are there
        self._heard: dict[str, _Known] = {}  # those of them of which the core has not been told that they were heard
        self._resting: set[str] = set()  # devices that are there, and of which it is told later
        self.feed: list[dict[str, Any]] = []

    def attach(self, fleet: VirtualFleet) -> None:
        self._fleet = fleet
        fleet.call(0, self._listen)
        fleet.call(OPEN_EVERY_MS, self._tell_open)

    def receive(self, now: int, topic: str, payload: bytes, retained: bool) -> None:
        at = self._epoch_zero + now
        _, _, _, device, _, cls = topic.split("/")
        if cls == ALARM:
            self._look()
        elif device in self._heard:
            self._tell(device)
        if cls == STATE:
            said = said_of(payload)
            if said.kind != BIRTH:
                self._known.pop(device, None)
            elif isinstance(payload, Spoken):  # else it is a stranger's
                self._known[device] = _Known(said.body, at)
        self._core.receive(at, topic, payload, retained)
        self._settle()

    def passes(self, arrival: int, device: str, frame: bytes) -> bool:
        """A heartbeat or telemetry of a device that is there, asks for nothing, and for which no order waits.

        The core would open it, note its values and that it was heard. Only the last can make it do anything later, and
        that once it has something to send: `_look`.
        """
        if not isinstance(frame, Spoken) or frame.said.body.get(_TIME_WANTED) or not self._stays(arrival, device):
            return False
        self.heard(arrival, device)
        quality = self._core.findings.quality
        if quality is not None and quality.said(self._epoch_zero + arrival, device, frame.said):
            self._settle()
        return True

    def heard(self, arrival: int, device: str) -> None:
        """What passes was heard last then."""
        known = self._known[device]
        known.last = self._epoch_zero + arrival
        self._heard[device] = known

    def rests(self, arrival: int, device: str) -> bool:
        """Until an order is given to it (`_settle`) what it says passes, and it is there."""
        if not self._stays(arrival, device):
            return False
        self._resting.add(device)
        return True

    def stirs(self, device: str) -> None:
        """It may be lost again."""
        self._resting.discard(device)
        self._heard[device] = self._known[device]
        self._tell(device)

    def _stays(self, arrival: int, device: str) -> bool:
        known = self._known.get(device)
        if known is None or device in self._core.stays.lanes:  # a fee waits for what a lane says
            return False
        return self._epoch_zero + arrival - known.last < known.offline_ms and not self._core.commands.open_of(device)

    def _tell(self, device: str) -> None:
        """Let the core know when it was heard last."""
        known = self._heard.pop(device)
        self._supervision.heard(known.last, device, known.offline_ms, known.sleeps)

    def _listen(self) -> None:
        """Whose silence will prove a loss before this is called again? It is looked at when it does."""
        self._look()
        self._settle()
        self._expect()
        if self._fleet.env.now >= self._forget_at:
            self._forget_at += FORGET_MS
            self._engine.receiver.forget(SAID_AGAIN)
        self._fleet.call(SILENCE_MS, self._listen)

    def _tell_open(self) -> None:
        self._core.tell_open(self._now())
        self._settle()
        self._fleet.call(OPEN_EVERY_MS, self._tell_open)

    def _expect(self) -> None:
        due = self._supervision.ask(self._now() + SILENCE_MS, self._there)
        if due is not None and due < self._lost_at:
            self._lost_at = due
            self._fleet.call(max(0, due - self._now()), self._lose, due)

    def _lose(self, due: int) -> None:
        if due == self._lost_at:
            self._lost_at = NEVER
            self._look()
            self._settle()
            self._expect()

    def _there(self, device: str) -> bool:
        """Whether a device beats though nobody has been told; the core is told when it was heard last."""
        if device in self._resting:
            return True
        if device in self._heard:
            self._tell(device)
        return False

    def _look(self) -> None:
        """Who is there? To be asked before the core may send anything but an answer."""
        self._supervision.ask(self._now(), self._there)
        silent = self._supervision.deadline
        if silent is not None and silent <= self._now():
            self._engine.presence.step(self._now())
            self._core.restate(self._now())

    def _settle(self) -> None:
        batch = self._core.take()
        self.feed += batch.feed
        if batch.decided is not None:
            for order in batch.decided.orders:
                self._fleet.watch(order.device)
        if batch.publishes:
            self._fleet.call(COMMIT_MS, self._send, batch.publishes)
        for post in batch.posts:
            self._fleet.call(COMMIT_MS + RECEIPT_MS, self._forward, post)
        for change in batch.changes:
            if change["type"] == "findings":
                self._fleet.call(COMMIT_MS + DRAW_MS, self._send_officers, change["findings"])
                fresh = [one["id"] for one in change["findings"] if one["shown_at"] is None and not one.get("part_of")]
                if fresh:
                    self._fleet.call(COMMIT_MS + DRAW_MS, self._draw, fresh)
            if change["type"] == "alarm" or (change["type"] == "event" and change["code"] in WATCHED_EVENTS):
                self._fleet.call(COMMIT_MS + DRAW_MS, self._see, change)
        self._arm()

    def _arm(self) -> None:
        engine = self._engine
        core = self._core
        beside = core.findings.deadline, core.forwarding.deadline
        for due in (engine.receiver.deadline, engine.orders.deadline, engine.pieces.deadline, *beside):
            if due is not None and due < self._wake_at:
                self._wake_at = due
                self._fleet.call(max(0, due - self._now()), self._step, due)

    def _forward(self, post: Post) -> None:
        """The receiver has a message, and its receipt is here."""
        _, answer = self.brigade.take(post.message)
        self._core.forwarding.received(self._now(), post.id, receipt_of(post.id, json.dumps(answer).encode()))
        self._settle()

    def _draw(self, findings: Sequence[str]) -> None:
        """A console has findings on its screen."""
        for finding in findings:
            self._core.shown(self._now(), finding, "console")
        self._settle()

    def _send_officers(self, findings: Sequence[dict[str, Any]]) -> None:
        """What an officer's telephone shows."""
        for finding in findings:
            self._policy.finding(self._now(), finding)
        self._plan()

    def _see(self, change: dict[str, Any]) -> None:
        """The person at the console sees a change."""
        if change["type"] == "alarm":
            if change["alarm"]["shown_at"] is None:
                self._core.shown(self._now(), change["alarm"]["id"], "console")
                self._settle()
            self._policy.alarm(self._now(), change["alarm"])
        else:
            self._policy.event(self._now(), change["device"], change["code"])
        self._plan()

    def _plan(self) -> None:
        due = self._policy.deadline
        if due is not None and due < self._act_at:
            self._act_at = due
            self._fleet.call(due - self._now(), self._act, due)

    def _act(self, due: int) -> None:
        if due == self._act_at:
            self._act_at = NEVER
            for action in self._policy.take(self._now()):
                self._do(action)
            self._plan()

    def _do(self, action: Action) -> None:
        self._look()
        with contextlib.suppress(CentreError):  # the person tries again
            if action.what == "acknowledge":
                self._core.acknowledge(self._now(), action.alarm, OPERATOR)
            elif action.what == "accept":
                self._core.acknowledge(self._now(), action.alarm, OFFICER)
            elif action.what == "revoke":
                self._core.revoke(self._now(), int(action.alarm), OPERATOR, COPIED)
            elif action.what == "arrive":
                self._core.on_site(self._now(), action.alarm, OFFICER)
            else:
                self._core.command(self._now(), action.device, action.what, {}, OPERATOR)
        self._settle()

    def app(self, device: str, command: str) -> None:
        """Somebody who lives there asks something of a device; what is refused they do not get."""
        self._look()
        with contextlib.suppress(CentreError):
            self._core.command(self._now(), device, command, {}, RESIDENT)
        self._settle()

    def weather(self, tenths: int) -> None:
        """The weather service tells what fell in the last hour, in 0.1 mm."""
        self._look()
        self._core.rain(self._now(), tenths / 10)
        self._settle()

    def _now(self) -> int:
        return self._epoch_zero + int(self._fleet.env.now)

    def _send(self, publishes: Sequence[Any]) -> None:
        now = int(self._fleet.env.now)
        for publish in publishes:
            _, _, _, device, _, cls = publish.topic.split("/")
            self._log.down(now, device, cls, publish.payload)
            self._fleet.downlink(publish.topic, publish.payload)

    def _step(self, due: int) -> None:
        if due == self._wake_at:
            self._wake_at = NEVER
            self._look()
            self._core.step(due)
            self._settle()


def _told(now_ms: int, peer: Peer, cls: str, payload: bytes) -> Frame:
    """What a frame of this process says: its seal would fit, and is not verified again while there is one key only."""
    keyring = peer.keyring
    if not isinstance(payload, Spoken) or keyring.epoch or keyring.asked is not None:
        return opened(now_ms, peer, cls, payload)
    return payload.said

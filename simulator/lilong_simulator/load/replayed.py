"""The devices of a replay: one real MQTT connection each, opened and left as in the recording, open loop.

A recorded birth with a new connection number opens a connection, with its will; the birth and what follows go out when
it is there, due when they were due. Nothing waits for an answer: what is recorded is said once, at its time. Where a
link breaks that did not break then, a device comes back as a device does, with a birth of its own, and says again what
had no PUBACK.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from lilong_firmware.effects import ACCEPTED, ACKNOWLEDGED, NEVER, RAISED, STORED
from lilong_firmware.session import LINGER_MS
from lilong_protocol import frame, topics
from lilong_protocol.mqtt_packets import MqttError
from lilong_protocol.seal import SealError, frame_tag

from .fresh import BODY, BOOT, Voice
from .replay_link import PUBACK, STORED_ACK, ReplayCrowd, ReplayLink

IN_FLIGHT = 32
WAITING = 1_000  # (ours) frames of one device that wait for a link; beyond that they are skipped
AWAKE_MS = 15_000  # (ours) how long a sleeping device stays for a stored-ack
LOOK_MS = 50  # how often it is looked for room, or whether it may leave

Fields = dict[int, Any]
REBORN: Fields = {}
"""A birth that the recording has not."""


class Replayed(ReplayLink):
    """One device."""

    __slots__ = (
        "_birth_at", "_connected", "_flight", "_leave_at", "_said_at", "_session", "_unstored", "_waiting",
    )  # fmt: skip

    def __init__(self, crowd: ReplayCrowd, voice: Voice) -> None:
        super().__init__(crowd, voice)
        self._session: tuple[int, int] | None = None  # boot and connection of the recording
        self._connected = False  # as far as the recording goes
        self._birth_at = 0.0  # when the last birth was due
        self._waiting: deque[tuple[float, str, Fields]] = deque()
        self._flight: deque[tuple[int, float, str, Fields]] = deque()  # without their PUBACK, in their order
        # alarm frames that nobody has taken over: tag, code if it is a raise, packet id of the last try
        self._unstored: dict[tuple[int, int], tuple[bytes, int, int]] = {}
        self._leave_at = NEVER
        self._said_at = 0

    @property
    def stands(self) -> bool:
        """Connected, or not to be connected as far as the recording goes."""
        return self._online or not self._connected or self._voice.sleeps

    @property
    def busy(self) -> bool:
        """Something waits for the broker."""
        return bool(self._waiting or self._flight)

    @property
    def unstored(self) -> bool:
        """An alarm frame waits for its stored-ack, or what else is to count."""
        return bool(self._unstored)

    def taken(self, boot: int, seq: int) -> None:
        """The backend has told elsewhere that it has a raise."""
        self._unstored.pop((boot, seq), None)

    # ---- what is recorded

    def say(self, due: float, cls: str, fields: Fields) -> None:
        """A frame of the recording is due."""
        kind = fields[1]
        if kind == frame.BIRTH:
            session = (fields[BOOT], fields[BODY].get(1, 0))
            if session != self._session:
                self._session = session
                self._birth_at = due
                self._begin(due, fields)
                return
        elif kind == frame.DEATH:
            if self._session == (fields[BOOT], fields[BODY].get(0)):
                self._connected = False
                if self.connection is not None:
                    self._part(None)  # the broker says it
            return
        elif self._session is None:
            self._crowd.unborn += 1
            self._skip(cls)
            return
        if len(self._waiting) >= WAITING:
            self._skip(cls)
            return
        self._waiting.append((due, cls, fields))
        if self._online:
            self._send()
        elif self.connection is None and self._retry_at == NEVER:
            self._begin(due, REBORN)

    def end(self) -> None:
        """The connection of the recording has ended."""
        self._connected = False
        if self._voice.sleeps:
            self._leave_at = self._crowd.now()
            self._look()
        elif self.connection is not None:
            self._part(None)

    # ---- the connection

    def _begin(self, wanted: float, birth: Fields) -> None:
        """Connect, and say that birth before all that waits."""
        if self.connection is not None:
            if self._voice.sleeps:
                self.hang_up()
            else:
                self._part(None)
        for _, cls, fields in self._waiting:
            if _is_birth(fields) and fields is not birth and fields is not REBORN:
                self._skip(cls)  # there was no time for it
        self._waiting = deque(row for row in self._waiting if not _is_birth(row[2]))
        self._waiting.appendleft((wanted, topics.STATE, birth))
        self._connected = True
        self._retry_at = NEVER
        self._said_at = self._crowd.now()
        will = self._voice.connect(birth or None)
        self.connection = self._crowd.dialer.connection(self, will, wanted)

    def step(self) -> None:
        now = self._crowd.now()
        if self.connection is None:
            if self._retry_at <= now:
                births = [row for row in self._waiting if _is_birth(row[2])]
                due, _, birth = births[-1] if births else (float(self._retry_at), "", REBORN)
                self._begin(due, birth)
            return
        if self._leave_at <= now:
            waits = self.busy or not self._online or bool(self._unstored)
            if not waits or now > self._said_at + AWAKE_MS:
                self._connected = False
                self.hang_up()
                return
            self._leave_at = now + LOOK_MS
        try:
            self.mqtt.step(now)
        except MqttError as error:
            self.broken(str(error))
            return
        self._go_on()

    # ---- inside

    def _go_on(self) -> None:
        if self._waiting and self._online:
            self._send()
        if self.mqtt.out:
            self._write(self.mqtt.take())
        self._look()

    def _skip(self, cls: str) -> None:
        self._crowd.observer.skipped(self._crowd.time(), self.id, cls)

    def _send(self) -> None:
        """What waits, as far as there is room."""
        client, connection, crowd = self.mqtt, self.connection, self._crowd
        assert connection is not None
        waiting = self._waiting
        while waiting and client.in_flight < IN_FLIGHT and not connection.stalled:
            self._publish(*waiting.popleft())
            if client.out:
                self._write(client.take())
        self._said_at = crowd.now()
        if self._voice.sleeps and self._connected:
            self._leave_at = self._said_at + crowd.linger_ms
        if connection.stalled:
            crowd.schedule(self, self._said_at + LOOK_MS)
        self._look()

    def _publish(self, due: float, cls: str, fields: Fields) -> None:
        crowd, voice, observer = self._crowd, self._voice, self._crowd.observer
        time = crowd.time()
        try:
            data, key = voice.say(cls, fields) if fields is not REBORN else voice.again(time - self._birth_at)
        except (SealError, KeyError, TypeError, IndexError, ValueError, AttributeError) as error:
            crowd.trouble(self.id, f"a recorded frame cannot be said again: {error!r}")
            self._skip(cls)
            return
        code = fields[BODY][0] if cls == topics.ALARM and fields[1] == frame.RAISE else 0
        if cls == topics.ALARM and code and (self.id, *key) not in crowd.raised:
            crowd.raised.add((self.id, *key))
            observer.note(due, self.id, RAISED, code, *key)
        topic = topics.up(voice.tenant, self.id, cls).encode()
        field = len(topic).to_bytes(2, "big") + topic
        qos = 1 if cls in crowd.answered else topics.up_qos(cls)
        pid = self.mqtt.publish_to(field, data, qos, topics.retained(cls), int(time))
        if pid:
            self._flight.append((pid, due, cls, fields))
        if cls == topics.ALARM:
            self._unstored[key] = (frame_tag(data), code, pid)
        observer.sent(time, self.id, cls, data, due)

    def _published(self, time: float, pid: int) -> None:
        for flown in self._flight:
            if flown[0] == pid:
                self._flight.remove(flown)
                self._crowd.observer.puback(time, self.id, flown[2], flown[1])
                if flown[2] == topics.ALARM and self._crowd.accept != STORED_ACK:
                    self._at_puback(pid)
                return

    def _at_puback(self, pid: int) -> None:
        """The broker has an alarm frame, which counts; where the backend's feed does, it tells of raises alone."""
        for key, (_, code, sent) in self._unstored.items():
            if sent == pid:
                if not code or self._crowd.accept == PUBACK:
                    del self._unstored[key]
                return

    def _heard(self, time: float, cls: str, data: bytes) -> None:
        said = self._voice.hear(cls, data)
        observer = self._crowd.observer
        if said is None:
            return
        if self._voice.sleeps:
            self._leave_at = max(self._leave_at, int(time) + LINGER_MS) if self._connected else self._leave_at
        if said.kind == frame.TIME and self._voice.is_meant(said):
            observer.note(time, self.id, ACCEPTED, 0, said.target, 0)
        elif said.kind == frame.STORED_ACK:
            key = (said.ref[0], said.ref[1])
            waits = self._unstored.get(key)
            if waits is not None and said.body.get(0) == waits[0]:
                del self._unstored[key]
                observer.note(time, self.id, STORED, waits[1], *key)
        elif said.kind == frame.OPERATOR_ACK and self._voice.is_meant(said):
            observer.note(time, self.id, ACKNOWLEDGED, 0, said.ref[0], said.ref[1])

    def _part(self, farewell: bytes | None) -> None:
        connection, self.connection = self.connection, None
        assert connection is not None
        self.mqtt.close()
        connection.leave(farewell)
        self._online = False
        self._leave_at = NEVER
        observer, time = self._crowd.observer, self._crowd.time()
        lost, self._flight = self._flight, deque()
        for _, due, cls, _ in lost:
            observer.lost(time, self.id, cls, due)
        for _, due, cls, fields in reversed(lost):
            if fields is not REBORN:  # the next connection has one of its own
                self._waiting.appendleft((due, cls, fields))
        if connection.online:
            observer.link(time, self.id, False)

    def in_flight(self) -> list[str]:
        """The classes of what has no PUBACK, which is then forgotten."""
        flight, self._flight = self._flight, deque()
        return [cls for _, _, cls, _ in flight]

    def _look(self) -> None:
        due = self._retry_at if self.connection is None else self._leave_at
        client_due = self.mqtt.deadline
        if self.connection is not None and client_due is not None and client_due < due:
            due = client_due
        if due < self.due:
            self._crowd.schedule(self, due)


def _is_birth(fields: Fields) -> bool:
    return fields is REBORN or fields[1] == frame.BIRTH


class ReplayedFleet(ReplayCrowd):
    """The devices, by id."""

    members: dict[str, Replayed]

    def add(self, voice: Voice) -> Replayed:
        member = self.members[voice.device] = Replayed(self, voice)
        return member

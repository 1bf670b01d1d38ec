"""The backend of a soak: it verifies, stores each frame once in effect, answers, and gives orders when it is heard."""

import random
from collections.abc import Callable, Mapping

from board_case import DOWNLINK, EPOCH, ESTATE_KEY, TENANT
from lilong_protocol import codes, frame, topics
from lilong_protocol.pc.received import FRESH
from lilong_protocol.pc.receiver import Receiver
from lilong_protocol.seal import frame_tag

OUTBOX = 24  # frames, as the firmware has it


class Centre:
    """`now`: world time in ms. deliver: publishes a sealed frame to the device.

    raised: of each stored raise (code, boot, seq), and when. ended: those with a clear. silent: it hears nothing.
    """

    def __init__(self, now: Callable[[], int], deliver: Callable[[str, bytes], None], noise: random.Random) -> None:
        self.silent = False
        self.raised: dict[tuple[int, int, int], int] = {}
        self.ended: set[tuple[int, int, int]] = set()
        self.deepest = 0  # outbox that was told
        self.given_up = 0  # events and frames for which there was no room, as told
        self.answered = 0  # orders with a response
        self.code: int | None = None  # of the last response
        self.artifact = b""
        self._receiver = Receiver(TENANT, ESTATE_KEY)
        self._now = now
        self._deliver = deliver
        self._noise = noise
        self._orders: list[tuple[int, str, Mapping[int, object], tuple[int, int] | None]] = []
        self._birth: frame.Frame | None = None
        self._counter = 0
        self.sent: list[tuple[str, bytes]] = []  # frames down, for those who replay them

    # ---- what arrives

    def hear(self, topic: str, payload: bytes) -> None:
        """A message of the device, which has no PUBACK yet."""
        if self.silent:
            return
        message = self._receiver.receive(EPOCH + self._now(), topic, payload, False)
        assert message is not None, f"refused: {self._receiver.refused} on {topic}"
        said = message.frame
        if message.cls == topics.ALARM:
            if message.fate == FRESH:
                self._alarm(said)
            self._send(topics.ACK, frame.pack(frame.STORED_ACK, {0: frame_tag(payload)}, ref=(said.boot, said.seq)))
        elif said.kind == frame.BIRTH:
            self.deepest = max(self.deepest, said.body[8])
            self._birth = said
            self._time(said)
            orders, self._orders = self._orders, []
            for order in orders:
                self._order(*order)
        elif said.kind == frame.HEARTBEAT:
            self.deepest = max(self.deepest, said.body[0])
            self.given_up = max(self.given_up, said.body[2])
            if said.body.get(4):
                self._time(said)
        elif said.kind == frame.RESPONSE:
            self.answered += 1
            self.code = said.body[0]
        elif said.kind == frame.CHUNK_REQUEST:
            at = said.body[1]
            body = {0: said.body[0], 1: at, 2: self.artifact[at : at + said.body[2]]}
            self._send(topics.UPDATE, frame.pack(frame.CHUNK, body, target=said.boot, nonce=self._nonce()))

    def _alarm(self, said: frame.Frame) -> None:
        code = said.body[0]
        if said.kind == frame.RAISE:
            self.raised[code, said.boot, said.seq] = self._now()
        elif said.kind == frame.CLEAR:
            self.ended.add((code, *said.ref))

    def _time(self, said: frame.Frame) -> None:
        epoch = EPOCH + self._now()
        payload = frame.pack(frame.TIME, {0: said.uptime}, epoch=epoch, target=said.boot, nonce=self._nonce())
        self._send(topics.COMMAND, payload)

    # ---- what it wants

    @property
    def boot(self) -> int:
        """Of the device, as its last birth told it."""
        return -1 if self._birth is None else self._birth.boot

    def open(self) -> list[tuple[int, int, int]]:
        """The raises without a clear."""
        return [raised for raised in self.raised if raised not in self.ended]

    def order(
        self, kind: int, cls: str, body: Mapping[int, object], ref: tuple[int, int] | None = None, at_birth: bool = True
    ) -> None:
        """Give an order: with the next birth, or now."""
        if at_birth or self.silent or self._birth is None:
            self._orders.append((kind, cls, body, ref))
        else:
            self._order(kind, cls, body, ref)

    def acknowledge(self) -> None:
        for _, boot, seq in self.open():
            self.order(frame.OPERATOR_ACK, topics.ACK, {0: "Wang"}, (boot, seq))

    def reset(self, door: bool) -> None:
        self.order(frame.COMMAND, topics.COMMAND, {0: codes.CMD_RESET, 1: {}})
        if door:  # the first may have ended a release
            self.order(frame.COMMAND, topics.COMMAND, {0: codes.CMD_RESET, 1: {}})

    def configure(self, version: int, settings: Mapping[int, object]) -> None:
        self._send(topics.CONFIG, frame.pack(frame.DESIRED_CONFIG, {0: version, 1: settings}))

    def _order(
        self, kind: int, cls: str, body: Mapping[int, object], ref: tuple[int, int] | None
    ) -> None:
        assert self._birth is not None
        self._counter += 1
        payload = frame.pack(
            kind, body, counter=self._counter, ref=ref, target=self._birth.boot, nonce=self._nonce(), deadline=1 << 40
        )
        self._send(cls, payload)

    def _nonce(self) -> bytes:
        return b"" if self._birth is None else self._birth.nonce

    def _send(self, cls: str, payload: bytes) -> None:
        data = DOWNLINK.seal(cls, payload)
        self.sent = [*self.sent[-50:], (cls, data)]
        self._deliver(cls, data)

    # ---- an enemy who sees all of that

    def forgery(self) -> tuple[str, bytes]:
        """A frame of somebody without the key: noise, a bit of a real one, one of before, one of another class."""
        noise = self._noise
        cls = noise.choice(topics.DOWN_CLASSES)
        way = noise.randrange(4) if self.sent else 0
        if way == 0:
            return cls, noise.randbytes(noise.choice((1, 8, 90, 300, 1_500)))
        known, data = noise.choice(self.sent)
        if way == 1:
            at = noise.randrange(len(data))
            return known, data[:at] + bytes([data[at] ^ 1 << noise.randrange(8)]) + data[at + 1 :]
        if way == 2:
            return known, data
        return cls, data[: noise.randrange(1, len(data) + 1)]

"""The targets: each takes any bytes, raises nothing, and says whether something in them was accepted.

An AssertionError is a broken promise, any other exception a stray one; both are finds.
"""

from collections.abc import Callable

from lilong_protocol import topics
from lilong_protocol.cbor import decode, encode
from lilong_protocol.mqtt import Client
from lilong_protocol.mqtt_packets import MqttError, PacketStream, read_publish
from lilong_protocol.pc import mqtt_server
from lilong_protocol.pc.bodies import well_formed
from lilong_protocol.pc.receiver import FRESH, Receiver
from lilong_protocol.seal import DOWN, UP, SealError, frame_tag

from tests.fuzz.judge import DEVICE, ESTATE_KEY, SEALS, TENANT, inside, read

_WAYS = (UP, DOWN)
_NOW = 1_800_000_000_000


def frame(data: bytes) -> bool:
    """A frame as it arrives, and the payload inside it as if the seal were good."""
    for way in _WAYS:
        try:
            payload = SEALS[way].open("al", data)
        except SealError:
            continue
        assert SEALS[way].seal("al", payload) == data, "a frame that opens is the only one for its payload"
    payload = inside(data)
    message, _ = read(payload)
    if message is None:
        return False
    assert encode(decode(payload)) == payload, "what is accepted is written back as the same bytes"
    assert well_formed(message.kind, message.body) in (True, False)
    return True


def session(data: bytes) -> bool:
    """A script of authentic messages to a backend: class, delay, length, payload; again and again."""
    receiver = Receiver(TENANT, ESTATE_KEY)
    now, at, accepted = _NOW, 0, False
    fresh: dict[tuple[str, int, int], bytes] = {}
    while at + 4 <= len(data):
        cls = topics.UP_CLASSES[data[at] & 15] if data[at] & 15 < len(topics.UP_CLASSES) else topics.ALARM
        times, retained = 1 + (data[at] >> 6), bool(data[at] & 32)
        now += data[at + 1] ** 2
        size = data[at + 2] << 8 | data[at + 3]
        payload = data[at + 4 : at + 4 + size]
        at += 4 + size
        try:
            sealed = SEALS[UP].seal(cls, payload)
        except SealError:
            continue
        for _ in range(times):
            received = receiver.receive(now, topics.up(TENANT, DEVICE, cls), sealed, retained)
            if received is None:
                continue
            accepted = True
            if cls in (topics.ALARM, topics.EVENT) and received.fate == FRESH:
                key = (cls, received.frame.boot, received.frame.seq)
                assert key not in fresh, "an alarm or event takes effect once"
                fresh[key] = frame_tag(sealed)
        deadline = receiver.deadline
        if deadline is not None and deadline <= now:
            receiver.step(now)
        receiver.take_released()
        receiver.take_incidents()
    receiver.step(now + 60_000)
    receiver.take_released()
    receiver.save(DEVICE)
    return accepted


def mqtt(data: bytes) -> bool:
    """What a broker sends to a device, in pieces; and the same bytes as a broker reads them."""
    client = Client()
    client.connect(0, "d1", 60)
    client.feed(b"\x20\x02\x00\x00", 0)
    pid = client.publish("a", b"", 1, False, 0)
    client.subscribe("d/#", 1, 0)
    assert pid == 1
    events: list[object] = []
    whole: list[object] = []
    cut = data[0] + 1 if data else 1
    try:
        for start in range(0, len(data), cut):
            client.feed(data[start : start + cut], 1, events)
    except MqttError:
        assert not client.state
    other = Client()
    other.connect(0, "d1", 60)
    other.feed(b"\x20\x02\x00\x00", 0)
    other.publish("a", b"", 1, False, 0)
    other.subscribe("d/#", 1, 0)
    try:
        other.feed(data, 1, whole)
    except MqttError:
        assert not other.state
    assert events == whole, "how bytes arrive makes no difference"
    assert client.take() == other.take()
    return _served(data) or bool(events)


_SERVER: dict[int, Callable[[bytes, int, int], object]] = {
    1: mqtt_server.read_connect, 8: mqtt_server.read_subscribe, 10: mqtt_server.read_unsubscribe,
}  # fmt: skip


def _served(data: bytes) -> bool:
    read_any = False
    try:
        for first, buffer, at, end in PacketStream(4096).packets(data):
            kind = first >> 4
            if kind == 3:
                read_publish(first, buffer, at, end)
                read_any = True
            elif kind in _SERVER:
                _SERVER[kind](buffer, at, end)
                read_any = True
    except MqttError:
        pass
    return read_any


TARGETS: dict[str, Callable[[bytes], bool]] = {"frame": frame, "session": session, "mqtt": mqtt}

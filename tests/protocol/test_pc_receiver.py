"""A backend's receiver by itself: whatever arrives, it answers with a verdict and never with an exception."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lilong_firmware.downlink import Downlink as Device
from lilong_protocol import cbor, frame, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.pc.bodies import KINDS_OF_CLASS
from lilong_protocol.pc.downlink import Downlink
from lilong_protocol.pc.receiver import FRESH, MALFORMED, REPEAT, Receiver
from lilong_protocol.pc.simulation import simulation_key
from lilong_protocol.seal import UP, Seal, frame_tag

TENANT, DEVICE, NOW = "acme", "a4cf12fffe0b3c5d", 1_800_000_000_000
KEY = simulation_key(TENANT)
ROOT = device_root(KEY, TENANT, DEVICE)
SEAL = Seal(frame_key(ROOT, UP), TENANT, DEVICE, UP)
BODIES = {
    frame.BIRTH: {0: 1, 1: 1},
    frame.DEATH: {0: 1},
    frame.HEARTBEAT: {0: 0, 1: 0, 2: 0},
    frame.TELEMETRY: {0: [1], 1: [0], 2: [[5]]},
    frame.EVENT: {0: 1},
    frame.RAISE: {0: 1, 1: 4, 2: 4, 3: 4},
    frame.UPDATE: {0: 1, 5: 2},
    frame.CLEAR: {0: 1, 6: 1},
    frame.LOG: {0: 4, 1: "a line"},
    frame.CRASH: {0: 0, 1: "a trace"},
    frame.RESPONSE: {0: 200},
    frame.REPORTED_CONFIG: {0: 1, 1: {1: 60}},
    frame.UPDATE_PROGRESS: {0: 1, 1: 1},
    frame.UPDATE_RESULT: {0: 1, 1: 200},
    frame.CHUNK_REQUEST: {0: 1, 1: 0, 2: 512},
    frame.ERROR: {0: 400},
}
CASES = [(cls, kind) for cls, kinds in KINDS_OF_CLASS.items() for kind in kinds]


def sealed(cls, kind, body=None, **fields):
    given_fields = {"boot": 1, "seq": 1, "uptime": 1_000} | fields
    if kind in (frame.BIRTH, frame.HEARTBEAT):
        given_fields["nonce"] = b"8 bytes."
    if kind in (frame.UPDATE, frame.CLEAR):
        given_fields.setdefault("ref", (1, 1))
    if kind == frame.RESPONSE:
        given_fields["counter"] = 1
    return SEAL.seal(cls, frame.pack(kind, BODIES[kind] if body is None else body, **given_fields))


def give(receiver, cls, data, now=NOW, retained=False):
    return receiver.receive(now, topics.up(TENANT, DEVICE, cls), data, retained)


@pytest.fixture
def receiver():
    return Receiver(TENANT, KEY)


@pytest.mark.parametrize(("cls", "kind"), CASES)
def test_every_kind_of_uplink_is_let_through_once_and_recognised_the_second_time(receiver, cls, kind):
    data = sealed(cls, kind)
    first, second = give(receiver, cls, data), give(receiver, cls, data)
    assert first.fate == FRESH
    assert first.frame.kind == kind
    if kind == frame.DEATH:
        assert second is None
    else:
        assert second.fate == REPEAT
        assert receiver.repeats == 1


@pytest.mark.parametrize(("cls", "kind"), CASES)
def test_a_body_of_another_shape_is_counted_and_has_no_effect(receiver, cls, kind):
    received = give(receiver, cls, sealed(cls, kind, {0: "text", 1: "text"}))
    assert receiver.refused == {"body": 1}
    if cls in (topics.ALARM, topics.EVENT):
        assert received.fate == MALFORMED  # kept and acknowledged, else it would come for ever
    else:
        assert received is None


bodies = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.binary(max_size=9) | st.text(max_size=9),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.integers(-3, 300), inner, max_size=4)),
    max_leaves=8,
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])  # a machine may be busy
@given(
    st.sampled_from(sorted(KINDS_OF_CLASS)),
    st.dictionaries(st.integers(-2, 30), bodies, max_size=8),
    st.integers(0, 24),
    st.dictionaries(st.integers(0, 7), bodies, max_size=6),
)
def test_no_authentic_payload_makes_it_raise(cls, fields, kind, body):
    receiver = Receiver(TENANT, KEY)
    fields |= {0: 1, 1: kind, 7: body}
    for usual in ({}, {2: 1, 3: 1, 4: 5, 8: 1, 9: [1, 1], 11: b"8 bytes."}):
        try:
            payload = cbor.encode(usual | fields)
        except cbor.CborError:
            continue
        give(receiver, cls, SEAL.seal(cls, payload))
        give(receiver, cls, SEAL.seal(cls, payload), retained=True)
        receiver.step(NOW + 20_000)
        receiver.take_released()


@settings(max_examples=300)
@given(st.text(max_size=80) | st.sampled_from([topics.up(TENANT, DEVICE, "al")]), st.binary(max_size=200))
def test_no_garbage_makes_it_raise_or_leaves_a_trace_but_a_count(topic, data):
    receiver = Receiver(TENANT, KEY)
    assert receiver.receive(NOW, topic, data, False) is None
    assert sum(receiver.refused.values()) == 1
    assert receiver._peers == {}
    assert receiver._routes == {}


def test_devices_outside_the_list_are_refused_before_any_key_is_made():
    receiver = Receiver(TENANT, KEY, known={"0000000000000001"})
    assert give(receiver, "hb", sealed("hb", frame.HEARTBEAT)) is None
    assert receiver.refused == {"unknown device": 1}
    assert [incident.reason for incident in receiver.take_incidents()] == ["unknown device"]
    assert receiver.take_incidents() == []


class TestDownlink:
    """What a backend seals, the firmware opens."""

    backend = Downlink(ROOT, TENANT, DEVICE)
    nonce = b"8 bytes."

    def opened(self, sealed_frame):
        return Device(ROOT, TENANT, DEVICE).open(*sealed_frame)

    def test_stored_ack(self):
        data = sealed("al", frame.RAISE)
        message = self.opened(self.backend.stored_ack(3, 9, frame_tag(data)))
        assert (message.kind, message.ref, message.body) == (frame.STORED_ACK, [3, 9], {0: frame_tag(data)})

    def test_operator_ack_with_a_name_cut_to_what_fits(self):
        message = self.opened(self.backend.operator_ack((3, 9), "王" * 70, 5, 3, self.nonce, 77_000))
        assert (message.kind, message.ref, message.body) == (frame.OPERATOR_ACK, [3, 9], {0: "王" * 64})
        assert Device(ROOT, TENANT, DEVICE).refusal(77_000, message, 3, self.nonce) == 0
        assert Device(ROOT, TENANT, DEVICE).refusal(77_001, message, 3, self.nonce) == frame.EXPIRED

    def test_command(self):
        message = self.opened(self.backend.command(4, {0: 50}, 5, 3, self.nonce, 77_000))
        assert (message.kind, message.body) == (frame.COMMAND, {0: 4, 1: {0: 50}})
        assert Device(ROOT, TENANT, DEVICE).refusal(0, message, 4, self.nonce) == frame.STALE

    def test_time(self):
        message = self.opened(self.backend.time(NOW, 1_234, 3, self.nonce))
        assert (message.kind, message.epoch, message.body, message.target) == (frame.TIME, NOW, {0: 1_234}, 3)


def test_the_simulations_key_is_one_for_each_tenant():
    assert simulation_key("music_plaza") == simulation_key("music_plaza")
    assert len(simulation_key("a")) == 32
    assert simulation_key("a") != simulation_key("b")

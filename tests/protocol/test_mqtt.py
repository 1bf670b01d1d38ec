"""The MQTT codec and client: the cases of mqtt_cases.py, properties over any input, and a model of the broker."""

import contextlib
import sys

import mqtt_cases
import mqtt_client_cases
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from lilong_protocol.mqtt import ANSWER_MS, MAX_IN_FLIGHT, MESSAGE, PUBLISHED, READY, Client, MqttTimeout
from lilong_protocol.mqtt_packets import (
    MqttError,
    PacketStream,
    connect_packet,
    puback_packet,
    publish_packet,
    read_publish,
    subscribe_packet,
)
from lilong_protocol.pc.mqtt_server import (
    connack_packet,
    read_connect,
    read_subscribe,
    read_unsubscribe,
    suback_packet,
    unsuback_packet,
    unsubscribe_packet,
)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
topics = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0+#"), min_size=1, max_size=40)
filters = st.lists(st.sampled_from(["+", "a", "里弄", "", "$SYS"]), min_size=1, max_size=5).map("/".join).filter(
    bool
) | st.just("a/#")
ids = st.integers(1, 65535)
payloads = st.binary(max_size=300)
wills = st.tuples(topics, payloads, st.integers(0, 1), st.booleans())
publishes = st.one_of(
    st.builds(publish_packet, topics, payloads, st.just(0), st.booleans()),
    st.builds(publish_packet, topics, payloads, st.just(1), st.booleans(), ids, st.booleans()),
)
valid_inbound = st.one_of(
    publishes,
    ids.map(puback_packet),
    st.builds(suback_packet, ids, st.sampled_from([[0], [1], [128]])),
    st.just(mqtt_cases.PINGRESP),
)
mostly_valid_inbound = st.one_of(
    valid_inbound, valid_inbound, st.binary(max_size=12), ids.map(unsuback_packet), st.just(connack_packet(False))
)


@st.composite
def cut_streams(draw, packets):
    data = b"".join(draw(st.lists(packets, max_size=6)))
    if data and draw(st.booleans()):
        at = draw(st.integers(0, len(data) - 1))
        data = data[:at] + draw(st.binary(min_size=1, max_size=2)) + data[at + 1 :]
    return data, sorted(draw(st.lists(st.integers(0, len(data)), max_size=8)))


def only(data):
    """(first byte, buffer, start, end) of the one packet in `data`."""
    found = list(PacketStream(300_000).packets(data))
    assert len(found) == 1
    assert found[0][3] == len(data)
    return found[0]


@pytest.mark.parametrize(("module", "name"), mqtt_client_cases.all_cases())
def test_case(module, name):
    getattr(sys.modules[module], name)()


# ---- what is written can be read ----


@given(topics, st.binary(max_size=300) | st.binary(min_size=16_300, max_size=16_500), ids, st.booleans(), st.booleans())
def test_a_publish_reads_as_it_was_written(topic, payload, pid, retain, dup):
    first, data, at, end = only(publish_packet(topic, payload, 1, retain, pid, dup))
    assert read_publish(first, data, at, end) == (topic, payload, pid)
    assert first == 0x32 + retain + 8 * dup
    first, data, at, end = only(publish_packet(topic, payload, 0, retain))
    assert read_publish(first, data, at, end) == (topic, payload, 0)
    assert first == 0x30 + retain


@given(texts, st.integers(0, 65535), st.none() | wills, st.none() | texts, st.binary(max_size=20), st.booleans())
def test_a_connect_reads_as_it_was_written(client_id, keepalive_s, will, username, secret, clean):
    password = None if username is None else secret
    asked = read_connect(*only(connect_packet(client_id, keepalive_s, will, username, password, clean))[1:])
    assert (asked.level, asked.client_id, asked.keepalive_s) == (4, client_id, keepalive_s)
    assert (asked.will, asked.username, asked.password, asked.clean) == (will, username, password, clean)


@given(ids, filters, st.integers(0, 1))
def test_a_subscribe_and_an_unsubscribe_read_as_they_were_written(pid, topic_filter, qos):
    assert read_subscribe(*only(subscribe_packet(pid, topic_filter, qos))[1:]) == (pid, [(topic_filter, qos)])
    assert read_unsubscribe(*only(unsubscribe_packet(pid, topic_filter))[1:]) == (pid, [topic_filter])


@pytest.mark.parametrize("bad", ["", "a#", "#/a", "a/#/b", "a+", "+a/b", "a/b+/c"])
def test_a_filter_with_a_wildcard_out_of_place_is_refused(bad):
    packet = subscribe_packet(1, bad, 0)
    with pytest.raises(MqttError, match=r"SUBSCRIBE filter (is empty|has a wildcard out of place in level)"):
        read_subscribe(*only(packet)[1:])
    with pytest.raises(MqttError, match="UNSUBSCRIBE filter"):
        unsubscribe_packet(1, bad)


def test_a_connect_of_another_level_is_read_no_further():
    body = b"\x00\x04MQTT\x05\x02\x00\x3c\x00\xff\xff"
    assert read_connect(body, 0, len(body)).level == 5


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"\x00\x06MQIsdp\x03\x02\x00\x3c\x00\x00", "protocol name 'MQIsdp'"),
        (b"\x00\x04MQTT\x04\x02\x00", "ends before its client id"),
        (b"\x00\x04MQTT\x04\x03\x00\x3c\x00\x00", "flags 0x03"),
        (b"\x00\x04MQTT\x04\x22\x00\x3c\x00\x00", "flags 0x22"),
        (b"\x00\x04MQTT\x04\x42\x00\x3c\x00\x00", "flags 0x42"),
        (b"\x00\x04MQTT\x04\x16\x00\x3c\x00\x00", "will of QoS 2"),
        (b"\x00\x04MQTT\x04\x06\x00\x3c\x00\x00", "will topic runs past"),
        (b"\x00\x04MQTT\x04\x02\x00\x3c\x00\x00\x00", "1 bytes too many"),
    ],
)
def test_a_malformed_connect_is_refused_with_what_and_where(body, fault):
    with pytest.raises(MqttError, match=fault):
        read_connect(body, 0, len(body))


# ---- whatever arrives ----


@given(cut_streams(mostly_valid_inbound))
def test_the_cuts_of_a_stream_change_nothing(stream):
    data, cuts = stream
    assert mqtt_cases.trace(data, cuts) == mqtt_cases.trace(data, [])


@given(st.lists(publishes, max_size=6), st.data())
def test_every_valid_message_arrives_and_is_acknowledged(packets, data):
    stream = b"".join(packets)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    lines = mqtt_cases.trace(stream, cuts)
    assert len(lines) == len(packets) + 2
    assert all(line.startswith(f"{MESSAGE} ") for line in lines[:-2])
    with_id = [read_publish(*only(packet)) for packet in packets]
    assert lines[-1] == "out " + b"".join(puback_packet(pid) for _, _, pid in with_id if pid).hex()


@given(cut_streams(st.one_of(st.binary(max_size=40), mostly_valid_inbound)), st.booleans())
def test_no_bytes_raise_anything_but_mqtt_error_or_are_kept_beyond_the_limit(stream, is_connected):
    data, cuts = stream
    client = mqtt_cases.ready(limit=64) if is_connected else Client(64)
    if not is_connected:
        client.connect(0, "d1", 60)
    start = 0
    for stop in [*cuts, len(data)]:
        with contextlib.suppress(MqttError):
            client.feed(data[start:stop], 1)
        assert len(client._rest) < 64 + 2
        start = stop


@given(st.binary(max_size=60) | st.builds(lambda head, rest: head + rest, st.just(b"\x00\x04MQTT\x04"), st.binary()))
def test_no_body_makes_a_server_raise_anything_but_mqtt_error(body):
    for read in (read_connect, read_subscribe, read_unsubscribe):
        with contextlib.suppress(MqttError):
            read(body, 0, len(body))


# ---- a client against a model of the broker ----


class ClientAndBroker(RuleBasedStateMachine):
    """Publishes, acknowledgements in any order and the passing of time; the model holds what is unanswered."""

    def __init__(self):
        super().__init__()
        self.now = 0
        self.client = mqtt_cases.ready(0, 60)
        self.unanswered = {}  # packet id: when it was published
        self.pinged_at = None

    @precondition(lambda self: self.client.state == READY and len(self.unanswered) < MAX_IN_FLIGHT)
    @rule(payload=payloads)
    def publish(self, payload):
        pid = self.client.publish("a", payload, 1, False, self.now)
        assert pid not in self.unanswered
        self.unanswered[pid] = self.now
        assert self.client.take() == publish_packet("a", payload, 1, False, pid)

    @precondition(lambda self: self.client.state == READY and self.unanswered)
    @rule(data=st.data())
    def acknowledge(self, data):
        pid = data.draw(st.sampled_from(sorted(self.unanswered)))
        del self.unanswered[pid]
        assert self.client.feed(puback_packet(pid), self.now) == [(PUBLISHED, pid)]

    @precondition(lambda self: self.client.state == READY)
    @rule(pid=ids)
    def acknowledge_what_was_never_sent(self, pid):
        if pid not in self.unanswered:
            assert self.client.feed(puback_packet(pid), self.now) == []

    @precondition(lambda self: self.client.state == READY and self.pinged_at is not None)
    @rule()
    def answer_the_ping(self):
        self.pinged_at = None
        assert self.client.feed(mqtt_cases.PINGRESP, self.now) == []

    @precondition(lambda self: self.client.state == READY)
    @rule(ms=st.integers(0, 30_000))
    def time_passes(self, ms):
        """The host calls `step` at every deadline on the way, never before."""
        until = self.now + ms
        while self.client.state == READY and self.client.deadline <= until:
            self.now = self.client.deadline
            waiting = [*self.unanswered.values(), *([] if self.pinged_at is None else [self.pinged_at])]
            try:
                self.client.step(self.now)
            except MqttTimeout:
                assert min(waiting) + ANSWER_MS == self.now
                self.unanswered.clear()
                self.pinged_at = None
            else:
                assert self.client.take() == mqtt_cases.PINGREQ
                assert self.pinged_at is None
                self.pinged_at = self.now
        self.now = until

    @precondition(lambda self: self.client.state != READY)
    @rule()
    def connect_anew(self):
        self.client.connect(self.now, "d1", 60)
        self.client.feed(mqtt_cases.CONNACK, self.now)

    @invariant()
    def nothing_is_forgotten_or_overdue(self):
        waiting = [*self.unanswered.values(), *([] if self.pinged_at is None else [self.pinged_at])]
        assert self.client.in_flight == len(waiting)
        if waiting:
            assert self.now < min(waiting) + ANSWER_MS


TestClientAndBroker = ClientAndBroker.TestCase

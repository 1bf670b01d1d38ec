"""How the MQTT client connects, publishes and keeps time: run on CPython and, unchanged, on MicroPython."""

import mqtt_cases
from lilong_protocol import mqtt
from lilong_protocol.mqtt import (
    ANSWER_MS,
    CONNECTED,
    MAX_IN_FLIGHT,
    MESSAGE,
    PUBLISHED,
    REFUSED,
    SUBSCRIBED,
    Client,
    MqttTimeout,
)
from lilong_protocol.mqtt_packets import puback_packet, publish_packet, subscribe_packet
from mqtt_cases import CONNACK, PINGREQ, PINGRESP, ready, refused

TOPIC = "lilong/1/t/0000000000000001/u/al"


# ---- connecting ----


def case_nothing_is_sent_before_the_broker_accepts():
    client = Client()
    refused(lambda: client.publish("a", b"", 0, False, 0), "not connected")
    client.connect(0, "d1", 60)
    refused(lambda: client.publish("a", b"", 1, False, 0), "not connected")
    refused(lambda: client.subscribe("a", 1, 0), "not connected")
    assert client.take() == b""
    assert client.feed(b"\x20\x02\x01\x00", 5) == [(CONNECTED, True)]
    assert client.state == mqtt.READY


def case_a_refusal_is_an_event_and_closes():
    client = Client()
    client.connect(0, "d1", 60)
    assert client.feed(b"\x20\x02\x00\x05" + CONNACK, 5) == [(REFUSED, 5)]
    assert client.state == mqtt.CLOSED
    assert client.deadline is None


def case_anything_but_a_connack_is_refused_while_connecting():
    for data in (
        PINGRESP,
        b"\x20\x02\x02\x00",
        b"\x20\x02\x00\x06",
        b"\x20\x01\x00",
        publish_packet("a", b"", 0, False),
    ):
        client = Client()
        client.connect(0, "d1", 60)
        refused(lambda client=client, data=data: client.feed(data, 0), "is no CONNACK")


def case_a_closed_client_ignores_bytes():
    client = ready()
    client.disconnect()
    assert client.take() == b"\xe0\x00"
    assert client.feed(publish_packet("a", b"x", 1, False, 5), 0) == []
    assert client.feed(b"\xff", 0) == []
    assert client.take() == b""
    assert client.deadline is None
    client.step(10**6)


def case_a_new_connection_forgets_the_one_before():
    client = ready()
    client.publish("a", b"x", 1, False, 0)
    client.feed(b"\x30\x05\x00", 0)
    client.connect(100, "d1", 60)
    assert client.in_flight == 1  # the CONNACK
    assert client.take() == b""
    assert client.feed(CONNACK, 101) == [(CONNECTED, False)]
    assert client.in_flight == 0
    assert client.feed(PINGRESP, 102) == []


# ---- messages ----


def case_a_publish_of_qos_1_lasts_until_its_puback():
    client = ready()
    pid = client.publish(TOPIC, b"fire", 1, False, 10)
    assert client.take() == publish_packet(TOPIC, b"fire", 1, False, pid)
    assert client.take() == b""
    assert client.in_flight == 1
    assert client.feed(puback_packet(pid), 20) == [(PUBLISHED, pid)]
    assert client.in_flight == 0
    assert client.feed(puback_packet(pid), 20) == []


def case_a_publish_of_qos_0_has_no_id():
    client = ready()
    assert client.publish(TOPIC, b"beat", 0, False, 10) == 0
    assert client.take() == publish_packet(TOPIC, b"beat", 0, False)
    assert client.in_flight == 0


def case_a_message_of_qos_1_is_acknowledged_at_once():
    client = ready()
    data = publish_packet("d/ak", b"x", 1, False, 9) + publish_packet("d/cm", b"y", 1, True, 300, True)
    assert client.feed(data, 0) == [(MESSAGE, "d/ak", b"x", 1, False), (MESSAGE, "d/cm", b"y", 1, True)]
    assert client.take() == puback_packet(9) + puback_packet(300)


def case_a_subscription_tells_what_was_granted():
    client = ready()
    first = client.subscribe("lilong/1/t/d/d/#", 1, 0)
    second = client.subscribe("x", 0, 0)
    assert client.take() == subscribe_packet(first, "lilong/1/t/d/d/#", 1) + subscribe_packet(second, "x", 0)
    answers = bytes((0x90, 3, 0, second, 128, 0x90, 3, 0, first, 1))
    assert client.feed(answers, 1) == [(SUBSCRIBED, second, 128), (SUBSCRIBED, first, 1)]
    assert client.in_flight == 0


def case_an_id_is_never_given_out_twice_at_once():
    client = ready()
    held = client.publish("a", b"", 1, False, 0)
    given = bytearray(65536)
    given[held] = 1
    for _ in range(65534):
        pid = client.publish("a", b"", 1, False, 0)
        given[pid] += 1
        client.feed(puback_packet(pid), 0)
        client.take()
    assert max(given) == 1
    assert sum(given) == 65535
    assert client.publish("a", b"", 1, False, 0) != held


def case_an_acknowledgement_of_another_kind_frees_no_id():
    client = ready()
    pid = client.subscribe("a", 1, 0)
    assert client.feed(puback_packet(pid), 0) == []
    assert client.in_flight == 1


def case_packets_in_flight_are_bounded():
    client = ready()
    for _ in range(MAX_IN_FLIGHT):
        client.publish("a", b"", 1, False, 0)
    client.take()
    refused(lambda: client.publish("a", b"", 1, False, 0), "64 packets already wait")
    assert client.take() == b""
    assert client.publish("a", b"", 0, False, 0) == 0
    assert len(client.feed(puback_packet(1), 0)) == 1
    assert client.publish("a", b"", 1, False, 0) > 0


# ---- time ----


def case_an_idle_line_is_pinged_at_three_quarters_of_the_keepalive():
    client = ready(1000, 60)
    assert client.deadline == 46_000
    client.step(45_999)
    assert client.take() == b""
    client.step(46_000)
    assert client.take() == PINGREQ
    assert client.deadline == 46_000 + ANSWER_MS
    assert client.feed(PINGRESP, 46_050) == []
    assert client.deadline == 46_000 + 45_000


def case_a_line_that_only_hears_is_pinged():
    client = ready(0, 60)
    for now in (10_000, 20_000, 30_000, 40_000):
        client.feed(publish_packet("a", b"", 0, False), now)
    client.step(45_000)
    assert client.take() == PINGREQ


def case_a_line_that_only_sends_is_pinged():
    client = ready(0, 60)
    for now in (10_000, 20_000, 30_000, 40_000):
        client.publish("a", b"", 0, False, now)
    client.take()
    client.step(45_000)
    assert client.take() == PINGREQ


def case_a_keepalive_of_0_never_pings():
    client = ready(0, 0)
    assert client.deadline is None
    client.step(10**8)
    assert client.take() == b""


def case_a_frozen_broker_is_noticed():
    def no_connack(client):
        client.connect(0, "d1", 60)

    def no_puback(client):
        client.connect(0, "d1", 60)
        client.feed(CONNACK, 0)
        client.publish("a", b"", 1, False, 0)

    def no_suback(client):
        client.connect(0, "d1", 60)
        client.feed(CONNACK, 0)
        client.subscribe("a", 1, 0)

    def no_pingresp(client):
        client.connect(-45_000, "d1", 60)
        client.feed(CONNACK, -45_000)
        client.step(0)

    for start, name in (
        (no_connack, "CONNACK"),
        (no_puback, "PUBACK"),
        (no_suback, "SUBACK"),
        (no_pingresp, "PINGRESP"),
    ):
        client = Client(answer_ms=7_000)
        start(client)
        assert client.deadline == 7_000, (name, client.deadline)
        client.step(6_999)
        error = refused(lambda client=client: client.step(7_000), f"no {name} in 7000 ms", "connect anew")
        assert isinstance(error, MqttTimeout)
        assert client.state == mqtt.CLOSED


def case_the_oldest_unanswered_packet_sets_the_deadline():
    client = ready(0, 0)
    first = client.publish("a", b"", 1, False, 100)
    second = client.publish("a", b"", 1, False, 200)
    third = client.publish("a", b"", 1, False, 300)
    assert client.deadline == 100 + ANSWER_MS
    client.feed(puback_packet(second), 400)
    assert client.deadline == 100 + ANSWER_MS
    client.feed(puback_packet(first), 400)
    assert client.deadline == 300 + ANSWER_MS
    client.feed(puback_packet(third), 400)
    assert client.deadline is None


def all_cases():
    """(module, name) of every case here and in mqtt_cases."""
    found = [("mqtt_cases", name) for name in dir(mqtt_cases)] + [("mqtt_client_cases", name) for name in globals()]
    return sorted((module, name) for module, name in found if name.startswith("case_"))

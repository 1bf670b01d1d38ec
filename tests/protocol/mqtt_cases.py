"""What the MQTT client does, as plain functions: test_mqtt.py runs them on CPython and, unchanged, on MicroPython."""

from lilong_protocol import mqtt, mqtt_packets
from lilong_protocol.mqtt import CONNECTED, MESSAGE, Client
from lilong_protocol.mqtt_packets import MqttError, connect_packet, puback_packet, publish_packet, subscribe_packet

CONNACK = b"\x20\x02\x00\x00"
PINGREQ = b"\xc0\x00"
PINGRESP = b"\xd0\x00"


def ready(now_ms=0, keepalive_s=60, limit=2048):
    client = Client(limit)
    client.connect(now_ms, "d1", keepalive_s)
    assert client.feed(CONNACK, now_ms) == [(CONNECTED, False)]
    return client


def refused(call, *words):
    caught = None
    try:
        call()
    except MqttError as error:
        caught = error
    assert caught is not None, "not refused"
    for word in words:
        assert word in str(caught), (word, str(caught))
    return caught


def trace(data, cuts, client=None):
    """What comes of `data` cut at `cuts`, as lines: events, then the fault if there is one, then what is sent back."""
    client = client or ready(keepalive_s=0)
    events = []
    fault = None
    start = 0
    stops = list(cuts)
    stops.append(len(data))
    for stop in stops:
        try:
            client.feed(data[start:stop], 1, events)
        except MqttError as error:
            assert fault is None, "a closed client ignores bytes"
            fault = str(error)
        start = stop
    lines = []
    for event in events:
        lines.append(" ".join([_shown(item) for item in event]))
    lines.append(f"fault {fault}")
    lines.append("out " + client.take().hex())
    return lines


def _shown(item):
    if isinstance(item, str):
        item = item.encode()
    return item.hex() if isinstance(item, bytes) else str(int(item))


# ---- bytes ----


def case_connect_has_the_bytes_of_the_standard():
    assert connect_packet("d1", 60) == b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02d1"
    will = ("a/b", b"\x01\x02", 1, True)
    assert connect_packet("d1", 300, will, "u", b"p") == (
        b"\x10\x1d\x00\x04MQTT\x04\xee\x01\x2c\x00\x02d1\x00\x03a/b\x00\x02\x01\x02\x00\x01u\x00\x01p"
    )


def case_publish_subscribe_and_puback_have_the_bytes_of_the_standard():
    assert publish_packet("a/b", b"hi", 0, False) == b"\x30\x07\x00\x03a/bhi"
    assert publish_packet("a/b", b"hi", 0, True) == b"\x31\x07\x00\x03a/bhi"
    assert publish_packet("a/b", b"hi", 1, True, 10) == b"\x33\x09\x00\x03a/b\x00\x0ahi"
    assert publish_packet("a/b", b"hi", 1, False, 10, True) == b"\x3a\x09\x00\x03a/b\x00\x0ahi"
    assert subscribe_packet(10, "a/#", 1) == b"\x82\x08\x00\x0a\x00\x03a/#\x01"
    assert puback_packet(0x1234) == b"\x40\x02\x12\x34"


def case_a_length_of_more_than_127_takes_more_bytes():
    assert publish_packet("a", bytes(124), 0, False)[:2] == b"\x30\x7f"
    assert publish_packet("a", bytes(125), 0, False)[:3] == b"\x30\x80\x01"
    assert publish_packet("a", bytes(16380), 0, False)[:3] == b"\x30\xff\x7f"
    assert publish_packet("a", bytes(16381), 0, False)[:4] == b"\x30\x80\x80\x01"


def case_what_mqtt_has_no_bytes_for_is_refused():
    for topic in ("", "a/+", "#", "a/b#"):
        refused(lambda topic=topic: publish_packet(topic, b"", 0, False), "PUBLISH topic", "wildcard")
    refused(lambda: publish_packet("a\0b", b"", 0, False), "PUBLISH topic", "U+0000")
    refused(lambda: publish_packet("a" * 65536, b"", 0, False), "PUBLISH topic", "65536")
    refused(lambda: publish_packet("a", b"", 2, False, 1), "QoS 2")
    refused(lambda: publish_packet("a", b"", 1, False, 0), "id 0")
    refused(lambda: publish_packet("a", b"", 1, False, 65536), "id 65536")
    refused(lambda: subscribe_packet(1, "a", 2), "SUBSCRIBE", "QoS 2")
    refused(lambda: puback_packet(0), "PUBACK id 0")
    refused(lambda: connect_packet("d", 65536), "keepalive_s 65536")
    refused(lambda: connect_packet("d", 60, ("a/#", b"", 1, True)), "will topic")
    refused(lambda: connect_packet("d", 60, ("a", b"", 2, True)), "will", "QoS 2")
    refused(lambda: connect_packet("d", 60, ("a", bytes(65536), 1, True)), "will length 65536")
    refused(lambda: connect_packet("d", 60, None, None, b"p"), "password without a user name")


def case_a_text_that_is_not_utf_8_is_refused_in_either_direction():
    for raw in (b"\xff", b"a\x80", b"\xc0\xaf", b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xed\xa0\x80", b"\xed\xbf\xbf",
                b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"a\xe2\x82"):  # fmt: skip
        packet = b"\x30" + bytes((2 + len(raw), 0, len(raw))) + raw
        refused(lambda packet=packet: ready().feed(packet, 0), "PUBLISH topic is not UTF-8")
    refused(lambda: publish_packet("a\ud800", b"", 0, False), "PUBLISH topic is not UTF-8")


def case_text_beyond_ascii_is_taken():
    for topic in ("里弄/烟", "é", "\u07ff\u0800\ud7ff\ue000\uffff", "\U00010000\U0010ffff"):
        packet = publish_packet(topic, b"x", 0, False)
        assert ready().feed(packet, 0) == [(MESSAGE, topic, b"x", 0, False)]


# ---- the stream ----


def case_packets_may_be_cut_anywhere():
    data = publish_packet("a/b", b"one", 1, False, 7) + PINGRESP + publish_packet("c", bytes(200), 0, True)
    whole = trace(data, [])
    assert whole == trace(data, list(range(1, len(data))))
    assert len(whole) == 4
    assert whole[2] == "fault None"
    assert whole[3] == "out 40020007"


def case_a_packet_beyond_the_limit_is_refused_at_its_length():
    largest = publish_packet("a", bytes(2048 - 3), 0, False)
    assert len(ready().feed(largest, 0)) == 1
    for head in (b"\x30\x81\x10", b"\x30\x81\x90", b"\x30\x80\x80\x01", b"\x30\xff\xff\xff\x7f", b"\x30\xff\xff"):
        refused(lambda head=head: ready().feed(head, 0), "PUBLISH is longer than the limit of 2048 bytes")
    assert ready(limit=20_000).feed(b"\x30\x81\x10", 0) == []


def case_an_overlong_length_is_refused():
    for head in (b"\xd0\x80\x00", b"\x30\x85\x00", b"\x30\x80\x80\x00", b"\x30\x80\x80\x80\x00"):
        refused(lambda head=head: ready().feed(head, 0), "overlong length")
    for fifth in (b"\x01", b"\x80", b"\x00"):
        refused(lambda fifth=fifth: ready().feed(b"\x30\x80\x80\x80\x80" + fifth, 0), "longer")


def case_reserved_types_flags_and_qos_2_are_refused_at_the_first_byte():
    allowed = b"\x10\x20\x30\x31\x32\x33\x3a\x3b\x40\x82\x90\xa2\xb0\xc0\xd0\xe0"
    for first in range(256):
        data = bytes((first,))
        if first in allowed:
            assert ready().feed(data, 0) == []
        else:
            refused(lambda data=data: ready().feed(data, 0), f"0x{first:02x}", "reserved or of QoS 2")


def case_a_malformed_packet_is_refused_with_what_and_where():
    for data, words in (
        (b"\x30\x00", "PUBLISH topic runs past the end"),
        (b"\x30\x01\x00", "PUBLISH topic runs past the end"),
        (b"\x30\x04\x00\x03ab", "PUBLISH topic runs past the end"),
        (b"\x30\x02\x00\x00", "PUBLISH topic is empty or has a wildcard"),
        (b"\x30\x03\x00\x01#", "PUBLISH topic is empty or has a wildcard"),
        (b"\x30\x05\x00\x03a/+", "PUBLISH topic is empty or has a wildcard"),
        (b"\x30\x05\x00\x03a\x00b", "PUBLISH topic contains U+0000"),
        (b"\x32\x04\x00\x01a\x01", "PUBLISH has no packet id, or 0"),
        (b"\x32\x05\x00\x01a\x00\x00", "PUBLISH has no packet id, or 0"),
        (b"\x40\x02\x00\x00", "PUBACK has no packet id, or 0"),
        (b"\x40\x03\x00\x01\x00", "PUBACK of 3 bytes"),
        (b"\x40\x01\x00", "PUBACK of 1 bytes"),
        (b"\x90\x03\x00\x00\x01", "SUBACK has no packet id, or 0"),
        (b"\x90\x03\x00\x01\x02", "SUBACK of QoS 2"),
        (b"\x90\x04\x00\x01\x01\x01", "SUBACK of 4 bytes"),
        (b"\xd0\x01\x00", "PINGRESP of 1 bytes"),
        (b"\x20\x02\x00\x00", "CONNACK of 2 bytes is not for a connected client"),
        (b"\x10\x00", "CONNECT of 0 bytes is not for a connected client"),
        (b"\xb0\x02\x00\x01", "UNSUBACK of 2 bytes is not for a connected client"),
    ):
        client = ready()
        refused(lambda client=client, data=data: client.feed(data, 0), words)
        assert client.state == mqtt.CLOSED


def case_events_before_a_fault_are_not_lost():
    client = ready()
    events = []
    data = publish_packet("a", b"x", 1, False, 5) + b"\xff"
    refused(lambda: client.feed(data, 0, events), "type 15: first byte 0xff")
    assert events == [(MESSAGE, "a", b"x", 1, False)]


def case_a_bytearray_is_taken_as_bytes():
    packet = bytearray(publish_packet("a", b"x", 0, False))
    client = ready()
    assert client.feed(packet, 0) == [(MESSAGE, "a", b"x", 0, False)]
    assert isinstance(client.feed(packet, 0)[0][2], bytes)


def case_a_packet_that_the_heap_has_no_room_for_is_cut_off_and_answered():
    def small(size):
        if size > 200:
            raise MemoryError
        return bytearray(size)

    packet = publish_packet("a/topic", bytes(900), 1, False, 7)
    mqtt_packets.bytearray = small  # in the place of the builtin one
    try:
        for size in (1, 2, 3, 50, 128, 500):
            client = ready()
            events = []
            for at in range(0, len(packet), size):
                client.feed(memoryview(packet)[at : at + size], 0, events)
            client.feed(publish_packet("b", b"next", 0, False), 0, events)
            assert [event[1] for event in events] == ["a/topic", "b"]
            assert 0 < len(events[0][2]) < mqtt_packets.KEPT_BYTES
            assert events[1][2] == b"next"
            assert client.take() == b"\x40\x02\x00\x07"
    finally:
        del mqtt_packets.bytearray


def case_of_a_memoryview_the_payload_is_one_too_however_it_is_cut():
    packet = publish_packet("a", bytes(range(200)), 1, False, 7)
    for cut in range(len(packet)):
        client = ready()
        view = memoryview(packet)
        events = client.feed(view[:cut], 0) + client.feed(view[cut:], 0)
        assert events == [(MESSAGE, "a", bytes(range(200)), 1, False)]
        assert isinstance(events[0][2], memoryview) or 0 < cut < 3
        assert client.take() == b"\x40\x02\x00\x07"

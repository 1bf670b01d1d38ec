"""The client's end of MQTT over WebSocket, against a server that is not ours: whatever the cuts, the same bytes."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lilong_simulator.fleet.live.websocket import Framing, WebSocketError
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol

SIZES = st.integers(0, 300) | st.sampled_from([125, 126, 127, 65_535, 65_536])  # where lengths change their form
MESSAGES = st.lists(st.builds(lambda byte, size: bytes((byte,)) * size, st.integers(0, 255), SIZES), max_size=4)
PIECES = 300  # of the beginning; the rest comes at once


def agreed():
    """A client and a server that have agreed on MQTT over WebSocket."""
    client, server = Framing("broker.example", 80, "/mqtt"), ServerProtocol(subprotocols=["mqtt"])
    server.receive_data(client.take())
    (request,) = server.events_received()
    assert (request.path, request.headers["Host"]) == ("/mqtt", "broker.example:80")
    server.send_response(server.accept(request))
    return client, server


def fed(client, data, sizes):
    """What the client makes of `data` when it comes in pieces of these sizes, again and again."""
    out, at, turn = b"", 0, 0
    while at < len(data):
        size = sizes[turn % len(sizes)] if turn < PIECES else len(data)
        out += client.feed(data[at : at + size])
        at += size
        turn += 1
    return out


@given(MESSAGES, st.lists(st.integers(1, 5_000), min_size=1, max_size=5), st.booleans(), st.integers(0, 300))
def test_what_a_server_sends_comes_out_whatever_the_frames_and_the_cuts(messages, sizes, pings, cut):
    client, server = agreed()
    for message in messages:
        if pings:
            server.send_ping(b"are you there")
        server.send_binary(message[:cut], fin=False)
        server.send_pong(b"")
        server.send_continuation(message[cut:], fin=True)
        server.send_binary(message)
    sent = b"".join(server.data_to_send())
    assert fed(client, sent, sizes) == b"".join(message * 2 for message in messages)
    assert client.open


@given(MESSAGES)
def test_what_the_client_sends_comes_out_at_a_server(messages):
    client, server = agreed()
    client.feed(b"".join(server.data_to_send()))
    for message in messages:
        server.receive_data(client.wrap(message))
    assert [(frame.opcode, frame.data) for frame in server.events_received()] == [
        (Opcode.BINARY, message) for message in messages
    ]


@given(st.binary(max_size=125), st.integers(1, 200))
def test_a_ping_is_answered_with_what_it_said(body, size):
    client, server = agreed()
    server.send_ping(body)
    fed(client, b"".join(server.data_to_send()), [size])
    server.receive_data(client.take())
    assert server.events_received() == [Frame(Opcode.PONG, body)]


@given(st.binary(max_size=200))
def test_nonsense_in_the_place_of_a_frame_ends_the_connection_or_waits_for_more(data):
    client, server = agreed()
    client.feed(b"".join(server.data_to_send()))
    with contextlib.suppress(WebSocketError):
        assert len(client.feed(data)) <= len(data)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "the broker answers 'HTTP/1.1 404 Not Found'; check port and path"),
        (b"\xff\r\n\r\n", "the broker answers '\ufffd'; check port and path"),
        (b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n\r\n", "the answer is not to our key"),
        (b"x" * 9_000, "no end in 8192 bytes"),
    ],
)
def test_an_answer_that_is_no_upgrade_is_told(answer, told):
    client = Framing("::1", 80, "/mqtt")
    assert b"Host: [::1]:80\r\n" in client.out
    with pytest.raises(WebSocketError) as raised:
        client.feed(answer)
    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\x81\x01x", "MQTT goes in binary frames"),
        (b"\xc2\x00", "MQTT goes in binary frames"),
        (b"\x82\x81abcdx", "a masked WebSocket frame"),
        (b"\x89\x7e\x00\x80", "too long, or in pieces"),
        (b"\x09\x00", "too long, or in pieces"),
        (b"\x88\x02\x03\xe8", "closed by the broker, WebSocket code 1000"),
        (b"\x88\x05\x03\xf0now", "closed by the broker, WebSocket code 1008: now"),
        (b"\x88\x00", "closed by the broker, WebSocket code 1005"),
    ],
)
def test_a_frame_that_must_not_come_ends_the_connection_with_its_reason(data, told):
    client, server = agreed()
    with pytest.raises(WebSocketError) as raised:
        client.feed(b"".join(server.data_to_send()) + data)
    assert told in str(raised.value)

"""An alarm behind another small packet goes out at once, on real MicroPython, to a peer that puts its ACKs off."""

import socket
import sys
import threading
import time

import pytest
from lilong_simulator.fleet.process import available
from micropython import run_micropython

CONNECTIONS = 5
PACKETS = 3
PUT_OFF_S = 0.04  # Linux: TCP_DELACK_MIN
DEVICE = """
import asyncio, socket, sys
from time import ticks_diff, ticks_ms
from lilong_firmware.link import Link
from lilong_firmware.uptime import Uptime

class Listener:
    def connected(self, connection):
        for number in range({packets}):
            link.publish("al", b"alarm %d" % number, 1, False)
    def disconnected(self, why):
        link.connect(b"gone")
    def published(self):
        pass
    def received(self, cls, data, retained):
        pass

async def resolve(host, port):
    return socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]

link = Link(Listener(), "t", "a4cf12fffe0b3c5d", "127.0.0.1", {port}, 60, Uptime(ticks_ms, ticks_diff), resolve)
link.connect(b"gone")
async def main():
    running = asyncio.create_task(link.run())
    while link.connection <= {connections}:
        await asyncio.sleep_ms(10)
asyncio.run(main())
"""


def packet(peer: socket.socket) -> bytes:
    """The next whole MQTT packet of below 16,384 bytes; its TCP acknowledgement is put off each time."""

    def read(size: int) -> bytes:
        data = b""
        while len(data) < size:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
            more = peer.recv(size - len(data))
            assert more, "the device has gone"
            data += more
        return data

    head = read(2)
    if head[1] & 0x80:
        head += read(1)
    return head + read(head[1] & 0x7F | (head[2] << 7 if len(head) == 3 else 0))


def serve(listener: socket.socket, spans: list[float]) -> None:
    for _ in range(CONNECTIONS):
        peer, _ = listener.accept()
        with peer:
            peer.settimeout(10)
            assert packet(peer)[0] == 0x10
            peer.sendall(b"\x20\x02\x00\x00")
            asked = packet(peer)
            peer.sendall(b"\x90\x03" + asked[2:4] + b"\x01")
            packet(peer)
            first = time.monotonic()
            for _ in range(PACKETS - 1):
                packet(peer)
            spans.append(time.monotonic() - first)


@pytest.mark.skipif(available() is not None, reason="no MicroPython")
@pytest.mark.skipif(sys.platform != "linux", reason="TCP_QUICKACK is of Linux")
def test_an_alarm_behind_another_packet_does_not_wait_for_its_acknowledgement():
    spans: list[float] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        peer = threading.Thread(target=serve, args=(listener, spans))
        peer.start()
        run_micropython(
            DEVICE.format(packets=PACKETS, connections=CONNECTIONS, port=listener.getsockname()[1]), heap="1m"
        )
        peer.join()
    assert len(spans) == CONNECTIONS
    assert min(spans) < PUT_OFF_S / 2, spans

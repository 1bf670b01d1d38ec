"""A backend's connection: what it decides on before its subscription is confirmed leaves all the same."""

import asyncio

from backend_world import run
from lilong_protocol.mqtt_packets import PacketStream, publish_packet, read_publish
from lilong_protocol.pc import mqtt_server
from lilong_protocol.pc.backend.address import address_of
from lilong_protocol.pc.backend.pump import Pump
from lilong_protocol.pc.decided import Publish

CONNECT, PUBLISH, SUBSCRIBE = 1, 3, 8


class Broker(asyncio.Protocol, PacketStream):
    """Has kept a message for each client, and confirms no subscription before the answer to it is here."""

    def __init__(self, heard):
        PacketStream.__init__(self, 4_096)
        self.heard = heard
        self.asked = None
        self.answered = False

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        for first, buffer, at, end in self.packets(data):
            kind = first >> 4
            if kind == CONNECT:
                self.transport.write(mqtt_server.connack_packet(True) + publish_packet("u", b"kept", 1, False, 7))
            elif kind == SUBSCRIBE:
                self.asked = mqtt_server.read_subscribe(buffer, at, end)
            elif kind == PUBLISH:
                self.heard.put_nowait(read_publish(first, buffer, at, end)[:2])
                self.answered = True
        if self.asked is not None and self.answered:
            pid, filters = self.asked
            self.asked = None
            self.transport.write(mqtt_server.suback_packet(pid, [1 for _ in filters]))


class Answers:
    """Answers each message at once."""

    deadline = None

    def __init__(self):
        self.publishes = []

    def receive(self, _now, _topic, payload, _retained):
        self.publishes.append(Publish("d", b"answer to " + payload, 1, False))

    def take(self):
        publishes, self.publishes = self.publishes, []
        return publishes


def test_what_the_broker_has_kept_is_answered_before_the_subscription_is_confirmed():
    async def scenario():
        heard = asyncio.Queue()
        server = await asyncio.get_running_loop().create_server(lambda: Broker(heard), "127.0.0.1", 0)
        pump = Pump(Answers())
        port = server.sockets[0].getsockname()[1]
        address = address_of(f"mqtt://127.0.0.1:{port}", None, None, None, False)
        pump.connect(address, "backend", ["estate"], classes=["st"])
        links = asyncio.create_task(pump.run())
        try:
            await pump.wait()
            work = pump.decide()
            pump.finish(work.arrivals, work.batch)
            answer = await heard.get()
            await pump.connected.wait()
        finally:
            links.cancel()
            await asyncio.wait([links])
            server.close()
        return answer

    assert run(scenario(), 10) == ("d", b"answer to kept")

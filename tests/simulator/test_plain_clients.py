"""Plain clients: their pace is the clock's, whatever the broker does; what becomes of each message is told."""

import socket

from board_case import in_loop
from fleet_case import Peer, Told, soon
from lilong_protocol.pc.mqtt_server import connack_packet
from lilong_simulator.fleet.live import PLAIN, Login, PlainClients, Target
from lilong_simulator.fleet.live.plain import BACKOFF_MS, KEEPALIVE_S
from lilong_tools.broker.embedded import EmbeddedBroker

NAMES = [f"client-{number}" for number in range(10)]


class Case:
    """Ten clients and the clock of the test."""

    def __init__(self, port, names=NAMES, qos=1, **options):
        self.now = 0.0
        self.told = Told()
        self.clients = PlainClients(Target("127.0.0.1", port, **options), self.told, b"x" * 50, qos, lambda: self.now)
        for name in names:
            self.clients.add(name)
        self.count = len(names)

    async def online(self):
        await soon(lambda: len(self.told.online) == self.count)

    def of(self, what):
        return self.told.of(what)


@in_loop
async def test_messages_are_due_evenly_and_go_round_the_clients():
    async with EmbeddedBroker() as broker:
        broker.record(100)
        case = Case(broker.port)
        await case.online()
        case.clients.publish(1_000)
        case.now = 20.5
        await soon(lambda: len(case.of("puback")) == 21)
        assert case.of("sent") == [(NAMES[at % 10], PLAIN, float(at)) for at in range(21)]
        assert sorted(case.of("puback")) == sorted(case.of("sent"))
        assert {(message.topic, message.payload) for message in broker.log} == {
            (f"lilong-plain/{name}", b"x" * 50) for name in NAMES
        }
        case.clients.publish(0)
        case.now = 1_000
        await case.clients.close()
        assert len(case.of("sent")) == 21


@in_loop
async def test_a_stall_of_the_process_delays_messages_and_not_the_times_for_which_they_were_due():
    async with EmbeddedBroker() as broker:
        case = Case(broker.port, qos=0)
        await case.online()
        case.clients.publish(100)
        case.now = 5_000.0
        await soon(lambda: len(case.of("sent")) == 501)
        assert [due for _, _, due in case.of("sent")] == [10.0 * at for at in range(501)]
        assert not case.of("puback")
        await case.clients.close()


@in_loop
async def test_messages_that_a_stalled_broker_leaves_no_room_for_are_skipped_and_told():
    async with EmbeddedBroker() as broker:
        case = Case(broker.port, NAMES[:1])
        await case.online()
        broker.drop_pubacks(1_000)
        case.clients.publish(1_000)
        case.now = 99.5
        await soon(lambda: len(case.of("sent")) + len(case.of("skipped")) == 100)
        assert len(case.of("sent")) == 32
        await case.clients.close()
        assert len(case.of("lost")) == 32


@in_loop
async def test_a_client_that_loses_its_broker_comes_back_after_a_drawn_wait():
    async with EmbeddedBroker() as broker:
        case = Case(broker.port)
        await case.online()
        for name in NAMES:
            broker.drop(name)
        await soon(lambda: not case.told.online)
        assert case.clients.troubles == {"closed by the broker": 10}
        waits = {member.due for member in case.clients.members.values()}
        assert len(waits) > 1
        assert max(waits) < BACKOFF_MS
        case.now = BACKOFF_MS
        case.clients.run_due()
        await case.online()
        await case.clients.close()


@in_loop
async def test_an_idle_client_pings_and_a_frozen_broker_is_found_out():
    async with EmbeddedBroker() as broker:
        case = Case(broker.port, NAMES[:1])
        await case.online()
        case.now = KEEPALIVE_S * 750.0
        case.clients.run_due()
        await soon(lambda: not case.clients.members[NAMES[0]].mqtt.in_flight)
        broker.freeze()
        case.now = 2 * KEEPALIVE_S * 750.0
        case.clients.run_due()
        case.now += 20_000
        case.clients.run_due()
        assert list(case.clients.troubles) == ["no PINGRESP in 20000 ms: frozen broker or dead link, connect anew"]
        await case.clients.close()


@in_loop
async def test_why_clients_cannot_connect_is_told():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        case = Case(port, NAMES[:1])
        await soon(lambda: case.clients.troubles)
        assert list(case.clients.troubles) == [f"no connection to 127.0.0.1:{port}: Connection refused"]
        await case.clients.close()
    async with Peer(connack_packet(False, 4)) as broker:
        case = Case(broker.port, NAMES[:1], login=lambda _: Login("estate", b"wrong"))
        await soon(lambda: case.clients.troubles)
        (why,) = case.clients.troubles
        assert why == "the broker refuses the connection: wrong user name or password (CONNACK code 4)"
        await case.clients.close()

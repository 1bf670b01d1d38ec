"""A live fleet against brokers that misbehave: the clock is the test's, the connections are real."""

import socket
from types import SimpleNamespace

import pytest
from board_case import in_loop
from fleet_case import MINUTE, Case, Peer, Wire, soon
from hosts import BOOT, DEVICE, TENANT, Account, Ears, the_device
from lilong_firmware import link
from lilong_firmware.device import Device, Identity
from lilong_firmware.draws import Draws
from lilong_firmware.effects import NEVER
from lilong_firmware.kinds import rules
from lilong_firmware.rules import Rules
from lilong_firmware.session import BACKOFF_BASE_MS, CONNECT_TIMEOUT_MS
from lilong_firmware.store import RamStore
from lilong_protocol import frame, topics
from lilong_protocol.mqtt_packets import publish_packet
from lilong_protocol.pc.mqtt_server import connack_packet, suback_packet
from lilong_simulator.fleet.live import LiveFleet, Login, Target
from lilong_simulator.fleet.live.crowd import STEP_SLICE
from lilong_simulator.fleet.live.link import IN_FLIGHT

OTHER = "a4cf12fffe0b3c5e"


@in_loop
async def test_a_device_whose_broker_is_away_tries_again_and_says_why():
    with socket.socket() as held:  # bound, so that nobody else gets the port, and deaf
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        case = Case("door", port)
        await soon(lambda: case.fleet.troubles)
        (why,) = case.fleet.troubles
        assert why.startswith(f"no connection to 127.0.0.1:{port}: ")
        case.goes_to(case.member.due)
        await soon(lambda: case.fleet.troubles[why] == 2)
        await case.fleet.close()


@in_loop
async def test_a_refused_login_is_told_by_its_code():
    async with Peer(connack_packet(False, 5)) as broker:
        case = Case("door", broker.port)
        await soon(lambda: case.fleet.troubles)
        assert list(case.fleet.troubles) == ["the broker refuses the connection: not authorized (CONNACK code 5)"]
        assert not case.ears.online
        await case.fleet.close()


@in_loop
async def test_a_refused_subscription_is_told():
    async with Peer(connack_packet(False), suback_packet(1, [0x80])) as broker:
        case = Case("door", broker.port)
        await soon(lambda: case.fleet.troubles)
        assert list(case.fleet.troubles) == ["the broker refuses the subscription to d/#"]
        await case.fleet.close()


@in_loop
async def test_a_broker_that_breaks_mqtt_loses_the_device_and_is_told_how():
    async with Peer(b"\xd0\x00") as broker:
        case = Case("door", broker.port)
        await soon(lambda: case.fleet.troubles)
        assert list(case.fleet.troubles) == ["PINGRESP of 0 bytes is no CONNACK"]
        await case.fleet.close()


class Attentive(Device):
    """A device that keeps in which order it was told."""

    __slots__ = ("told",)

    def received(self, now, cls, data, retained):
        self.told.append(data)
        super().received(now, cls, data, retained)

    def disconnected(self, now):
        self.told.append("disconnected")
        super().disconnected(now)


@in_loop
async def test_what_came_before_a_fault_is_heard_before_the_link_is_lost():
    """As on a board: a message, and in the same piece of the stream something that is no MQTT."""
    message = publish_packet(topics.down(TENANT, DEVICE, topics.COMMAND), b"a command", 0, False, 0)
    async with Peer(connack_packet(False), suback_packet(1, [1]) + message + b"\xf0\x00") as broker:
        case = Case("door", broker.port, device=Attentive)
        case.device.told = []
        await soon(lambda: case.fleet.troubles)
        assert case.device.told == [b"a command", "disconnected"]
        await case.fleet.close()


@in_loop
async def test_a_frozen_broker_is_given_up_and_tried_again():
    async with Wire() as wire:
        wire.broker.freeze()
        case = Case("door", wire.broker.port)
        await soon(lambda: wire.broker.connections)
        case.goes_to(CONNECT_TIMEOUT_MS)
        assert case.member.connection is None
        wire.broker.thaw()
        case.goes_to(case.member.due)
        await soon(case.is_online)
        await soon(lambda: wire.kinds()[-1:] == [frame.BIRTH])
        await case.fleet.close()


@in_loop
async def test_a_device_that_waited_in_line_for_too_long_is_not_connected_behind_its_back():
    async with Wire() as wire:
        wire.broker.freeze()
        case = Case("door", wire.broker.port, opening=1)
        other = Device(Identity(TENANT, OTHER, bytes(32)), rules("door"), RamStore(), Draws(b"other"), False, BOOT)
        case.fleet.add(OTHER, other, 0)
        await soon(lambda: wire.broker.connections)
        case.goes_to(CONNECT_TIMEOUT_MS)
        assert [member.connection for member in case.fleet.members.values()] == [None, None]
        wire.broker.thaw()
        case.goes_to(CONNECT_TIMEOUT_MS + BACKOFF_BASE_MS)
        await soon(lambda: {DEVICE, OTHER} <= wire.broker.sessions.keys() and case.is_online())
        assert case.now == CONNECT_TIMEOUT_MS + BACKOFF_BASE_MS
        assert len(wire.broker.connections) == 2
        assert not case.fleet.troubles
        await case.fleet.close()


@in_loop
async def test_the_end_of_an_old_connection_does_not_end_the_new_one():
    async with Wire() as wire:
        case = Case("door", wire.broker.port)
        await soon(case.is_online)
        old = case.member.connection
        wire.broker.drop(DEVICE)
        await soon(lambda: not case.ears.online)
        case.goes_to(MINUTE)
        await soon(case.is_online)
        old.fail("again")
        assert case.is_online()
        assert case.fleet.troubles == {"closed by the broker": 1}
        await case.fleet.close()


@in_loop
async def test_a_broker_that_acknowledges_nothing_is_not_drowned():
    """Frames that are repeated anyway are skipped while too many wait; on a board memory would end."""
    assert IN_FLIGHT == link.IN_FLIGHT
    async with Wire() as wire:
        case = Case("manhole", wire.broker.port)
        await soon(case.is_online)
        wire.broker.drop_pubacks(1_000)
        client = case.member.mqtt
        for at in range(1, 200):
            case.fleet.sense(DEVICE, "water", (90, 2_000)[at % 2])
            case.fleet.sense(DEVICE, "h2s", (80, 0)[at % 2])
            case.goes_to(at * 10)
            case.device.outbox.renew(case.now)
            case.fleet.sense(DEVICE, "tilt", 0)
        assert client.in_flight <= IN_FLIGHT
        assert case.ears.online
        await case.fleet.close()


@in_loop
async def test_a_message_on_a_topic_of_somebody_else_is_not_heard():
    async with Wire() as wire:
        case = Case("door", wire.broker.port)
        await soon(case.is_online)
        (connection,) = wire.broker.connections
        connection.transport.write(publish_packet("other/d/cm", b"x", 0, False, 0))
        connection.transport.write(publish_packet(topics.down(TENANT, DEVICE, "cm"), b"x", 0, False, 0))
        await soon(lambda: case.device.downlink.rejected)
        assert case.device.downlink.rejected == 1
        await case.fleet.close()


@in_loop
async def test_what_sensors_read_at_power_on_is_no_change():
    async with Wire() as wire:
        case = Case("streetlight", wire.broker.port, {"lux": 3})
        await soon(case.is_online)
        assert case.account.outputs == [("failure_level", 100), ("lamp", 100)]
        await soon(lambda: wire.kinds() == [frame.BIRTH])
        await case.fleet.close()


@in_loop
async def test_a_device_that_burns_leaves_its_will_and_is_never_heard_of_again():
    async with Wire() as wire:
        case = Case("door", wire.broker.port)
        await soon(case.is_online)
        case.fleet.destroy(DEVICE)
        await soon(lambda: frame.DEATH in wire.kinds())
        assert not case.ears.online
        case.fleet.sense(DEVICE, "contact", 1)
        case.now = 10 * MINUTE
        case.fleet.run_due()
        assert case.account.notes == []
        assert wire.kinds() == [frame.BIRTH, frame.DEATH]
        assert not case.fleet.troubles
        await case.fleet.close()


@in_loop
async def test_a_fleet_that_closes_leaves_no_will():
    async with Wire() as wire:
        case = Case("door", wire.broker.port)
        await soon(case.is_online)
        await case.fleet.close()
        await soon(lambda: not wire.broker.connections)
        assert wire.kinds() == [frame.BIRTH]
        case.now = 10 * MINUTE
        case.fleet.run_due()
        assert wire.kinds() == [frame.BIRTH]


@in_loop
async def test_the_fleets_own_lag_is_told():
    async with Wire() as wire:
        case = Case("door", wire.broker.port)
        await soon(case.is_online)
        case.lags.clear()
        due = min(case.device.deadline, case.member.mqtt.deadline)
        case.now = due + 250
        case.fleet.run_due()
        assert case.lags[0] == 250
        await case.fleet.close()


class Clockwork:
    """No device, but it is due at 1 s."""

    rules = Rules

    def __init__(self):
        self.out = []
        self.deadline = 1_000
        self.epoch = 1
        self.uplink = SimpleNamespace(_start="")

    def start(self, now):
        pass

    def step(self, now):
        self.deadline = NEVER


@in_loop
async def test_however_many_are_due_at_once_sockets_have_their_turn_and_nobody_is_forgotten():
    lags = []
    ears = Ears(Account())
    ears.lag = lags.append
    now = 0
    fleet = LiveFleet(TENANT, Target("127.0.0.1", 1), ears, lambda: now)
    for number in range(3 * STEP_SLICE + 1):
        fleet.add(str(number), Clockwork(), 0)
    now = 1_000
    fleet.run_due()
    assert len(lags) == STEP_SLICE
    await soon(lambda: len(lags) == 3 * STEP_SLICE + 1)
    assert {member.device.deadline for member in fleet.members.values()} == {NEVER}
    await fleet.close()


@in_loop
async def test_without_a_clock_of_the_test_time_is_the_loops_own():
    async with Wire() as wire:
        account = Account()
        fleet = LiveFleet(TENANT, Target("127.0.0.1", wire.broker.port), Ears(account))
        fleet.add(DEVICE, the_device("smoke", None, polls=False), fleet.now(), {"tamper": 1})
        await soon(lambda: frame.RAISE in wire.kinds())
        assert wire.kinds()[:2] == [frame.BIRTH, frame.RAISE]
        await fleet.close()


@pytest.mark.parametrize("username", [None, "estate"])
@in_loop
async def test_the_fleet_logs_in_with_the_name_that_it_was_given(username):
    async with Peer(connack_packet(False)) as broker:
        case = Case("door", broker.port, login=lambda _: Login(username, b"secret" if username else None))
        await soon(lambda: broker.got)
        assert (b"estate" in broker.got[0]) == (b"secret" in broker.got[0]) == (username is not None)
        assert DEVICE.encode() in broker.got[0]
        await case.fleet.close()

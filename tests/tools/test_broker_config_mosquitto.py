"""A real mosquitto with the files of `lilong broker-config`: what a device may do there, and what it may not."""

import asyncio
import contextlib
import socket

import aiomqtt
import pytest
from hardened_broker import ALICE, BOB, TENANT, hardened_broker, root, trusting
from lilong_protocol import topics
from lilong_protocol.keys import broker_password, device_root
from lilong_protocol.mqtt import CONNECTED
from lilong_tools.broker import BrokerError, parse_url, probe
from mqtt_peer import Peer, next_message, now_ms, run

pytestmark = pytest.mark.spec("LIL-SEC-001", "LIL-SEC-002")

ALL_UP = topics.all_up_filter(TENANT)
FENCE = b"the fence"  # comes after all that was published before it


def up(device, cls="ev"):
    return topics.up(TENANT, device, cls)


def down(device, cls="cm"):
    return topics.down(TENANT, device, cls)


async def heard(client, fence=FENCE):
    """The (topic, payload) that a subscriber got before the fence."""
    got = []
    async for message in client.messages:
        if message.payload == fence:
            return got
        got.append((message.topic.value, message.payload))
    raise AssertionError("the connection ended before the fence")


async def refused(client):
    """The connection is refused: why."""
    with pytest.raises(aiomqtt.MqttError) as caught:
        async with client:
            pass
    return str(caught.value)


def test_a_device_speaks_under_its_own_name_and_under_no_other(tmp_path):
    async def scenario():
        async with hardened_broker(tmp_path) as broker, broker.centre() as centre, broker.device(ALICE) as alice:
            await centre.subscribe([(ALL_UP, 1), ("#", 1)])
            for topic in (up(BOB, "al"), up(BOB, "st"), down(BOB), down(ALICE), up("+" * 16), "lilong/1/other/x/u/al"):
                if "+" not in topic:
                    await alice.publish(topic, b"forged", 1, retain="st" in topic)
            await alice.publish(up(ALICE, "al"), b"mine", 1)
            await alice.publish(up(ALICE), FENCE, 1)
            return await heard(centre)

    assert run(scenario()) == [(up(ALICE, "al"), b"mine")]


def test_a_will_under_another_name_reaches_nobody(tmp_path):
    async def scenario():
        async with hardened_broker(tmp_path) as broker, broker.centre() as centre:
            await centre.subscribe(ALL_UP, 1)
            for victim in (ALICE, BOB):
                will = aiomqtt.Will(up(victim, "st"), b"dead", 1, True)
                with contextlib.suppress(aiomqtt.MqttError):  # refused at once is as good
                    async with broker.device(ALICE, will=will), broker.device(ALICE) as again:
                        await again.publish(up(ALICE), b"again", 1)  # the one before has ended, its will is due
            async with broker.device(ALICE) as alice:
                await alice.publish(up(ALICE), FENCE, 1)
                return [topic for topic, payload in await heard(centre) if payload == b"dead"]

    assert run(scenario()) == [up(ALICE, "st")]


def test_a_device_hears_its_own_downlinks_and_no_others(tmp_path):
    async def scenario():
        async with hardened_broker(tmp_path) as broker, broker.centre() as centre, broker.device(ALICE) as alice:
            for device in ("+", BOB, ALICE):
                await alice.subscribe(topics.down_filter(TENANT, device), 1)
            for everything in ("#", "lilong/#", ALL_UP):
                await alice.subscribe(everything, 1)
            async with broker.device(BOB) as bob:
                await bob.publish(up(BOB), b"secret of Bob", 1)
            await centre.publish(down(BOB), b"unlock Bob's door", 1)
            await centre.publish(down(ALICE, "ak"), b"stored", 1)
            await centre.publish(down(ALICE), FENCE, 1)
            return set(await heard(alice))

    assert run(scenario()) == {(down(ALICE, "ak"), b"stored")}


@pytest.mark.spec("LIL-TOPIC-003")
def test_no_device_account_leaves_a_retained_command_behind(tmp_path):
    async def scenario():
        async with hardened_broker(tmp_path) as broker, broker.centre() as centre:
            async with broker.device(ALICE) as alice:
                await alice.publish(down(ALICE), b"unlock", 1, retain=True)
                await alice.publish(down(BOB), b"unlock", 1, retain=True)
            async with broker.device(BOB) as bob:
                await bob.subscribe(topics.down_filter(TENANT, BOB), 1)
                await centre.publish(down(BOB), FENCE, 1)
                return await heard(bob)

    assert run(scenario()) == []


def test_the_backend_does_not_speak_for_a_device(tmp_path):
    async def scenario():
        async with hardened_broker(tmp_path) as broker, broker.centre() as centre, broker.device(ALICE) as alice:
            await centre.subscribe(ALL_UP, 1)
            await centre.publish(up(ALICE, "al"), b"forged", 1)
            await alice.publish(up(ALICE), FENCE, 1)
            return await heard(centre)

    assert run(scenario()) == []


def test_nobody_logs_in_without_the_password_of_that_very_name(tmp_path):
    async def scenario():
        async with hardened_broker(tmp_path) as broker:
            strange = broker_password(device_root(bytes(32), TENANT, ALICE))  # of another estate key
            return [
                await refused(broker.device(ALICE, password=password))
                for password in (strange, "", None, broker_password(root(BOB)), root(ALICE).hex())
            ] + [
                await refused(broker.device(ALICE, username=None, password=None)),
                await refused(broker.device("0" * 16)),
                await refused(broker.device("centre", password="centre")),
            ]

    assert all("ot authori" in why or "Not authorized" in why for why in run(scenario(), 60))


def test_nobody_connects_without_tls(tmp_path):
    async def scenario():
        async with hardened_broker(tmp_path) as broker:
            for port in (broker.port, broker.backend_port):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"\x10\x0e\x00\x04MQTT\x04\x02\x00\x3c\x00\x02ab")
                said = b""
                with contextlib.suppress(ConnectionResetError):
                    said = await reader.read()
                writer.close()
                assert b"\x20\x02" not in said, "a CONNACK"
            with pytest.raises(BrokerError):
                await probe("127.0.0.1", broker.port, ALICE, broker_password(root(ALICE)).encode())

    run(scenario())


def test_a_password_alone_opens_no_backend(tmp_path):
    async def scenario():
        async with hardened_broker(tmp_path) as broker:
            login = (broker.backend.username, broker.backend.password.encode())
            files = f"ca={tmp_path}/ca.crt&cert={tmp_path}/{{0}}.crt&key={tmp_path}/{{0}}.key"
            urls = {name: f"mqtts://h?{files.format(name)}" for name in ("backend", "server")}
            contexts = {name: parse_url(url).tls.context() for name, url in urls.items()}
            await probe("127.0.0.1", broker.backend_port, *login, tls=contexts["backend"])
            for context in (trusting(tmp_path), contexts["server"]):  # none, and one signed for another purpose
                with pytest.raises(BrokerError):
                    await probe("127.0.0.1", broker.backend_port, *login, tls=context)

    run(scenario())


def test_nobody_else_is_taken_for_the_broker(tmp_path):
    async def scenario():
        async with hardened_broker(tmp_path / "ours") as broker:
            there = broker.backend
            with pytest.raises(BrokerError, match="cannot prove"):
                await probe("127.0.0.1", broker.port, tls=parse_url("mqtts://h").tls.context())
            with pytest.raises(BrokerError, match="cannot prove"):  # the certificate is not for this address
                await probe("127.0.0.2", broker.port, tls=there.tls.context())
            return await probe("localhost", broker.backend_port, there.username, there.password.encode(),
                               tls=there.tls.context())  # fmt: skip

    assert run(scenario()).startswith("mosquitto 2.")


def test_a_device_cannot_end_the_session_of_another_under_its_client_id(tmp_path):
    async def scenario():
        async with hardened_broker(tmp_path) as broker, broker.centre() as centre, broker.device(BOB) as bob:
            await bob.subscribe(topics.down_filter(TENANT, BOB), 1)
            async with broker.device(ALICE, identifier=BOB) as alice:
                await alice.publish(up(ALICE), b"connected", 1)
            await centre.publish(down(BOB), FENCE, 1)
            return await heard(bob)

    assert run(scenario()) == []


def test_what_is_longer_than_a_frame_is_not_passed_on(tmp_path):
    async def scenario():
        async with hardened_broker(tmp_path) as broker, broker.centre() as centre, broker.device(BOB) as bob:
            await centre.subscribe(ALL_UP, 1)
            async with broker.device(ALICE) as alice:
                await alice.publish(up(ALICE, "al"), bytes(1_024), 1)
                await alice.publish(up(ALICE, "al"), bytes(1_025), 1)
            loop = asyncio.get_running_loop()
            _, peer = await loop.create_connection(Peer, "127.0.0.1", broker.port, ssl=trusting(tmp_path))
            login = (ALICE, broker_password(root(ALICE)).encode())
            peer.transport.write(peer.client.connect(now_ms(), ALICE, 60, None, *login))
            await peer.wait_for(CONNECTED)
            peer.publish(up(ALICE, "al"), bytes(60_000))
            await peer.lost.wait()
            await bob.publish(up(BOB), FENCE, 1)
            return [len(payload) for _, payload in await heard(centre) if payload]

    assert run(scenario()) == [1_024]


def test_nothing_is_lost_while_the_backend_is_away_and_the_broker_restarts(tmp_path):
    """With mosquitto's defaults all but 1,020 would be acknowledged and gone."""

    async def scenario():
        async with hardened_broker(tmp_path) as broker:
            async with broker.centre(clean_session=False) as centre:
                await centre.subscribe(ALL_UP, 1)
            async with broker.device(ALICE) as alice:
                for number in range(1_500):
                    await alice.publish(up(ALICE, "al"), number.to_bytes(2, "big"), 1)
            await broker.restart()
            async with broker.centre(clean_session=False) as centre:
                return [int.from_bytes((await next_message(centre)).payload, "big") for _ in range(1_500)]

    assert run(scenario(), 120) == list(range(1_500))


def test_connections_that_never_log_in_leave_room_for_the_estate(tmp_path):
    async def scenario():
        async with hardened_broker(tmp_path) as broker:
            silent = [socket.create_connection(("127.0.0.1", broker.port)) for _ in range(60)]
            try:
                async with broker.device(ALICE), broker.device(BOB):
                    return True
            finally:
                for one in silent:
                    one.close()

    assert run(scenario())

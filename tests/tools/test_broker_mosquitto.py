"""mosquitto as we run it, the devices' client against it, and the choice of a broker for a run."""

import asyncio
import os
import signal
import socket
from pathlib import Path

import aiomqtt
import pytest
from lilong_protocol.mqtt import CONNECTED, MESSAGE, PUBLISHED, MqttTimeout
from lilong_tools.broker import Broker, BrokerError, Mosquitto, find_mosquitto, open_broker, parse_url, probe
from mqtt_peer import open_peer, peer_of, run

needs_mosquitto = pytest.mark.skipif(
    find_mosquitto() is None, reason="mosquitto is not installed: no mosquitto in PATH, /usr/sbin or /usr/local/sbin"
)


# ---- running it ----


@needs_mosquitto
def test_it_serves_until_the_block_ends_and_leaves_nothing_behind():
    async def scenario():
        async with Mosquitto() as mosquitto:
            pid, port = mosquitto.pid, mosquitto.port
            folder = mosquitto._folder
            assert os.getpgid(pid) == pid, "in a group of its own: Ctrl-C is for us to pass on"
            assert mosquitto.describe().startswith("mosquitto ")
            assert "running" in mosquitto.log()
        assert not Path(folder).exists()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        with pytest.raises(BrokerError, match=f"no broker at 127.0.0.1:{port}"):
            await probe("127.0.0.1", port)
        with pytest.raises(BrokerError, match="not running"):
            assert mosquitto.pid

    run(scenario())


@needs_mosquitto
def test_it_keeps_every_message_for_a_backend_that_is_slow():
    """With mosquitto's defaults all but 1,020 of these would be acknowledged and gone."""

    async def scenario():
        async with Mosquitto() as mosquitto, peer_of(mosquitto, "device") as device:
            options = {"identifier": "centre", "clean_session": False}
            async with aiomqtt.Client(mosquitto.host, mosquitto.port, **options) as centre:
                await centre.subscribe("u", 1)
            for i in range(3000):
                device.publish("u", i.to_bytes(2, "big"))
                await device.wait_for(PUBLISHED)
            async with aiomqtt.Client(mosquitto.host, mosquitto.port, **options) as centre:
                messages = aiter(centre.messages)
                return [int.from_bytes((await anext(messages)).payload, "big") for _ in range(3000)]

    assert run(scenario(), 60) == list(range(3000))


@needs_mosquitto
def test_a_port_in_use_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BrokerError, match=f"cannot listen on 127.0.0.1:{port} .*stop what holds the port"):
            run(Mosquitto(port).start())


def test_a_mosquitto_that_dies_is_reported_with_its_words(tmp_path):
    fake = tmp_path / "mosquitto"
    fake.write_text("#!/bin/sh\necho Error: unknown option set_tcp_nodelay >&2\nexit 3\n")
    fake.chmod(0o755)
    mosquitto = Mosquitto(binary=fake)
    with pytest.raises(BrokerError, match=r"(?s)ended with code 3 .*its log:\nError: unknown option set_tcp_nodelay"):
        run(mosquitto.start())
    assert mosquitto._folder is None


def test_a_mosquitto_that_cannot_be_run_is_named(tmp_path):
    (tmp_path / "mosquitto").write_text("not a program")
    with pytest.raises(BrokerError, match=f"cannot run {tmp_path}/mosquitto: Permission denied"):
        run(Mosquitto(binary=tmp_path / "mosquitto").start())


# ---- the devices' client against it ----


@needs_mosquitto
def test_the_devices_client_and_aiomqtt_hear_each_other_through_it():
    async def scenario():
        async with (
            Mosquitto() as mosquitto,
            aiomqtt.Client(mosquitto.host, mosquitto.port) as centre,
            peer_of(mosquitto, "d1") as device,
        ):
            await centre.subscribe("lilong/1/+/+/u/#", 1)
            assert await device.subscribe("lilong/1/t/d1/d/#", 1) == 1
            for qos in (0, 1):
                device.publish("lilong/1/t/d1/u/al", b"\x84" * 1024, qos)
                message = await anext(aiter(centre.messages))
                assert (str(message.topic), message.payload, message.qos) == ("lilong/1/t/d1/u/al", b"\x84" * 1024, qos)
                await centre.publish("lilong/1/t/d1/d/ak", b"stored", qos)
                assert await device.wait_for(MESSAGE) == (MESSAGE, "lilong/1/t/d1/d/ak", b"stored", qos, False)
            await device.wait_for(PUBLISHED)

    run(scenario())


@needs_mosquitto
def test_the_will_of_the_devices_client_is_published_and_retained_by_it():
    async def scenario():
        async with Mosquitto() as mosquitto:
            peer = await open_peer(mosquitto, "d1", 60, ("t/st", b"dead", 1, True))
            await peer.wait_for(CONNECTED)
            async with peer_of(mosquitto, "watcher") as watcher:
                await watcher.subscribe("t/st", 1)
                peer.transport.abort()
                assert await watcher.wait_for(MESSAGE) == (MESSAGE, "t/st", b"dead", 1, False)
                await watcher.subscribe("t/+", 1)
                assert await watcher.wait_for(MESSAGE) == (MESSAGE, "t/st", b"dead", 1, True)

    run(scenario())


@needs_mosquitto
def test_the_devices_client_notices_when_it_is_stopped():
    async def scenario():
        async with Mosquitto() as mosquitto:
            peer = await open_peer(mosquitto)
            await peer.wait_for(CONNECTED)
            os.kill(mosquitto.pid, signal.SIGSTOP)
            peer.publish("x")
            with pytest.raises(MqttTimeout, match="no PUBACK in 20000 ms"):
                peer.client.step(peer.client.deadline)
            peer.transport.abort()

    run(scenario())


# ---- the choice ----


def test_a_url_gives_host_port_and_login():
    assert parse_url("mqtt://broker.example") == Broker("external", "broker.example", 1883)
    assert parse_url("mqtt://10.0.0.7:8883/") == Broker("external", "10.0.0.7", 8883)
    assert parse_url("mqtt://[::1]:1884").host == "::1"
    full = parse_url("mqtt://a%40b:p%3Aw%2Fd@h:1")
    assert (full.username, full.password, full.host, full.port) == ("a@b", "p:w/d", "h", 1)
    assert "p:w" not in repr(full) + full.describe()


@pytest.mark.parametrize(
    "url", ["mqtt://h:1", "mqtt://[::1]:1884", "mqtt://a%40b:p%3Aw%2Fd@h:1", "mqtt://user@h:1", "mqtt://u:@h:1"]
)
def test_a_broker_gives_the_url_it_was_given_by(url):
    assert parse_url(url).url == url


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("localhost:1883", "'localhost:1883' has no scheme that is spoken here"),
        ("mqttss://h", "'mqttss://h' has no scheme that is spoken here"),
        ("http://h", "no scheme"),
        ("", "no scheme"),
        ("mqtt://", "names no host"),
        ("mqtt://:1883", "names no host"),
        ("mqtt://h:0", "names no port"),
        ("mqtt://h:70000", "out of range"),
        ("mqtt://h:mqtt", "could not be cast"),
        ("mqtt://[::1", "Invalid IPv6"),
        ("mqtt://h/topic", "something behind host and port"),
        ("mqtt://h?x=1", "something behind host and port"),
        ("mqtt://:secret@h", "'h' has a password and no user"),
    ],
)
def test_any_other_url_is_refused_with_the_form_that_is_wanted(url, fault):
    with pytest.raises(BrokerError) as caught:
        parse_url(url)
    assert fault in str(caught.value)
    assert "mqtt://[user:password@]host[:port]" in str(caught.value)
    assert "secret" not in str(caught.value)


async def opened(*args, **options):
    async with open_broker(*args, **options) as broker:
        async with peer_of(broker) as peer:
            await peer.subscribe("x", 1)
        return broker


@needs_mosquitto
def test_without_a_url_it_is_mosquitto_where_there_is_one():
    broker = run(opened(None))
    assert broker.kind == "mosquitto"
    assert broker.describe() == f"{broker.version} at 127.0.0.1:{broker.port}"


def test_without_a_url_it_is_the_embedded_one_where_there_is_no_mosquitto(monkeypatch):
    monkeypatch.setattr("lilong_tools.broker.find_mosquitto", lambda: None)
    assert run(opened(None)).kind == "embedded"


def test_asking_for_a_mosquitto_that_is_not_installed_says_what_to_do(monkeypatch):
    monkeypatch.setattr("lilong_tools.broker.mosquitto.find_mosquitto", lambda: None)
    with pytest.raises(BrokerError, match="not installed: install it"):
        run(opened(None, kind="mosquitto"))


def test_with_a_url_it_is_the_external_one_with_its_version():
    async def scenario():
        async with open_broker(None, kind="embedded") as ours:
            return await opened(f"mqtt://user:secret@127.0.0.1:{ours.port}")

    broker = run(scenario())
    assert (broker.kind, broker.version) == ("external", "lilong embedded broker 1.0")
    assert (broker.username, broker.password) == ("user", "secret")
    assert broker.describe() == f"lilong embedded broker 1.0 at 127.0.0.1:{broker.port} (external)"


def test_an_external_broker_that_is_down_is_named_with_the_remedy():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(BrokerError, match=rf"no broker at 127.0.0.1:{port} \(.*\): start it, or correct host and port"):
        run(opened(f"mqtt://127.0.0.1:{port}"))


def test_a_url_beside_a_port_is_refused():
    with pytest.raises(BrokerError, match="leave out the port"):
        run(opened("mqtt://127.0.0.1", 1883))


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (b"\x20\x02\x00\x05", "refused the login: not authorized; check user and password"),
        (b"\x20\x02\x00\x04", "refused the login: wrong user name or password"),
        (b"\x20\x02\x00\x03", "the broker is unavailable (CONNACK code 3); see in the broker's log and limits"),
        (b"\x20\x03\x00\x84\x00", "unsupported protocol version (CONNACK code 0x84); devices speak MQTT 3.1.1"),
        (b"HTTP/1.1 400 Bad Request\r\n", "does not speak MQTT 3.1.1"),
        (b"", "closed before the login was accepted"),
        (None, "no answer from a broker at 127.0.0.1:"),
    ],
)
def test_what_is_no_broker_or_refuses_the_login_is_named(answer, fault):
    async def scenario():
        async def reply(reader, writer):
            try:
                await reader.read(10)
                if answer is None:
                    await reader.read()
                else:
                    writer.write(answer)
            finally:
                writer.close()

        async with await asyncio.start_server(reply, "127.0.0.1", 0) as server:
            await probe("127.0.0.1", server.sockets[0].getsockname()[1], timeout_s=0.2 if answer is None else 5)

    with pytest.raises(BrokerError) as caught:
        run(scenario())
    assert fault in str(caught.value)


def test_a_broker_that_cuts_whoever_looks_at_sys_is_a_broker_all_the_same():
    async def scenario():
        async def reply(reader, writer):
            await reader.read(10)
            writer.write(b"\x20\x02\x00\x00")
            await reader.readuntil(b"$SYS")
            writer.close()

        async with await asyncio.start_server(reply, "127.0.0.1", 0) as server:
            return await probe("127.0.0.1", server.sockets[0].getsockname()[1])

    assert run(scenario()) == "version unknown"

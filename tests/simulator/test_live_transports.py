"""Devices of a live fleet over TLS, WebSocket and several addresses, each as whom it is: real brokers, real time."""

import asyncio
import socket
import subprocess

import pytest
import uvloop
from board_case import in_loop
from fleet_case import DEVICES, Secured, fleet_at, says_everything, target, until, web_socket_before
from lilong_simulator.fleet.live import Certificates, CredentialsError, Login, Passwords
from lilong_simulator.fleet.live import dialer as dialing
from lilong_simulator.fleet.live.hub import EpollHub, LoopHub
from lilong_tools.broker import Mosquitto, find_mosquitto
from lilong_tools.broker.embedded import EmbeddedBroker


@pytest.fixture
def secured(tmp_path):
    return Secured(tmp_path)


@pytest.mark.skipif(find_mosquitto() is None, reason="mosquitto is not installed")
@pytest.mark.parametrize("hub", [EpollHub, LoopHub])
@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_devices_connect_on_either_event_loop_with_and_without_epoll(run, hub, monkeypatch):
    monkeypatch.setattr(dialing, "hub", hub)

    async def case():
        async with Mosquitto() as broker, fleet_at(target(broker.port)) as fleet:
            await says_everything(fleet)

    run(case())


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_devices_connect_over_tls(run, secured):
    async def case():
        async with secured.mosquitto() as port, fleet_at(target(port, tls=secured.context())) as fleet:
            await says_everything(fleet)

    run(case())


@in_loop
async def test_a_broker_that_wants_certificates_gets_the_fleet_s(secured):
    secured.certify("fleet")
    async with (
        secured.mosquitto("require_certificate true") as port,
        fleet_at(target(port, tls=secured.context("fleet"))) as fleet,
    ):
        await says_everything(fleet)


@in_loop
async def test_a_broker_that_wants_certificates_gets_each_device_s_own(secured):
    """mosquitto takes the user name from the certificate, and lets each publish under its own name only."""
    for name in DEVICES[:3]:
        secured.certify(name)
    access = secured.folder / "access"
    access.write_text("pattern readwrite lilong/1/music_plaza/%u/#\n")
    rules = ("require_certificate true", "use_identity_as_username true", f"acl_file {access}")
    async with secured.mosquitto(*rules) as port:
        own = Certificates(secured.folder, secured.ca)
        async with fleet_at(target(port, tls=own), DEVICES[:3]) as fleet:
            await says_everything(fleet, DEVICES[:3])
        async with fleet_at(target(port, tls=own), DEVICES[3:4]) as fleet:
            await until(lambda: fleet.troubles)
            assert list(fleet.troubles) == [
                f"DEVICE.crt and DEVICE.key in {secured.folder}: No such file or directory"
            ]


@in_loop
async def test_a_broker_that_wants_a_certificate_and_gets_none_is_told_as_such(secured):
    async with (
        secured.mosquitto("require_certificate true") as port,
        fleet_at(target(port, tls=secured.context()), DEVICES[:1]) as fleet,
    ):
        await until(lambda: fleet.troubles)
        (why,) = fleet.troubles
        assert why == f"no TLS with 127.0.0.1:{port}: tlsv13 alert certificate required"


@in_loop
async def test_a_broker_that_is_not_who_it_says_is_told_as_such(secured, tmp_path_factory):
    stranger = Secured(tmp_path_factory.mktemp("stranger"))
    async with (
        secured.mosquitto() as port,
        fleet_at(target(port, tls=stranger.context()), DEVICES[:1]) as fleet,
    ):
        await until(lambda: fleet.troubles)
        (why,) = fleet.troubles
        assert why.startswith(f"no TLS with 127.0.0.1:{port}: ")
        assert "certificate" in why


@in_loop
async def test_plain_mqtt_to_a_port_of_tls_and_the_reverse_are_told(secured):
    async with secured.mosquitto() as port, EmbeddedBroker() as plain:
        async with fleet_at(target(port), DEVICES[:1]) as fleet:
            await until(lambda: fleet.troubles)
        async with fleet_at(target(plain.port, tls=secured.context()), DEVICES[:1]) as fleet:
            await until(lambda: fleet.troubles)
            (why,) = fleet.troubles
            assert why.startswith(f"no TLS with 127.0.0.1:{plain.port}: ") or why == "closed by the broker"


@pytest.mark.parametrize("cut", [None, 1])
@in_loop
async def test_devices_connect_over_web_socket_however_its_messages_are_cut(cut):
    async with EmbeddedBroker() as broker, web_socket_before(broker.port, cut=cut) as port:
        async with fleet_at(target(port, path="/mqtt")) as fleet:
            await says_everything(fleet)
        await until(lambda: not broker.connections)


@in_loop
async def test_devices_connect_over_web_socket_and_tls(secured):
    async with (
        EmbeddedBroker() as broker, web_socket_before(broker.port, secured.server_context()) as port,
        fleet_at(target(port, path="/mqtt", tls=secured.context())) as fleet,
    ):
        await says_everything(fleet)


@in_loop
async def test_a_server_that_speaks_no_mqtt_over_web_socket_is_told_as_such():
    async with (
        EmbeddedBroker() as broker, web_socket_before(broker.port, subprotocols=None) as port,
        fleet_at(target(port, path="/mqtt"), DEVICES[:1]) as fleet,
    ):
        await until(lambda: fleet.troubles)
        assert list(fleet.troubles) == [
            "upgrade to WebSocket: the server does not speak mqtt over it; check port and path"
        ]


@in_loop
async def test_web_socket_to_a_port_of_mqtt_is_told():
    async with EmbeddedBroker() as broker, fleet_at(target(broker.port, path="/mqtt"), DEVICES[:1]) as fleet:
        await until(lambda: fleet.troubles)
        assert list(fleet.troubles) == ["closed by the broker"]


@in_loop
async def test_connections_come_from_each_source_address_in_turn():
    sources = ("127.0.0.2", "127.0.0.3")
    async with EmbeddedBroker() as broker, fleet_at(target(broker.port, sources=sources)) as fleet:
        await says_everything(fleet)
        peers = [one.transport.get_extra_info("peername")[0] for one in broker.connections]
        assert sorted(peers) == [source for source in sources for _ in range(len(DEVICES) // 2)]


@in_loop
async def test_a_source_address_that_is_not_ours_is_told():
    async with EmbeddedBroker() as broker, fleet_at(target(broker.port, sources=("192.0.2.1",)), DEVICES[:1]) as fleet:
        await until(lambda: fleet.troubles)
        (why,) = fleet.troubles
        assert why == (
            f"no connection to 127.0.0.1:{broker.port}: Cannot assign requested address: no local port is left at the "
            "source addresses, or one is not of this machine"
        )


@in_loop
async def test_a_name_that_has_no_address_is_told(monkeypatch):
    async def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    async with fleet_at(dialing.Target("broker.invalid", 1883), DEVICES[:2]) as fleet:
        await until(lambda: sum(fleet.troubles.values()) >= 2)
        assert list(fleet.troubles) == ["no connection to broker.invalid:1883: Name or service not known"]


@in_loop
async def test_of_a_host_with_several_addresses_the_one_that_answers_is_taken(monkeypatch):
    async def several(_, port, **__):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (there, port)) for there in ("127.0.0.9", "127.0.0.1")]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", several)
    async with EmbeddedBroker() as broker, fleet_at(dialing.Target("broker.invalid", broker.port)) as fleet:
        await says_everything(fleet)


# ---- who a device is


@in_loop
async def test_each_device_logs_in_with_its_own_line_of_the_credentials(secured):
    known = DEVICES[:3]
    passwords = secured.folder / "passwords"
    passwords.touch()
    for name in known:
        subprocess.run(["mosquitto_passwd", "-b", str(passwords), f"user-{name}", f"secret {name}"], check=True)
    passwords.chmod(0o644)
    lines = [f"{name},user-{name},secret {name}" for name in known] + [f"{DEVICES[3]},user-{known[0]},wrong"]
    file = secured.folder / "credentials.csv"
    file.write_text("\n".join(["device,username,password", *lines]))
    async with secured.mosquitto("allow_anonymous false", f"password_file {passwords}") as port:
        options = {"tls": secured.context(), "login": Passwords(file)}
        async with fleet_at(target(port, **options), known) as fleet:
            await says_everything(fleet, known)
        async with fleet_at(target(port, **options), DEVICES[3:5]) as fleet:
            await until(lambda: len(fleet.troubles) == 2)
            assert sorted(fleet.troubles) == [
                "no credentials for a device",
                "the broker refuses the connection: not authorized (CONNACK code 5)",
            ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "the first line must be device,username,password"),
        ("a,b,c\n", "the first line must be device,username,password"),
        ("device,username,password\na,b\n", "line 2: 2 columns; write device,username,password"),
        ("device,username,password\na,b,c\n\na,b,c\n", "line 4: a stands in an earlier line too"),
        ("device,username,password\na,\xff,c\n", "not a CSV file in UTF-8"),
    ],
)
def test_credentials_that_cannot_be_read_are_told_by_line(tmp_path, text, told):
    file = tmp_path / "credentials.csv"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(CredentialsError) as raised:
        Passwords(file)
    assert str(raised.value).startswith(str(file))
    assert told in str(raised.value)


def test_credentials_of_a_file_are_checked_against_the_devices_before_a_run(tmp_path):
    file = tmp_path / "credentials.csv"
    with pytest.raises(CredentialsError, match="No such file or directory"):
        Passwords(file)
    file.write_text('device,username,password\na,estate,"with, comma"\n')
    logins = Passwords(file)
    assert logins("a") == Login("estate", b"with, comma")
    logins.check(["a"])
    with pytest.raises(CredentialsError, match="no line for 2 of the devices, as for b"):
        logins.check(["a", "b", "c"])


def test_an_authority_that_cannot_be_read_is_told_before_a_run(tmp_path):
    with pytest.raises(CredentialsError, match="No such file or directory; give the broker's CA certificate as PEM"):
        Certificates(tmp_path, tmp_path / "ca.crt")
    (tmp_path / "ca.crt").write_text("nothing")
    with pytest.raises(CredentialsError, match="no certificate or key in it"):
        Certificates(tmp_path, tmp_path / "ca.crt")

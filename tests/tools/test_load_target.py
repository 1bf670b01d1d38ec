"""How `lilong load` reaches a broker: URLs, TLS, WebSocket, credentials of each device, source addresses."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from board_case import in_loop
from commands import PATIENCE_S, SMALL_ESTATE, SMALL_TENANT, embedded_broker, run_lilong
from hardened_broker import ESTATE_KEY, hardened_broker
from lilong_protocol.keys import broker_password, device_root
from lilong_protocol.pc.keystore import KeyStore, TenantKeys, save
from lilong_simulator.estate import load_estate
from lilong_tools.broker import BrokerError, find_mosquitto
from lilong_tools.inputs import InputError
from lilong_tools.load.target import Access, look_at, source_addresses, split_url
from websockets import ConnectionClosed, Subprotocol
from websockets.asyncio.server import ServerConnection, serve

ESTATE = load_estate(str(SMALL_ESTATE))
QUICK = ("--no-real-micropython", "--incident", "none", "--duration", 1, "--accept", "puback")

needs_mosquitto = pytest.mark.skipif(
    find_mosquitto() is None, reason="mosquitto is not installed: no mosquitto in PATH, /usr/sbin or /usr/local/sbin"
)


# ---- URLs


@pytest.mark.parametrize(
    ("url", "plain", "path"),
    [
        ("mqtt://h:1", "mqtt://h:1", None),
        ("ws://h", "mqtt://h:80", "/mqtt"),
        ("ws://h:8083/", "mqtt://h:8083", "/"),
        ("wss://h/a/b", "mqtts://h:443", "/a/b"),
        ("wss://u:p%40x@[::1]:9001/mqtt", "mqtts://u:p%40x@[::1]:9001", "/mqtt"),
        ("wss://h/mqtt?ca=ca.pem", "mqtts://h:443?ca=ca.pem", "/mqtt"),
    ],
)
def test_a_url_tells_broker_and_path(url: str, plain: str, path: str | None) -> None:
    assert split_url(url) == (plain, path)


@pytest.mark.parametrize("url", ["http://h", "h:1883", "ws://h:port/"])
def test_a_url_that_is_none_is_answered_with_the_form(url: str) -> None:
    with pytest.raises(BrokerError, match=r"a broker is given as mqtt\[s\]://.* or ws\[s\]://"):
        split_url(url)


def test_files_of_the_user_go_with_the_url() -> None:
    broker, _ = look_at("mqtts://h", Access(ca=Path("ca.pem"), cert=Path("c.pem"), key=Path("k.pem")))
    assert (broker.tls.ca, broker.tls.certificate, broker.tls.key) == ("ca.pem", "c.pem", "k.pem")
    own, _ = look_at("wss://h/", Access(certificates=Path("there"), first="aa"))
    assert (own.tls.certificate, own.tls.key) == ("there/aa.crt", "there/aa.key")
    with pytest.raises(InputError, match="--cert and --key go together"):
        look_at("mqtts://h", Access(cert=Path("c.pem")))


def test_source_addresses_are_given_one_by_one_or_from_one_to_another() -> None:
    assert source_addresses(["10.0.0.9", "127.0.0.1-127.0.0.3"]) == ("10.0.0.9", "127.0.0.1", "127.0.0.2", "127.0.0.3")
    for wrong in ("localhost", "127.0.0.2-127.0.0.1", "10.0.0.0-10.0.1.0", "127.0.0.1-::1"):
        with pytest.raises(InputError, match=f"--source {wrong}: "):
            source_addresses([wrong])


# ---- real brokers


@contextlib.asynccontextmanager
async def over_web_socket(port: int) -> AsyncIterator[int]:
    """The port of a server that hands each WebSocket on to a broker."""

    async def bridge(there: ServerConnection) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)

        async def down() -> None:
            while data := await reader.read(65_536):
                await there.send(data)
            await there.close()

        back = asyncio.create_task(down())
        with contextlib.suppress(ConnectionClosed, ConnectionError):
            async for message in there:
                writer.write(message)
        writer.close()
        with contextlib.suppress(ConnectionClosed, ConnectionError):
            await back

    async with serve(bridge, "127.0.0.1", 0, subprotocols=[Subprotocol("mqtt")]) as server:
        yield next(iter(server.sockets)).getsockname()[1]


@in_loop
async def test_a_load_and_its_probe_go_over_web_socket(tmp_path: Path) -> None:
    with embedded_broker() as (_, broker):
        async with over_web_socket(int(broker.rpartition(":")[2])) as port:
            ended = await asyncio.to_thread(
                run_lilong, "load", SMALL_ESTATE, "--broker", f"ws://127.0.0.1:{port}/mqtt", *QUICK,
                "--report", tmp_path, "--probe",
            )  # fmt: skip
    assert ended.err == ""
    assert "broker over WebSocket /mqtt at 127.0.0.1:" in ended.out
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["broker_ms"]["online"]["count"] == len(ESTATE.devices)
    assert report["ingest_by"] == "probe subscriber"


def test_what_speaks_no_web_socket_is_told() -> None:
    with embedded_broker() as (_, broker):
        ended = run_lilong("load", SMALL_ESTATE, "--broker", broker.replace("mqtt://", "ws://") + "/mqtt", *QUICK)
    assert ended.code == 2
    assert ended.err.startswith("lilong: no broker over WebSocket at 127.0.0.1:")


@needs_mosquitto
@in_loop
async def test_each_device_logs_in_over_tls_with_its_own_password_and_leaves_nothing_behind(tmp_path: Path) -> None:
    devices = [device.id for device in ESTATE.devices]
    async with hardened_broker(tmp_path / "broker", devices, SMALL_TENANT) as broker:
        keys, passwords = tmp_path / "keys.json", tmp_path / "passwords.csv"
        save(KeyStore({SMALL_TENANT: TenantKeys(ESTATE_KEY)}), keys)
        rows = [f"{one},{one},{broker_password(device_root(ESTATE_KEY, SMALL_TENANT, one))}" for one in devices]
        passwords.write_text("\n".join(["device,username,password", *rows]) + "\n")
        ended = await asyncio.to_thread(
            run_lilong, "load", SMALL_ESTATE, "--broker", f"mqtts://127.0.0.1:{broker.port}", *QUICK,
            "--ca", broker.folder / "ca.crt", "--credentials", passwords, "--keys", keys, "--report", tmp_path / "out",
            "--source", "127.0.0.1-127.0.0.4", seconds=2 * PATIENCE_S,
        )  # fmt: skip
        assert ended.err == "", ended
        report = json.loads((tmp_path / "out" / "report.json").read_text())
        assert report["broker_ms"]["online"]["count"] >= len(devices)
        assert "could not be removed" not in ended.out
        async with broker.centre("look") as client:
            await client.subscribe(f"lilong/1/{SMALL_TENANT}/+/u/#")
            await client.subscribe("$SYS/broker/version")
            async with asyncio.timeout(PATIENCE_S):
                first = await anext(aiter(client.messages))
            assert "/u/" not in str(first.topic), "nothing is retained"
        passwords.write_text("\n".join(["device,username,password", *rows[1:]]) + "\n")
        told = await asyncio.to_thread(
            run_lilong, "load", SMALL_ESTATE, "--broker", f"mqtts://127.0.0.1:{broker.port}", *QUICK,
            "--credentials", passwords,
        )  # fmt: skip
        assert told.code == 2
        assert f"no line for 1 of the devices, as for {devices[0]}" in told.err

"""A board's link over TLS: real MicroPython, in a heap of 64 KB, logs in to the hardened mosquitto."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from board_case import Inbox, in_loop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hardened_broker import ALICE, TENANT, hardened_broker, root
from lilong_protocol import frame
from lilong_protocol.keys import frame_key
from lilong_protocol.registry import KIND
from lilong_protocol.seal import DOWN, UP, Seal, frame_tag
from lilong_simulator.fleet.board_config import BoardConfig
from lilong_simulator.fleet.board_lines import Note, Offline, Online
from lilong_simulator.fleet.process import BoardProcess
from lilong_simulator.kinds import KINDS
from lilong_simulator.stimuli import ALARMS

# What makes each kind raise an alarm within seconds of its real time: as the sensors stand at power-on, and later.
DANGER = {
    "smoke": ({"obscuration": 400}, {}), "gas": ({"tamper": 1}, {}), "streetlight": ({"leakage": 400}, {}),
    "manhole": ({"water": 50}, {}), "door": ({}, {"contact": 1}), "wristband": ({}, {"sos": 1}),
}  # fmt: skip
for _kind in KINDS:
    DANGER.setdefault(_kind, ({}, dict(ALARMS[KIND[_kind].number][0].begin.steps)))


def config(there, kind, **changes):
    ca = ssl.PEM_cert_to_DER_cert((there.folder / "ca.crt").read_text())
    given = {"host": "127.0.0.1", "username": ALICE, "tls": {"ca": ca}, "values": DANGER[kind][0], **changes}
    return BoardConfig(TENANT, ALICE, kind, root(ALICE), port=there.port, **given)


def backend(there, raised):
    """Acknowledges each alarm frame as stored; puts it into `raised`."""
    up, down = (Seal(frame_key(root(ALICE), way), TENANT, ALICE, way) for way in (UP, DOWN))

    async def serve():
        async with there.centre() as client:
            await client.subscribe(f"lilong/1/{TENANT}/+/u/#", 1)
            raised.put("ready")
            async for message in client.messages:
                if str(message.topic).endswith("/al"):
                    said = frame.unpack(up.open("al", message.payload))
                    raised.put(said)
                    stored = frame.pack(frame.STORED_ACK, {0: frame_tag(message.payload)}, ref=(said.boot, said.seq))
                    await client.publish(f"lilong/1/{TENANT}/{ALICE}/d/ak", down.seal("ak", stored), 1)

    return serve()


@pytest.mark.parametrize("kind", KINDS)
@in_loop
async def test_an_alarm_is_raised_and_stored_over_tls_in_a_board_s_heap(tmp_path, kind):
    async with hardened_broker(tmp_path) as there:
        raised, lines = Inbox(), Inbox()
        serving = asyncio.create_task(backend(there, raised))
        await raised.take(lambda said: said == "ready")
        board = BoardProcess(lines.put)
        try:
            await board.start(config(there, kind))
            await lines.take_a(Online)
            for channel, value in DANGER[kind][1].items():
                board.set(channel, value)
            said = await raised.take()
            assert said.kind == frame.RAISE
            await lines.take(lambda line: isinstance(line, Note) and line.what == "stored")
        finally:
            await board.stop()
            serving.cancel()


def certificate(begins: datetime):
    """A CA of its own, that has signed nothing here: PEM turned DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "another")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(begins).not_valid_after(begins + timedelta(days=9_000))
        .add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256())
    )  # fmt: skip
    return made.public_bytes(serialization.Encoding.DER)


@in_loop
async def test_a_broker_whose_certificate_another_has_signed_is_left_at_once(tmp_path):
    async with hardened_broker(tmp_path) as there:
        lines = Inbox()
        board = BoardProcess(lines.put)
        await board.start(config(there, "smoke", tls={"ca": certificate(datetime(2020, 1, 1, tzinfo=UTC))}))
        try:
            said = await lines.take(lambda line: isinstance(line, Offline))
            assert "CERT_VERIFY_FAILED" in said.why or "not correctly signed" in said.why  # told to a read, or a write
            assert not any(isinstance(line, Online) for line in lines.all)
        finally:
            await board.stop()

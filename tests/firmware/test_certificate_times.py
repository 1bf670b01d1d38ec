"""A board wakes in the year 2000: certificates are judged by the time of its build until it is told a later one.

The clock is libc's, moved by `faketime`, so that real mbedTLS judges a real certificate by it.
"""

import os
import shutil
import socket
import ssl
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from lilong_firmware import tls
from micropython import find_micropython

ROOT = Path(__file__).parents[2]
BUILT = datetime(2026, 11, 1, tzinfo=UTC)

ON_A_BOARD = """
import socket, sys, time
from lilong_firmware.tls import securing, start_clock

class RTC:
    def datetime(self, at):
        with open(sys.argv[4], "w") as file:
            file.write("%04d-%02d-%02d %02d:%02d:%02d" % (at[0], at[1], at[2], at[4], at[5], at[6]))

def attempt():
    sock = socket.socket()
    sock.connect(socket.getaddrinfo("127.0.0.1", int(sys.argv[1]))[0][-1])
    with open(sys.argv[2], "rb") as file:
        secure = securing(file.read(), None, None)
    try:
        sock.setblocking(False)
        inside = secure(sock, "localhost")
        while not inside.write(b"hello"):
            pass
        got = None
        while got is None:
            got = inside.read(5)
        print(got == b"hello")
    except (OSError, ValueError) as error:
        print("refused", str(error).strip())
    sock.close()

print(time.gmtime()[0])
attempt()
print(start_clock(int(sys.argv[3]), RTC()), time.gmtime()[:3])
attempt()
print(start_clock(int(sys.argv[3]), RTC()))
"""


@pytest.fixture
def server(tmp_path):
    """Echoes over TLS with a certificate that is valid since a month before the build; its port, and its DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(BUILT - timedelta(days=30)).not_valid_after(BUILT + timedelta(days=3_000))
        .add_extension(x509.BasicConstraints(True, None), True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False).sign(key, hashes.SHA256())
    )  # fmt: skip
    (tmp_path / "ca.der").write_bytes(made.public_bytes(serialization.Encoding.DER))
    (tmp_path / "pem").write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pem")
    listening = socket.create_server(("127.0.0.1", 0))

    def serve():
        for _ in range(2):
            sock, _ = listening.accept()
            with sock:
                try:
                    with context.wrap_socket(sock, server_side=True) as inside:
                        inside.sendall(inside.recv(5))
                except OSError:
                    continue  # the client has refused

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listening.getsockname()[1], tmp_path / "ca.der"
    thread.join(10)
    listening.close()


def test_with_the_clock_at_2000_the_time_of_the_build_counts(server, tmp_path):
    library = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
    if shutil.which("faketime") is None or library is None:
        pytest.skip("faketime is not installed: it moves the clock of MicroPython's mbedTLS")
    port, ca = server
    clock = tmp_path / "clock"
    clock.write_text("2000-01-01 00:00:10")
    path = os.pathsep.join(str(ROOT / folder) for folder in ("protocol", "firmware"))
    done = subprocess.run(
        [find_micropython(), "-c", ON_A_BOARD, str(port), ca, str(int(BUILT.timestamp())), clock],
        env={
            **os.environ, "MICROPYPATH": path + ":.frozen", "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1", "TZ": "UTC",
        },
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    year, first, moved, second, again = done.stdout.splitlines()
    assert year == "2000"
    assert first == "refused The certificate validity starts in the future"
    assert moved == "True (2026, 11, 1)"
    assert second == "True"
    assert again == "False"


@pytest.mark.parametrize("first_year", [1970, 2000])
def test_a_clock_that_is_behind_is_set_whatever_its_epoch(monkeypatch, first_year):
    """ESP32 counts from 2000, the unix port from 1970."""
    offset = int(datetime(first_year, 1, 1, tzinfo=UTC).timestamp())
    now = 10

    class Time:
        @staticmethod
        def gmtime(at):
            when = datetime.fromtimestamp(at + offset, UTC)
            return when.timetuple()[:8]

        @staticmethod
        def time():
            return now

    class RTC:
        def datetime(self, at):
            set_to.append(at)

    set_to = []
    monkeypatch.setattr(tls, "time", Time)
    assert tls.start_clock(int(BUILT.timestamp()), RTC())
    assert set_to == [(2026, 11, 1, 6, 0, 0, 0, 0)]
    now = int(BUILT.timestamp()) - offset + 1
    assert not tls.start_clock(int(BUILT.timestamp()), RTC())

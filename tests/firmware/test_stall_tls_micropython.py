"""A handshake of TLS keeps the loop waiting for one record at a time, so that no call of mbedTLS is all of it.

What a call takes is the work of signatures and keys: three of about the same size in a handshake (a chain of one, the
server's key exchange, the client's). A small board needs up to 3 s for them all, a door has 2 s from card to lock.
"""

import socket
import ssl
import threading
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lilong_tools.broker_config.certificates import Authority
from micropython import run_micropython

SHAKE = """
import io, socket, ssl, sys
from time import ticks_diff, ticks_us
from lilong_firmware import tls

class Counted(io.IOBase):
    records = 0  # taken or given since the last look
    def __init__(self, sock):
        self._sock = sock
    def readinto(self, buffer):
        size = self._sock.readinto(buffer)
        if size and len(buffer) == 5:
            Counted.records += 1
        return size
    def write(self, data):
        Counted.records += 1
        return self._sock.write(data)
    def ioctl(self, request, argument):
        return argument if request == 3 else 0

def shake(secure):
    sock = socket.socket()
    sock.connect(socket.getaddrinfo("127.0.0.1", int(sys.argv[1]))[0][-1])
    sock.setblocking(False)
    inside = secure(Counted(sock), "127.0.0.1")
    most = longest = whole = 0
    got = None
    buffer = bytearray(5)
    while not got:
        Counted.records = 0
        at = ticks_us()
        got = inside.readinto(buffer)
        took = ticks_diff(ticks_us(), at)
        whole += took if Counted.records else 0
        longest = max(longest, took)
        most = max(most, Counted.records)
    sock.close()
    return bytes(buffer[:got]), most, longest * 100 // whole

with open(sys.argv[2], "rb") as file:
    ca = file.read()
for pieces in (tls.Pieces, lambda sock: sock):
    tls.Pieces = pieces
    print(*shake(tls.securing(ca, None, None)))
"""


@pytest.fixture
def broker(tmp_path):
    """Says hello over TLS, to two; its port."""
    authority = Authority("estate", datetime.now(UTC))
    signed = authority.server(["127.0.0.1"])
    for name, text in (("certificate", signed.certificate), ("key", signed.key)):
        (tmp_path / name).write_text(text)
    own = x509.load_pem_x509_certificate(authority.signed.certificate.encode())
    (tmp_path / "ca").write_bytes(own.public_bytes(Encoding.DER))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate", tmp_path / "key")
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            for _ in range(2):
                sock, _ = listening.accept()
                with context.wrap_socket(sock, server_side=True, suppress_ragged_eofs=True) as inside:
                    inside.sendall(b"hello")
                    inside.recv(1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(10)


def test_no_call_of_a_handshake_takes_more_than_one_record_in_and_one_out(broker, tmp_path):
    pieces, at_once = run_micropython(SHAKE, broker, tmp_path / "ca").splitlines()
    said, most, percent = pieces.rsplit(" ", 2)
    assert said == "b'hello'"
    assert int(most) <= 2  # a record that has come in, and what it is answered with
    print(f"the longest call takes {percent} % of the handshake; without pieces {at_once.rsplit(' ', 1)[1]} %")
    assert int(at_once.split()[1]) > 4, "mbedTLS takes all that there is at a stretch: else this would prove nothing"

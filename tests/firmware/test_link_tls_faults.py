"""A fault of TLS ends the connection and never the device, whichever call of the socket meets it first."""

import socket

import pytest
from micropython import run_micropython

# mbedTLS tells of a certificate by ValueError, of the rest by OSError; a handshake goes on in reads and writes alike.
SOURCE = """
import asyncio, io, socket, sys, time
from lilong_firmware.link import Link

where, fault = sys.argv[1], {"ValueError": ValueError, "OSError": OSError}[sys.argv[2]]("\\nno good\\ncertificate\\n")

class Secure(io.IOBase):
    def ioctl(self, request, argument):
        return argument if request == 3 else 0  # MP_STREAM_POLL: ready for whatever is asked
    def write(self, data):
        if where == "write":
            raise fault
        return None
    def readinto(self, buffer):
        if where == "read":
            raise fault
        return None

class Listener:
    def disconnected(self, why):
        print(why)
        link.connect(b"will") if link.connection < 3 else done.set()

def secure(sock, host):
    if where == "wrap":
        raise fault
    return Secure()

async def resolve(host, port):
    return socket.getaddrinfo(host, port)[0]

async def main():
    tasks = [asyncio.create_task(link.run()), asyncio.create_task(done.wait())]
    link.connect(b"will")
    await tasks[1]
    assert not tasks[0].done()

done = asyncio.Event()
address = "127.0.0.1", int(sys.argv[3])
link = Link(Listener(), "estate", "a4cf12fffe0b3c5d", *address, 60, time.ticks_ms, resolve, secure=secure)
asyncio.run(main())
"""


@pytest.mark.parametrize("fault", ["ValueError", "OSError"])
@pytest.mark.parametrize("where", ["wrap", "write", "read"])
def test_a_certificate_that_is_refused_is_told_and_the_next_connection_tried(where, fault):
    with socket.create_server(("127.0.0.1", 0)) as there:
        told = run_micropython(SOURCE, where, fault, there.getsockname()[1], timeout=20)
    assert told.splitlines() == ["no good certificate"] * 3

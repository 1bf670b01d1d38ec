"""A board looks its broker up: the question as RFC 1035 has it, any answer without a fault, and on real MicroPython."""

import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lilong_firmware.dns import answer, numeric, question
from micropython import run_micropython

NUMBER = b"\x12\x34"
NAME = b"\x06broker\x05local\x00"
QUESTION = NUMBER + bytes.fromhex("0100 0001 0000 0000 0000") + NAME + bytes.fromhex("0001 0001")


def reply(records, code=0, number=NUMBER, name=NAME):
    """An answer with these (type, data) records, each named by a pointer to the question."""
    said = number + bytes([0x81, 0x80 | code]) + bytes.fromhex("0001") + len(records).to_bytes(2, "big") + bytes(4)
    said += name + bytes.fromhex("0001 0001")
    for kind, data in records:
        said += b"\xc0\x0c" + kind.to_bytes(2, "big") + bytes.fromhex("0001 0000003c")
        said += len(data).to_bytes(2, "big") + data
    return said


def test_the_question():
    assert question("broker.local", NUMBER) == QUESTION


@pytest.mark.parametrize("host", ["", "a..b", "x" * 64 + ".local", ".".join(["abc"] * 70)])
def test_what_is_no_name_is_refused(host):
    with pytest.raises(ValueError, match="no host's name"):
        question(host, NUMBER)


def test_the_first_address_behind_an_alias():
    assert answer(reply([(5, b"\x01x\xc0\x0c"), (1, bytes([10, 0, 0, 7])), (1, bytes(4))]), NUMBER) == "10.0.0.7"


@pytest.mark.parametrize(
    "data", [b"", QUESTION, reply([(1, bytes(4))], number=b"\x12\x35"), reply([(1, bytes(4))])[:-2]],
    ids=["nothing", "the question itself", "another's answer", "half of one"],
)  # fmt: skip
def test_what_is_no_answer_is_passed_over(data):
    assert answer(data, NUMBER) is None


@pytest.mark.parametrize(("data", "says"), [(reply([], code=3), "RCODE 3"), (reply([(28, bytes(16))]), "no IPv4")])
def test_a_name_that_is_not_there_is_an_error(data, says):
    with pytest.raises(OSError, match=says):
        answer(data, NUMBER)


@given(st.binary(max_size=200))
def test_any_bytes_behind_the_number_are_an_address_nothing_or_an_oserror(data):
    try:
        found = answer(NUMBER + data, NUMBER)
    except OSError:
        return
    assert found is None or numeric(found)


@given(st.text(alphabet="0123456789.abc", max_size=16))
def test_numeric_is_what_ipaddress_says(host):
    try:
        expected = len(socket.inet_pton(socket.AF_INET, host)) == 4
    except OSError:
        expected = False
    if expected:
        assert numeric(host)


ON_A_BOARD = """
import asyncio, socket, sys
from lilong_firmware.dns import Resolver

async def main():
    resolver = Resolver(lambda: "127.0.0.1", int(sys.argv[1]), 200)
    ticks = 0
    async def tick():
        nonlocal ticks
        while True:
            await asyncio.sleep_ms(1)
            ticks += 1
    ticking = asyncio.create_task(tick())
    for host in sys.argv[2:]:
        try:
            print(socket.inet_ntop(socket.AF_INET, (await resolver(host, 1883))[-1][4:8]))
        except OSError as error:
            print(error)
    print("ticks", ticks)

asyncio.run(main())
"""


def test_on_a_board_the_loop_goes_on_while_it_waits_and_a_silent_server_leaves_the_last_address():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def serve():
        data, there = server.recvfrom(512)
        server.sendto(b"\xff\xff" + reply([(1, bytes(4))])[2:], there)  # an answer to nobody's question
        server.sendto(reply([(1, bytes([127, 0, 0, 9]))], number=data[:2]), there)

    threading.Thread(target=serve, daemon=True).start()
    port = server.getsockname()[1]
    said = run_micropython(ON_A_BOARD, port, "10.1.2.3", "broker.local", "broker.local", "other.local").splitlines()
    server.close()
    ten, first, again, other, ticks = said
    assert ten == "10.1.2.3"
    assert first == again == "127.0.0.9"
    assert other == "the DNS server 127.0.0.1 does not answer for other.local"
    assert int(ticks.split()[1]) > 100

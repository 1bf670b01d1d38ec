"""Parts of a live fleet, each against what it replaces: the MQTT client with short ways, the wheel, the file limit."""

import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st
from lilong_protocol import mqtt
from lilong_protocol.mqtt_packets import puback_packet, publish_packet, text_field
from lilong_simulator.fleet.live.client import Client
from lilong_simulator.fleet.live.wheel import Wheel

TOPIC = "lilong/1/music_plaza/a4cf12fffe0b3c5d/u/ev"
CONNACK = b"\x20\x02\x00\x00"


@given(
    st.lists(
        st.tuples(st.just("publish"), st.binary(max_size=1_100), st.integers(0, 1), st.booleans())
        | st.tuples(st.just("puback"), st.integers(1, 6))
        | st.tuples(st.just("cut"), st.integers(1, 6))
        | st.tuples(st.just("message"), st.binary(max_size=5))
        | st.tuples(st.just("step"), st.integers(1, 30_000)),
        max_size=40,
    )
)
def test_the_client_with_short_ways_does_what_the_boards_client_does(script):
    """The same packets, answers and deadlines, whatever happens; a PUBACK in pieces among them."""
    lean, board = Client(), mqtt.Client()
    now = 0
    for client in (lean, board):
        client.connect(now, "device", 60)
        client.feed(CONNACK, now)
    for step in script:
        match step:
            case "publish", payload, qos, retain:
                if lean.in_flight == mqtt.MAX_IN_FLIGHT:
                    continue
                told = [
                    lean.publish_to(text_field(TOPIC, "topic"), payload, qos, retain, now),
                    board.publish(TOPIC, payload, qos, retain, now),
                ]
                assert told[0] == told[1]
            case "puback", pid:
                assert heard(lean, puback_packet(pid), now) == board.feed(puback_packet(pid), now)
            case "cut", pid:
                for piece in (puback_packet(pid)[:2], puback_packet(pid)[2:]):
                    assert heard(lean, piece, now) == board.feed(piece, now)
            case "message", payload:
                data = publish_packet(TOPIC, payload, 1, False, 7)
                assert heard(lean, data, now) == board.feed(data, now)
            case "step", ms:
                now += ms
                assert failure(lean, now) == failure(board, now)
                if lean.state != mqtt.READY:  # an answer never came
                    break
        assert (lean.take(), lean.deadline, lean.in_flight, lean.state) == (
            board.take(), board.deadline, board.in_flight, board.state,
        )  # fmt: skip


def heard(client, data, now):
    pid = client.puback(data, now)
    return [(mqtt.PUBLISHED, pid)] if pid else client.feed(data, now)


def failure(client, now):
    try:
        client.step(now)
    except mqtt.MqttTimeout as error:
        return str(error)
    return None


class Item:
    """Something that is due at one time."""

    def __init__(self, name):
        self.name = name
        self.due = 0


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 10_000), st.integers(0, 3_000)), max_size=60))
def test_the_wheel_gives_every_item_at_its_latest_time_and_at_no_other(script):
    """Each step sets one item's time and lets some pass; who looks knows an entry that is out of date by `due`."""
    wheel = Wheel()
    items = [Item(number) for number in range(10)]
    waiting = {}
    now = 0
    for number, later, passes in script:
        items[number].due = now + 1 + later
        wheel.add(items[number].due, items[number])
        waiting[number] = items[number].due
        now += passes
        assert rung(wheel, now) == due(waiting, now)
        earliest = min(waiting.values(), default=None)
        assert earliest is None or now < wheel.next() <= earliest
    assert rung(wheel, now + 20_000) == due(waiting, now + 20_000)


def test_what_becomes_due_within_a_second_that_had_nothing_is_given_in_the_same_turn():
    """As for a host that is late: it has its devices' time looked up once, and they ask to be called before that."""
    wheel, first, second = Wheel(), Item(1), Item(2)
    first.due, second.due = 1_000, 1_027
    wheel.add(1_000, first)
    wheel.reach(1_030)
    assert (wheel.next(), wheel.pop()) == (1_000, [first])
    wheel.add(1_027, second)
    assert (wheel.next(), wheel.pop()) == (1_027, [second])
    assert wheel.next() is None


def rung(wheel, now):
    wheel.reach(now)
    told = []
    while (at := wheel.next()) is not None and at <= now:
        told += sorted((at, item.name) for item in set(wheel.pop()) if item.due == at)
        wheel.reach(now)
    return told


def due(waiting, now):
    told = sorted((at, name) for name, at in waiting.items() if at <= now)
    for _, name in told:
        del waiting[name]
    return told


LIMITED = """
import resource
from lilong_simulator.fleet.live import FileLimitError, need_files
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 400))
need_files(200)
print(resource.getrlimit(resource.RLIMIT_NOFILE))
need_files(300)
try:
    need_files(400)
except FileLimitError as error:
    print(error)
"""


def test_the_file_limit_is_raised_as_far_as_it_may_be_and_one_too_low_is_told_with_what_to_do():
    run = subprocess.run([sys.executable, "-c", LIMITED], capture_output=True, text=True, check=True)
    raised, told = run.stdout.splitlines()
    assert raised == "(400, 400)"
    assert "400 connections need 4" in told
    assert "this process may have 400 (soft limit 400, hard limit 400): raise the hard limit by `ulimit -Hn 4" in told

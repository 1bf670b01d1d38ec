"""The MQTT client on real MicroPython: the same cases, the same answer to any stream, and the memory it takes."""

import random
import sys
from pathlib import Path

import mqtt_cases
import mqtt_client_cases
from lilong_protocol.mqtt_packets import puback_packet, publish_packet
from lilong_protocol.pc.mqtt_server import suback_packet
from micropython import run_micropython

RUN_CASES = """
import sys
sys.path.append(sys.argv[1])
import mqtt_cases, mqtt_client_cases
for case in sys.argv[2:]:
    module, _, name = case.partition(".")
    try:
        getattr(sys.modules[module], name)()
        print("ok", case)
    except Exception as error:
        print("failed", case)
        sys.print_exception(error, sys.stdout)
"""

RUN_TRACES = """
import sys
sys.path.append(sys.argv[1])
import mqtt_cases
for line in open(sys.argv[2]):
    data, _, cuts = line.strip().partition(" ")
    print("|".join(mqtt_cases.trace(bytes.fromhex(data), [int(cut) for cut in cuts.split()])))
"""

HOSTILE_LENGTHS = """
import gc
from lilong_protocol.mqtt import Client
from lilong_protocol.mqtt_packets import MqttError
client = Client()
refusals = 0
for n in range(300):
    client.connect(0, "d1", 60)
    client.feed(b"\\x20\\x02\\0\\0", 0)
    for head in (b"\\x30", b"\\xff", b"\\xff", b"\\xff", b"\\x7f"):
        try:
            client.feed(head, 0)
        except MqttError:
            refusals += 1
    client.connect(0, "d1", 60)
    client.feed(b"\\x20\\x02\\0\\0", 0)
    client.feed(b"\\x30\\xff\\x0f\\x00\\x01a" + bytes(1500), 0)
gc.collect()
print(refusals, gc.mem_free() > 16000)
"""

HERE = Path(__file__).parent


def test_every_case_holds_on_micropython():
    names = [f"{module}.{name}" for module, name in mqtt_client_cases.all_cases()]
    assert run_micropython(RUN_CASES, HERE, *names).splitlines() == [f"ok {name}" for name in names]


def test_micropython_gives_the_same_events_faults_and_bytes_for_the_same_stream(tmp_path):
    chance = random.Random(311)
    streams = []
    for _ in range(400):
        data = b"".join(_random_packet(chance) for _ in range(chance.randrange(1, 5)))
        if chance.random() < 0.6:
            at = chance.randrange(len(data))
            data = data[:at] + chance.randbytes(1) + data[at + 1 :]
        streams.append((data, sorted(chance.randrange(len(data) + 1) for _ in range(chance.randrange(4)))))
    file = tmp_path / "streams.txt"
    file.write_text("".join(f"{data.hex()} {' '.join(map(str, cuts))}\n" for data, cuts in streams))
    here = ["|".join(mqtt_cases.trace(data, cuts)) for data, cuts in streams]
    assert run_micropython(RUN_TRACES, HERE, file).splitlines() == here
    assert sum("fault None" in line for line in here) > 50
    assert len({line.partition("fault ")[2].partition("|")[0] for line in here}) > 10, "too few kinds of fault"


def test_a_hostile_length_costs_no_memory_on_a_board():
    assert run_micropython(HOSTILE_LENGTHS, heap="64k") == "300 True\n"


def test_a_client_costs_less_than_500_bytes():
    client = mqtt_cases.ready(10**6)
    for _ in range(50):
        client.feed(puback_packet(client.publish("a", b"x", 1, False, 10**6)), 10**6)
        client.take()
    client.publish("a", b"x", 1, False, 10**6)
    client.take()
    held = [client, client._awaited, *client._awaited, client._heard_ms, client._pid, client._ping_ms]
    assert sum(sys.getsizeof(item) for item in held) < 500
    assert not hasattr(client, "__dict__")


def _random_packet(chance):
    topic = "".join(chance.choice("ab/里é\U00010000") for _ in range(chance.randrange(1, 8)))
    pid = chance.randrange(1, 65536)
    retain = chance.random() < 0.5
    kind = chance.randrange(5)
    if kind == 0:
        return publish_packet(topic, chance.randbytes(chance.randrange(200)), 0, retain)
    if kind in (1, 2):
        return publish_packet(topic, chance.randbytes(chance.randrange(20)), 1, retain, pid, retain)
    return chance.choice([puback_packet(pid), suback_packet(pid, [1]), mqtt_cases.PINGRESP])

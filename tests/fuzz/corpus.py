"""The corpus: what the mutator starts from. Run by itself it writes it anew, from the golden vectors and by hand."""

import hashlib
from pathlib import Path
from random import Random

from lilong_protocol import topics
from lilong_protocol.mqtt_packets import connect_packet, puback_packet, publish_packet, subscribe_packet
from lilong_protocol.pc import mqtt_server
from lilong_tools.conform.vectors import load

FOLDER = Path(__file__).with_name("corpus")
_SESSIONS = 24


def read_corpus(target: str) -> list[bytes]:
    """In the order of the file names, which is the same everywhere."""
    return [file.read_bytes() for file in sorted((FOLDER / target).iterdir())]


def _frames() -> list[bytes]:
    good = [bytes.fromhex(case["frame"]) for case in load("messages") if case["epoch"] == 0]
    bad = [bytes.fromhex(case["frame"]) for case in load("seals") if case["name"].startswith(("layout", "u: tag"))]
    return good + [frame for frame in bad if len(frame) < 200]


def _sessions() -> list[bytes]:
    random = Random("sessions of the corpus")
    uplinks = [case for case in load("messages") if case["epoch"] == 0 and case["direction"] == "u"]
    scripts = []
    for _ in range(_SESSIONS):
        script = bytearray()
        for case in random.choices(uplinks, k=random.randint(2, 7)):
            payload = bytes.fromhex(case["payload_hex"])
            first = topics.UP_CLASSES.index(case["class"]) | random.choice((0, 0, 64)) | random.choice((0, 0, 0, 32))
            script += bytes([first, random.randint(0, 255)]) + len(payload).to_bytes(2, "big") + payload
        scripts.append(bytes(script))
    return scripts


def _packets() -> list[bytes]:
    up, down = topics.up("acme", "a4cf12fffe0b3c5d", "al"), topics.down("acme", "a4cf12fffe0b3c5d", "cm")
    puback, suback, pong = puback_packet(1), mqtt_server.suback_packet(2, [1]), mqtt_server.PINGRESP_PACKET
    message = publish_packet(down, bytes(range(40)), 1, False, 7)
    return [
        puback, suback, pong, message, puback + suback + pong + message, publish_packet(down, b"", 0, True),
        publish_packet(up, bytes(200), 1, True, 65535, True), publish_packet("里弄", b"x", 0, False),
        mqtt_server.connack_packet(False), mqtt_server.connack_packet(True), mqtt_server.suback_packet(2, [128]),
        connect_packet("d1", 60), connect_packet("d1", 60, (up, b"will", 1, True), "user", b"password"),
        connect_packet("", 0, clean=True), subscribe_packet(2, "lilong/1/acme/+/u/#", 1),
        mqtt_server.unsubscribe_packet(3, "a/+/#"), mqtt_server.unsuback_packet(3), b"\xc0\x00", b"\xe0\x00",
        message * 3, publish_packet(up, bytes(1024), 1, False, 300) + pong,
    ]  # fmt: skip


def main() -> None:
    for target, inputs in (("frame", _frames()), ("session", _sessions()), ("mqtt", _packets())):
        folder = FOLDER / target
        folder.mkdir(parents=True, exist_ok=True)
        for data in inputs:
            (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
        print(f"{target}: {len(list(folder.iterdir()))} inputs")


if __name__ == "__main__":
    main()

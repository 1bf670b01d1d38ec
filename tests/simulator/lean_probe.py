"""An hour of every kind of device, and frames right and wrong, as text: the same before an image is lean and after."""

from lilong_firmware.device import Device, Identity
from lilong_firmware.draws import Draws
from lilong_firmware.effects import CONNECT, NEVER, PUBLISH
from lilong_firmware.kinds import rules
from lilong_firmware.store import RamStore
from lilong_protocol import cbor, codes, frame, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.seal import DOWN, UP, Seal, SealError, frame_tag

TENANT = "music_plaza"
NAME = "a4cf12fffe0b3c5d"
ROOT = device_root(bytes(range(32)), TENANT, NAME)
HOUR_MS = 3_600_000

# What changes when: uptime in ms, channel, value.
HOURS = {
    "smoke": ((5_000, "obscuration", 400), (90_000, "obscuration", 5), (200_000, "tamper", 1)),
    "gas": ((240_000, "gas", 260), (300_000, "gas", 0), (360_000, "co", 400)),
    "door": ((1_000, "credential", 7), (9_000, "credential", 8), (20_000, "contact", 1), (80_000, "contact", 0)),
    "streetlight": ((600_000, "lux", 5), (900_000, "power", 0), (2_000_000, "lux", -1)),
    "manhole": ((60_000, "shock", 2_000), (60_000, "tilt", 300), (900_000, "water", 90), (900_000, "h2s", 80)),
    "wristband": ((3_000, "sos", 1), (20_000, "heart_rate", 131), (30_000, "outside", 60), (40_000, "worn", 0)),
}


def hour(kind):
    """What a device does in an hour; an operator's commands and a wrong one among it."""
    down = Seal(frame_key(ROOT, DOWN), TENANT, NAME, DOWN)
    identity = Identity(TENANT, NAME, ROOT, None, None, {"cards": (7).to_bytes(4, "big"), "card_key": bytes(32)})
    device = Device(identity, rules(kind), RamStore(), Draws(b"seed"), False, 3)
    channels = [channel[0] for channel in device.rules.CHANNELS]
    agenda = list(HOURS[kind])
    device.start(0)
    now = counter = 0
    while now < HOUR_MS:
        settle(device, now)
        now = min(device.deadline, agenda[0][0] if agenda else NEVER)
        if agenda and agenda[0][0] == now:
            _, channel, value = agenda.pop(0)
            device.sense(now, channels.index(channel), value)
            settle(device, now)
            counter += 1
            order = frame.pack(
                frame.COMMAND, {0: counter, 1: {0: 50}}, None, None, None, None, None, counter, None, 3,
                device.uplink.nonce, now + 1,
            )  # fmt: skip
            data = down.seal(topics.COMMAND, order)
            device.received(now, topics.COMMAND, data, False)
            device.received(now, topics.COMMAND, data[:-1] + b"!", False)
        else:
            device.step(now)


def settle(device, now):
    """Do what the device wants, and say so; of every other alarm frame the backend says that it is stored."""
    down = Seal(frame_key(ROOT, DOWN), TENANT, NAME, DOWN)
    while device.out:
        effects = device.out
        device.out = []
        for effect in effects:
            print(now, *[part.hex() if isinstance(part, bytes) else part for part in effect])
            if effect[0] == CONNECT:
                device.connected(now)
            elif effect[0] == PUBLISH:
                if effect[4]:
                    device.published(now)
                if effect[1] == topics.ALARM and effect[2][-1] & 1:
                    up = Seal(frame_key(ROOT, UP), TENANT, NAME, UP)
                    stored = frame.unpack(up.open(topics.ALARM, effect[2]))
                    ack = frame.pack(
                        frame.STORED_ACK, {0: frame_tag(effect[2])}, None, None, None, None, None, None,
                        (stored.boot, stored.seq),
                    )  # fmt: skip
                    device.received(now, topics.ACK, down.seal(topics.ACK, ack), False)


def wrong_frames():
    """What is said of frames that are not right."""
    up = Seal(frame_key(ROOT, UP), TENANT, NAME, UP)
    good = up.seal(topics.ALARM, frame.pack(frame.RAISE, {0: codes.ALARM_SMOKE_ALARM}, 1, 1, 0))
    for at in range(0, len(good), 3):
        try:
            up.open(topics.ALARM, good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        except SealError as error:
            print(at, error)
    for payload in (b"", b"\xa0", b"\xa2\x00\x01\x01\x06", b"\xa1\x00\x02", b"\x9f", b"\xa2\x00\x01\x01\x18\x63"):
        try:
            frame.unpack(payload)
        except frame.FrameError as error:
            print(error.code, error)
    for topic in ("lilong/1/t/" + NAME + "/u/st", "lilong/1/t/" + NAME + "/d/st", "lilong/1//" + NAME + "/u/st", "x"):
        print(topics.parse(topic))
    print(cbor.decode(cbor.encode({1: [1, -2, "里弄", b"\x00", None, True]})))


def main():
    for kind in HOURS:
        print(kind)
        hour(kind)
    wrong_frames()


if __name__ == "__main__":
    main()

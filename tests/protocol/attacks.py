"""The attacks that a device must withstand, each a story that ends in facts. Runs on MicroPython too.

A story is a function without arguments; what it returns is a list of facts, (what, value), the same on both
interpreters.
"""

from bad_payloads import BAD_PAYLOADS, NO_UTF8
from harness import DEVICE, EPOCH, ESTATE_KEY, MINUTE, SECOND, TENANT, Host, codes, online
from lilong_firmware.session import QUEUE_MAX
from lilong_protocol import cbor, frame, mqtt, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.mqtt_packets import DEFAULT_LIMIT, MqttError
from lilong_protocol.seal import DOWN, UP, Seal

OTHER = "b000000000000002"
NONE = 2**53 - 1


def door(**options):
    host = Host("door", cards=(7,), **options)
    host.run(SECOND)
    return host


def seal(device=DEVICE, direction=DOWN, key=ESTATE_KEY, tenant=TENANT, epoch=0):
    root = device_root(key, tenant, device)
    return Seal(frame_key(root, direction, epoch), tenant, device, direction, epoch)


def unlock(host, counter=1, **changes):
    """The payload of a command to unlock that the door would obey."""
    uplink = host.device.uplink
    fields = {"target": uplink.boot, "nonce": uplink.nonce, "deadline": host.uptime() + 5 * SECOND}
    fields.update(changes)
    return frame.pack(
        frame.COMMAND, {0: codes.CMD_UNLOCK, 1: {}}, counter=counter, target=fields["target"], nonce=fields["nonce"],
        deadline=fields["deadline"],
    )  # fmt: skip


def give(host, data, cls=topics.COMMAND, retained=False):
    """Bytes arrive at a device now, and it does what it does about them."""
    host.deliver_sealed(cls, data, retained)
    host.run(10 * host.latency)


def state(host):
    """What an attack may not change."""
    answers = len([s for s in host.sent if s.cls == topics.RESPONSE])
    return host.outputs.get("lock"), answers, len(host.notes), online(host), host.device.downlink.rejected


def after(host, what, deeds):
    """Facts: the state after each deed, as it differs from the state before it."""
    facts = []
    for name, data, cls, retained in deeds:
        before = state(host)
        give(host, data, cls, retained)
        now = state(host)
        facts.append((what + ": " + name, (now[0], now[1] - before[1], now[2] - before[2], now[3], now[4] - before[4])))
    return facts


# ---- bytes that are no packets, frames or items


def oversize():
    """A packet that says it is long is given up at its header, before anything of it is kept."""
    facts = []
    for name, head in (
        ("one byte too many", bytes([0x30, (DEFAULT_LIMIT + 1) & 127 | 128, (DEFAULT_LIMIT + 1) >> 7])),
        ("256 MB", b"\x30\xff\xff\xff\x7f"),
        ("a length without end", b"\x30\xff\xff\xff\xff\xff"),
        ("a half length that is already too long", b"\x30\xff\xff"),
    ):
        client = mqtt.Client()
        client.connect(0, DEVICE, 60)
        client.feed(b"\x20\x02\x00\x00", 0)
        try:
            client.feed(head, 0)
            said = "kept %d bytes" % len(client._rest)
        except MqttError as error:
            said = str(error)
        facts.append((name, (said, client.state == mqtt.CLOSED, len(client._rest))))
    return facts


def longest_packet():
    """A packet that never ends holds as many bytes as a packet may have, and not one more."""
    client = mqtt.Client()
    client.connect(0, DEVICE, 60)
    client.feed(b"\x20\x02\x00\x00\x30" + bytes([DEFAULT_LIMIT & 127 | 128, DEFAULT_LIMIT >> 7]), 0)
    most = 0
    for _ in range(DEFAULT_LIMIT - 1):
        client.feed(b"x", 0)
        most = max(most, len(client._rest))
    return [("most bytes kept", most)]


def topics_in_bad_utf8():
    """A topic that is no UTF-8 ends the connection with the codec's own error."""
    facts = []
    for name in sorted(NO_UTF8):
        text = NO_UTF8[name]
        client = mqtt.Client()
        client.connect(0, DEVICE, 60)
        client.feed(b"\x20\x02\x00\x00", 0)
        try:
            client.feed(b"\x30" + bytes([len(text) + 3, 0, len(text)]) + text + b"x", 0)
            said = "taken"
        except MqttError as error:
            said = str(error)
        facts.append((name, said))
    return facts


def bad_payloads():
    """A decoder refuses each with its own error, the same on both interpreters."""
    facts = []
    for group in BAD_PAYLOADS:
        for name in sorted(group):
            try:
                cbor.decode(group[name])
                said = "taken"
            except cbor.CborError as error:
                said = str(error)
            facts.append((name, said))
    return facts


def bad_payloads_without_a_key():
    """Sealed by nobody who has the key they are dropped, counted, and not answered."""
    host = door()
    stranger = seal(key=bytes(32))
    deeds = []
    for group in BAD_PAYLOADS:
        for name in sorted(group):
            deeds.append((name, group[name], topics.COMMAND, False))
            deeds.append((name + ", sealed", stranger.seal(topics.COMMAND, group[name]), topics.COMMAND, False))
    return after(host, "unsealed", deeds)


def bad_payloads_with_the_key():
    """Sealed as they must be each is answered with one error, and the session goes on."""
    host = door()
    deeds = []
    for group in BAD_PAYLOADS:
        for name in sorted(group):
            deeds.append((name, seal().seal(topics.COMMAND, group[name]), topics.COMMAND, False))
    facts = after(host, "authentic", deeds)
    errors = host.of(frame.ERROR)
    facts.append(("codes", sorted({error.body[0] for error in errors})))
    facts.append(("longest text", max([len(error.body[1]) for error in errors]) <= 64))
    return facts


def overflowing_fields():
    """Numbers at and beyond the ends of their fields neither wrap nor end anything."""
    host = door()
    uplink = host.device.uplink
    facts = []
    for name, payload in (
        ("the last deadline", unlock(host, 1, deadline=NONE)),
        ("the last counter", unlock(host, 0xFFFFFFFF)),
        ("a boot of 2**32 - 1", unlock(host, 7, target=0xFFFFFFFF)),
    ):
        give(host, seal().seal(topics.COMMAND, payload))
        facts.append((name, [s.body[0] for s in host.of(frame.RESPONSE)]))
    for name, key, number in (("counter", 8, 2**32), ("target", 10, 2**32), ("boot", 2, 2**32), ("counter", 8, -1)):
        fields = {0: 1, 1: frame.COMMAND, 7: {0: codes.CMD_UNLOCK}, 8: 9, 10: uplink.boot, 11: uplink.nonce, 12: NONE}
        fields[key] = number
        give(host, seal().seal(topics.COMMAND, cbor.encode(fields)))
        facts.append((name, [s.body[0] for s in host.of(frame.ERROR)]))
    body = {0: codes.CMD_UNLOCK, 1: {0: NONE, NONE: -NONE, -NONE: 1}}
    payload = frame.pack(frame.COMMAND, body, counter=1, target=uplink.boot, nonce=uplink.nonce, deadline=NONE)
    give(host, seal().seal(topics.COMMAND, payload))
    facts.append(("arguments", host.response(1)))
    facts.append(("online", online(host)))
    return facts


# ---- commands that nobody gave, or gave once


def forged_unlocks():
    """A changed byte anywhere, a shorter or longer frame, a stranger's key: dropped, counted, not answered."""
    host = door()
    data = seal().seal(topics.COMMAND, unlock(host, deadline=NONE))
    deeds = []
    for at in range(len(data)):
        for bit in (0x01, 0x80):
            changed = bytearray(data)
            changed[at] ^= bit
            deeds.append(("byte %d" % at, bytes(changed), topics.COMMAND, False))
    for size in range(0, len(data), 7):
        deeds.append(("cut at %d" % size, data[:size], topics.COMMAND, False))
    deeds.append(("longer", data + b"\0", topics.COMMAND, False))
    deeds.append(("of a stranger", seal(key=bytes(32)).seal(topics.COMMAND, unlock(host)), topics.COMMAND, False))
    deeds.append(("without a tag", seal().seal(topics.COMMAND, unlock(host))[:-32] + bytes(32), topics.COMMAND, False))
    facts = after(host, "forged", deeds)
    give(host, data)
    facts.append(("the real one", (host.outputs["lock"], host.response(1))))
    return facts


def replayed_unlocks():
    """A recorded unlock is answered as before while it is remembered, and opens nothing ever again."""
    host = door()
    recorded = []
    for counter in range(1, 8):
        data = seal().seal(topics.COMMAND, unlock(host, counter))
        recorded.append(data)
        give(host, data)
        host.run(MINUTE)
    opened = len(host.switched("lock"))
    first_answer = next(s.data for s in host.of(frame.RESPONSE) if s.frame.counter == 7)
    facts = [("opened by the real ones", opened)]
    for name, data in (("the last", recorded[-1]), ("the first", recorded[0])):
        for _ in range(20):
            give(host, data)
        facts.append((name, host.of(frame.RESPONSE)[-1].body[0]))
        facts.append((name + " opens again", len(host.switched("lock")) - opened))
    answers = {s.data for s in host.of(frame.RESPONSE) if s.frame.counter == 7}
    facts.append(("the last is answered with the same bytes", answers == {first_answer}))
    give(host, seal().seal(topics.COMMAND, unlock(host, 8, deadline=host.uptime() - 1)))
    facts.append(("too late", host.response(8)))
    host.power_cycle()
    host.run(SECOND)
    before = len(host.switched("lock"))
    for data in recorded:
        give(host, data)
    facts.append(("after a restart", [s.body[0] for s in host.of(frame.RESPONSE)[-7:]]))
    facts.append(("opens after a restart", len(host.switched("lock")) - before))
    return facts


def frames_of_elsewhere():
    """Reflected, of another device, class, estate, direction or key epoch: the seal fails."""
    host = door()
    there = seal(OTHER)
    own = host.sent[0].data
    command = unlock(host)
    aliased = there.seal(topics.COMMAND, command)
    deeds = [
        ("its own birth", own, topics.COMMAND, False),
        ("its own birth, as configuration", own, topics.CONFIG, False),
        ("the unlock of another door", aliased, topics.COMMAND, False),
        ("that, under this door's id", aliased[:8] + own[8:16] + aliased[16:], topics.COMMAND, False),
        ("sealed for another class", seal().seal(topics.ACK, command), topics.COMMAND, False),
        ("sealed as an uplink", seal(direction=UP).seal(topics.COMMAND, command), topics.COMMAND, False),
        ("of another estate", seal(tenant="other").seal(topics.COMMAND, command), topics.COMMAND, False),
        ("of a key epoch to come", seal(epoch=1).seal(topics.COMMAND, command), topics.COMMAND, False),
    ]
    return after(host, "elsewhere", deeds)


def kinds_on_other_classes():
    """An authentic frame of a kind that its class does not carry is answered with an error and not obeyed."""
    host = Host("smoke", {"obscuration": 400}, acks=0)
    host.run(10 * SECOND)
    raised = host.of(frame.RAISE)[0]
    facts = []
    for kind in range(16, 25):
        for cls in topics.DOWN_CLASSES:
            fields = {0: 1, 1: kind, 7: {0: raised.data[-8:]}, 8: 1, 9: [raised.frame.boot, raised.frame.seq], 12: NONE}
            fields.update({10: host.device.uplink.boot, 11: host.device.uplink.nonce, 5: EPOCH})
            before = len(host.of(frame.ERROR))
            give(host, seal().seal(cls, cbor.encode(fields)), cls)
            refused = [s.body[1] for s in host.of(frame.ERROR)[before:] if "not for d/" in s.body[1]]
            facts.append(((kind, cls), (len(refused), len(host.device.outbox))))
    return facts


def forged_stored_acks():
    """An alarm goes on until its own stored-ack: not for a PUBACK, a forged one, or one of another frame."""
    host = Host("smoke", {"obscuration": 400}, acks=0)
    host.run(10 * SECOND)
    raised = host.of(frame.RAISE)[0]
    ref = (raised.frame.boot, raised.frame.seq)
    tag = raised.data[-8:]
    facts = []
    for name, cls, key, body, of in (
        ("of a stranger", topics.ACK, bytes(32), {0: tag}, ref),
        ("another tag", topics.ACK, ESTATE_KEY, {0: bytes(8)}, ref),
        ("no tag", topics.ACK, ESTATE_KEY, {}, ref),
        ("another number", topics.ACK, ESTATE_KEY, {0: tag}, (ref[0], ref[1] + 1)),
        ("another boot", topics.ACK, ESTATE_KEY, {0: tag}, (ref[0] + 1, ref[1])),
        ("the real one", topics.ACK, ESTATE_KEY, {0: tag}, ref),
    ):
        give(host, seal(key=key).seal(cls, frame.pack(frame.STORED_ACK, body, ref=of)), cls)
        facts.append((name, len(host.device.outbox)))
    return facts


def retained_commands():
    """What waited in a broker is dropped, whatever it is and however well it is sealed."""
    host = door()
    ack = frame.pack(frame.STORED_ACK, {0: bytes(8)}, ref=(1, 1))
    deeds = [
        ("an unlock", seal().seal(topics.COMMAND, unlock(host)), topics.COMMAND, True),
        ("a stored-ack", seal().seal(topics.ACK, ack), topics.ACK, True),
        ("an update", seal().seal(topics.UPDATE, ack), topics.UPDATE, True),
        ("nothing", b"", topics.COMMAND, True),
    ]
    return after(host, "retained", deeds)


def forged_times():
    """Only the answer to the question that is open sets the clock, and only within 5 s."""
    facts = []
    for name, key, nonce, boot, question, wait in (
        ("of a stranger", bytes(32), b"", 0, 0, 0),
        ("another nonce", ESTATE_KEY, bytes(8), 0, 0, 0),
        ("another boot", ESTATE_KEY, b"", 1, 0, 0),
        ("another question", ESTATE_KEY, b"", 0, 1, 0),
        ("too late", ESTATE_KEY, b"", 0, 0, 6 * SECOND),
        ("the real one", ESTATE_KEY, b"", 0, 0, 0),
    ):
        host = Host("door", cards=(7,), times=False)
        host.run(SECOND + wait)
        uplink = host.device.uplink
        asked = host.of(frame.BIRTH)[0].frame.uptime + question
        target, session = uplink.boot + boot, nonce or uplink.nonce
        payload = frame.pack(frame.TIME, {0: asked}, epoch=EPOCH, target=target, nonce=session)
        give(host, seal(key=key).seal(topics.COMMAND, payload))
        host.sense("exit_button", 1)
        host.run(SECOND)
        facts.append((name, host.events()[-1].frame.epoch is not None))
    return facts


def poison():
    """One message again and again, as a broker repeats what is never settled: bounded in memory, alive after it."""
    facts = []
    for name, data in (
        ("forged", seal(key=bytes(32)).seal(topics.COMMAND, b"\xa0")),
        ("malformed", seal().seal(topics.COMMAND, b"\xff")),
        ("an error", seal().seal(topics.COMMAND, frame.pack(frame.ERROR, {0: 400, 1: "no"}))),
        ("of an unknown kind", seal().seal(topics.COMMAND, frame.pack(99, {}))),
        ("of an unknown version", seal().seal(topics.COMMAND, cbor.encode({0: 2, 1: 17}))),
    ):
        host = door()
        for _ in range(300):
            host.deliver_sealed(topics.COMMAND, data)
        host.run(host.latency)
        bounded = len(host.device.session._queue) <= QUEUE_MAX
        host.run(2 * MINUTE)
        answers = len(host.once(frame.ERROR)) <= QUEUE_MAX + 1
        facts.append((name, (online(host), bounded, answers, len(host.connects), host.order(codes.CMD_UNLOCK))))
    return facts


# ---- a broker that lies or is silent


def suppression():
    """A broker that passes nothing on: the sounder sounds, the alarm is repeated, the way out stays open."""
    facts = []
    for name, options in (("no link", {"link": False}), ("no answer", {"acks": 0, "times": False})):
        smoke = Host("smoke", {"obscuration": 400}, **options)
        smoke.run(10 * SECOND)
        facts.append((name + ": sounder", smoke.switched("sounder")[0]))
        facts.append((name + ": local first", smoke.local_first("sounder", 1, codes.ALARM_SMOKE_ALARM)))
        smoke.run(10 * MINUTE)
        facts.append((name + ": still waits", len(smoke.device.outbox)))
        if name == "no answer":
            facts.append((name + ": one alarm", len(smoke.raised(codes.ALARM_SMOKE_ALARM))))
            facts.append((name + ": repeated", len(smoke.of(frame.RAISE)) > 10))
        way_out = door(**options)
        at = way_out.now
        way_out.sense("exit_button", 1)
        facts.append((name + ": way out", (way_out.outputs["lock"], way_out.switched("lock")[-1][0] - at)))
    return facts


STORIES = (
    oversize, longest_packet, topics_in_bad_utf8, bad_payloads, bad_payloads_without_a_key, bad_payloads_with_the_key,
    overflowing_fields, forged_unlocks, replayed_unlocks, frames_of_elsewhere, kinds_on_other_classes,
    forged_stored_acks, retained_commands,
    forged_times, poison, suppression,
)  # fmt: skip

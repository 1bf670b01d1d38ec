"""What a device of ours answers to the downlinks of the vectors. Runs on MicroPython too."""

import json
from binascii import unhexlify

from harness import Host
from lilong_firmware.store import RamStore
from lilong_protocol import frame, topics

KINDS = {1: "smoke", 3: "door", 4: "streetlight"}
AWAKE_MS = ANSWER_MS = 1_000


def after(case):
    """[answer] of one case, as the vectors write it, with `code` for `codes`."""
    store = RamStore()
    store.put("boot", (case["boot"] - 1).to_bytes(4, "big"))
    host = Host(KINDS[case["device_kind"]], store=store, latency=0)
    host.device.uplink.nonce = unhexlify(case["nonce"])
    host.run_to(case["uptime"] - AWAKE_MS)
    host.device.session.hurry(host.uptime())  # a kind that sleeps is there, too
    host._tell("step")
    host.run_to(case["uptime"])
    for one in case["before"]:
        deliver(host, one)
    before = len(host.sent)
    deliver(host, case)
    host.run(ANSWER_MS)
    return [answer for answer in [told(sent) for sent in host.sent[before:]] if answer is not None]


def deliver(host, one):
    host.deliver(one["class"], unhexlify(one["payload_hex"]), one["class"] == topics.CONFIG)
    host.run(0)


def told(sent):
    body = sent.body
    if sent.kind == frame.BIRTH:
        return {"kind": sent.kind, "reason": body[6]}
    if sent.kind == frame.ERROR:
        assert len(body.get(1, "")) <= 64
        return {"kind": sent.kind, "code": body[0]}
    if sent.kind == frame.RESPONSE:
        return {"kind": sent.kind, "code": body[0], "counter": sent.frame.counter}
    if sent.kind == frame.REPORTED_CONFIG:
        return {"kind": sent.kind, "body": as_text(body)}
    return None


def as_text(value):
    """A map with its keys as JSON has them."""
    return {str(key): as_text(value[key]) for key in value} if isinstance(value, dict) else value


def answers(path):
    """(name, answers) of each case of a file."""
    with open(path) as file:
        cases = json.load(file)["cases"]
    return [(case["name"], after(case)) for case in cases]

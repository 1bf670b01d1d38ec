"""A MicroPython process with two bundles: it takes signed firmware over MQTT, restarts into it, and goes back."""

from hashlib import sha256

import pytest
from board_case import DOWNLINK, BoardCase, in_loop
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from lilong_firmware import suit
from lilong_firmware.boot import Files
from lilong_firmware.slots import ATTEMPTS, NONE, OK, Slots
from lilong_protocol import frame, topics
from lilong_protocol.codes import KIND_GAS
from lilong_protocol.pc.maker import SIMULATED, SIMULATION, maker_settings, simulation_release_key
from lilong_simulator.fleet import image
from lilong_simulator.fleet.process import UPDATING_HEAP
from lilong_simulator.fleet.slots import SIMULATION_KEY, simulated_maker

KEY = Ed25519PrivateKey.from_private_bytes(simulation_release_key())
MAKER = simulated_maker(KIND_GAS)
NEXT = "1.1.0"


def artifact(bundle):
    digest = sha256(bundle).digest()
    return suit.head(suit.Manifest(2, MAKER.vendor, MAKER.device_class, suit.ROMFS, len(bundle), digest, NEXT)) + bundle


class Served:
    """A backend that offers firmware at the first birth, and gives its chunks."""

    def __init__(self, case, data):
        self.case, self.data = case, data
        self.offered = False
        self.deaf = ()  # boots that it does not hear
        self.births = []
        case.broker.answer = self

    def __call__(self, sent):
        if sent.kind == frame.BIRTH:
            self.births.append(sent.frame.boot)
            self.to = {"target": sent.frame.boot, "nonce": sent.frame.nonce}
        if sent.frame.boot in self.deaf:
            return
        self.case.backend(sent)
        if sent.kind == frame.BIRTH and not self.offered:
            self.offered = True
            digest = sha256(self.data).digest()
            body = {0: 9, 1: 0, 2: NEXT, 3: len(self.data), 4: digest, 5: KEY.sign(digest)}
            self.say(frame.UPDATE_OFFER, body, counter=1, deadline=1 << 50)
        elif sent.kind == frame.CHUNK_REQUEST:
            at, size = sent.body[1], sent.body[2]
            self.say(frame.CHUNK, {0: 9, 1: at, 2: self.data[at : at + size]})

    def say(self, kind, body, **header):
        self.case.deliver(topics.UPDATE, DOWNLINK.seal(topics.UPDATE, frame.pack(kind, body, **header, **self.to)))


def board(tmp_path, **changes):
    for name in ("slots", "store"):
        (tmp_path / name).mkdir()
    maker = maker_settings(SIMULATION_KEY, SIMULATION, SIMULATED, "gas")
    folders = {name: str(tmp_path / name) for name in ("slots", "store")}
    return BoardCase("gas", stepped=False, heap=UPDATING_HEAP, maker=maker, boot=5, **folders, **changes)


def slots_of(tmp_path):
    return Slots(Files(str(tmp_path / "slots")))


def firmware():
    return image.build().read_bytes()


@pytest.mark.spec("LIL-UPD-004")
@in_loop
async def test_it_rolls_forward_and_the_broker_has_all_progress_before_the_restart(tmp_path):
    async with board(tmp_path) as case:
        backend = Served(case, artifact(firmware()))
        result = await case.frame(frame.UPDATE_RESULT)
        assert result.body == {0: 9, 1: 200, 2: NEXT}
        assert backend.births == [5, 6]
        assert result.frame.boot == 6
        told = [(sent.body[1], sent.frame.boot) for sent in case.frames(frame.UPDATE_PROGRESS)]
        assert told == [(1, 5), (2, 5), (3, 5)]
    slots = slots_of(tmp_path)
    assert (slots.active, slots.trial, slots.newest) == (1, NONE, 2)


@in_loop
async def test_a_bundle_that_does_not_start_is_rolled_back_and_told(tmp_path):
    async with board(tmp_path) as case:
        backend = Served(case, artifact(b"\xd2\xcd\x31\x00" + bytes(600)))
        result = await case.frame(frame.UPDATE_RESULT)
        assert result.body == {0: 9, 1: 408}
        assert backend.births[0] == 5
        assert len(backend.births) == 2
    slots = slots_of(tmp_path)
    assert (slots.active, slots.trial, slots.newest) == (0, NONE, 0)


@in_loop
async def test_new_firmware_that_nobody_accepts_makes_room_and_an_outage_fails_nothing(tmp_path):
    """In real time: nine questions a second apart, of a process that has its own clock."""
    async with board(tmp_path, beat_s=1) as case:
        backend = Served(case, artifact(firmware()))
        backend.deaf = (6,)
        result = await case.frame(frame.UPDATE_RESULT)
        assert result.body == {0: 9, 1: 200, 2: NEXT}
        assert backend.births == [5, 6, 7, 8]
        asked = [sent for sent in case.frames(frame.HEARTBEAT) if sent.frame.boot == 6 and sent.body.get(4)]
        assert len(asked) >= ATTEMPTS - 1
    assert (slots_of(tmp_path).active, slots_of(tmp_path).ended) == (1, OK)

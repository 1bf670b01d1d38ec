"""Firmware of simulated devices: the verdicts of a board, slots over restarts, and what hangs."""

from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hosts import the_device
from hypothesis import given
from hypothesis import strategies as st
from lilong_firmware import ed25519, suit
from lilong_firmware.effects import NEVER
from lilong_firmware.slots import ATTEMPTS
from lilong_protocol import frame
from lilong_protocol.codes import KIND_DOOR
from lilong_protocol.pc.maker import simulation_release_key
from lilong_simulator.fleet import slots
from lilong_simulator.fleet.slots import RESET_MS, Flash, simulated_maker, simulation_image, verification

KEY = Ed25519PrivateKey.from_private_bytes(simulation_release_key())
PUBLIC = KEY.public_key().public_bytes_raw()
ORDER = (1 << 252) + 27742317777372353535851937790883648493
MAKER = simulated_maker(KIND_DOOR)


def verdict(verify, *arguments):
    """The last that it yields, and before it only None."""
    *before, last = verify(*arguments)
    assert set(before) <= {None}
    return last


def test_the_key_of_simulations_is_what_simulated_devices_trust():
    assert MAKER.key == PUBLIC


@given(st.binary(min_size=32, max_size=32), st.integers(0, 511), st.booleans())
def test_openssl_and_the_boards_own_verification_agree(digest, bit, changed):
    signature = bytearray(KEY.sign(digest))
    signature[bit // 8] ^= changed << bit % 8
    arguments = (PUBLIC, digest, bytes(signature))
    assert verdict(verification, *arguments) is verdict(ed25519.verification, *arguments) is not changed


@pytest.mark.parametrize(
    "change",
    [
        lambda key, data, signature: (key, data, signature[:63]),
        lambda key, data, signature: (key, data, signature + b"\0"),
        lambda key, data, signature: (key, data, b""),
        lambda key, data, signature: (key[:31], data, signature),
        lambda key, data, signature: (bytes(32), data, signature),
        lambda key, data, signature: (b"\xff" * 32, data, signature),
        lambda key, data, signature: (key, bytes(32), signature),
        lambda key, data, signature: (
            key,
            data,
            signature[:32] + (int.from_bytes(signature[32:], "little") + ORDER).to_bytes(32, "little"),
        ),
    ],
)
def test_they_agree_on_what_is_no_signature_or_no_key(change):
    digest = sha256(b"an artifact").digest()
    arguments = change(PUBLIC, digest, KEY.sign(digest))
    assert verdict(verification, *arguments) is verdict(ed25519.verification, *arguments) is False


def artifact(image, sequence=2, device_class=MAKER.device_class):
    digest = sha256(image).digest()
    return suit.head(suit.Manifest(sequence, MAKER.vendor, device_class, suit.ROMFS, len(image), digest, "2")) + image


class Updated:
    """A device that takes what it is given, piece by piece, straight at its sink."""

    def __init__(self):
        self.device = the_device("door", None, polls=False)
        self.flash = Flash(MAKER)
        self.now = 0

    def take(self, data, signature=None):
        digest = sha256(data).digest()
        updating = self.flash.updating(self.device)
        if not updating.verified(digest, KEY.sign(digest) if signature is None else signature):
            return frame.FORBIDDEN
        sink = updating.sink(0)
        sink.begin(len(data), digest)
        for at in range(0, len(data), 256):
            while (code := sink.judge(at)) is None:
                pass
            if code != frame.OK:
                return code
            sink.write(at, data[at : at + 256])
        if sink.judge(len(data)) != frame.OK:
            return sink.judge(len(data))
        assert sink.RESTARTS
        assert sink.finish(self.now)
        return frame.OK

    def restart(self):
        self.now += RESET_MS
        self.device = self.flash.restart(self.now, self.device)
        return self.flash.reset_at

    @property
    def runs(self):
        return bytes(self.flash._memory.bundles[self.flash.slots.running])


@pytest.fixture(params=[True, False], ids=["openssl", "as a board"])
def updated(request, monkeypatch):
    monkeypatch.setattr(slots, "VERIFIES_FAST", request.param)
    return Updated()


def test_it_takes_what_is_signed_and_for_it_and_runs_it_from_the_next_restart_on(updated):
    data = artifact(simulation_image())
    assert updated.runs == slots.FACTORY
    assert updated.take(data) == frame.OK
    boot = updated.device.uplink.boot
    assert updated.restart() == NEVER
    assert updated.runs == data
    assert updated.device.uplink.boot == boot + 1
    updated.flash.accepted(0, updated.device)
    updated.restart()
    assert updated.runs == data
    assert updated.take(data) == frame.CONFLICT  # no newer


def test_what_is_not_signed_or_not_for_it_is_refused(updated):
    data = artifact(simulation_image())
    assert updated.take(data, bytes(64)) == frame.FORBIDDEN
    assert updated.take(data, b"") == frame.FORBIDDEN
    assert updated.take(data, Ed25519PrivateKey.generate().sign(sha256(data).digest())) == frame.FORBIDDEN
    assert updated.take(artifact(simulation_image(), device_class=bytes(16))) == frame.INVALID
    assert updated.take(simulation_image()) == frame.INVALID
    updated.restart()
    assert updated.runs == slots.FACTORY


def test_what_hangs_is_reset_until_its_tries_are_over_and_the_old_one_runs_again(updated):
    updated.take(artifact(simulation_image(100)))
    resets = [updated.restart() for _ in range(4)]
    assert resets == [*(RESET_MS * (n + 1) for n in range(1, 4)), NEVER]
    assert updated.runs == slots.FACTORY


def in_vain(updated):
    """Connections that nobody answers, until the old one is to run."""
    session = updated.device.session
    for tried in range(20):
        session._connection += 1
        if updated.flash.ready(updated.device):
            updated.restart()
            return tried
    return None


def test_what_nobody_accepts_makes_room_and_comes_again_once_the_old_one_is_accepted(updated):
    data = artifact(simulation_image())
    updated.take(data)
    updated.restart()
    assert in_vain(updated) == ATTEMPTS
    assert updated.runs == slots.FACTORY
    assert in_vain(updated) is None, "the old one has nothing to lose"
    updated.flash.accepted(0, updated.device)
    assert updated.flash.ready(updated.device)
    updated.restart()
    assert updated.runs == data
    updated.flash.accepted(0, updated.device)
    assert not updated.flash.ready(updated.device)


def test_so_many_of_a_hundred_devices_hang_and_the_same_ones_each_time():
    image = artifact(simulation_image(5))
    hanging = [n for n in range(4_000) if slots._hangs(image, f"{n:016x}")]
    assert 160 <= len(hanging) <= 240
    assert hanging == [n for n in range(4_000) if slots._hangs(image, f"{n:016x}")]
    assert not any(slots._hangs(artifact(simulation_image()), f"{n:016x}") for n in range(100))


def test_a_fleet_with_the_same_firmware_has_its_bytes_once():
    data = artifact(simulation_image())
    fleet = [Updated() for _ in range(3)]
    for one in fleet:
        one.take(data)
        one.restart()
    assert len({id(one.flash._memory.bundles[1]) for one in fleet}) == 1

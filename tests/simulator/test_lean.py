"""Devices of a live fleet that keep less do the same."""

from fleet_case import DEVICES, device_of
from lilong_protocol import frame
from lilong_protocol.keys import frame_key
from lilong_protocol.pc.downlink import Downlink
from lilong_protocol.seal import DOWN, Seal
from lilong_simulator.fleet.live.lean import lean


def downlink_of(device):
    who = device.identity
    return Downlink(who.root, who.tenant, who.device)


def test_what_comes_down_is_opened_and_what_is_forged_is_not():
    device = device_of(DEVICES[0])
    lean(device)
    cls, data = downlink_of(device).stored_ack(1, 1, b"8 bytes.")
    assert device.downlink.open(cls, data).kind == frame.STORED_ACK
    assert device.downlink.open(cls, data[:-1] + bytes([data[-1] ^ 1])) is None
    assert device.downlink.rejected == 1


def test_a_device_of_a_later_key_epoch_keeps_its_keys():
    device = device_of(DEVICES[0])
    device.epoch = 3
    who = device.identity
    device.downlink._seal = later = Seal(frame_key(who.root, DOWN, 3), who.tenant, who.device, DOWN, 3)
    lean(device)
    assert device.downlink._seal is later


def test_what_is_the_same_for_all_is_there_once():
    one, other = (device_of(name) for name in DEVICES[:2])
    lean(one)
    lean(other)
    assert one.uplink._start is other.uplink._start

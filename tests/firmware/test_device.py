"""The device around its rules: power-up, boot numbers, what it keeps."""

import pytest
from harness import DEVICE, HOUR, MINUTE, SECOND, TENANT, FullStore, Host, codes
from lilong_firmware.device import Device, Identity
from lilong_firmware.draws import Draws
from lilong_firmware.kinds import rules
from lilong_firmware.store import RamStore
from lilong_protocol import frame
from lilong_protocol.registry import COMMANDS, KIND, QUANTITY
from lilong_simulator.kinds import KINDS


def device(store, boot=None, kind="smoke", seed=b"d"):
    return Device(Identity(TENANT, DEVICE, bytes(32)), rules(kind), store, Draws(seed), boot=boot)


@pytest.mark.spec("LIL-SESSION-003")
def test_boots_are_numbered_from_1_and_the_number_is_stored_before_anything_is_said():
    store = RamStore()
    assert [device(store).uplink.boot for _ in range(3)] == [1, 2, 3]
    assert store.items() == [("boot", b"\0\0\0\x03")]


@pytest.mark.spec("LIL-SESSION-013")
@pytest.mark.parametrize("generation", [1, 2, 255])
def test_a_device_that_is_provisioned_anew_counts_on_within_its_generation(generation):
    store = RamStore()
    store.put("boot", (generation << 24).to_bytes(4, "big"))
    assert [device(store).uplink.boot for _ in range(2)] == [(generation << 24) + 1, (generation << 24) + 2]


def test_a_fleet_may_give_the_number_itself():
    assert device(RamStore(), boot=77).uplink.boot == 77
    assert device(FullStore(), boot=77).uplink.boot == 77


def test_a_store_that_fails_costs_no_start_and_the_number_is_hardly_used_twice():
    numbers = {device(FullStore(), seed=b"%d" % seed).uplink.boot for seed in range(20)}
    assert len(numbers) > 15
    assert min(numbers) > 1


@pytest.mark.spec("LIL-SESSION-004")
def test_the_nonce_is_another_after_each_start():
    assert device(RamStore(), seed=b"1").uplink.nonce != device(RamStore(), seed=b"2").uplink.nonce


@pytest.mark.spec("LIL-EVENT-001")
def test_frames_are_numbered_per_class_without_a_gap():
    host = Host("door")
    for _ in range(3):
        host.sense("tamper", 1)
        host.sense("exit_button", 1)
        host.sense("tamper", 0)
        host.run(SECOND)
        host.order(codes.CMD_RESET)
    host.run(5 * MINUTE)
    numbers = {}
    for sent in host.sent:
        numbers.setdefault(sent.cls, set()).add(sent.frame.seq)
    for seqs in numbers.values():
        assert sorted(seqs) == list(range(1, len(seqs) + 1))


@pytest.mark.parametrize("kind", KINDS)
def test_power_up_raises_nothing_and_tells_no_event(kind):
    host = Host(kind)
    host.run(30 * SECOND)
    assert not host.notes
    assert {s.kind for s in host.sent} <= {frame.BIRTH, frame.HEARTBEAT, frame.REPORTED_CONFIG}


@pytest.mark.parametrize("kind", KINDS)
def test_a_calm_device_stays_calm(kind):
    host = Host(kind)
    host.run(26 * HOUR)
    assert not host.notes


def test_what_the_sensors_read_before_power_up_is_no_change():
    host = Host("door", {"contact": 1, "tamper": 0})
    host.run(SECOND)
    assert not host.notes
    assert not host.events()


def test_numbers_are_kept_across_a_restart():
    store = RamStore()
    first = device(store)
    assert first.kept("level") == 0
    first.keep("level", 70_000)
    assert device(store).kept("level") == 70_000
    full = device(FullStore())
    full.keep("level", 1)
    assert full.kept("level") == 0


@pytest.mark.spec("LIL-CMD-004")
@pytest.mark.parametrize("kind", KINDS)
def test_the_commands_of_the_registry_are_known_and_no_others(kind):
    for command in COMMANDS:
        host = Host(kind)
        host.run(SECOND)
        known = host.order(command.number, {0: 1} if command.arguments else {}) != frame.NOT_FOUND
        if command.name == "reset":
            continue  # 404 also says that there is nothing to reset
        assert known == (command.name == "use_epoch" or command.name in KIND[kind].commands), command.name


@pytest.mark.parametrize("kind", KINDS)
def test_says_only_what_the_registry_knows(kind):
    names = {QUANTITY[number].name for number in Host(kind).device.rules.report()}
    assert names <= set(KIND[kind].quantities)

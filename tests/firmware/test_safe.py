"""Safe mode: what was set from afar is left out, alarms and lists are kept, and all is as before when it ends."""

from harness import MINUTE, SECOND, Host, codes
from lilong_firmware.safe import SafeStore
from lilong_firmware.store import RamStore
from lilong_protocol import frame
from test_cards import OTHER, RESIDENT, door, pseudonym, tried


def reports(host):
    return [s.body for s in host.once(frame.REPORTED_CONFIG)]


def test_settings_are_left_out_and_none_are_taken_and_come_back_with_the_next_boot_out_of_it():
    kept = RamStore()
    host = Host("door", store=kept)
    host.run(MINUTE)
    host.configure(4, {codes.S_UNLOCK_FOR: 9_000})
    host.store = SafeStore(kept)
    host.power_cycle()
    host.run(MINUTE)
    assert reports(host)[-1] == {0: 0, 1: {}}
    host.configure(5, {codes.S_UNLOCK_FOR: 8_000})
    assert reports(host)[-1][0] == 0
    host.store = kept
    host.power_cycle()
    host.run(MINUTE)
    assert reports(host)[-1] == {0: 4, 1: {codes.S_UNLOCK_FOR: 9_000}}


def test_an_alarm_goes_on_under_its_name_and_new_ones_are_kept():
    kept = RamStore()
    host = Host("smoke", store=kept, acks=0)
    host.run(SECOND)
    host.set("obscuration", 400)
    host.run(MINUTE)
    (before,) = host.raised(codes.ALARM_SMOKE_ALARM)
    host.store = SafeStore(kept)
    host.power_cycle()
    host.run(MINUTE)
    assert host.outputs["sounder"] == 1
    assert [s.data for s in host.raised(codes.ALARM_SMOKE_ALARM)] == [before.data]
    host.sense("tamper", 1)
    host.run(SECOND)
    assert len(host.raised(codes.ALARM_TAMPER)) == 1
    assert len([name for name, _ in kept.items() if name[0] == "o"]) == 2


def test_a_revoked_card_stays_revoked():
    kept = RamStore()
    host = door(store=kept)
    assert host.order(codes.CMD_CARD_REVOKE, {0: pseudonym(RESIDENT), 1: 1}) == frame.OK
    host.store = SafeStore(kept)
    host.power_cycle()
    host.run(SECOND)
    assert tried(host, RESIDENT) == codes.DENIAL_REVOKED
    assert tried(host, OTHER) is None

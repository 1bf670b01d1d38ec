"""Deep sleep as real processes: MicroPython ends, and is started again with what RTC memory and flash have kept."""

import pytest
from harness import MINUTE, SECOND, codes
from micropython import find_micropython
from sleep_process import BOOT_MS, Sleeping


def test_a_cover_that_sleeps_looks_every_25_s_and_starts_nothing(tmp_path):
    cover = Sleeping("manhole", tmp_path / "device", find_micropython())
    awake_ms = cover.awake_ms
    cover.run_to(cover.now + 5 * MINUTE)
    assert len(cover.wakes) in (11, 12)
    assert len(cover.starts) == 1
    assert cover.awake_ms - awake_ms == BOOT_MS * len(cover.wakes), "a boot each; looks take no virtual time"


def test_water_in_the_shaft_is_stored_within_thirty_seconds_of_its_rise(tmp_path):
    cover = Sleeping("manhole", tmp_path / "device", find_micropython())
    cover.run_to(cover.now + MINUTE + 1)
    rose_at = cover.now
    cover.readings["water"] = 50
    cover.run_to(rose_at + 26 * SECOND)
    stored = [at for what, at, code in cover.told if (what, code) == ("stored", codes.ALARM_MANHOLE_OVERFULL)]
    assert len(stored) == 1
    assert stored[0] - rose_at <= 30 * SECOND
    assert [boot for _, boot in cover.starts] == [1, 2]


@pytest.mark.parametrize("spoilt", [b"", b"\xff" * 200, None])
def test_without_a_whole_record_it_starts_as_from_cold(tmp_path, spoilt):
    cover = Sleeping("manhole", tmp_path / "device", find_micropython())
    cover.run_to(cover.now + MINUTE)
    memory = tmp_path / "device" / "rtc"
    memory.write_bytes(memory.read_bytes()[:-1] if spoilt is None else spoilt)
    cover.run_to(cover.now + 26 * SECOND)
    assert [boot for _, boot in cover.starts] == [1, 2]
    assert not cover.told


def test_a_blow_and_a_new_attitude_are_told_though_the_device_slept(tmp_path):
    cover = Sleeping("manhole", tmp_path / "device", find_micropython())
    cover.run_to(cover.now + MINUTE)
    cover.readings["tilt"] = 60
    at = cover.now
    cover.pin("tilt")
    raised = [then for what, then, code in cover.told if (what, code) == ("raised", codes.ALARM_MANHOLE_MOVED)]
    assert len(raised) == 1
    assert raised[0] - at <= BOOT_MS + SECOND

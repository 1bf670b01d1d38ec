"""Firmware in a file of the store: a download goes on after a restart, whatever a power cut has left of it."""

from hashlib import sha256

import pytest
from harness import MINUTE, SECOND, CutStore, Host, PowerCut
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware.fetch import CHUNK_BYTES
from lilong_firmware.flash import FileStore
from lilong_firmware.slot import FILE, MARK_BYTES, RECORD, SIZE_MAX, OneSlot, Slot
from lilong_firmware.store import RamStore
from lilong_protocol import frame

FIRMWARE = 0
DATA = bytes(n * 7 % 251 for n in range(3 * MARK_BYTES + 100))


def board(store):
    host = Host("gas", store=store)
    return ready(host)


def ready(host):
    host.device.updating = lambda device: OneSlot(device.store)
    host.run(SECOND)
    return host


def offered(host, data=DATA, number=5):
    host.offer({0: number, 1: FIRMWARE, 2: "1.2.0", 3: len(data), 4: sha256(data).digest()})
    host.run(SECOND)
    return host


def serve(host, data=DATA, most=10_000):
    """Answer chunk requests of this boot; the offsets asked for."""
    offsets = []
    while len(offsets) < most:
        boot = host.device.uplink.boot
        asked = [one for one in host.once(frame.CHUNK_REQUEST) if one.frame.boot == boot][len(offsets) :]
        if not asked:
            break
        body = asked[0].body
        offsets.append(body[1])
        host.chunk(body[0], body[1], data[body[1] : body[1] + body[2]])
        host.run(SECOND)
    return offsets


def results(host):
    return [sent.body[1] for sent in host.once(frame.UPDATE_RESULT)]


def restarted(host):
    host.power_cycle()
    return offered(ready(host))


@pytest.mark.spec("LIL-UPD-001", "LIL-UPD-004")
@pytest.mark.parametrize("flash", [False, True], ids=["RAM", "flash"])
def test_firmware_lands_in_a_file_of_the_store(flash, tmp_path):
    store = FileStore(str(tmp_path)) if flash else RamStore()
    host = offered(board(store))
    assert serve(host) == list(range(0, len(DATA), CHUNK_BYTES))
    assert results(host) == [frame.OK]
    assert store.read(FILE, 0, len(DATA) + 1) == DATA
    assert len(serve(restarted(host))) == 0
    assert results(host) == [frame.OK, frame.OK]  # it is in effect


@pytest.mark.parametrize("chunks", [1, 15, 16, 17, 32, 47, 48])
def test_the_offer_that_is_repeated_after_a_restart_goes_on_where_it_was(chunks):
    host = offered(board(RamStore()))
    serve(host, most=chunks)
    first = chunks * CHUNK_BYTES // MARK_BYTES * MARK_BYTES
    assert serve(restarted(host))[:1] == [first]
    assert results(host) == [frame.OK]
    assert host.store.read(FILE, 0, len(DATA) + 1) == DATA
    told = [sent.body for sent in host.once(frame.UPDATE_PROGRESS) if sent.frame.boot == host.device.uplink.boot]
    assert [body[2] for body in told] == [first, len(DATA), len(DATA)]


def test_nothing_is_asked_for_before_what_is_there_has_been_read_again_and_that_keeps_nothing_waiting():
    host = offered(board(RamStore()))
    serve(host, most=2 * MARK_BYTES // CHUNK_BYTES)
    host.power_cycle()
    ready(host)
    at = host.now
    host.offer({0: 5, 1: FIRMWARE, 2: "1.2.0", 3: len(DATA), 4: sha256(DATA).digest()})
    host.run(40)
    host.sense("tamper", 1)
    assert host.raised(7)[-1].at == host.now
    host.run(SECOND)
    asked = [one for one in host.once(frame.CHUNK_REQUEST) if one.frame.boot == host.device.uplink.boot]
    assert [one.body[1] for one in asked] == [2 * MARK_BYTES]
    assert asked[0].at - at >= 2 * MARK_BYTES // CHUNK_BYTES - 1  # a piece a millisecond


def test_another_artifact_begins_anew():
    other = DATA[::-1]
    host = offered(board(RamStore()))
    serve(host, most=40)
    host.power_cycle()
    offered(ready(host), other, 6)
    assert serve(host, other)[0] == 0
    assert host.store.read(FILE, 0, len(DATA)) == other


@pytest.mark.parametrize("place", [0, MARK_BYTES - 1, 2 * MARK_BYTES - 1])
def test_bytes_that_have_changed_on_flash_are_fetched_again(place):
    host = offered(board(RamStore()))
    serve(host, most=40)
    data = bytearray(host.store.read(FILE, 0, SIZE_MAX))
    data[place] ^= 1
    host.store.write(FILE, 0, bytes(data))
    assert serve(restarted(host))[0] == 0
    assert results(host) == [frame.OK]
    assert host.store.read(FILE, 0, SIZE_MAX) == DATA


@pytest.mark.parametrize("record", [b"", b"x", bytes(44), sha256(DATA).digest() + b"\0\0\x30\x64\xff" + bytes(7)])
def test_a_record_of_something_else_begins_anew(record):
    store = RamStore()
    store.put(RECORD, record)
    assert Slot(store).begin(len(DATA), sha256(DATA).digest()) == 0


def test_bytes_that_are_gone_are_fetched_again():
    host = offered(board(RamStore()))
    serve(host, most=40)
    host.store.write(FILE, 0, DATA[:100])
    assert serve(restarted(host))[0] == 0
    assert results(host) == [frame.OK]


def test_what_has_another_digest_is_not_kept():
    host = offered(board(RamStore()))
    serve(host, DATA[::-1])
    assert results(host) == [frame.INVALID]
    assert RECORD not in dict(host.store.items())
    assert serve(restarted(host))[0] == 0


def test_what_is_too_large_is_refused():
    host = board(RamStore())
    counter = host.offer({0: 5, 1: FIRMWARE, 2: "1.2.0", 3: SIZE_MAX + 1, 4: bytes(32)})
    host.run(SECOND)
    assert host.response(counter) == frame.INVALID


@settings(max_examples=60, deadline=None)
@given(cuts=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 600)), max_size=4))
def test_a_power_cut_at_any_write_leaves_a_download_that_goes_on_and_is_right_in_the_end(cuts):
    store = CutStore()
    host = offered(board(store))
    for left, torn in cuts:
        store.left, store.torn = left, torn
        try:
            serve(host)
        except PowerCut:
            pass
        store.left = None
        host.power_cycle()
        offered(ready(host))
    serve(host)
    host.run(MINUTE)
    assert results(host)[-1] == frame.OK
    assert store.read(FILE, 0, SIZE_MAX) == DATA

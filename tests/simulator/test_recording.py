"""A recording: what devices sent, written beside a run and read again, whole or up to where it was cut."""

import contextlib
import gzip
import json
import os
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_protocol import frame, topics
from lilong_protocol.cbor import decode
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.pc.sealed import payload_of
from lilong_protocol.seal import UP, Seal
from lilong_simulator.load.fresh import Keys, Times, Voice, fields_of
from lilong_simulator.load.lines import RecordingError, Said
from lilong_simulator.load.record import SPARE_BYTES, RecordError, Recording
from lilong_simulator.load.recorded import look_through, open_source

TENANT = "acme"
KEY = bytes(range(32))
DEVICES = ("a4cf12fffe0b3c5d", "00cf12fffe0b3c5d", "b4cf12fffe0b3c5d")
EPOCH = 1_800_000_000_000
BOOT = 2_000_000_000


def sealed(device, cls, payload, epoch=0):
    key = frame_key(device_root(KEY, TENANT, device), UP, epoch)
    return Seal(key, TENANT, device, UP, epoch).seal(cls, payload)


def opened(device, cls, data, epoch=0):
    key = frame_key(device_root(KEY, TENANT, device), UP, epoch)
    return decode(Seal(key, TENANT, device, UP, epoch).open(cls, data))


def record(path, rows, **options):
    with Recording(path, EPOCH, "a test", lambda device: TENANT, **options) as recording:
        for row in rows:
            recording.put(row)
    return recording


def rows_of(path):
    source = open_source(path)
    return [(at, device, cls, data) for at, _, device, cls, data, _ in source.rows()], source


def test_a_qos_that_is_not_the_protocols_is_kept(tmp_path):
    frames = {cls: sealed(DEVICES[0], cls, b"\xa1\x01\x04") for cls in (topics.TELEMETRY, topics.ALARM)}
    rows = [(1.0, DEVICES[0], cls, data, qos) for cls, data in frames.items() for qos in (0, 1)]
    record(tmp_path / "run", rows)
    source = open_source(tmp_path / "run")
    assert [(said.cls, said.qos) for said in source.rows()] == [("tm", None), ("tm", 1), ("al", 0), ("al", None)]
    assert look_through(source).answered == {"tm"}


# ---- what a device could have said: (ms, device, class, payload)

TIMES = st.integers(0, 10**9)
BODIES = {
    topics.HEARTBEAT: (frame.HEARTBEAT, st.fixed_dictionaries({0: st.integers(0, 9), 1: st.just(0), 2: st.just(0)})),
    topics.EVENT: (frame.EVENT, st.fixed_dictionaries({0: st.integers(1, 9), 4: st.just({1: 182})})),
    topics.TELEMETRY: (
        frame.TELEMETRY, st.lists(st.integers(0, 10**6), max_size=3).map(lambda ages: {0: [1], 1: ages, 2: [ages]}),
    ),
    topics.ALARM: (frame.RAISE, st.fixed_dictionaries({0: st.integers(1, 9), 1: st.just(4), 4: st.just({})})),
}  # fmt: skip


@st.composite
def stories(draw):
    """Devices that come up, talk, reboot and connect again; in the order of time."""
    at = 0
    boots = dict.fromkeys(DEVICES, 0)
    connections = dict.fromkeys(DEVICES, 0)
    seqs = {}
    rows = []
    for _ in range(draw(st.integers(1, 25))):
        at += draw(st.integers(0, 100_000))
        device = draw(st.sampled_from(DEVICES))
        born = not boots[device] or draw(st.integers(0, 5)) == 0
        if born:
            if not boots[device] or draw(st.booleans()):
                boots[device] += 1
                connections[device] = 0
            connections[device] += 1
            cls, kind = topics.STATE, frame.BIRTH
            body = {0: 3, 1: connections[device], 3: 60, 4: 180, 5: True, 9: 0}
        else:
            cls = draw(st.sampled_from(sorted(BODIES)))
            kind, bodies = BODIES[cls]
            body = draw(bodies)
        place = (device, boots[device], cls)
        seqs[place] = seqs.get(place, 0) + 1
        dated = draw(st.booleans())
        payload = frame.pack(
            kind, body, boots[device], seqs[place], draw(TIMES), EPOCH + draw(TIMES) if dated else None,
            3 if dated else None, nonce=bytes(8) if kind in (frame.BIRTH, frame.HEARTBEAT) else None,
        )  # fmt: skip
        rows.append((float(at), device, cls, sealed(device, cls, payload)))
    return rows


@settings(max_examples=60, deadline=None)
@given(stories(), st.sampled_from([0.5, 1.0, 10.0, 1000.0]), st.integers(0, 3))
def test_what_is_replayed_is_what_was_recorded_but_for_seal_boot_and_times(tmp_path_factory, story, speed, epoch):
    path = tmp_path_factory.mktemp("recording") / "run.lilong"
    record(path, story)
    read, source = rows_of(path)
    assert read == story
    assert source.cut is None
    found = look_through(source)
    now = EPOCH + 10**10
    times = Times(speed, found.first, found.epoch_zero, now)
    voices = {
        device: Voice(TENANT, device, Keys(device_root(KEY, TENANT, device), epoch), BOOT, times)
        for device in found.devices
    }
    sessions = {}
    for _, device, cls, data in read:
        then, voice = fields_of(data), voices[device]
        if then[1] == frame.BIRTH:
            sessions[device] = then[2], then[7][1]
            voice.connect(then)
        said, key = voice.say(cls, then)
        told = opened(device, cls, said, epoch)  # by the key of the epoch in use
        assert key == (told[2], told[3])
        assert told[2] == BOOT + then[2] - 1
        assert abs(told[4] - then[4] / speed) <= 0.5
        assert (5 in told) == (5 in then)
        if 5 in then:
            assert abs(told[5] - (now + (then[5] - EPOCH - found.first) / speed)) <= 0.5
        if then[1] == frame.TELEMETRY:
            assert all(abs(new - old / speed) <= 0.5 for new, old in zip(told[7][1], then[7][1], strict=True))
        if then[1] == frame.BIRTH:
            assert (told[7][3], told[7][4], told[7][9]) == (max(1, -(-60 // speed)), max(1, -(-180 // speed)), epoch)
        if speed == 1.0 and epoch == 0:
            assert told[7] == then[7]
        others = {key: value for key, value in told.items() if key not in (2, 4, 5, 7)}
        assert others == {key: value for key, value in then.items() if key not in (2, 4, 5, 7)}


def test_a_birth_that_the_recording_has_not_has_the_next_connection_and_number_and_all_after_it_too():
    device = DEVICES[0]
    times = Times(10.0, 0.0, EPOCH, EPOCH + 10**9)
    voice = Voice(TENANT, device, Keys(device_root(KEY, TENANT, device), 0), BOOT, times)

    def birth(seq, connection):
        body = {0: 3, 1: connection, 5: True, 6: 0}
        return {0: 1, 1: frame.BIRTH, 2: 1, 3: seq, 4: 1_000 * seq, 5: EPOCH + 1_000 * seq, 6: 3, 7: body, 11: bytes(8)}

    def said(made):
        told = opened(device, topics.STATE, made[0])
        return told[3], told[4], told[5] - EPOCH - 10**9, told[7][1], told[7][6]

    voice.connect(birth(1, 7))
    assert said(voice.say(topics.STATE, birth(1, 7))) == (1, 100, 100, 1, 0)
    will = voice.connect()
    assert opened(device, topics.STATE, will) == {0: 1, 1: frame.DEATH, 2: BOOT, 7: {0: 2}}
    assert said(voice.again(2_500)) == (2, 2_600, 2_600, 2, 1)
    voice.connect(birth(2, 8))
    assert said(voice.say(topics.STATE, birth(2, 8))) == (3, 200, 200, 3, 0)


def test_an_update_speaks_of_its_raise_in_the_fresh_boot_and_a_crash_of_the_boot_before():
    device = DEVICES[0]
    voice = Voice(TENANT, device, Keys(device_root(KEY, TENANT, device), 0), BOOT, Times(2.0, 0.0, EPOCH, EPOCH))
    voice.connect({0: 1, 1: frame.BIRTH, 2: 41, 3: 1, 4: 0, 7: {0: 3, 1: 1}, 11: bytes(8)})
    update = {0: 1, 1: frame.UPDATE, 2: 41, 3: 6, 4: 9, 7: {0: 1, 5: 2}, 9: [40, 5]}
    assert opened(device, "al", voice.say("al", update)[0])[9] == [BOOT - 1, 5]
    crash = {0: 1, 1: frame.CRASH, 2: 41, 3: 1, 4: 9, 7: {0: 1, 1: "", 3: 40, 4: 60_000}}
    assert opened(device, "lg", voice.say("lg", crash)[0])[7] == {0: 1, 1: "", 3: BOOT - 1, 4: 30_000}


ROWS = [(10.0 * at, DEVICES[at % 3], "hb", bytes([at % 256]) * 60) for at in range(3_000)]


def test_a_connection_that_ended_is_a_row_without_a_frame(tmp_path):
    rows = [(1.0, DEVICES[0], "hb", b"x"), (2.5, DEVICES[0], "", b"")]
    record(tmp_path / "run", rows)
    assert rows_of(tmp_path / "run")[0] == rows


def test_a_recording_that_was_unpacked_is_read_too(tmp_path):
    record(tmp_path / "packed", ROWS)
    (tmp_path / "plain").write_bytes(gzip.decompress((tmp_path / "packed").read_bytes()))
    assert rows_of(tmp_path / "plain")[0] == ROWS


@pytest.mark.parametrize("share", [0.2, 0.5, 0.999])
def test_a_file_that_was_cut_is_read_up_to_its_last_whole_row_and_says_so(tmp_path, share):
    record(tmp_path / "run", ROWS)
    whole = (tmp_path / "run").read_bytes()
    (tmp_path / "run").write_bytes(whole[: int(len(whole) * share)])
    rows, source = rows_of(tmp_path / "run")
    assert rows == ROWS[: len(rows)]
    assert source.cut == f"{tmp_path}/run: ends after {len(rows):,} whole rows; the rest was never written" or (
        source.cut == f"{tmp_path}/run: ends in the middle of a row after {len(rows):,} whole rows; the rest was "
        "never written"
    )
    assert share == 0.2 or rows


def test_what_a_killed_recorder_had_can_be_read_while_it_was_never_closed(tmp_path):
    recording = Recording(tmp_path / "run", EPOCH, "a test", lambda device: TENANT)
    for row in ROWS:
        recording.put(row)
    deadline = time.monotonic() + 30
    while recording.rows < len(ROWS) and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    (tmp_path / "copy").write_bytes((tmp_path / "run").read_bytes())
    recording.close()
    rows, source = rows_of(tmp_path / "copy")
    assert rows == ROWS
    assert source.cut is not None


def test_a_file_with_wrong_bytes_is_not_replayed_at_all(tmp_path):
    record(tmp_path / "run", ROWS)
    data = gzip.compress(gzip.decompress((tmp_path / "run").read_bytes()), mtime=0)
    (tmp_path / "run").write_bytes(data[:-8] + bytes(8))  # checksum and size
    with pytest.raises(RecordingError, match=r"is damaged \(.*\); bring back a copy"):
        look_through(open_source(tmp_path / "run"))


def test_a_row_that_comes_late_stands_at_the_time_of_the_one_before(tmp_path):
    record(tmp_path / "run", [(5.0, DEVICES[0], "hb", b"1"), (4.0, DEVICES[1], "hb", b"2")])
    assert [row[0] for row in rows_of(tmp_path / "run")[0]] == [5.0, 5.0]


HEAD = json.dumps({"format": "lilong recording 1", "epoch_zero": EPOCH, "by": "x"})
KNOWN = json.dumps({"n": 0, "tenant": TENANT, "device": DEVICES[0]})


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        ([], "is no recording; give a recording of --record"),
        (["hello"], "is no recording"),
        (['{"format": "lilong recording 2"}'], "is a 'lilong recording 2'; this reads 'lilong recording 1'"),
        (['{"format": "lilong recording 1"}'], "has no epoch_zero"),
        ([HEAD, '{"n": 0, "tenant": "acme", "device": "no"}'], ":2: names no device"),
        ([HEAD, '[1, 0, "hb", "00"]'], ":2: is no row of a recording"),
        ([HEAD, KNOWN, '[1, 0, "hb", "0"]'], ":3: is no row of a recording"),
        ([HEAD, KNOWN, '[2, 0, "hb", "00"]', '[1, 0, "hb", "00"]'], "a row at 1 ms stands behind one at 2 ms"),
        ([HEAD, KNOWN, '[2, 0, "xx", "00"]'], "'xx' is no class of what devices send"),
        ([HEAD, KNOWN], "holds nothing that a device sent"),
        ([HEAD, "[" + "1" * 100_000], "has a line of more than"),
    ],
)
def test_a_bad_file_is_a_clear_error(tmp_path, lines, word):
    path = tmp_path / "run"
    path.write_text("".join(line + "\n" for line in lines))
    with pytest.raises(RecordingError) as error:
        look_through(open_source(path))
    assert str(error.value).startswith(str(path))
    assert word in str(error.value)


def test_what_is_not_there_is_a_clear_error(tmp_path):
    with pytest.raises(RecordingError, match="is not there; give a recording"):
        open_source(tmp_path / "nothing")
    with pytest.raises(RecordingError, match="holds no messages"):
        open_source(tmp_path)
    with pytest.raises(RecordError, match="name a file that can be written"):
        Recording(tmp_path, EPOCH, "a test", lambda device: TENANT)


def test_a_full_disk_ends_the_recording_with_a_word_and_not_the_run():
    if not Path("/dev/full").exists():
        pytest.skip("no full disk to be had")
    told = []
    recording = record(Path("/dev/full"), ROWS, tell=told.append)
    assert told == [
        f"/dev/full: the recording has ended after 0 rows, the run goes on ({os.strerror(28)})"
    ] == [recording.trouble]  # fmt: skip
    recording.put(ROWS[0])  # costs nothing, does nothing


def test_a_recording_holds_room_back_and_leaves_it_to_the_report_when_it_ends(tmp_path):
    if not (Path("/dev/full").exists() and Path("/proc/self/fd").exists()):
        pytest.skip("no full disk to be had, or no list of open files")

    def held():
        sizes = []
        for one in Path("/proc/self/fd").iterdir():
            with contextlib.suppress(OSError):
                sizes += [one.stat().st_size] if str(one.readlink()).startswith(str(tmp_path)) else []
        return max(sizes, default=0)

    with Recording(tmp_path / "run", EPOCH, "a test", lambda device: TENANT):
        assert held() == SPARE_BYTES
    assert held() == 0
    (tmp_path / "full").symlink_to("/dev/full")
    record(tmp_path / "full", ROWS)
    assert held() == 0


def test_a_row_costs_a_run_a_few_microseconds(tmp_path):
    began = time.process_time()
    record(tmp_path / "run", ROWS * 10)
    assert (time.process_time() - began) / (10 * len(ROWS)) < 20e-6  # measured: 2; the machine may be another


def test_the_devices_clocks_tell_the_time_of_a_recording_that_does_not():
    data = sealed(DEVICES[0], "hb", frame.pack(frame.HEARTBEAT, {0: 0}, 1, 1, 5, EPOCH + 70, 3, nonce=bytes(8)))

    class Timeless:
        name, epoch_zero, cut = "timeless", None, None

        def rows(self):
            yield Said(50.0, TENANT, DEVICES[0], "hb", data)

    assert look_through(Timeless()).epoch_zero == EPOCH + 20
    assert payload_of(data)

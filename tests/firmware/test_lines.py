"""The log for the backend: a few lines, last of all that waits; and what a crash leaves for the next start."""

import pytest
from board_case import BoardCase, in_loop
from harness import HOUR, MINUTE, SECOND, FullStore, Host, codes, online
from lilong_firmware.crash import innermost, keep
from lilong_firmware.flash import FileStore
from lilong_firmware.lines import LINES_MAX, shortened
from lilong_firmware.store import RamStore
from lilong_protocol import cbor, frame, topics
from lilong_simulator.fleet.board_lines import Online
from lilong_simulator.fleet.process import BoardError

WARNING, NOTICE, DEBUG = 4, 5, 7


def born(kind="door", **options):
    host = Host(kind, **options)
    host.run(SECOND)
    return host


def say(host, level, text):
    host.device.log(host.uptime(), level, text)
    host._drain()


def lines(host):
    return [s.body for s in host.of(frame.LOG)]


# ---- lines


@pytest.mark.spec("LIL-LOG-001")
def test_a_line_is_sent_at_the_level_of_the_setting_and_below():
    host = born()
    for level in range(8):
        say(host, level, "level %d" % level)
        host.run(SECOND)
    assert [body[0] for body in lines(host)] == [0, 1, 2, 3, 4]
    host.configure(1, {codes.S_LOG_LEVEL: DEBUG})
    say(host, DEBUG, "fine")
    host.run(SECOND)
    (last,) = [s for s in host.of(frame.LOG) if s.body[0] == DEBUG]
    assert (last.cls, last.qos, last.body[1]) == (topics.LOG, 1, "fine")


@pytest.mark.spec("LIL-LOG-001")
def test_lines_go_last_and_keep_no_alarm_waiting():
    host = born(latency=100)
    host.cut()
    say(host, WARNING, "first")
    for _ in range(5):
        host.sense("exit_button", 1)
    say(host, WARNING, "second")
    host.heal()
    host.run(MINUTE)
    before = len(host.sent)
    host.sense("tamper", 1)
    assert [s.kind for s in host.sent[before:]] == [frame.RAISE]
    kinds = [s.kind for s in host.sent if s.cls in (topics.EVENT, topics.LOG)]
    assert kinds == [frame.EVENT] * 5 + [frame.LOG] * 2


def test_of_a_flood_the_first_few_are_kept_and_a_long_one_by_its_end():
    host = born(link=False)
    for number in range(20):
        say(host, WARNING, "x" * 300 + str(number))
    host.heal()
    host.run(2 * MINUTE)
    assert [body[1] for body in lines(host)] == [("x" * 300 + str(number))[-256:] for number in range(LINES_MAX)]


def test_what_is_not_ascii_cannot_break_a_frame():
    assert shortened("\u95e8\u7981 é\t1") == "?? ??1"
    host = born()
    say(host, WARNING, "\u95e8" * 300)
    host.run(SECOND)
    assert lines(host) == [{0: WARNING, 1: "?" * 256}]


def test_a_line_wakes_nobody_and_is_told_before_the_next_sleep():
    host = born("smoke")
    host.run(HOUR)
    connects = len(host.connects)
    say(host, WARNING, "dust")
    host.run(MINUTE)
    assert len(host.connects) == connects
    host.sense("tamper", 1)
    host.run(MINUTE)
    host.sense("tamper", 0)
    host.order(codes.CMD_RESET)
    host.run(MINUTE)
    assert [body[1] for body in lines(host)] == ["dust"]
    assert not online(host)


# ---- crashes

CRASH = cbor.encode([4, "line 7\nMemoryError: ", "0.0.9", 3, 77_000])


def crashed():
    store = RamStore()
    store.put("crash", CRASH)
    return store


@pytest.mark.spec("LIL-LOG-002")
def test_a_crash_is_told_once_after_the_next_start():
    host = born(store=crashed())
    host.run(MINUTE)
    (told,) = host.of(frame.CRASH)
    assert (told.cls, told.body) == (topics.LOG, {0: 4, 1: "line 7\nMemoryError: ", 2: "0.0.9", 3: 3, 4: 77_000})
    assert "crash" not in dict(host.store.items())
    host.power_cycle()
    host.run(MINUTE)
    assert len(host.of(frame.CRASH)) == 1


@pytest.mark.spec("LIL-LOG-002")
def test_a_crash_that_could_not_be_told_is_kept_over_further_restarts():
    host = born(store=crashed(), link=False)
    host.power_cycle()
    host.run(MINUTE)
    host.heal()
    host.run(2 * MINUTE)
    assert len(host.once(frame.CRASH)) == 1


@pytest.mark.parametrize(
    "record", [b"", b"\xff", b"\x80", cbor.encode([1, 2, 3, 4, 5]), cbor.encode(["", "", "", 1, 1])]
)
def test_a_damaged_record_is_dropped_and_counted(record):
    store = RamStore()
    store.put("crash", record)
    host = born(store=store)
    host.run(MINUTE)
    assert host.device.damaged == 1
    assert not host.of(frame.CRASH)


def fault(depth):
    if depth:
        fault(depth - 1)
    raise MemoryError("heap")


def test_what_is_kept_are_cause_and_innermost_lines():
    host = born()
    try:
        fault(30)
    except MemoryError as error:
        keep(host.device, 5_000, error)
    host.power_cycle()
    host.run(MINUTE)
    (told,) = host.of(frame.CRASH)
    assert told.body[0] == 4
    assert told.body[1].endswith("MemoryError: heap")
    assert len(told.body[1]) <= 256
    assert (told.body[3], told.body[4]) == (1, 5_000)


def test_without_memory_for_its_lines_the_cause_is_kept(monkeypatch):
    def none(_):
        raise MemoryError

    host = born()
    monkeypatch.setattr("lilong_firmware.crash._trace", none)
    keep(host.device, 5_000, MemoryError())
    host.power_cycle()
    host.run(MINUTE)
    assert [(told.body[0], told.body[1]) for told in host.of(frame.CRASH)] == [(4, "")]


def test_a_full_flash_keeps_no_crash_and_nothing_else_happens():
    host = born(store=FullStore())
    keep(host.device, 0, ValueError())
    assert dict(host.store.items()) == {}


def test_a_line_that_is_too_long_by_itself_loses_its_beginning():
    assert innermost("a\nb\n") == "a\nb"
    assert innermost("x" * 300) == "x" * 256
    assert innermost("a" * 100 + "\n" + "b" * 200) == "b" * 200


async def until_it_ends(case):
    while True:
        await case.process.memory()


@pytest.mark.spec("LIL-LOG-002")
@in_loop
async def test_a_fault_of_the_program_on_a_board_is_told_by_its_next_life(tmp_path):
    folder = str(tmp_path / "flash")
    values = {"obscuration": "no number"}
    async with BoardCase("smoke", stepped=False, store=folder, values=values) as case:
        with pytest.raises(BoardError):
            await until_it_ends(case)
    assert "crash" in dict(FileStore(folder).items())
    async with BoardCase("smoke", stepped=False, store=folder) as case:
        await case.lines.take_a(Online)
        told = await case.frame(frame.CRASH)
    assert told.body[0] == 0
    assert "TypeError" in told.body[1]
    assert told.body[3] == 1

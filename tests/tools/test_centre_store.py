"""What the centre stores is there after it was killed, and what it cannot use it names."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import centre_before
import pytest
from centre_world import (
    BASEMENT_DOOR,
    DOOR,
    ESTATE,
    HOUR,
    KEY,
    MINUTE,
    NOW,
    OBSCURATION,
    SECOND,
    SMOKE,
    SMOKE_2,
    TENANT,
    World,
    birth,
    cleared,
    event,
    raised,
)
from lilong_protocol import frame
from lilong_protocol.pc.updates import FIRMWARE, Artifact
from lilong_tools.centre.core import Core
from lilong_tools.centre.model import Row
from lilong_tools.centre.schema import STATEMENTS
from lilong_tools.centre.store import Store, StoreError


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "centre.db")


@pytest.fixture
def store(path):
    store = Store(path, TENANT)
    yield store
    store.close()


def recent(number, device=DOOR):
    return Row("recent", (device, number, "telemetry", None, None, {"1": number}))


class TestRestart:
    @pytest.fixture
    def world(self, store):
        return World(SMOKE, SMOKE_2, DOOR, BASEMENT_DOOR, store=store)

    def test_open_alarms_and_states_are_there_again(self, world):
        world.burn(SMOKE)
        world.core.acknowledge(world.now, world.alarm(SMOKE)["id"], "Wang")
        world.core.shown(world.now, world.alarm(SMOKE)["id"], "console")
        world.run(10 * SECOND)
        before = world.core.alarm_list(), world.core.states(), world.core.device(SMOKE)
        world.restart()
        assert (world.core.alarm_list(), world.core.states(), world.core.device(SMOKE)) == before

    def test_a_replay_after_the_restart_is_acknowledged_and_changes_nothing(self, world):
        message = raised(SMOKE, seq=50)
        world.core.receive(world.now, *message, False)
        world.settle()
        world.restart()
        world.core.receive(world.now, *message, False)
        batch = world.core.take()
        assert (batch.rows, batch.feed, len(batch.publishes)) == ([], [], 1)

    def test_other_bytes_under_a_stored_number_are_refused_after_the_restart_too(self, world):
        world.core.receive(world.now, *raised(SMOKE, seq=50), False)
        world.settle()
        world.restart()
        world.core.receive(world.now, *raised(SMOKE, seq=50, values={1: 1}), False)
        assert world.core.receiver.refused["same number, other bytes"] == 1

    def test_a_boot_cannot_be_rolled_back_over_a_restart(self, world):
        world.core.receive(world.now, *birth(DOOR, boot=9), False)
        world.settle()
        world.restart()
        world.core.receive(world.now, *birth(DOOR, boot=8), False)
        assert world.core.receiver.refused["boot rollback"] == 1

    def test_commands_go_on_with_rising_counters_and_the_known_session(self, world):
        first = world.core.command(world.now, DOOR, "unlock", {}, "Wang")
        world.settle()
        world.restart()
        assert world.core.command(world.now, DOOR, "unlock", {}, "Wang") > first
        world.settle()
        assert world.answers() == [200, 200]

    def test_an_event_that_waits_for_its_turn_has_it_after_the_restart(self, world):
        for seq in (1, 3):
            world.core.receive(world.now, *event(DOOR, seq, boot=5, values={19: seq}), False)
        world.settle()
        world.restart()
        world.core.receive(world.now, *event(DOOR, 2, boot=5, values={19: 2}), False)
        world.settle()
        assert [change["values"]["19"] for change in world.changes("event")] == [1, 2, 3]

    def test_an_acknowledgement_whose_answer_was_missed_is_sent_again(self, world):
        world.burn(SMOKE)
        world.core.acknowledge(world.now, world.alarm(SMOKE)["id"], "Wang")
        world.lost.add(SMOKE)
        world.settle()
        world.lost.clear()
        world.restart()
        world.run(6 * SECOND)
        assert ("acknowledged", 1) in world.members[SMOKE].notes

    def test_a_release_that_was_stored_but_never_sent_is_sent_after_the_restart(self, world):
        world.burn(SMOKE)
        world.lost |= {DOOR, BASEMENT_DOOR}  # the centre dies between its commit and its publishes
        world.burn(SMOKE_2)
        world.lost.clear()
        world.restart()
        assert len(world.core.linkages.active) == 1
        world.run(6 * SECOND)
        assert world.members[DOOR].outputs["lock"] == world.members[BASEMENT_DOOR].outputs["lock"] == 1

    def test_what_was_not_committed_never_was_and_comes_again(self, world):
        message = raised(SMOKE, seq=50)
        world.core.receive(world.now, *message, False)
        world.core.take()  # the batch is lost with the process
        world.restart()
        assert world.core.alarm_list() == []
        world.core.receive(world.now, *message, False)
        assert [row["event"] for row in world.core.take().feed] == ["stored"]

    def test_a_centre_that_was_away_takes_nobody_for_lost_at_once(self, world):
        world.now += 24 * HOUR
        world.restart()
        world.core.step(world.now)
        assert world.core.states()[DOOR] == "online"
        world.core.step(world.now + 3 * MINUTE)
        assert world.core.states()[DOOR] == "offline"

    def test_a_device_that_left_the_estate_is_left_out(self, world, store):
        world.burn(SMOKE)

        class Smaller(type(ESTATE)):
            devices = tuple(device for device in ESTATE.devices if device.id != SMOKE)

        core = Core(Smaller(), KEY, world.now, saved=store.load())
        assert core.alarm_list() == []


class TestEarlierReleases:
    @pytest.mark.parametrize("version", [1, 2])
    def test_sessions_numbers_and_open_orders_go_on(self, path, version):
        centre_before.write(path, version)
        store = Store(path, TENANT)
        core = Core(ESTATE, KEY, NOW, saved=store.load())
        session = core.receiver.peer(DOOR).session
        assert (session.boot, session.connection, session.nonce, session.alive) == (4, 2, b"nonce..4", True)
        assert core.device(DOOR)["values"] == {"19": 1}
        (order,) = core.commands.open_of(DOOR)
        assert (order.name, order.insists, order.counters) == ("fire_release", True, [1_700_000_000])
        core.receive(NOW, *event(DOOR, 1, boot=4, uptime=80_000, values={19: 0}), False)
        assert core.receiver.repeats == 1
        core.receive(NOW, *event(DOOR, 2, boot=4, uptime=80_000, values={19: 1}), False)
        told = [(change["seq"], change["boot"]) for change in core.take().changes if change["type"] == "event"]
        assert told == [(2, 4), (3, 4)]
        core.receive(NOW, *centre_before.session_birth(), False)
        batch = core.take()
        assert min(order.counters) < max(order.counters) > 1_700_000_000
        store.commit(batch.rows)
        store.close()


    def test_one_without_firmware_gets_a_table_for_it(self, path):
        Store(path, TENANT).close()
        with closing(sqlite3.connect(path)) as db, db:
            later = "".join(f"DROP TABLE {table}; " for table in ("artifact", "passage", "stay", "finding", "forward",
                                                                      "used"))
            earlier = centre_before.INCIDENT
            db.executescript(f"{later}DROP TABLE incident; {earlier} PRAGMA user_version = 3;")
        store = Store(path, TENANT)
        core = Core(ESTATE, KEY, NOW, saved=store.load())
        core.updates.provide(NOW, Artifact(7, FIRMWARE, "1.1.0", b"firmware"), "Wang")
        store.commit(core.take().rows)
        assert Core(ESTATE, KEY, NOW, saved=store.load()).updates.artifact(7).data == b"firmware"
        store.close()


class TestFirmware:
    def test_the_last_eight_are_kept(self, path):
        store = Store(path, TENANT)
        core = Core(ESTATE, KEY, NOW, saved=store.load())
        for number in range(20):
            core.updates.provide(NOW, Artifact(number, FIRMWARE, "1.1.0", b"%d" % number), "Wang")
            core.updates.provide(NOW, Artifact(number, FIRMWARE, "1.1.0", b"%d" % number), "Wang")
            store.commit(core.take().rows)
        kept = [row["number"] for row in store.load().artifacts]
        assert kept[-8:] == list(range(12, 20))
        assert len(kept) < 2 * 8
        store.close()


class TestHistory:
    def test_it_is_newest_first_bounded_and_of_one_device(self, store):
        store.commit([recent(number) for number in range(150)] + [recent(1_000, SMOKE)])
        store.commit([Row("record", (DOOR, 75, "alarm", 5, None, {}))])
        history = store.history(DOOR)
        assert len(history) == 100
        assert history[0] == {"at": 149, "what": "telemetry", "code": None, "counter": None, "values": {"1": 149}}
        assert {row["what"] for row in history if row["at"] == 75} == {"alarm", "telemetry"}

    def test_telemetry_is_pruned_and_alarms_are_not(self, path):
        store = Store(path, TENANT, kept={"recent": 100})
        store.commit([Row("record", (DOOR, 0, "alarm", 5, None, {}))])
        for start in range(0, 3_000, 50):
            store.commit([recent(number) for number in range(start, start + 50)])
        history = store.history(DOOR, 10_000)
        telemetry = [row["at"] for row in history if row["what"] == "telemetry"]
        assert 100 <= len(telemetry) <= 150
        assert telemetry[0] == 2_999
        assert history[-1]["what"] == "alarm"
        store.close()


class TestCommit:
    def test_all_or_nothing(self, store):
        good = recent(1)
        bad = Row("gap", (DOOR, 1, 2))
        with pytest.raises(StoreError):
            store.commit([good, bad])
        assert store.history(DOOR) == []
        store.commit([good])
        assert len(store.history(DOOR)) == 1

    def test_a_number_is_stored_once_and_as_it_came_first(self, store):
        for data in (b"first", b"other"):
            store.commit([Row("message", (DOOR, 1, "ev", 1, 5, 0, None, 0, b"12345678", data))])
        assert store.load().frames == [(DOOR, "ev", 1, 1, b"first")]

    def test_a_full_disk_is_named_and_leaves_the_store_usable(self, tmp_path):
        script = f"""
import resource, signal, sys
from lilong_tools.centre.model import Row
from lilong_tools.centre.schema import STATEMENTS
from lilong_tools.centre.store import Store, StoreError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store({str(tmp_path / "small.db")!r}, "small")
store.commit([Row("recent", ("d", 1, "telemetry", None, None, {{}}))])
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
rows = [Row("recent", ("d", n, "telemetry", None, None, {{"1": "x" * 200}})) for n in range(5_000)]
try:
    store.commit(rows)
except StoreError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
store.commit(rows[:50])
print(len(store.history("d", 10_000)))
"""
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
        complaint, count = done.stdout.strip().splitlines()
        assert "small.db" in complaint
        assert "disk" in complaint
        assert count == "51"


class TestWrongFiles:
    def test_the_database_of_another_program_is_left_as_it_is(self, path):
        with sqlite3.connect(path) as other:
            other.execute("CREATE TABLE theirs (x)")
        other.close()
        with pytest.raises(StoreError, match=r"another program; give another --db"):
            Store(path, TENANT)
        other = sqlite3.connect(path)
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
        other.close()

    def test_a_file_that_is_no_database(self, tmp_path):
        text = tmp_path / "notes.txt"
        text.write_text("my notes\n" * 200)
        with pytest.raises(StoreError, match="not a database"):
            Store(str(text), TENANT)
        assert text.read_text() == "my notes\n" * 200

    def test_the_database_of_another_estate(self, path):
        Store(path, "elsewhere").close()
        with pytest.raises(StoreError, match="holds estate 'elsewhere', not 'small'"):
            Store(path, TENANT)

    def test_the_database_of_a_later_release(self, path):
        Store(path, TENANT).close()
        other = sqlite3.connect(path)
        other.execute("PRAGMA user_version = 99")
        other.close()
        with pytest.raises(StoreError, match="schema version 99, this centre writes"):
            Store(path, TENANT)

    def test_a_folder_that_is_not_there(self, tmp_path):
        with pytest.raises(StoreError, match="its folder does not exist"):
            Store(str(tmp_path / "nowhere" / "centre.db"), TENANT)

    def test_a_second_centre_on_the_same_database(self, store, path):
        with pytest.raises(StoreError, match="another centre is running on it"):
            Store(path, TENANT)
        assert store.history(DOOR) == []

    def test_a_reader_is_welcome_while_the_centre_runs(self, store, path):
        store.commit([recent(1)])
        reader = sqlite3.connect(path)
        assert reader.execute("SELECT count(*) FROM recent").fetchone() == (1,)
        reader.close()


def test_what_is_committed_survives_a_process_that_is_killed(tmp_path):
    path = str(tmp_path / "killed.db")
    script = f"""
import os
from lilong_tools.centre.model import Row
from lilong_tools.centre.schema import STATEMENTS
from lilong_tools.centre.store import Store
store = Store({path!r}, "small")
store.commit([Row("recent", ("d", 1, "telemetry", None, None, {{}}))])
os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=60, check=False)
    assert done.returncode == -9
    store = Store(path, TENANT)
    assert len(store.history("d")) == 1
    store.close()


def test_every_kind_of_row_that_the_core_makes_has_its_table():
    world = World(SMOKE, SMOKE_2, DOOR, store=Store(":memory:", TENANT))
    for device in (SMOKE, SMOKE_2):
        world.burn(device)
    world.core.receive(world.now, *event(DOOR, 50), False)
    world.core.receive(world.now, "lilong/1/small/ffffffffffffffff/u/al", b"x", False)
    world.core.receive(world.now, *cleared(SMOKE, (1, 1), seq=60), False)
    world.sense(SMOKE, OBSCURATION, 5)
    world.core.revoke(world.now, 1, "Wang")
    world.core.updates.provide(world.now, Artifact(7, FIRMWARE, "1.1.0", b"firmware"), "Wang")
    world.run(MINUTE)
    tables = {row.table for batch in world.batches for row in batch.rows}
    elsewhere = {"passage", "stay", "forward", "used"}  # test_centre_stays, test_forwarding, test_centre_findings
    assert tables | elsewhere == set(STATEMENTS)
    assert world.sent_to(SMOKE, frame.STORED_ACK)
    world.store.close()

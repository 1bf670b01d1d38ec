"""The alarm list when messages come late, in another order, or never: what opens, what stays open, what it costs."""

import pytest
from centre_world import (
    DOOR,
    ESTATE,
    KEY,
    NOW,
    SMOKE,
    SMOKE_2,
    TENANT,
    birth,
    cleared,
    heartbeat,
    raised,
    up,
    updated,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_protocol import codes, frame
from lilong_tools.centre.core import Core
from lilong_tools.centre.store import Store

SECOND = 1_000
ACTIVE_AGAIN, RESTORED = 1, 2


@pytest.fixture
def core():
    return Core(ESTATE, KEY, NOW)


def give(core, *messages, now=NOW):
    for message in messages:
        core.receive(now, *message, False)
    return core.take()


def of_code(code, seq, severity=4):
    return up(SMOKE, "al", frame.RAISE, {0: code, 1: severity, 2: 4, 3: 4, 4: {}}, boot=1, seq=seq, uptime=0)


def rows(batch, table):
    return [row.values for row in batch.rows if row.table == table]


def listed(core):
    """The states of the alarms in the list, by (boot, seq)."""
    return {tuple(map(int, alarm["id"].split("-")[1:])): alarm["state"] for alarm in core.alarm_list()}


@pytest.mark.parametrize("restarted", [False, True])
def test_alarms_of_several_children_of_a_gateway_stand_side_by_side_and_end_each_by_itself(core, restarted):
    def lost(child, seq):
        return raised(SMOKE, code=codes.ALARM_GATEWAY_CHILD_OFFLINE, seq=seq, values={codes.Q_CHILD: child})

    batch = give(core, lost(3, 1), lost(4, 2))
    if restarted:
        store = Store(":memory:", TENANT)
        store.commit(batch.rows)
        core = Core(ESTATE, KEY, NOW, saved=store.load())
    give(core, lost(3, 5))  # again, and its clear was given up
    assert listed(core) == {(1, 1): "cleared", (1, 2): "raised", (1, 5): "raised"}
    give(core, cleared(SMOKE, (1, 2), code=codes.ALARM_GATEWAY_CHILD_OFFLINE, seq=6))
    assert listed(core) == {(1, 1): "cleared", (1, 2): "cleared", (1, 5): "raised"}


@pytest.mark.spec("LIL-ALARM-017", "LIL-ALARM-018")
class TestAcknowledged:
    def acknowledged(self, core, *messages):
        give(core, *messages)
        core.acknowledge(NOW, f"{SMOKE}-1-1", "Wang")
        core.take()

    def test_an_active_again_that_is_older_than_what_was_on_the_screen_leaves_it_acknowledged(self, core):
        self.acknowledged(core, raised(SMOKE), updated(SMOKE, RESTORED, (1, 1), seq=3))
        give(core, updated(SMOKE, ACTIVE_AGAIN, (1, 1), seq=2))
        assert core.alarm_list()[0]["acknowledged"]
        assert [order.operator for order in core.commands.open_of(SMOKE)] == ["Wang"]

    def test_one_that_was_not_on_the_screen_calls_again_whatever_other_alarms_had_come(self, core):
        self.acknowledged(core, raised(SMOKE), updated(SMOKE, RESTORED, (1, 1), seq=2), raised(SMOKE, code=2, seq=4))
        give(core, updated(SMOKE, ACTIVE_AGAIN, (1, 1), seq=3))
        assert not core.alarm_list()[0]["acknowledged"]
        assert core.commands.open_of(SMOKE) == []


class TestLateRaises:
    """A raise that comes after its clear opens nothing, however many alarms have ended in between."""

    def crowd(self, core, store):
        """Alarms of another device, each over."""
        for seq in range(1, 600, 2):
            store.commit(give(core, raised(SMOKE_2, seq=seq), cleared(SMOKE_2, (1, seq), seq=seq + 1)).rows)

    @pytest.fixture(params=["running", "restarted"])
    def over(self, request, core):
        """The clears of alarms 1 and 3 have come, and they have left the list."""
        store = Store(":memory:", TENANT)
        store.commit(give(core, birth(SMOKE, kind=1)).rows)
        store.commit(give(core, cleared(SMOKE, (1, 1), seq=2), cleared(SMOKE, (1, 3), seq=4)).rows)
        self.crowd(core, store)
        return core if request.param == "running" else Core(ESTATE, KEY, NOW, saved=store.load())

    @pytest.mark.spec("LIL-ALARM-017")
    def test_it_is_stored_acknowledged_and_over(self, over):
        assert (1, 1) not in {alarm.ref for alarm in over.alarms.all() if alarm.device == SMOKE}
        batch = give(over, raised(SMOKE, values={1: 300}))
        assert [row["event"] for row in batch.feed] == ["stored"]
        assert len(batch.publishes) == 1
        assert [(row[0], row[6], row[15]) for row in rows(batch, "alarm")] == [(f"{SMOKE}-1-1", {"1": 300}, True)]
        assert list(over.alarms.open_of(SMOKE)) == []
        assert over.states()[SMOKE] != "alarm1"

    def test_a_late_update_opens_nothing_either(self, over):
        give(over, updated(SMOKE, RESTORED, (1, 1), seq=9))
        assert list(over.alarms.open_of(SMOKE)) == []

    @pytest.mark.spec("LIL-ALARM-014", "LIL-ALARM-015")
    def test_an_alarm_that_is_not_over_opens_though_later_ones_are(self, over):
        give(over, of_code(2, seq=5))
        give(over, of_code(7, seq=2_000))
        assert [alarm.ref for alarm in over.alarms.open_of(SMOKE)] == [(1, 5), (1, 2_000)]

    def test_a_device_whose_raises_never_come_costs_a_bounded_memory(self, core):
        for seq in range(1, 1_001, 2):
            give(core, cleared(SMOKE, (1, seq), seq=seq + 1))
        self.crowd(core, Store(":memory:", TENANT))
        assert len(core.alarms._unraised[SMOKE]) == 64
        batch = give(core, raised(SMOKE, seq=1))
        assert list(core.alarms.open_of(SMOKE)) == []
        assert [row["event"] for row in batch.feed] == ["stored", "cleared"]
        give(core, of_code(2, seq=1_003))
        assert [alarm.ref for alarm in core.alarms.open_of(SMOKE)] == [(1, 1_003)]


class TestNeverCleared:
    """What a device leaves open for ever is bounded, counted and told."""

    def test_of_a_device_that_never_clears_64_alarms_stay_open_the_gravest_and_the_latest(self, core):
        give(core, of_code(1_000, seq=1))
        told = []
        for seq in range(2, 1_000):
            told += rows(give(core, of_code(1_000 + seq, seq=seq, severity=2)), "record")
        here = [alarm.ref[1] for alarm in core.alarms.open_of(SMOKE)]
        assert here == [1, *range(937, 1_000)]
        assert len(core.alarm_list()) == 64 + 200
        assert core.receiver.refused == {"too many open alarms": 935}
        assert [row[2] for row in told].count("alarm crowded out") == 935
        assert core.states()[SMOKE] == "alarm1"

    def test_one_that_is_given_up_is_over_in_the_store_and_for_the_next_start(self, core):
        store = Store(":memory:", TENANT)
        for seq in range(1, 70):
            store.commit(give(core, of_code(1_000 + seq, seq=seq)).rows)
        again = Core(ESTATE, KEY, NOW, saved=store.load())
        assert sorted(alarm.ref for alarm in again.alarms.open_of(SMOKE)) == [(1, seq) for seq in range(6, 70)]
        give(again, updated(SMOKE, ACTIVE_AGAIN, (1, 1), code=1_001, seq=99))
        assert len(list(again.alarms.open_of(SMOKE))) == 64

    def test_updates_without_their_raises_are_bounded_too(self, core):
        for seq in range(1, 200):
            give(core, updated(SMOKE, RESTORED, (1, 1_000 + seq), code=1_000 + seq, seq=seq))
        assert len(list(core.alarms.open_of(SMOKE))) == 64

    def test_other_devices_keep_theirs(self, core):
        give(core, raised(DOOR, code=4))
        for seq in range(1, 200):
            give(core, of_code(1_000 + seq, seq=seq))
        assert len(list(core.alarms.open_of(DOOR))) == 1


class TestEvictedPairs:
    """A device whose outbox was full has given raise and clear up together, though the raise was stored already."""

    @pytest.mark.spec("LIL-ALARM-005", "LIL-ALARM-015")
    @pytest.mark.parametrize("reordered", [False, True])
    def test_the_next_alarm_of_its_code_ends_what_it_left_open(self, core, reordered):
        first, second = raised(SMOKE), raised(SMOKE, seq=9)
        batches = [give(core, message) for message in ((second, first) if reordered else (first, second))]
        assert listed(core) == {(1, 1): "cleared", (1, 9): "raised"}
        assert [(row["event"], row["seq"]) for batch in batches for row in batch.feed] == (
            [("stored", 9), ("stored", 1), ("cleared", 1)] if reordered else
            [("stored", 1), ("stored", 9), ("cleared", 1)]
        )  # fmt: skip
        assert [row[2:4] for row in rows(batches[1], "record")] == [("alarm", 1), ("alarm superseded", 1)]
        late = give(core, cleared(SMOKE, (1, 1), seq=2))  # it was not lost, but is late
        assert late.feed == []
        assert core.states()[SMOKE] == "alarm1"

    def test_a_persons_acknowledgement_of_it_is_withdrawn(self, core):
        give(core, birth(SMOKE, kind=1), raised(SMOKE))
        core.acknowledge(NOW, f"{SMOKE}-1-1", "Wang")
        give(core, raised(SMOKE, seq=9))
        assert core.commands.open_of(SMOKE) == []

    def test_alarms_of_other_codes_and_devices_stay(self, core):
        give(core, raised(SMOKE), raised(SMOKE, code=9, seq=2), raised(SMOKE_2), raised(SMOKE, seq=3))
        assert [alarm.ref for alarm in core.alarms.open_of(SMOKE)] == [(1, 2), (1, 3)]
        assert len(list(core.alarms.open_of(SMOKE_2))) == 1


class TestValues:
    def values(self, core):
        report = core.device(SMOKE)
        return report["values"], report["values_at"]

    def test_those_of_alarm_frames_are_the_devices_latest(self, core):
        give(core, birth(SMOKE, kind=1, values={1: 5, 3: 96}))
        batch = give(core, raised(SMOKE, uptime=60_000, values={1: 400}), now=NOW + 60_000)
        assert self.values(core) == ({"1": 400, "3": 96}, NOW + 60_000)
        assert rows(batch, "device") == [(SMOKE, {"1": 400, "3": 96}, NOW + 60_000)]

    def test_an_alarm_out_of_an_outbox_replaces_nothing_newer(self, core):
        give(core, birth(SMOKE, kind=1, uptime=100_000))
        give(core, heartbeat(SMOKE, 1, uptime=100_000, values={1: 5}))
        give(core, raised(SMOKE, uptime=60_000, values={1: 400}))
        give(core, raised(SMOKE, boot=0, uptime=999_000, values={1: 500}))  # nobody can tell when that was
        assert self.values(core) == ({"1": 5}, NOW)


STEPS = st.lists(st.tuples(st.sampled_from((1, 2, 9)), st.integers(0, 2)), max_size=40)


@pytest.mark.spec("LIL-ALARM-005", "LIL-ALARM-014", "LIL-ALARM-015", "LIL-ALARM-017")
@settings(max_examples=100, deadline=None)
@given(STEPS, st.randoms(use_true_random=False), st.booleans())
def test_in_whatever_order_the_frames_of_a_device_come_in_the_end_open_is_what_stands_at_the_device(
    steps, chance, restarts
):
    said, standing = [], {}
    for seq, (code, what) in enumerate(steps, 1):  # as a device does: one episode of a code at a time
        if code not in standing:
            standing[code] = seq
            said.append(raised(SMOKE, code=code, seq=seq))
        elif what:
            said.append(updated(SMOKE, what, (1, standing[code]), code=code, seq=seq))
        else:
            said.append(cleared(SMOKE, (1, standing.pop(code)), code=code, seq=seq))
    chance.shuffle(said)
    said += chance.choices(said, k=len(said) // 3) if said else []
    core, store, feed = Core(ESTATE, KEY, NOW), Store(":memory:", TENANT), []
    for message in said:
        batch = give(core, message)
        store.commit(batch.rows)
        feed += [(row["event"], row["seq"]) for row in batch.feed]
        if restarts and chance.random() < 0.2:
            core = Core(ESTATE, KEY, NOW, saved=store.load())
    store.close()
    assert {alarm.ref[1] for alarm in core.alarms.open_of(SMOKE)} == set(standing.values())
    assert len(feed) == len(set(feed))
    assert all(("stored", number) in feed for number in standing.values())

"""What the centre decides: alarms, acknowledgements, commands, sessions, with devices of the firmware."""

import pytest
from centre_world import (
    BAND,
    DOOR,
    ESTATE,
    HOUR,
    KEY,
    LAMP,
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
    death,
    event,
    heartbeat,
    raised,
    up,
    updated,
)
from lilong_protocol import frame, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.pc.downlink import Downlink
from lilong_protocol.pc.order import Order
from lilong_protocol.seal import DOWN, UP, Seal
from lilong_tools.centre.core import NEVER, Core
from lilong_tools.centre.model import CentreError


@pytest.fixture
def core():
    return Core(ESTATE, KEY, NOW)


def give(core, message, now=NOW, retained=False):
    core.receive(now, *message, retained)
    return core.take()


def told(batch, device):
    """The messages of a batch to a device, decoded."""
    seal = Seal(frame_key(device_root(KEY, TENANT, device), DOWN), TENANT, device, DOWN)
    return [frame.unpack(seal.open(topics.parse(one.topic)[3], one.payload)) for one in batch.publishes]


def answer(device, counter, code, seq=1, uptime=0):
    return up(device, "rs", frame.RESPONSE, {0: code}, boot=1, seq=seq, uptime=uptime, counter=counter)


def refused(core):
    return core.receiver.refused


class TestAlarms:
    def test_a_fire_is_stored_then_acknowledged_to_the_detector_and_shown(self):
        world = World(SMOKE)
        world.burn(SMOKE)
        alarm = world.alarm(SMOKE)
        assert (alarm["state"], alarm["level"], alarm["name"]) == ("raised", 1, "core1/01F/0101/smoke")
        assert alarm["values"]["1"] == 400
        assert NOW < alarm["raised_at"] <= alarm["stored_at"]
        assert world.members[SMOKE].notes[:2] == [("accepted", 0), ("raised", 1)]
        assert ("stored", 1) in world.members[SMOKE].notes
        assert [row["event"] for row in world.feed()] == ["stored"]
        assert world.core.states()[SMOKE] == "alarm1"

    def test_the_stored_ack_stands_in_the_same_batch_as_the_row_that_it_vouches_for(self, core):
        batch = give(core, raised(SMOKE))
        assert [row.values[:4] for row in batch.rows if row.table == "message"] == [(SMOKE, 1, "al", 1)]
        (publish,) = batch.publishes
        assert (publish.topic, publish.qos, publish.retain) == (f"lilong/1/{TENANT}/{SMOKE}/d/ak", 1, False)

    def test_a_repeat_is_acknowledged_again_and_changes_nothing(self, core):
        give(core, raised(SMOKE))
        batch = give(core, raised(SMOKE))
        assert (batch.rows, batch.feed, batch.changes) == ([], [], [])
        assert len(batch.publishes) == 1

    def test_the_same_number_with_other_bytes_is_refused_and_kept_as_evidence(self, core):
        give(core, raised(SMOKE, values={1: 300}))
        batch = give(core, raised(SMOKE, values={1: 301}))
        assert batch.publishes == []
        assert refused(core) == {"same number, other bytes": 1}
        assert [row.values[1] for row in batch.rows if row.table == "security"] == ["same number, other bytes"]

    def test_restored_then_reset_ends_an_alarm(self):
        world = World(SMOKE)
        world.burn(SMOKE)
        world.sense(SMOKE, OBSCURATION, 5)
        world.run(2 * MINUTE)
        assert world.alarm(SMOKE)["state"] == "restored"
        assert world.core.states()[SMOKE] == "alarm1"  # it latches: somebody has to look
        world.core.command(world.now, SMOKE, "reset", {}, "Wang")
        world.settle()
        assert world.alarm(SMOKE)["state"] == "cleared"
        assert world.core.states()[SMOKE] == "online"
        assert [row["event"] for row in world.feed()] == ["stored", "reset", "cleared"]

    @pytest.mark.spec("LIL-ALARM-017")
    def test_an_alarm_is_whole_in_whatever_order_its_messages_come(self, core):
        give(core, cleared(SMOKE, (1, 1)))
        give(core, updated(SMOKE, 2, (1, 1)))
        give(core, raised(SMOKE, values={1: 300}))
        (alarm,) = core.alarm_list()
        assert (alarm["state"], alarm["restored"], alarm["values"]) == ("cleared", False, {"1": 300})
        assert core.states()[SMOKE] != "alarm1"

    @pytest.mark.spec("LIL-ALARM-017")
    def test_an_older_update_does_not_undo_a_newer_one(self, core):
        give(core, raised(SMOKE))
        give(core, updated(SMOKE, 1, (1, 1), seq=3))
        give(core, updated(SMOKE, 2, (1, 1), seq=2))
        assert core.alarm_list()[0]["restored"] is False

    def test_an_alarm_that_comes_back_calls_for_its_acknowledgement_again(self, core):
        give(core, raised(SMOKE))
        core.acknowledge(NOW, core.alarm_list()[0]["id"], "Wang")
        give(core, updated(SMOKE, 2, (1, 1), seq=2))
        give(core, updated(SMOKE, 1, (1, 1), seq=3))
        (alarm,) = core.alarm_list()
        assert (alarm["state"], alarm["acknowledged"]) == ("raised", False)

    def test_an_alarm_with_a_code_of_a_later_registry_is_listed_by_its_severity(self, core):
        give(core, raised(SMOKE, code=999))
        assert (core.alarm_list()[0]["code"], core.alarm_list()[0]["level"]) == (999, 1)

    def test_an_authentic_alarm_that_nobody_understands_is_kept_and_acknowledged_so_that_it_ends(self, core):
        batch = give(core, up(SMOKE, "al", frame.RAISE, {0: "smoke"}, boot=1, seq=1, uptime=0))
        assert len(batch.publishes) == 1
        assert [row.table for row in batch.rows].count("message") == 1
        assert core.alarm_list() == []
        assert refused(core) == {"body": 1}

    @pytest.mark.spec("LIL-ALARM-015")
    def test_alarms_of_one_code_at_one_time_or_of_one_device_are_each_an_alarm(self, core):
        for message in (raised(SMOKE), raised(DOOR), raised(SMOKE, code=2, seq=2), raised(SMOKE, seq=3)):
            give(core, message)
        names = [(alarm["device"], alarm["code"]) for alarm in core.alarm_list()]
        assert sorted(names) == sorted([(SMOKE, 1), (DOOR, 1), (SMOKE, 2), (SMOKE, 1)])

    def test_ended_alarms_leave_the_list_and_a_late_update_does_not_raise_them_again(self, core):
        for seq in range(1, 402, 2):
            give(core, raised(SMOKE, seq=seq))
            give(core, cleared(SMOKE, (1, seq), seq=seq + 1))
        assert len(core.alarm_list()) == 200
        give(core, updated(SMOKE, 1, (1, 1), seq=1_000))
        assert not any(alarm["id"] == f"{SMOKE}-1-1" for alarm in core.alarm_list())
        assert core.states()[SMOKE] == "online"

    def test_a_fault_of_the_device_is_no_alarm_of_the_estate(self, core):
        give(core, up(SMOKE, "al", frame.RAISE, {0: 9, 1: 2, 2: 3, 3: 4, 4: {3: 8}}, boot=1, seq=1, uptime=0))
        assert core.states()[SMOKE] == "fault"

    def test_shown_counts_once_for_all_consoles(self, core):
        give(core, raised(SMOKE))
        alarm = core.alarm_list()[0]["id"]
        core.shown(NOW + 5, alarm, "first")
        core.shown(NOW + 9, alarm, "second")
        batch = core.take()
        assert [(row["event"], row["at"]) for row in batch.feed] == [("shown", NOW + 5)]
        assert core.alarm_list()[0]["shown_at"] == NOW + 5


class TestWallTime:
    def test_an_alarm_is_dated_by_the_uptime_at_which_it_was_decided(self, core):
        give(core, birth(SMOKE, uptime=1_000))
        give(core, raised(SMOKE, uptime=61_000), now=NOW + 100_000)
        assert core.alarm_list()[0]["raised_at"] == pytest.approx(NOW + 60_000, abs=20)  # 200 ppm of 100 s

    def test_a_frame_that_was_delayed_does_not_move_the_clock(self, core):
        give(core, birth(SMOKE, uptime=1_000))
        give(core, heartbeat(SMOKE, 1, uptime=2_000), now=NOW + 30_000)  # half a minute late
        give(core, raised(SMOKE, uptime=31_000), now=NOW + 30_000)
        assert core.alarm_list()[0]["raised_at"] == pytest.approx(NOW + 30_000, abs=20)

    def test_an_alarm_that_overtook_the_birth_is_dated_anew(self, core):
        give(core, raised(SMOKE, uptime=10_000), now=NOW + 3_600_000)  # out of an outbox, an hour old
        assert core.alarm_list()[0]["raised_at"] == NOW + 3_600_000
        batch = give(core, birth(SMOKE, uptime=3_610_000), now=NOW + 3_600_000)
        assert core.alarm_list()[0]["raised_at"] == NOW
        assert [change["alarm"]["raised_at"] for change in batch.changes if change["type"] == "alarm"] == [NOW]

    def test_an_alarm_of_an_earlier_boot_without_a_clock_gets_an_interval(self, core):
        give(core, birth(SMOKE, boot=7, uptime=5_000), now=NOW)
        give(core, raised(SMOKE, boot=6, uptime=99_000), now=NOW + 10)
        (alarm,) = core.alarm_list()
        assert (alarm["raised_since"], alarm["raised_at"]) == (None, NOW - 5_000)

    def test_an_alarm_of_the_boot_before_is_dated_by_that_boots_own_start(self, core):
        give(core, birth(SMOKE, boot=6, uptime=1_000))
        give(core, birth(SMOKE, boot=7, uptime=5_000), now=NOW + 600_000)
        give(core, raised(SMOKE, boot=6, uptime=61_000), now=NOW + 600_010)
        assert core.alarm_list()[0]["raised_at"] == pytest.approx(NOW + 60_000, abs=200)

    def test_a_device_that_has_the_time_dates_its_alarm_itself_where_its_boot_is_unknown(self, core):
        give(core, birth(SMOKE, boot=7))
        body = {0: 1, 1: 4, 2: 4, 3: 4, 4: {}}
        give(core, up(SMOKE, "al", frame.RAISE, body, boot=5, seq=1, uptime=9, epoch=NOW - 77_000, quality=2))
        assert core.alarm_list()[0]["raised_at"] == NOW - 77_000

    def test_a_birth_is_answered_with_the_time_and_names_its_question(self):
        world = World(LAMP)
        (message,) = world.sent_to(LAMP, frame.TIME)
        assert (message.epoch, message.body) == (NOW, {0: 0})
        assert ("accepted", 0) in world.members[LAMP].notes


class TestSessions:
    def test_a_birth_of_an_earlier_boot_is_refused_as_a_rollback(self, core):
        give(core, birth(DOOR, boot=8))
        batch = give(core, birth(DOOR, boot=7, connection=9))
        assert refused(core) == {"boot rollback": 1}
        assert core.device(DOOR)["boot"] == 8
        assert [publish.topic for publish in batch.publishes] == []
        assert [row.table for row in batch.rows if row.table == "security"] == ["security"]

    def test_a_birth_that_is_repeated_or_older_has_no_effect(self, core):
        give(core, birth(DOOR, connection=2))
        assert give(core, birth(DOOR, connection=2)).publishes == []
        assert give(core, birth(DOOR, connection=1)).publishes == []
        assert refused(core) == {"stale birth": 1}

    def test_a_death_counts_against_its_own_connection_only(self, core):
        give(core, birth(DOOR, connection=2))
        give(core, death(DOOR, connection=1))
        assert core.states()[DOOR] == "online"
        assert refused(core) == {"other death": 1}
        give(core, death(DOOR, connection=2))
        assert core.states()[DOOR] == "offline"

    def test_a_replayed_birth_does_not_revive_the_dead(self, core):
        give(core, birth(DOOR))
        give(core, death(DOOR))
        give(core, birth(DOOR))
        assert core.states()[DOOR] == "offline"
        give(core, birth(DOOR, connection=2))
        assert core.states()[DOOR] == "online"

    def test_a_retained_birth_is_shown_but_gives_no_clock_and_gets_no_answer(self, core):
        batch = give(core, birth(DOOR, uptime=5_000), retained=True)
        assert batch.publishes == []
        report = core.device(DOOR)
        assert (report["session"], report["retained"], report["last_seen_ms"]) == ("online", True, None)
        give(core, raised(DOOR, code=4, uptime=6_000), now=NOW + HOUR)
        assert core.alarm_list()[0]["raised_at"] == NOW + HOUR

    def test_a_live_birth_after_its_retained_copy_is_live(self, core):
        give(core, birth(DOOR), retained=True)
        batch = give(core, birth(DOOR))
        assert len(batch.publishes) == 1
        assert core.device(DOOR)["retained"] is False

    def test_nothing_else_may_be_retained(self, core):
        batch = give(core, raised(SMOKE), retained=True)
        assert (refused(core), batch.publishes, core.alarm_list()) == ({"retained": 1}, [], [])

    def test_a_heartbeat_of_an_earlier_boot_is_no_sign_of_life(self, core):
        give(core, birth(DOOR, boot=8))
        give(core, death(DOOR, boot=8))
        give(core, heartbeat(DOOR, 5, boot=7))
        assert (core.states()[DOOR], refused(core)) == ("offline", {"earlier boot": 1})

    def test_a_replayed_heartbeat_is_no_sign_of_life(self, core):
        give(core, birth(DOOR))
        give(core, heartbeat(DOOR, 1))
        give(core, death(DOOR))
        give(core, heartbeat(DOOR, 1))
        assert core.states()[DOOR] == "offline"
        give(core, heartbeat(DOOR, 2))
        assert core.states()[DOOR] == "online"

    @pytest.mark.spec("LIL-TELE-003")
    def test_lost_heartbeats_are_ordinary(self, core):
        give(core, birth(DOOR))
        for seq in (1, 4, 3, 200):
            give(core, heartbeat(DOOR, seq, values={19: seq % 2}))
        assert refused(core) == {}
        assert core.deadline == NOW + 180_000


class TestEvents:
    def told(self, batches):
        changes = [change for batch in batches for change in batch.changes if change["type"] == "event"]
        return [change["values"].get("19") for change in changes]

    def test_events_have_their_effect_in_the_devices_order(self, core):
        batches = [give(core, event(DOOR, seq, values={19: seq})) for seq in (1, 3, 2, 4)]
        assert [self.told([batch]) for batch in batches] == [[1], [], [2, 3], [4]]
        assert [len([row for row in batch.rows if row.table == "message"]) for batch in batches] == [1, 1, 1, 1]

    def test_a_gap_waits_ten_seconds_is_asked_for_and_ten_seconds_later_recorded_and_passed(self, core):
        give(core, event(DOOR, 1))
        give(core, event(DOOR, 4, values={19: 4}))
        assert core.deadline == NOW + 10_000
        core.step(NOW + 10_000)
        core.step(NOW + 19_999)
        assert self.told([core.take()]) == []
        core.step(NOW + 20_000)
        batch = core.take()
        assert self.told([batch]) == [4]
        assert [row.values for row in batch.rows if row.table == "gap"] == [(DOOR, 1, 2, 3, NOW + 20_000)]

    def test_an_event_that_comes_after_its_gap_was_passed_is_recorded_as_late(self, core):
        give(core, event(DOOR, 2, values={19: 2}))
        core.step(NOW + 10_000)
        core.step(NOW + 20_000)
        core.take()
        batch = give(core, event(DOOR, 1, values={19: 1}))
        assert self.told([batch]) == []
        assert [row.values[2] for row in batch.rows if row.table == "record"] == ["late event"]
        assert core.device(DOOR)["values"] == {"19": 2}

    def test_a_new_boot_begins_at_one_without_waiting_for_the_old(self, core):
        give(core, event(DOOR, 1, boot=1))
        assert self.told([give(core, event(DOOR, 1, boot=2, values={19: 1}))]) == [1]

    def test_alarms_wait_for_no_gap(self, core):
        give(core, raised(SMOKE, seq=9))
        assert len(core.alarm_list()) == 1

    def test_a_credential_is_told_but_not_kept_as_a_value(self, core):
        batch = give(core, event(DOOR, 1, code=1, values={24: 12345, 20: 1}))
        assert [change["values"] for change in batch.changes if change["type"] == "event"] == [{"24": 12345, "20": 1}]
        assert core.device(DOOR)["values"] == {"20": 1}


class TestOperators:
    def test_an_acknowledgement_reaches_the_device_once_it_is_stored(self):
        world = World(SMOKE)
        world.burn(SMOKE)
        world.core.acknowledge(world.now, world.alarm(SMOKE)["id"], "Wang")
        world.settle()
        assert ("acknowledged", 1) in world.members[SMOKE].notes
        alarm = world.alarm(SMOKE)
        assert (alarm["state"], alarm["operator"], alarm["acknowledged_at"]) == ("acknowledged", "Wang", world.now)
        assert [row["event"] for row in world.feed()] == ["stored", "acknowledged"]
        world.run(MINUTE)
        assert len(world.sent_to(SMOKE, frame.OPERATOR_ACK)) == 1

    def test_a_second_acknowledgement_changes_nothing(self):
        world = World(SMOKE)
        world.burn(SMOKE)
        for operator in ("Wang", "Li"):
            world.core.acknowledge(world.now, world.alarm(SMOKE)["id"], operator)
            world.settle()
        assert world.alarm(SMOKE)["operator"] == "Wang"
        assert len(world.sent_to(SMOKE, frame.OPERATOR_ACK)) == 1

    def test_an_acknowledgement_that_is_not_answered_is_sent_three_times_more_under_new_counters(self):
        world = World(SMOKE)
        world.burn(SMOKE)
        world.lost.add(SMOKE)
        world.core.acknowledge(world.now, world.alarm(SMOKE)["id"], "Wang")
        world.run(4 * SECOND)
        assert len(world.sent_to(SMOKE, frame.OPERATOR_ACK)) == 1
        world.run(HOUR // 2)
        counters = [message.counter for message in world.sent_to(SMOKE, frame.OPERATOR_ACK)]
        assert len(counters) == 4
        assert counters == sorted(set(counters))

    def test_an_acknowledgement_waits_for_a_device_that_is_away(self):
        world = World(SMOKE)
        world.burn(SMOKE)
        world.members[SMOKE].cut(world.now)
        world.core.acknowledge(world.now, world.alarm(SMOKE)["id"], "Wang")
        world.settle()
        assert world.sent_to(SMOKE, frame.OPERATOR_ACK) == []
        world.members[SMOKE].link = True
        world.run(2 * MINUTE)
        assert ("acknowledged", 1) in world.members[SMOKE].notes

    @pytest.mark.parametrize("operator", ["", "   ", "x" * 65])
    def test_an_acknowledgement_needs_a_name(self, core, operator):
        give(core, raised(SMOKE))
        with pytest.raises(CentreError, match="1 to 64 characters"):
            core.acknowledge(NOW, core.alarm_list()[0]["id"], operator)
        assert not core.alarm_list()[0]["acknowledged"]

    def test_an_unknown_alarm_cannot_be_acknowledged(self, core):
        with pytest.raises(CentreError, match="not in the list"):
            core.acknowledge(NOW, "nothing-1-1", "Wang")

    def test_a_command_is_carried_out_and_its_response_recorded_under_its_counter(self):
        world = World(LAMP)
        world.run(3 * HOUR)
        counter = world.core.command(world.now, LAMP, "set_level", {"level": 40}, "Wang")
        world.settle()
        assert world.members[LAMP].outputs["lamp"] == 40
        told = [(row[2], row[3], row[4]) for row in world.rows("record") if row[0] == LAMP and row[4] is not None]
        assert told == [("command", 4, counter), ("response", 200, counter)]

    def test_a_command_that_gets_no_response_is_not_sent_again(self):
        world = World(DOOR)
        world.lost.add(DOOR)
        counter = world.core.command(world.now, DOOR, "unlock", {}, "Wang")
        world.run(MINUTE)
        assert len(world.commanded(DOOR, "unlock")) == 1
        assert [row[3] for row in world.rows("record") if row[2] == "response" and row[4] == counter] == [0]

    def test_a_command_dies_with_its_deadline(self):
        world = World(DOOR)
        (first,) = world.members.values()
        world.lost.add(DOOR)
        world.core.command(world.now, DOOR, "unlock", {}, "Wang")
        world.settle()
        world.lost.clear()
        late = world.publishes()[-1]
        world.now += 6 * SECOND
        first.receive(world.now, late.topic, late.payload)
        assert first.outputs["lock"] == 0

    def asleep(self):
        """A smoke detector whose fire is over, not reset for so long that it went back to sleep."""
        world = World(SMOKE)
        world.burn(SMOKE)
        world.sense(SMOKE, OBSCURATION, 5)
        world.run(2 * HOUR)
        assert (world.core.presence.session(SMOKE), world.alarm(SMOKE)["state"]) == ("asleep", "restored")
        return world

    @pytest.mark.parametrize("cut", [MINUTE, 3 * HOUR])
    def test_an_answer_to_an_alarm_that_a_broken_link_kept_back_leaves_at_once(self, cut):
        """Nine seconds after it came and 50 minutes after: the detector stays awake from when the centre had it."""
        world = World(SMOKE)
        world.run(MINUTE)
        world.members[SMOKE].cut(world.now)
        world.burn(SMOKE)
        world.run(cut)
        world.members[SMOKE].link = True
        while not world.feed("stored"):
            world.run(SECOND)
        world.run(9 * SECOND)
        world.core.acknowledge(world.now, world.alarm(SMOKE)["id"], "Wang")
        world.settle()
        assert world.members[SMOKE].notes[-1][0] == "acknowledged"
        world.sense(SMOKE, OBSCURATION, 5)
        world.run(50 * MINUTE)
        world.core.command(world.now, SMOKE, "reset", {}, "Wang")
        world.settle()
        assert world.alarm(SMOKE)["state"] == "cleared"

    def test_a_stale_mute_silences_no_new_fire(self):
        world = self.asleep()
        with pytest.raises(CentreError, match=r"'mute' for core1.* asleep until its next report; send it when it is"):
            world.core.command(world.now, SMOKE, "mute", {}, "Wang")
        world.burn(SMOKE)
        world.run(MINUTE)
        assert world.sent_to(SMOKE, frame.COMMAND) == []
        assert world.members[SMOKE].outputs["sounder"] == 1

    @pytest.mark.parametrize(("device", "name"), [(SMOKE, "test"), (SMOKE, "mute"), (BAND, "test"), (BAND, "mute")])
    def test_nothing_but_a_reset_waits_for_a_device_that_sleeps(self, device, name):
        world = World(device)
        world.run(MINUTE)
        assert world.core.states()[device] == "asleep"
        with pytest.raises(CentreError, match=r"asleep until its next report|takes"):
            world.core.command(world.now, device, name, {}, "Wang")
        assert world.rows("command") == []

    def test_a_reset_waits_for_the_next_report_and_ends_what_is_over(self):
        world = self.asleep()
        counter = world.core.command(world.now, SMOKE, "reset", {}, "Wang")
        world.settle()
        assert world.sent_to(SMOKE, frame.COMMAND) == []
        world.run(25 * HOUR)
        assert [(row[3], row[4]) for row in world.rows("record") if row[2] == "response"] == [(200, counter)]
        assert world.alarm(SMOKE)["state"] == "cleared"

    @pytest.mark.spec("LIL-CMD-001")
    def test_a_reset_that_waited_for_a_device_that_restarted_ends_as_of_an_earlier_session(self):
        world = self.asleep()
        counter = world.core.command(world.now, SMOKE, "reset", {}, "Wang")
        world.settle()
        world.run(45 * SECOND)
        world.members[SMOKE].power_on(world.now)
        world.run(MINUTE)
        assert world.commanded(SMOKE, "reset") == []
        assert [(row[3], row[4]) for row in world.rows("record") if row[2] == "response"] == [(frame.STALE, counter)]
        assert world.alarm(SMOKE)["state"] == "restored"

    def test_a_mute_that_waits_in_an_old_store_ends_with_its_deadline_and_never_leaves(self):
        world = World(SMOKE)
        world.core.commands.restore(world.now, Order(SMOKE, 5, "mute", {}, "Wang", "operator", world.now, False))
        world.burn(SMOKE)
        world.run(HOUR)
        assert world.sent_to(SMOKE, frame.COMMAND) == []
        assert [(row[3], row[4]) for row in world.rows("record") if row[2] == "response"] == [(0, 5)]

    def test_an_order_is_refused_while_the_nonce_of_its_device_is_unknown(self, core):
        give(core, event(DOOR, 1))
        with pytest.raises(CentreError, match="not heard in person yet"):
            core.command(NOW, DOOR, "unlock", {}, "Wang")
        assert give(core, birth(DOOR), now=NOW + HOUR).publishes[1:] == []

    def test_the_deadline_of_an_unlock_counts_from_its_issue_however_often_it_is_sent(self, core):
        give(core, birth(DOOR))
        counter = core.command(NOW, DOOR, "unlock", {}, "Wang")
        first = told(core.take(), DOOR)
        give(core, heartbeat(DOOR, 1, uptime=1_000), now=NOW + 3_000)  # its messages take long
        again = told(give(core, answer(DOOR, counter, frame.EXPIRED, uptime=2_000), now=NOW + 4_000), DOOR)
        assert [message.deadline for message in (*first, *again)] == [5_000, 5_000]
        late = give(core, answer(DOOR, again[0].counter, frame.EXPIRED, seq=2, uptime=3_000), now=NOW + 5_000)
        assert late.publishes == []
        assert [row.values[3:5] for row in late.rows if row.table == "record"] == [(frame.EXPIRED, counter)]

    def test_an_acknowledgement_that_was_given_up_goes_out_again_with_the_next_sign_of_life(self):
        world = World(DOOR)
        world.sense(DOOR, "tamper", 1)
        world.run(10 * SECOND)
        world.lost.add(DOOR)
        world.core.acknowledge(world.now, world.alarm(DOOR)["id"], "Wang")
        world.run(5 * MINUTE)
        world.lost.clear()
        world.run(MINUTE)
        assert ("acknowledged", 7) in world.members[DOOR].notes
        assert world.core.commands.open_of(DOOR) == []

    def test_an_answer_does_not_set_off_the_order_that_it_refuses(self, core):
        give(core, birth(DOOR))
        give(core, raised(DOOR, code=4))
        core.acknowledge(NOW, core.alarm_list()[0]["id"], "Wang")
        (order,) = told(core.take(), DOOR)
        assert give(core, answer(DOOR, order.counter, frame.STALE)).publishes == []
        assert len(give(core, heartbeat(DOOR, 1)).publishes) == 1

    @pytest.mark.spec("LIL-CMD-008")
    def test_a_device_known_from_a_retained_birth_only_is_asked_for_its_birth_before_a_command(self, core):
        give(core, birth(DOOR, uptime=5_000), retained=True)
        core.command(NOW, DOOR, "unlock", {}, "Wang")
        assert [message.kind for message in told(core.take(), DOOR)] == [frame.REQUEST]
        batch = give(core, birth(DOOR, uptime=65_000))
        assert [message.kind for message in told(batch, DOOR)] == [frame.TIME, frame.COMMAND]

    def test_what_waits_goes_out_with_the_first_word_in_person(self, core):
        give(core, birth(DOOR, uptime=5_000), retained=True)
        give(core, raised(DOOR, code=4, boot=0))  # out of the boot before: no word of this one
        core.acknowledge(NOW, core.alarm_list()[0]["id"], "Wang")
        assert [message.kind for message in told(core.take(), DOOR)] == [frame.REQUEST]
        assert len(give(core, heartbeat(DOOR, 1, uptime=65_000)).publishes) == 1

    def test_counters_rise_over_boots_and_even_when_the_store_was_lost(self, core):
        give(core, birth(DOOR))
        first = core.command(NOW, DOOR, "unlock", {}, "Wang")
        second = core.command(NOW, DOOR, "unlock", {}, "Wang")
        fresh = Core(ESTATE, KEY, NOW)
        give(fresh, birth(DOOR), now=NOW + 60_000)
        assert first < second < fresh.command(NOW + 60_000, DOOR, "unlock", {}, "Wang")

    @pytest.mark.parametrize(
        ("device", "command", "arguments", "complaint"),
        [
            (DOOR, "explode", {}, "unknown; use one of"),
            (DOOR, "set_level", {"level": 5}, "is a door; it takes"),
            (LAMP, "set_level", {}, "give an integer from 0 to 100 %"),
            (LAMP, "set_level", {"level": 101}, "give an integer from 0 to 100 %"),
            (LAMP, "set_level", {"level": True}, "give an integer"),
            (LAMP, "set_level", {"level": 5, "colour": 3}, "argument 'colour': unknown"),
            (LAMP, "set_level", [5], "not an object"),
            ("ffffffffffffffff", "test", {}, "not in estate"),
            (SMOKE, "test", {}, "is never; send it when it is back"),
        ],
    )
    def test_a_command_that_makes_no_sense_is_refused_with_a_remedy(self, core, device, command, arguments, complaint):
        for known in (DOOR, LAMP):
            give(core, birth(known))
        with pytest.raises(CentreError, match=complaint):
            core.command(NOW, device, command, arguments, "Wang")
        assert not core.take().publishes

    def test_a_device_that_is_offline_takes_no_commands(self, core):
        give(core, birth(DOOR))
        give(core, death(DOOR))
        with pytest.raises(CentreError, match="offline"):
            core.command(NOW, DOOR, "unlock", {}, "Wang")


class TestRefusals:
    def forged(self, cls="al", device=SMOKE, key=b"\x01" * 32):
        seal = Seal(frame_key(device_root(key, TENANT, device), UP), TENANT, device, UP)
        return topics.up(TENANT, device, cls), seal.seal(cls, frame.pack(frame.RAISE, {0: 1}, boot=1, seq=1, uptime=0))

    @pytest.mark.parametrize(
        ("message", "reason"),
        [
            ((f"lilong/1/{TENANT}/{SMOKE}/u/al", b"garbage"), "seal"),
            ((f"lilong/1/{TENANT}/{SMOKE}/u/al", b""), "seal"),
            ((f"lilong/1/{TENANT}/{SMOKE}/u/al", b"\xff" * 100_000), "seal"),
            (("lilong/1/elsewhere/" + SMOKE + "/u/al", b"x"), "tenant"),
            (("something/else", b"x"), "topic"),
            (("", b""), "topic"),
            ((f"lilong/1/{TENANT}/ffffffffffffffff/u/al", b"x"), "unknown device"),
            ((f"lilong/1/{TENANT}/{SMOKE}/d/ak", b"x"), "topic"),
            ((f"lilong/1/{TENANT}/{SMOKE}/u/zz", b"x"), "topic"),
        ],
    )
    def test_garbage_is_counted_and_answered_by_nothing(self, core, message, reason):
        batch = give(core, message)
        assert (refused(core), batch.publishes) == ({reason: 1}, [])

    def test_a_forged_frame_is_kept_as_evidence(self, core):
        batch = give(core, self.forged())
        assert (refused(core), batch.publishes) == ({"forged": 1}, [])
        assert [row.values[1] for row in batch.rows if row.table == "security"] == ["forged"]

    def test_a_frame_of_one_device_or_class_is_worth_nothing_on_the_topic_of_another(self, core):
        _, data = raised(SMOKE)
        for topic in (topics.up(TENANT, DOOR, "al"), topics.up(TENANT, SMOKE, "ev")):
            give(core, (topic, data))
        assert refused(core) == {"seal": 1, "forged": 1}

    def test_what_the_centre_said_is_not_taken_back_as_said_to_it(self, core):
        _, data = Downlink(device_root(KEY, TENANT, SMOKE), TENANT, SMOKE).stored_ack(1, 1, b"8 bytes.")
        give(core, (topics.up(TENANT, SMOKE, "al"), data))
        assert refused(core) == {"seal": 1}

    def test_an_authentic_frame_that_is_not_cbor_is_counted(self, core):
        seal = Seal(frame_key(device_root(KEY, TENANT, SMOKE), UP), TENANT, SMOKE, UP)
        give(core, (topics.up(TENANT, SMOKE, "al"), seal.seal("al", b"\xff\xff")))
        assert refused(core) == {"payload": 1}

    def test_a_kind_on_a_class_that_does_not_carry_it_is_refused(self, core):
        give(core, up(DOOR, "hb", frame.EVENT, {0: 1}, boot=1, seq=1, uptime=0))
        assert refused(core) == {"kind": 1}

    def test_a_flood_of_forgeries_leaves_a_bounded_trace(self, core):
        for _ in range(1_000):
            core.receive(NOW, *self.forged(), False)
        batch = core.take()
        assert refused(core) == {"forged": 1_000}
        assert len([row for row in batch.rows if row.table == "security"]) == 100


def test_devices_that_nobody_has_a_key_for_are_shown_and_disturb_no_fire():
    core = Core(ESTATE, {(TENANT, one): device_root(KEY, TENANT, one) for one in (SMOKE, SMOKE_2)}, NOW)
    core.receiver.prepare(core.register.placed)
    for device in (SMOKE, SMOKE_2):
        assert len(give(core, raised(device)).publishes) == 1
    assert [core.states()[device] for device in (SMOKE, DOOR)] == ["alarm1", "never"]
    assert core.device(DOOR)["boot"] is None
    assert [order.name for order in core.commands.open_of(DOOR)] == ["fire_release"]  # for the day when it has one


def test_a_core_with_nothing_to_do_wants_no_step(core):
    assert core.deadline == NEVER
    assert not core.take()


def test_counts_tell_how_many_are_there(core):
    give(core, birth(DOOR))
    give(core, birth(LAMP))
    give(core, death(LAMP))
    give(core, ("x", b""))
    assert core.counts() == {"connected": 1, "devices": len(ESTATE.devices), "messages": 4, "refused": 1}

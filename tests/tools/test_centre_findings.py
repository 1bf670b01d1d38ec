"""What the centre concludes by itself: told once, with all that is known, and cleared when it is over."""

from types import SimpleNamespace

import pytest
from centre_world import (
    BAND,
    CARD,
    DOOR,
    GAS,
    HOUR,
    KEY,
    LAMP,
    MINUTE,
    NOW,
    OTHER_DOOR,
    SECOND,
    SMOKE,
    SMOKE_2,
    TENANT,
    Placed,
    World,
    birth,
    cleared,
    death,
    event,
    heartbeat,
    raised,
    updated,
)
from findings_world import GATEWAY, LAMPS, WIRED, ZONE
from lilong_protocol import codes, frame, topics
from lilong_protocol.keys import device_root, frame_key
from lilong_protocol.seal import DOWN, Seal
from lilong_tools.centre.core import NEVER, Core
from lilong_tools.centre.findings.security import APART
from lilong_tools.centre.model import CentreError
from lilong_tools.centre.store import Store

MAINS, CHILD, MANY = (
    codes.ALARM_POWER_MAINS_LOSS, codes.ALARM_GATEWAY_CHILD_OFFLINE, codes.ALARM_GATEWAY_CHILDREN_OFFLINE,
)  # fmt: skip


class Told:
    """A core that is told frames by hand, with its batches."""

    def __init__(self, estate=WIRED, saved=None):
        self.core = Core(estate, KEY, NOW, saved=saved)
        self.now = NOW
        self.feed, self.rows = [], []

    def at(self, at_ms, *frames):
        """Frames arrive `at_ms` after the beginning; what is due before is done before."""
        self.until(at_ms)
        for topic, data in frames:
            self.core.receive(self.now, topic, data, False)
            self.take()

    def until(self, at_ms):
        while self.core.deadline <= NOW + at_ms:
            self.now = max(self.now, self.core.deadline)
            self.core.step(self.now)
            self.take()
        self.now = NOW + at_ms

    def take(self):
        batch = self.core.take()
        self.feed += batch.feed
        self.rows += batch.rows

    def found(self, name, what="stored"):
        return [row for row in self.feed if row.get("finding") == name and row["event"] == what]


@pytest.fixture
def told():
    return Told()


class TestSilence:
    def test_a_silent_device_is_told_when_its_limit_has_passed_and_cleared_when_it_is_heard(self):
        world = World(DOOR)
        world.run(10 * MINUTE)
        silent = world.now
        publish = world.members[DOOR].publish
        world.silence(DOOR)
        world.run(4 * MINUTE)
        (row,) = world.found("comms.offline")
        assert (row["device"], row["code"], row["boot"], row["seq"], row["level"]) == (DOOR, 1001, 0, 0, 3)
        assert silent - MINUTE <= row["since"] <= silent
        assert row["at"] - row["since"] == 180_000
        world.run(10 * MINUTE)
        world.lost.clear()
        world.members[DOOR].publish = publish
        world.run(2 * MINUTE)
        assert [one["alarm"] for one in world.found("comms.offline", "cleared")] == [row["alarm"]]
        assert len(world.found("comms.offline")) == 1

    def test_a_will_alone_is_no_proof(self, told):
        told.at(0, birth(DOOR))
        told.core.receive(NOW, *birth(DOOR, connection=2, seq=2), False)
        told.until(179_999)
        assert not told.found("comms.offline")

    def test_a_gateway_that_misses_a_child_says_it_for_a_sleeping_one(self, told):
        child = told.core.findings.site.children[GATEWAY].index(SMOKE) + 1
        told.at(0, birth(GATEWAY, kind=11), birth(SMOKE, kind=1, offline_s=180_000, always_on=False))
        told.at(5_000, raised(GATEWAY, CHILD, uptime=5_000, values={codes.Q_CHILD: child}))
        (row,) = told.found("comms.offline")
        assert (row["device"], row["gateway"], row["since"]) == (SMOKE, GATEWAY, NOW + 5_000)
        told.at(9_000, updated(GATEWAY, 2, (1, 1), CHILD, uptime=9_000))
        assert told.found("comms.offline", "cleared")

    def test_many_children_are_told_one_by_one_and_what_is_left_stands(self, told):
        bits = {codes.Q_CHILD: 1, codes.Q_CHILDREN: 0b111}
        told.at(0, birth(GATEWAY, kind=11, offline_s=3_600))
        told.at(1_000, raised(GATEWAY, MANY, uptime=1_000), event(GATEWAY, 1, codes.EVENT_GATEWAY_CHILDREN_LOST,
                                                                 uptime=1_000, values=bits))  # fmt: skip
        silent = [row["device"] for row in told.found("comms.offline")]
        assert silent == list(told.core.findings.site.children[GATEWAY][:3])
        # Hardly any are left: it says the rest one by one, and the two are the same finding.
        told.at(60_000, updated(GATEWAY, 2, (1, 1), MANY, uptime=60_000),
                raised(GATEWAY, CHILD, seq=3, uptime=60_000, values={codes.Q_CHILD: 2}))  # fmt: skip
        told.until(5 * MINUTE)
        assert {row["device"] for row in told.found("comms.offline", "cleared")} == {silent[0], silent[2]}
        assert len(told.found("comms.offline")) == 3

    def test_a_place_that_a_gateway_does_not_have_is_nobody(self, told):
        told.at(0, birth(GATEWAY, kind=11), raised(GATEWAY, CHILD, values={codes.Q_CHILD: 400}))
        assert not told.found("comms.offline")


class TestFeeder:
    LAMPS = (LAMP, *LAMPS)

    def begin(self, told):
        told.at(0, *(birth(lamp, kind=4, offline_s=90) for lamp in self.LAMPS), birth(ZONE, kind=13, offline_s=1_000))
        told.at(60_000, *(heartbeat(lamp, 1, uptime=60_000 + at) for at, lamp in enumerate(self.LAMPS)),
                raised(ZONE, MAINS, uptime=60_000))  # fmt: skip

    def test_what_it_feeds_is_one_finding_with_all_that_are_silent(self, told):
        self.begin(told)
        told.until(60_000 + 120_000)
        (row,) = told.found("comms.feeder_lost")
        assert (row["device"], row["feeder"], row["level"], row["since"]) == ("", "A", 2, NOW + 60_000)
        assert row["at"] - row["since"] <= 120_000
        told.until(60_000 + 130_000)
        last = [*told.found("comms.feeder_lost"), *told.found("comms.feeder_lost", "updated")][-1]
        assert sorted(last["members"]) == sorted(self.LAMPS)
        parts = {found["part_of"] for found in told.core.findings.list() if found["finding"] == "comms.offline"}
        assert parts == {row["alarm"]}

    def test_it_is_over_when_the_mains_are_back_and_all_are_heard(self, told):
        self.begin(told)
        told.until(5 * MINUTE)
        told.at(6 * MINUTE, updated(ZONE, 2, (1, 1), MAINS, uptime=6 * MINUTE))
        assert not told.found("comms.feeder_lost", "cleared")
        told.at(7 * MINUTE, *(birth(lamp, 2, kind=4) for lamp in self.LAMPS))
        assert len(told.found("comms.feeder_lost", "cleared")) == 1
        assert len(told.found("comms.offline", "cleared")) == len(self.LAMPS)

    def test_who_does_not_come_back_with_the_mains_is_silent_by_itself(self, told):
        self.begin(told)
        told.at(6 * MINUTE, updated(ZONE, 2, (1, 1), MAINS, uptime=6 * MINUTE),
                *(birth(lamp, 2, kind=4, offline_s=3_600) for lamp in self.LAMPS[1:]))  # fmt: skip
        told.until(12 * MINUTE)
        assert told.found("comms.feeder_lost", "cleared")
        (left,) = (one for one in told.core.findings.list() if one["finding"] == "comms.offline" and not one["cleared"])
        assert (left["device"], left["part_of"]) == (LAMP, None)

    def test_silence_without_a_word_of_the_mains_is_a_path_that_is_cut(self, told):
        told.at(0, *(birth(lamp, kind=4, offline_s=90) for lamp in (*self.LAMPS, ZONE)))
        told.until(10 * MINUTE)
        assert len(told.found("comms.offline")) == len(self.LAMPS) + 1
        assert not told.found("comms.feeder_lost")

    def test_an_estate_that_knows_no_feeders_has_none(self):
        told = Told(World().estate)
        told.at(0, birth(LAMP, kind=4, offline_s=90), raised(GAS, MAINS))
        told.until(10 * MINUTE)
        assert not told.found("comms.feeder_lost")


class TestSecurity:
    STRANGER = "0123456789abcdef"

    def strange(self, device=STRANGER):
        return topics.up(TENANT, device, "hb"), b"who knows"

    def test_a_stranger_is_told_at_once_and_once(self, told):
        told.at(0, *[self.strange()] * 20)
        (row,) = told.found("sec.unknown_device")
        assert (row["device"], row["claims"], row["reason"], row["at"]) == ("", self.STRANGER, "unknown device", NOW)
        told.at(9 * MINUTE, self.strange())
        told.until(18 * MINUTE)
        assert not told.found("sec.unknown_device", "cleared")
        told.until(20 * MINUTE)
        assert told.found("sec.unknown_device", "cleared")

    def test_a_frame_that_a_devices_key_has_not_sealed_is_a_strangers(self, told):
        topic, data = heartbeat(DOOR, 1)
        told.at(0, (topic, data[:-1] + bytes([data[-1] ^ 1])))
        (row,) = told.found("sec.unknown_device")
        assert (row["device"], row["reason"]) == (DOOR, "forged")

    def test_a_flood_of_names_fills_no_list(self, told):
        told.at(0, *(self.strange(f"{number:016x}") for number in range(80)))
        assert len(told.found("sec.unknown_device")) == APART + 1

    @pytest.mark.parametrize("what", ["heartbeat", "event", "alarm", "birth"])
    def test_an_old_message_that_somebody_says_again_is_a_replay(self, told, what):
        frames = {
            "heartbeat": heartbeat(DOOR, 1), "event": event(DOOR, 1), "alarm": raised(DOOR, codes.ALARM_DOOR_FORCED),
            "birth": birth(DOOR),
        }  # fmt: skip
        told.at(0, birth(DOOR), *frames.values())
        told.at(1_000, frames[what])  # a repeat as devices make it
        told.at(10 * MINUTE, heartbeat(DOOR, 20, uptime=10 * MINUTE))
        assert not told.found("sec.replay")
        told.at(10 * MINUTE + 1, frames[what])
        (row,) = told.found("sec.replay")
        assert (row["device"], row["reason"]) == (DOOR, "replayed")
        assert len([row for row in told.feed if row["event"] == "stored" and "finding" not in row]) == 1

    def test_what_a_device_says_again_on_a_new_link_is_none(self, told):
        said = raised(DOOR, codes.ALARM_DOOR_FORCED)
        told.at(0, birth(DOOR), said)
        told.at(HOUR, birth(DOOR, connection=2, seq=2, uptime=HOUR), said)
        told.at(HOUR + MINUTE, said)
        told.at(HOUR + 2 * MINUTE, said)
        assert not told.found("sec.replay")

    def test_an_earlier_boot_that_speaks_is_a_replay_once_it_cannot_be_under_way(self, told):
        told.at(0, birth(DOOR), heartbeat(DOOR, 1), birth(DOOR, boot=2))
        told.at(1_000, heartbeat(DOOR, 2, uptime=1_000))
        assert not told.found("sec.replay")
        told.at(5 * MINUTE, heartbeat(DOOR, 1))
        assert told.found("sec.replay")


class TestPassage:
    USED = {codes.Q_CREDENTIAL: CARD}

    def doors(self, told, took_ms, second=codes.EVENT_DOOR_GRANTED, quick=1_000):
        told.at(0, birth(DOOR), birth(OTHER_DOOR))
        told.at(quick, event(DOOR, 1, codes.EVENT_DOOR_GRANTED, uptime=quick, values=self.USED))
        told.at(quick + took_ms, event(OTHER_DOOR, 1, second, uptime=quick + took_ms, values=self.USED))

    @pytest.mark.parametrize("second", [codes.EVENT_DOOR_GRANTED, codes.EVENT_DOOR_DENIED, codes.EVENT_DOOR_PASSBACK])
    def test_a_card_cannot_be_at_two_doors_in_eight_seconds(self, told, second):
        self.doors(told, 8_000, second)
        (row,) = told.found("door.impossible_passage")
        assert (row["device"], row["members"], row["since"]) == (OTHER_DOOR, [DOOR, OTHER_DOOR], NOW + 1_000)
        assert row["within_ms"] == 8_000
        told.until(20 * MINUTE)
        assert told.found("door.impossible_passage", "cleared")

    def test_who_has_walked_there_may(self, told):
        self.doors(told, 60_000)
        assert not told.found("door.impossible_passage")

    def test_what_comes_late_is_compared_by_when_it_was(self, told):
        told.at(0, birth(DOOR), birth(OTHER_DOOR))
        told.at(300_000, event(OTHER_DOOR, 1, codes.EVENT_DOOR_GRANTED, uptime=290_000, values=self.USED))
        told.at(310_000, event(DOOR, 1, codes.EVENT_DOOR_GRANTED, uptime=5_000, values=self.USED))
        assert not told.found("door.impossible_passage")


class Asked(Told):
    """A core whose answers to doors that ask are kept: (device, elsewhere)."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.answers, self.numbers = [], {}

    def take(self):
        batch = self.core.take()
        self.feed += batch.feed
        self.rows += batch.rows
        for publish in batch.publishes:
            _, device, _, cls = topics.parse(publish.topic)
            answer = frame.unpack(sealed_for(device).open(cls, publish.payload)) if cls == "cm" else None
            if answer is not None and answer.kind == frame.ANSWER:
                self.answers.append((device, answer.body[0]))

    def event(self, at_ms, device, code, denial=None, late_ms=0, **values):
        """Told by a device `late_ms` after it has happened."""
        seq = self.numbers[device] = self.numbers.get(device, 0) + 1
        said = {codes.Q_CREDENTIAL: CARD, **({} if denial is None else {codes.Q_DENIAL: denial}), **values}
        self.at(at_ms + late_ms, event(device, seq, code, uptime=at_ms, values=said))


def sealed_for(device):
    return Seal(frame_key(device_root(KEY, TENANT, device), DOWN), TENANT, device, DOWN)


class TestDoorsThatAsk:
    ASKED, GRANTED, DENIED = codes.EVENT_DOOR_ASKED, codes.EVENT_DOOR_GRANTED, codes.EVENT_DOOR_DENIED

    @pytest.fixture
    def told(self):
        told = Asked()
        told.at(0, birth(DOOR), birth(OTHER_DOOR))
        return told

    def test_a_copy_is_refused_and_found_and_its_owner_stays_where_he_is(self, told):
        told.event(1_000, DOOR, self.ASKED)
        told.event(1_100, DOOR, self.GRANTED)
        told.event(9_000, OTHER_DOOR, self.ASKED)
        told.event(9_100, OTHER_DOOR, self.DENIED, codes.DENIAL_ELSEWHERE)
        told.event(12_000, DOOR, self.ASKED)
        assert told.answers == [(DOOR, False), (OTHER_DOOR, True), (DOOR, False)]
        (row,) = told.found("door.impossible_passage")
        assert (row["device"], row["members"]) == (OTHER_DOOR, [DOOR, OTHER_DOOR])

    def test_of_two_who_ask_at_once_one_is_let_in_though_no_door_has_told_so_yet(self, told):
        told.event(1_000, DOOR, self.ASKED)
        told.event(1_000, OTHER_DOOR, self.ASKED)
        assert told.answers == [(DOOR, False), (OTHER_DOOR, True)]

    def test_who_has_walked_there_is_let_in(self, told):
        told.event(1_000, DOOR, self.ASKED)
        told.event(61_000, OTHER_DOOR, self.ASKED)
        assert told.answers == [(DOOR, False), (OTHER_DOOR, False)]

    def test_what_a_door_says_that_asks_nobody_counts_too(self, told):
        told.event(1_000, DOOR, self.GRANTED)
        told.event(9_000, OTHER_DOOR, self.ASKED)
        assert told.answers == [(OTHER_DOOR, True)]

    def test_a_question_that_comes_late_is_not_answered_and_moves_nobody(self, told):
        told.event(1_000, DOOR, self.ASKED, late_ms=3_000)
        told.event(5_000, OTHER_DOOR, self.ASKED)
        assert told.answers == [(OTHER_DOOR, False)]

    def test_one_about_no_card_is_not_answered(self, told):
        told.at(1_000, event(DOOR, 1, self.ASKED, uptime=1_000, values={}))
        assert told.answers == []

    def test_a_clock_that_is_slow_refuses_nobody(self, told):
        """A question counts from when it is here: 20 s on foot are 20 s, whatever the second door's clock says."""
        told.event(1_000, DOOR, self.ASKED)
        seq = told.numbers[OTHER_DOOR] = 1
        used = {codes.Q_CREDENTIAL: CARD}
        told.at(61_000, event(OTHER_DOOR, seq, self.ASKED, uptime=59_500, values=used))
        assert told.answers == [(DOOR, False), (OTHER_DOOR, False)]


class TestCare:
    def test_the_officer_of_the_cell_is_sent_accepts_arrives_and_it_ends_with_the_alarm(self, told):
        told.at(0, birth(BAND, kind=6), raised(BAND, codes.ALARM_BAND_SOS))
        (row,) = told.found("care.dispatch")
        assert (row["officer"], row["cell"], row["cause"], row["level"]) == ("Zhou", "g2", f"{BAND}-1-1", 1)
        told.core.acknowledge(NOW + 5, row["alarm"], "Zhou")
        told.core.on_site(NOW + 900, row["alarm"], "Zhou")
        told.core.on_site(NOW + 901, row["alarm"], "Li")
        told.take()
        assert len(told.found("care.dispatch", "acknowledged")) == 1
        (found,) = told.core.findings.list()
        assert (found["operator"], found["on_site_at"]) == ("Zhou", NOW + 900)
        told.at(2_000, cleared(BAND, (1, 1), codes.ALARM_BAND_SOS))
        assert told.found("care.dispatch", "cleared")

    def test_nobody_is_sent_to_a_band_that_was_taken_off(self, told):
        told.at(0, birth(BAND, kind=6), raised(BAND, codes.ALARM_BAND_REMOVED))
        assert not told.found("care.dispatch")

    @pytest.mark.parametrize(("care", "confidential", "sent"), [
        ({"bedridden"}, False, 1), ({"veteran"}, False, 0), (set(), False, 0), ({"bedridden"}, True, 0),
    ])  # fmt: skip
    def test_a_fire_where_somebody_needs_help_sends_the_officer_and_tells_no_reason(self, care, confidential, sent):
        flat = SimpleNamespace(core=1, unit="0101")

        class Cared(type(WIRED)):
            devices = (*WIRED.devices[1:], Placed(SMOKE, "smoke", "core1/01F/0101/smoke", 1, unit="0101"))
            households = (SimpleNamespace(flat=flat, care=frozenset(care), confidential=confidential),)

        told = Told(Cared())
        told.at(0, birth(SMOKE, kind=1), raised(SMOKE), raised(SMOKE_2))
        assert len(told.found("care.dispatch")) == sent
        assert "bedridden" not in str(told.feed)

    def test_an_estate_without_cells_sends_who_is_on_duty(self):
        told = Told(World().estate)
        told.at(0, birth(BAND, kind=6), raised(BAND, codes.ALARM_BAND_FALL))
        assert told.found("care.dispatch")[0]["officer"] == "on duty"

    def test_nobody_arrives_where_nobody_was_sent(self, told):
        told.at(0, (topics.up(TENANT, "0123456789abcdef", "hb"), b"x"))
        (found,) = told.core.findings.list()
        with pytest.raises(CentreError, match="nobody was sent"):
            told.core.on_site(NOW, found["id"], "Zhou")
        with pytest.raises(CentreError, match="use an id of GET /api/findings"):
            told.core.on_site(NOW, "none", "Zhou")


class TestRestart:
    def test_a_copy_is_refused_though_the_centre_has_just_been_restarted(self, tmp_path):
        store = Store(str(tmp_path / "centre.db"), TENANT)
        told = Asked()
        told.at(0, birth(DOOR), birth(OTHER_DOOR))
        told.event(1_000, DOOR, codes.EVENT_DOOR_ASKED)
        store.commit(told.rows)
        again = Asked(WIRED, store.load())
        again.now = told.now
        again.event(9_000, OTHER_DOOR, codes.EVENT_DOOR_ASKED)
        assert again.answers == [(OTHER_DOOR, True)]
        store.close()

    def test_what_stands_stands_on_and_ends_once(self, tmp_path):
        store = Store(str(tmp_path / "centre.db"), TENANT)
        told = Told()
        TestFeeder().begin(told)
        called = birth(BAND, kind=6, offline_s=3_600), raised(BAND, codes.ALARM_BAND_SOS)
        told.at(61_000, *called, TestSecurity().strange())
        told.until(5 * MINUTE)
        store.commit(told.rows)
        before = told.core.findings.list()
        again = Told(saved=store.load())
        assert {one["id"]: one for one in again.core.findings.list()} == {one["id"]: one for one in before}
        again.now = told.now
        again.until(6 * MINUTE)
        assert not again.found("comms.offline")
        assert not again.found("comms.feeder_lost")
        again.at(7 * MINUTE, updated(ZONE, 2, (1, 1), MAINS, uptime=7 * MINUTE),
                 *(birth(lamp, 2, kind=4, offline_s=3_600) for lamp in TestFeeder.LAMPS))  # fmt: skip
        again.at(8 * MINUTE, cleared(BAND, (1, 1), codes.ALARM_BAND_SOS, uptime=8 * MINUTE))
        again.until(20 * MINUTE)
        assert {one["id"] for one in again.core.findings.list() if not one["cleared"]} == {
            one["id"] for one in again.core.findings.list() if one["device"] == ZONE
        }
        ended = [row["alarm"] for row in again.feed if row["event"] == "cleared" and "finding" in row]
        assert sorted(ended) == sorted(one["id"] for one in before)
        store.commit(again.rows)
        assert {row["id"] for row in store.load().findings} >= {one["id"] for one in before}
        store.close()

    def test_a_centre_that_waits_for_nothing_has_no_deadline(self):
        assert Core(WIRED, KEY, NOW).deadline == NEVER


def test_a_number_in_a_line_is_that_of_its_name(told):
    told.at(0, birth(BAND, kind=6), raised(BAND, codes.ALARM_BAND_SOS), (topics.up(TENANT, "f" * 16, "hb"), b"x"))
    told.until(10 * SECOND)
    assert {(row["finding"], row["code"]) for row in told.feed if "finding" in row} == {
        ("care.dispatch", 1006), ("sec.unknown_device", 1003),
    }  # fmt: skip


def test_broken_connections_and_a_word_of_the_mains_are_a_lost_feeder_at_once(told):
    told.at(0, *(birth(lamp, kind=4, offline_s=3_600) for lamp in TestFeeder.LAMPS), birth(ZONE, kind=13))
    told.at(60_000, raised(ZONE, MAINS, uptime=60_000), *(death(lamp) for lamp in LAMPS))
    (row,) = told.found("comms.feeder_lost")
    assert row["at"] == NOW + 60_000
    told.until(80_000)
    assert sorted(told.found("comms.feeder_lost", "updated")[-1]["members"]) == sorted(LAMPS)
    assert not told.found("comms.offline")


def test_broken_connections_without_a_word_of_the_mains_are_none(told):
    told.at(0, *(birth(lamp, kind=4, offline_s=3_600) for lamp in LAMPS), *(death(lamp) for lamp in LAMPS))
    told.until(80_000)
    assert not told.found("comms.feeder_lost")

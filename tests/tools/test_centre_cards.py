"""A revoked credential: every door takes the list in order, whatever is lost, and then hears that it is whole."""

import centre_before
import pytest
from centre_process import running
from centre_service import centre_on, http
from centre_world import (
    BASEMENT_DOOR,
    CARD,
    DATA,
    DOOR,
    ESTATE,
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
    World,
    answer,
    birth,
    death,
    heartbeat,
    raised,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_protocol import frame, topics
from lilong_protocol.keys import MacKey, device_root, frame_key
from lilong_protocol.registry import COMMAND_BY_NUMBER
from lilong_protocol.seal import DOWN, Seal
from lilong_tools.broker.embedded import EmbeddedBroker
from lilong_tools.centre import web
from lilong_tools.centre.cards import STAMP
from lilong_tools.centre.core import Core
from lilong_tools.centre.model import CentreError
from lilong_tools.centre.store import Store, StoreError
from mqtt_peer import run

DOORS = (DOOR, BASEMENT_DOOR, OTHER_DOOR)
DAY = 24 * HOUR
FULL = frame.FORBIDDEN  # what a door says that can take no more revocations


class Played:
    """A core, and doors that the test plays word by word. Times are ms of the story, which begins at 0."""

    def __init__(self, revoked=0):
        self.core = Core(ESTATE, KEY, NOW)
        self.seq = 0
        for number in range(revoked):
            self.core.revoke(NOW, 100 + number, "Wang")
        self.core.take()

    def born(self, stamp=0, at=0, door=DOOR, **fields):
        values = {} if stamp is None else {STAMP: stamp}
        return self.give(birth(door, uptime=at, values=values, **fields), at)

    def beat(self, stamp=0, at=0, door=DOOR):
        self.seq += 1
        return self.give(heartbeat(door, self.seq, uptime=at, values={STAMP: stamp}), at)

    def answers(self, order, code=200, at=0, door=DOOR):
        self.seq += 1
        return self.give(answer(door, order.counter, code, seq=self.seq, uptime=at), at)

    def give(self, message, at):
        self.core.receive(NOW + at, *message, False)
        return self.told()

    def step(self, at):
        self.core.step(NOW + at)
        return self.told()

    def told(self):
        """The commands and operator's acknowledgements that leave now, decoded, in their order."""
        told = []
        for publish in self.core.take().publishes:
            _, door, _, cls = topics.parse(publish.topic)
            seal = Seal(frame_key(device_root(KEY, TENANT, door), DOWN), TENANT, door, DOWN)
            message = frame.unpack(seal.open(cls, publish.payload))
            if message.kind in (frame.COMMAND, frame.OPERATOR_ACK):
                told.append(message)
        return told

    def shown(self, door=DOOR):
        return next(row for row in self.core.cards.shown_as()["doors"] if row["id"] == door)


def said(told):
    """Commands as (name, *arguments)."""
    return [
        "acknowledged"
        if message.kind == frame.OPERATOR_ACK
        else (COMMAND_BY_NUMBER[message.body[0]].name, *message.body[1].values())
        for message in told
    ]


class TestOrder:
    def test_a_door_is_told_what_it_lacks_one_by_one_and_then_that_its_list_is_whole(self):
        story = Played(revoked=3)
        wanted = [("card_revoke", 101, 2), ("card_revoke", 102, 3), ("cards_confirm", 3)]
        told = story.born(stamp=1)
        for expected in wanted:
            assert said(told) == [expected]
            told = story.answers(told[0])
        assert told == []
        assert (
            story.shown() | {"id": DOOR, "stamp": 3, "lacks": 0, "confirmed_at": NOW, "refused": None} == story.shown()
        )

    def test_nothing_more_is_ordered_while_one_is_open(self):
        story = Played(revoked=3)
        story.born(stamp=1)
        assert story.beat(stamp=1, at=SECOND) == []
        story.core.revoke(NOW + SECOND, 7, "Wang")
        assert story.told() == []

    def test_a_revocation_leaves_at_once_for_every_door_that_is_there(self):
        story = Played()
        for door in DOORS:
            story.answers(*story.born(door=door), door=door)
        assert story.core.revoke(NOW, 7, "Wang", " lost on the bus ") == 1
        assert said(story.told()) == [("card_revoke", 7, 1)] * 3
        (entry,) = story.core.cards.shown_as()["revocations"]
        assert entry == {"stamp": 1, "credential": 7, "operator": "Wang", "reason": "lost on the bus", "at": NOW}

    def test_an_answer_that_was_lost_is_made_good_by_what_the_door_tells_of_itself(self):
        story = Played(revoked=2)
        (first,) = story.born()
        for at in (6, 18, 42):
            assert said(story.step(at * SECOND)) == [("card_revoke", 100, 1)]
        assert said(story.beat(stamp=1, at=MINUTE)) == [("card_revoke", 101, 2)]
        assert story.answers(first, at=MINUTE) == []  # nobody waits for that any more

    def test_a_door_that_has_lost_its_list_is_told_all_of_it(self):
        story = Played(revoked=2)
        story.answers(*story.born(stamp=2))
        assert said(story.born(stamp=0, boot=2, at=MINUTE)) == [("card_revoke", 100, 1)]

    def test_a_door_that_tells_no_stamp_is_left_alone(self):
        story = Played(revoked=2)
        assert story.born(stamp=None) == []
        story.core.revoke(NOW, 7, "Wang")
        assert story.told() == []
        assert (story.shown()["stamp"], story.shown()["lacks"]) == (None, None)

    def test_a_lamp_hears_nothing_of_cards_whatever_it_tells(self):
        story = Played(revoked=2)
        assert story.born(door=LAMP, stamp=0, kind=4) == []


class TestConfirmation:
    def test_it_comes_at_each_birth_and_once_a_day(self):
        story = Played()
        told = story.born()
        assert said(told) == [("cards_confirm", 0)]
        assert story.answers(told[0]) == []
        for minute in range(1, 24 * 60):
            assert story.beat(at=minute * MINUTE) == []
        told = story.beat(at=DAY)
        assert said(told) == [("cards_confirm", 0)]
        story.answers(told[0], at=DAY)
        assert story.beat(at=DAY + MINUTE) == []
        assert said(story.born(connection=2, at=DAY + 2 * MINUTE)) == [("cards_confirm", 0)]

    def test_it_is_never_given_to_a_door_that_lacks_a_revocation(self):
        story = Played(revoked=1)
        (order,) = story.born()
        told = story.answers(order, FULL)
        for minute in range(1, 3 * 24 * 60):
            told += story.beat(at=minute * MINUTE)
            for one in told:
                assert said([one])[0][0] == "card_revoke"
                story.answers(one, FULL, at=minute * MINUTE)
            told = []

    def test_each_door_costs_one_message_at_the_start(self):
        world = World(*DOORS)
        world.run(HOUR)
        assert [len(world.sent_to(door, frame.COMMAND)) for door in DOORS] == [1, 1, 1]
        assert world.answers("cards") == [200, 200, 200]


class TestRefusal:
    @pytest.mark.parametrize("code", [frame.CONFLICT, FULL, frame.NOT_FOUND])
    def test_it_is_shown_and_tried_again_ever_later_and_never_at_once(self, code):
        story = Played(revoked=1)
        (order,) = story.born()
        assert story.answers(order, code) == []
        assert (story.shown()["refused"], story.shown()["refused_at"], story.shown()["lacks"]) == (code, NOW, 1)
        tries = []
        for second in range(0, 8 * 3600, 30):  # twice as often as doors beat
            for one in story.beat(at=second * SECOND):
                tries.append(second)
                assert story.answers(one, code, at=second * SECOND) == []
        gaps = [later - earlier for earlier, later in zip([0, *tries], tries, strict=False)]
        assert gaps == [60, 120, 240, 480, 960, 1920, *[3600] * (len(gaps) - 6)]

    def test_a_door_that_tells_another_stamp_than_was_thought_is_tried_at_once(self):
        story = Played(revoked=3)
        (order,) = story.born(stamp=1)
        story.answers(order, frame.CONFLICT)
        assert said(story.beat(stamp=2, at=SECOND)) == [("card_revoke", 102, 3)]
        assert story.shown()["refused"] is None

    def test_a_door_that_was_full_is_tried_at_its_next_birth(self):
        story = Played(revoked=1)
        story.answers(*story.born(), FULL)
        assert said(story.born(boot=2, at=SECOND)) == [("card_revoke", 100, 1)]

    def test_a_door_that_agrees_and_keeps_nothing_is_told_ever_more_seldom(self):
        story = Played(revoked=5)
        sent = 0
        told = story.born()
        for minute in range(1, 8 * 60):
            while told:
                sent += 1
                told = story.answers(told[0], at=minute * MINUTE)
            told = story.beat(stamp=0, at=minute * MINUTE)
        assert sent < 90

    def test_one_door_that_refuses_keeps_no_other_waiting(self):
        story = Played(revoked=1)
        (order,) = story.born(door=DOOR)
        story.answers(order, FULL, door=DOOR)
        assert said(story.born(door=OTHER_DOOR)) == [("card_revoke", 100, 1)]


class TestAhead:
    """A door with a stamp beyond the list: the centre was started with another database, or the door is broken."""

    def test_it_is_neither_told_nor_confirmed_anything_and_shown(self):
        story = Played(revoked=2)
        assert story.born(stamp=9) == []
        assert story.beat(stamp=9, at=DAY) == []
        assert (story.shown()["ahead"], story.shown()["lacks"]) == (True, 0)

    def test_where_every_door_is_ahead_a_revocation_is_refused_since_none_would_take_it(self):
        story = Played()
        for door in DOORS:
            story.born(stamp=9, door=door)
        with pytest.raises(CentreError, match=r"every door is at 9 or later.*start the centre with the database"):
            story.core.revoke(NOW, 7, "Wang")
        assert story.core.cards.shown_as()["revocations"] == []

    def test_a_single_one_stops_no_revocation_for_the_others(self):
        story = Played()
        story.born(stamp=9)
        story.answers(*story.born(door=OTHER_DOOR), door=OTHER_DOOR)
        story.core.revoke(NOW, 7, "Wang")
        assert said(story.told()) == [("card_revoke", 7, 1)]


class TestFirstOfAll:
    """What waits for a door that is back waits for its revocations as well, but for a fire."""

    @pytest.fixture
    def story(self):
        """An acknowledgement waits for a door, which was told of neither revocation."""
        story = Played()
        story.answers(*story.born())
        story.give(raised(DOOR, code=4), at=SECOND)
        story.give(death(DOOR), at=2 * SECOND)
        story.core.acknowledge(NOW + 2 * SECOND, story.core.alarm_list()[0]["id"], "Wang")
        for credential in (100, 101):
            story.core.revoke(NOW + 2 * SECOND, credential, "Wang")
        assert story.told() == []
        return story

    def test_revocations_are_applied_before_any_other_order(self, story):
        told = story.born(connection=2, at=MINUTE)
        assert said(told) == [("card_revoke", 100, 1)]
        told = story.answers(told[0], at=MINUTE)
        assert said(told) == [("card_revoke", 101, 2)]
        assert said(story.answers(told[0], at=MINUTE)) == ["acknowledged", ("cards_confirm", 2)]

    def test_a_door_that_is_heard_by_an_alarm_before_its_birth_is_told_them_first_too(self, story):
        assert said(story.give(raised(DOOR, code=7, seq=2, uptime=MINUTE), at=MINUTE)) == [("card_revoke", 100, 1)]

    def test_a_door_that_refuses_them_gets_the_rest_at_once(self, story):
        told = story.born(connection=2, at=MINUTE)
        assert said(story.answers(told[0], FULL, at=MINUTE)) == ["acknowledged"]

    def test_a_door_that_does_not_answer_them_gets_the_rest_with_its_next_heartbeat(self, story):
        story.born(connection=2, at=MINUTE)
        for second in (6, 18, 42):
            assert said(story.step(MINUTE + second * SECOND)) == [("card_revoke", 100, 1)]
        assert said(story.beat(at=2 * MINUTE)) == ["acknowledged"]

    def test_they_wait_for_a_long_list_as_long_as_it_gets_on(self, story):
        for credential in range(102, 105):
            story.core.revoke(NOW + 2 * SECOND, credential, "Wang")
        told = story.born(connection=2, at=MINUTE)
        for seconds in (8, 16, 24):  # of a slow door
            told = story.answers(told[0], at=MINUTE + seconds * SECOND)
        assert story.beat(stamp=3, at=MINUTE + 25 * SECOND) == []

    def test_what_an_operator_orders_meanwhile_leaves_at_once(self, story):
        story.born(connection=2, at=MINUTE)
        story.core.command(NOW + MINUTE, DOOR, "unlock", {}, "Wang")
        assert said(story.told()) == [("unlock",)]

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_a_release_for_fire_waits_for_no_card(self, story, when):
        def fire(at):
            told = []
            for detector in (SMOKE, SMOKE_2):
                told += story.give(raised(detector, uptime=at), at=at)
            return [one for one in said(told) if one == ("fire_release",)]

        if when == "before":
            assert fire(MINUTE) == []  # the door is away
            told = story.born(connection=2, at=2 * MINUTE)
            assert said(told) == [("fire_release",), ("card_revoke", 100, 1)]
        else:
            story.born(connection=2, at=MINUTE)
            story.give(birth(BASEMENT_DOOR), at=MINUTE)
            assert fire(MINUTE) == [("fire_release",)] * 2

    def test_a_release_for_fire_leaves_before_what_has_waited_longer(self):
        story = Played()
        story.answers(*story.born())
        story.give(raised(DOOR, code=4), at=SECOND)
        story.give(death(DOOR), at=2 * SECOND)
        story.core.acknowledge(NOW + 2 * SECOND, story.core.alarm_list()[0]["id"], "Wang")
        for detector in (SMOKE, SMOKE_2):
            story.give(raised(detector, uptime=3 * SECOND), at=3 * SECOND)
        told = said(story.born(connection=2, at=MINUTE))
        assert told == [("fire_release",), "acknowledged", ("cards_confirm", 0)]


class TestList:
    def test_the_same_credential_twice_is_one_entry(self):
        story = Played()
        assert [story.core.revoke(NOW, credential, "Wang") for credential in (7, 8, 7)] == [1, 2, 1]
        assert [row.values[:2] for row in story.core.take().rows if row.table == "revocation"] == [(1, 7), (2, 8)]

    @pytest.mark.parametrize("credential", [None, "7", 7.0, True, -1, 1 << 32, [7]])
    def test_what_is_no_credential_is_refused(self, credential):
        with pytest.raises(CentreError, match="no credential; give the integer that doors tell in their events"):
            Played().core.revoke(NOW, credential, "Wang")

    @pytest.mark.parametrize(("operator", "reason"), [("", ""), ("x" * 65, ""), ("Wang", "x" * 201), ("Wang", 5)])
    def test_it_needs_a_name_and_a_reason_of_bearable_length(self, operator, reason):
        with pytest.raises(CentreError, match=r"1 to 64 characters|at most 200 characters"):
            Played().core.revoke(NOW, 7, operator, reason)

    @pytest.mark.parametrize("name", ["card_revoke", "cards_confirm"])
    def test_nobody_orders_a_door_past_the_list(self, name):
        story = Played()
        story.born()
        with pytest.raises(CentreError, match="the centre gives it by itself; revoke with POST /api/cards/revoke"):
            story.core.command(NOW, DOOR, name, {"credential": 7, "stamp": 1}, "Wang")


def revoked_at(world, door):
    """What the firmware of a door holds: its stamp, the pseudonyms revoked."""
    cards = world.members[door].device.rules._cards
    blob = cards._revoked
    return cards.stamp, {int.from_bytes(blob[at : at + 4], "big") for at in range(0, len(blob), 4)}


class Lossy(World):
    """A world in which answers of `unheard` doors are lost on their way to the centre."""

    def __init__(self, *devices, **options):
        self.unheard = set()
        super().__init__(*devices, **options)

    def deliver(self, topic, data, retain, retained=False):
        _, device, _, cls = topics.parse(topic)
        if cls != topics.RESPONSE or device not in self.unheard:
            super().deliver(topic, data, retain, retained)


class Worn:
    """A flash that can be read only."""

    def __init__(self, store):
        self.items = store.items

    def put(self, *_):
        raise OSError

    drop = put


class TestFirmware:
    """Doors of the firmware around the core."""

    def test_a_revoked_card_is_denied_everywhere_and_the_event_says_why(self):
        world = World(*DOORS)
        world.sense(DOOR, "credential", CARD)
        who = world.changes("event")[-1]["values"]["24"]
        assert who == int.from_bytes(MacKey(DATA["door"]["card_key"]).mac(CARD.to_bytes(4, "big"))[:4], "big")
        world.core.revoke(world.now, who, "Wang")
        world.settle()
        for door in DOORS:
            world.sense(door, "credential", CARD)
            event = world.changes("event")[-1]
            assert (event["device"], event["code"], event["values"]) == (door, 2, {"24": who, "31": 2})

    def test_a_store_keeps_the_list_and_the_orders_over_a_kill(self):
        world = World(*DOORS, store=Store(":memory:", TENANT))
        world.lost |= set(DOORS)  # killed between its commit and its publishes
        for credential in (7, 8, 9):
            world.core.revoke(world.now, credential, "Wang", "left the house")
        world.settle()
        world.lost.clear()
        before = world.core.cards.shown_as()["revocations"]
        world.restart()
        assert world.core.cards.shown_as()["revocations"] == before
        world.run(30 * SECOND)
        assert [revoked_at(world, door) for door in DOORS] == [(3, {7, 8, 9})] * 3

    def test_the_list_goes_on_after_a_restart_where_it_ended(self):
        world = World(DOOR, store=Store(":memory:", TENANT))
        world.core.revoke(world.now, 7, "Wang")
        world.settle()
        world.restart()
        assert [world.core.revoke(world.now, credential, "Li") for credential in (8, 7)] == [2, 1]

    def test_after_a_restart_a_revocation_waits_for_no_heartbeat(self):
        world = World(*DOORS, store=Store(":memory:", TENANT))
        world.run(5 * MINUTE)
        world.restart()
        world.core.revoke(world.now, 7, "Wang")
        world.settle()
        assert [revoked_at(world, door) for door in DOORS] == [(1, {7})] * 3

    def test_a_full_door_is_shown_and_the_others_take_what_it_cannot(self):
        world = World(*DOORS[:2])
        cards = world.members[DOOR].device.rules._cards
        cards._revoked = b"".join((2_000 + number).to_bytes(4, "big") for number in range(64))
        world.core.revoke(world.now, 7, "Wang")
        world.run(3 * HOUR)
        full, other = world.core.cards.shown_as()["doors"][:2]
        assert (full["lacks"], full["refused"]) == (1, FULL)
        assert (other["lacks"], other["refused"]) == (0, None)
        assert 5 < len(world.commanded(DOOR, "card_revoke")) < 12

    @settings(deadline=None)
    @given(
        st.lists(
            st.one_of(
                st.tuples(st.just("revoke"), st.integers(1, 12)),
                st.tuples(st.sampled_from(("cut", "back", "deaf", "mute", "hear", "power", "worn")), st.integers(0, 2)),
                st.tuples(st.just("restart"), st.none()),
                st.tuples(st.just("wait"), st.sampled_from((0, 1, 6, 30, 70, 200))),
            ),
            max_size=25,
        )
    )
    def test_whatever_is_lost_or_restarted_no_door_ever_has_a_gap_and_all_have_all_in_the_end(self, story):
        world = Lossy(*DOORS, store=Store(":memory:", TENANT))
        listed = []

        def whole():
            for door in DOORS:
                stamp, revoked = revoked_at(world, door)
                assert revoked == set(listed[:stamp])

        for what, value in story:
            member = world.members[DOORS[value]] if isinstance(value, int) and value < 3 else None
            if what == "revoke":
                world.core.revoke(world.now, value, "Wang")
                listed += [value] if value not in listed else []
                world.settle()
            elif what == "cut":
                member.cut(world.now)
            elif what == "back":
                member.link = True
            elif what == "deaf":
                world.lost.add(DOORS[value])
            elif what == "mute":
                world.unheard.add(DOORS[value])
            elif what == "hear":
                world.lost.discard(DOORS[value])
                world.unheard.discard(DOORS[value])
            elif what == "power":
                member.power_on(world.now)
            elif what == "worn":  # its flash takes no more: what it knows ends with the power
                member.device.store = Worn(member.store)
            elif what == "restart":
                world.restart()
            else:
                world.run(value * SECOND)
            whole()
        world.lost.clear()
        world.unheard.clear()
        for member in world.members.values():
            member.link = True
        world.run(10 * MINUTE)
        whole()
        assert [revoked_at(world, door)[0] for door in DOORS] == [len(listed)] * 3
        assert [row["lacks"] for row in world.core.cards.shown_as()["doors"]] == [0, 0, 0]
        assert all(row["confirmed_at"] for row in world.core.cards.shown_as()["doors"])
        world.store.close()


class TestStore:
    def test_a_database_of_the_release_before_is_taken_over_with_all_that_it_holds(self, tmp_path):
        path = str(tmp_path / "centre.db")
        centre_before.write(path, 1)
        for _ in range(2):
            store = Store(path, TENANT)
            assert [row["values"] for row in store.load().devices] == [{"19": 1}]
            store.commit(Core(ESTATE, KEY, NOW).take().rows)
            store.close()
        world = World(store=Store(path, TENANT))
        world.restart()
        assert world.core.revoke(NOW, 7, "Wang") == 1
        world.settle()
        assert len(world.store.load().revocations) == 1
        world.store.close()


class TestApi:
    def asked(self, *requests, messages=()):
        async def story():
            async with EmbeddedBroker() as broker, centre_on(broker) as centre:
                for message in messages:
                    centre.ingest.decide(lambda now, message=message: centre.core.receive(now, *message, False))
                return [await http(centre, *request) for request in requests]

        return run(story())

    def test_a_revocation_is_accepted_listed_and_counted_against_each_door(self):
        wish = {"credential": 7, "operator": "Wang", "reason": "lost"}
        *accepted, (status, cards), (_, door), (_, lamp) = self.asked(
            ("/api/cards/revoke", wish),
            ("/api/cards/revoke", wish),
            ("/api/cards",),
            (f"/api/device/{DOOR}",),
            (f"/api/device/{LAMP}",),
            messages=[birth(DOOR, values={STAMP: 0})],
        )
        assert accepted == [(202, {"stamp": 1})] * 2
        assert (status, cards["stamp"]) == (200, 1)
        assert [(one["credential"], one["operator"], one["reason"]) for one in cards["revocations"]] == [
            (7, "Wang", "lost")
        ]
        doors = {one["name"]: (one["stamp"], one["lacks"]) for one in cards["doors"]}
        assert doors == {
            "core1/ground/door": (0, 1), "core1/basement/door": (None, None), "core2/ground/door": (None, None),
        }  # fmt: skip
        assert (door["cards"]["lacks"], door["cards"]["revoked"]) == (1, [])
        assert "cards" not in lamp

    @pytest.mark.parametrize(
        ("body", "status", "complaint"),
        [
            (b"not json", 400, 'send {"credential": number'),
            ({"operator": "Wang"}, 400, "revoking None: no credential"),
            ({"credential": "7", "operator": "Wang"}, 400, "no credential; give the integer"),
            ({"credential": 7}, 400, '"operator" is missing'),
            ({"credential": 7, "operator": "x" * 65}, 400, "1 to 64 characters"),
            ({"credential": 7, "operator": "Wang", "reason": ["x"]}, 400, "at most 200 characters"),
        ],
    )
    def test_what_makes_no_sense_is_refused_with_a_remedy(self, body, status, complaint):
        ((got, answered), (_, cards)) = self.asked(("/api/cards/revoke", body), ("/api/cards",))
        assert got == status
        assert complaint in answered["error"]
        assert cards["revocations"] == []

    def test_it_is_accepted_when_it_is_on_the_disk_and_not_before(self, monkeypatch):
        store = Store(":memory:", TENANT)
        commit, wish = store.commit, {"credential": 7, "operator": "Wang"}

        def full(_):
            raise StoreError("the disk is full")

        async def story():
            async with EmbeddedBroker() as broker, centre_on(broker, store=store) as centre:
                first = await http(centre, "/api/cards/revoke", wish)
                kept = [row["credential"] for row in store.load().revocations]
                monkeypatch.setattr(store, "commit", full)
                monkeypatch.setattr(web, "STORED_S", 0.2)
                second = await http(centre, "/api/cards/revoke", wish | {"credential": 8})
                monkeypatch.setattr(store, "commit", commit)
                monkeypatch.setattr(web, "STORED_S", 20)
                third = await http(centre, "/api/cards/revoke", wish | {"credential": 8})
                return first, kept, second, third, [row["credential"] for row in store.load().revocations]

        first, kept, (status, told), third, after = run(story())
        assert (first, kept) == ((202, {"stamp": 1}), [7])
        assert (status, "not on the disk yet" in told["error"]) == (503, True)
        assert (third, after) == ((202, {"stamp": 2}), [7, 8])
        store.close()

    def test_a_revocation_that_was_accepted_survives_a_kill(self, tmp_path):
        async def story():
            async with EmbeddedBroker() as broker:
                async with running(broker, tmp_path) as centre:
                    accepted = await http(centre, "/api/cards/revoke", {"credential": 7, "operator": "Wang"})
                    await centre.kill()
                async with running(broker, tmp_path) as centre:
                    return accepted, await http(centre, "/api/cards")

        accepted, (_, cards) = run(story(), 60)
        assert accepted == (202, {"stamp": 1})
        assert [(one["stamp"], one["credential"]) for one in cards["revocations"]] == [(1, 7)]
        assert len(cards["doors"]) == 70  # lanes, cycle gates and panels too

    def test_a_form_of_another_site_cannot_revoke(self):
        ((status, _),) = self.asked(("/api/cards/revoke", {"credential": 7, "operator": "Wang"}, "text/plain"))
        assert status == 415

    def test_enumerations_and_the_names_of_other_standards_are_told_with_the_registry(self):
        ((_, registry),) = self.asked(("/api/registry",))
        denial = registry["quantities"]["31"]
        assert denial["meanings"]["2"] == {"name": "revoked", "label": {"en": "revoked", "zh": "已注销"}}
        assert "meanings" not in registry["quantities"]["1"]
        talq = {row["name"]: row["talq"] for row in registry["alarms"].values()}
        assert talq["smoke.alarm"] is None
        assert any(talq.values())
        assert [name for name, row in registry["commands"].items() if not row["operator"]] == [
            "cards_confirm", "card_revoke",
        ]  # fmt: skip

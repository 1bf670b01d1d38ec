"""What is confirmed is forwarded once, however often it has to be tried; what one detector alone has told is not."""

import json
import socket
from xml.etree import ElementTree

import pytest
from centre_service import centre_on, http, until
from centre_world import BAND, ELSEWHERE, KEY, NOW, OBSCURATION, SECOND, SMOKE, SMOKE_2, SMOKE_3, TENANT, World, raised
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_protocol.pc.errors import RequestError
from lilong_protocol.pc.findings import FIRE_FORWARDED
from lilong_tools.brigade import Brigade, BrigadeServer
from lilong_tools.broker.embedded import EmbeddedBroker
from lilong_tools.centre.core import Core
from lilong_tools.centre.forwarding.book import LAST_RETRY_MS
from lilong_tools.centre.forwarding.cap import NAMESPACE, alert, receipt_of
from lilong_tools.centre.forwarding.courier import Receiver
from lilong_tools.centre.forwarding.rules import RULES
from lilong_tools.centre.model import CentreError, Post
from lilong_tools.centre.store import Store
from mqtt_peer import aio, run

RECEIVER = "brigade.example"


class Forwards(World):
    """A world with a receiver: `posted` has what has left for it, by id."""

    def __init__(self, *devices, store=None):
        super().__init__(store=store)
        self.core = self._core(None)
        for device in devices:
            self.add(device)

    def _core(self, saved):
        return Core(self.estate, KEY, self.now, saved=saved, receiver=RECEIVER)

    def restart(self):
        self.core = self._core(self.store.load())
        self.settle()

    @property
    def posted(self):
        return [post for batch in self.batches for post in batch.posts]

    def received(self, post, receipt="r1"):
        self.core.forwarding.received(self.now, post.id, receipt)
        self.settle()

    def failed(self, post, why="no answer"):
        self.core.forwarding.failed(self.now, post.id, why)
        self.settle()

    def forwarded(self, event="stored"):
        return self.found("fire.forwarded", event)


@pytest.fixture
def world():
    world = Forwards(SMOKE, SMOKE_2, SMOKE_3, ELSEWHERE, BAND, store=Store(":memory:", TENANT))
    yield world
    world.store.close()


def fire(world):
    world.burn(SMOKE)
    world.burn(SMOKE_2)
    return world.posted[-1]


class TestConfirmed:
    def test_two_detectors_of_a_core_confirm_a_fire_and_its_receipt_is_a_finding(self, world):
        world.burn(SMOKE)
        world.run(20 * SECOND)
        assert world.posted == [], "one alone"
        world.burn(SMOKE_2)
        (post,) = world.posted
        assert world.forwarded() == [], "nobody has received it"
        world.run(SECOND)
        world.received(post, "119-7")
        (found,) = world.forwarded()
        assert (found["code"], found["receipt"], found["receiver"]) == (FIRE_FORWARDED.number, "119-7", RECEIVER)
        assert found["members"] == sorted([SMOKE, SMOKE_2])
        assert 0 < found["since"] < world.now - SECOND < found["at"]
        assert found["cause"] == [alarm.id for alarm in world.core.alarms.open()]

    def test_two_detectors_of_two_cores_confirm_none(self, world):
        world.burn(SMOKE)
        world.burn(ELSEWHERE)
        world.run(60 * SECOND)
        assert world.posted == []

    def test_a_third_detector_is_the_same_fire(self, world):
        world.received(fire(world))
        world.burn(SMOKE_3)
        assert len(world.posted) == len(world.forwarded()) == 1

    def test_it_is_over_with_the_last_alarm(self, world):
        world.received(fire(world))
        for device in (SMOKE, SMOKE_2):
            assert world.forwarded("cleared") == []
            world.sense(device, OBSCURATION, 5)
            world.run(120 * SECOND)
            (alarm,) = [one for one in world.core.alarms.all() if one.device == device]
            world.core.acknowledge(world.now, alarm.id, "Wang")
            world.core.command(world.now, device, "reset", {}, "Wang")
            world.settle()
            world.run(60 * SECOND)
        assert len(world.forwarded("cleared")) == 1

    def test_a_person_confirms_what_one_detector_has_told(self, world):
        world.burn(SMOKE)
        (alarm,) = world.core.alarms.open()
        name = world.core.confirm(world.now, alarm.id, "Wang")
        world.settle()
        (post,) = world.posted
        assert post.id == name
        assert [(row["alarm"], row["operator"]) for row in world.feed("confirmed")] == [(alarm.id, "Wang")]
        assert world.core.confirm(world.now, alarm.id, "Li") == name, "again is the same"
        world.burn(SMOKE_2)
        assert len(world.posted) == 1, "the quorum confirms the same fire"

    def test_a_call_for_help_is_an_alarm_of_another_class(self, world):
        world.sense(BAND, "sos", 1)
        world.run(10 * SECOND)
        (alarm,) = world.core.alarms.open()
        world.core.confirm(world.now, alarm.id, "Wang")
        world.settle()
        world.received(world.posted[0])
        (found,) = world.found("alarm.forwarded")
        assert found["device"] == BAND

    def test_without_a_receiver_nothing_is_forwarded_and_a_person_is_told_why(self):
        world = World(SMOKE, SMOKE_2)
        world.burn(SMOKE)
        world.burn(SMOKE_2)
        assert not any(batch.posts for batch in world.batches)
        with pytest.raises(CentreError, match="nobody to forward to; start the centre with --forward-to"):
            world.core.confirm(world.now, world.core.alarms.open()[0].id, "Wang")

    def test_what_is_of_no_class_is_forwarded_to_nobody(self, world):
        world.sense(SMOKE, "tamper", 1)
        world.run(10 * SECOND)
        (alarm,) = world.core.alarms.open()
        with pytest.raises(CentreError, match="its kind is forwarded to nobody"):
            world.core.confirm(world.now, alarm.id, "Wang")


class TestTries:
    def test_it_is_tried_until_received_ever_later_and_is_the_same_message(self, world):
        fire(world)
        waits = []
        for _ in range(12):
            world.failed(world.posted[-1])
            waits.append(world.core.forwarding.deadline - world.now)
            world.run(waits[-1])
        assert waits[:3] == [500, 1_000, 2_000], "the first again still keeps 3 s"
        assert waits == sorted(waits)
        assert waits[-1] == LAST_RETRY_MS
        assert len(set(world.posted)) == 1
        assert len(world.posted) == 13
        world.received(world.posted[0])
        world.received(world.posted[0], "again")
        world.run(10 * LAST_RETRY_MS)
        assert (len(world.posted), len(world.forwarded())) == (13, 1)

    def test_a_courier_that_says_nothing_is_not_waited_for_for_ever(self, world):
        fire(world)
        world.run(2 * LAST_RETRY_MS)
        assert len(world.posted) == 2

    def test_what_came_of_it_is_shown(self, world):
        world.failed(fire(world), "it answered 503 busy")
        (shown,) = world.core.forwarding.shown_as()["forwarded"]
        assert (shown["place"], shown["tries"], shown["why"]) == ("core 1", 1, "it answered 503 busy")
        assert world.changes("forward")[-1]["forward"] == shown


class TestRestart:
    @settings(max_examples=25)
    @given(st.lists(st.sampled_from(["restart", "fail", "wait", "lose"]), max_size=8))
    def test_whenever_it_restarts_the_brigade_has_one_fire(self, steps):
        world, brigade = Forwards(SMOKE, SMOKE_2, store=Store(":memory:", TENANT)), Brigade()
        fire(world)
        for step in steps:
            if step == "restart":
                world.restart()
            elif step == "fail":
                world.failed(world.posted[-1])
            elif step == "lose":  # it has come, and the receipt was lost with the centre
                brigade.take(world.posted[-1].message)
            world.run(SECOND)
        world.restart()
        world.run(0)
        post = world.posted[-1]
        _, answer = brigade.take(post.message)
        world.received(post, answer["receipt"])
        world.restart()
        world.run(10 * LAST_RETRY_MS)
        assert world.posted[-1] is post, "nothing is sent any more"
        assert (list(brigade.taken), len(world.forwarded())) == ([post.id], 1)
        world.store.close()

    def test_a_centre_that_has_forgotten_all_tells_it_under_the_same_key(self):
        keys = set()
        for _ in range(2):
            world = Forwards(SMOKE, SMOKE_2)
            keys.add(fire(world).id)
        assert len(keys) == 1

    def test_a_fire_that_burns_when_there_is_a_receiver_at_last_is_forwarded(self):
        store = Store(":memory:", TENANT)
        world = World(SMOKE, SMOKE_2, store=store)
        world.burn(SMOKE)
        world.burn(SMOKE_2)
        core = Core(world.estate, KEY, world.now, saved=store.load(), receiver=RECEIVER)
        assert len(core.take().posts) == 1
        store.close()


class TestMessage:
    def test_it_is_cap(self, world):
        root = ElementTree.fromstring(fire(world).message)
        assert root.tag == f"{{{NAMESPACE}}}alert"
        order = [child.tag.partition("}")[2] for child in root]
        assert order == ["identifier", "sender", "sent", "status", "msgType", "scope", "addresses", "info", "info"]
        cap = {"c": NAMESPACE}
        told = {name: root.findtext(f"c:{name}", namespaces=cap) for name in ("status", "msgType", "scope", "sent")}
        assert told == {"status": "Exercise", "msgType": "Alert", "scope": "Private", "sent": told["sent"]}
        assert told["sent"].endswith("-00:00")
        chinese, english = root.findall("c:info", cap)
        assert [one.findtext("c:event", namespaces=cap) for one in (chinese, english)] == ["火警", "Fire alarm"]
        order = [child.tag.partition("}")[2] for child in english]
        assert order == [
            "language", "category", "event", "urgency", "severity", "certainty", "onset", "senderName", "headline",
            "description", "parameter", "parameter", "area",
        ]  # fmt: skip
        assert "core1/01F/0101/smoke" in english.findtext("c:area/c:areaDesc", namespaces=cap)

    @settings(max_examples=25)
    @given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40))
    def test_whatever_a_place_is_called_it_can_be_read(self, place):
        text = alert("e", "e-1", RULES[0], place, NOW, None, [])
        assert ElementTree.fromstring(text).findtext(f"{{{NAMESPACE}}}identifier") == "e-1"

    @given(st.one_of(st.binary(max_size=60), st.just(b'{"identifier": "other"}'), st.just(b"[" * 60_000)))
    def test_another_answer_is_no_receipt(self, answer):
        with pytest.raises(RequestError, match="no receipt of this message"):
            receipt_of("mine", answer)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("brigade", "no address"), ("ftp://brigade/", "no address"), ("http://u:p@127.0.0.1/", "no address"),
        ("http://brigade.example/", "hides nothing of what burns where"), ("http://127.0.0.1:99999/", "no address"),
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_used_is_told(url, why):
    with pytest.raises(CentreError, match=why):
        Receiver(url)


def test_a_receiver_that_answers_something_else_has_not_received():
    with BrigadeServer() as server:
        receiver = Receiver(server.url)
        with pytest.raises(CentreError, match="it answered 400"):
            receiver.post(Post("e-1", "no XML"))
        with pytest.raises(RequestError, match="no receipt of this message"):
            receiver.post(Post("e-2", alert("e", "e-1", RULES[0], "core 1", NOW, None, [])))


# ---- over real sockets


async def burns(broker, *devices):
    async with aio(broker) as client:
        for device in devices:
            topic, data = raised(device, 1)
            await client.publish(topic, data, 1)


def nobody_there():
    """An address that is kept, and that nobody listens at; a receiver that may be there later."""
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    return bound, Receiver(f"http://127.0.0.1:{bound.getsockname()[1]}/")


def test_a_receiver_that_is_down_gets_it_when_it_is_back(tmp_path):
    observed, (bound, receiver) = tmp_path / "observed.jsonl", nobody_there()

    async def scenario():
        async with (
            EmbeddedBroker() as broker, centre_on(broker, observed=str(observed), receiver=receiver) as centre
        ):  # fmt: skip
            await centre.ingest.connected.wait()
            await burns(broker, SMOKE, SMOKE_2)
            waiting = centre.core.forwarding.shown_as
            await until(lambda: any(one["why"] for one in waiting()["forwarded"]))
            with BrigadeServer(bound=bound) as server:
                await until(lambda: all(one["received_at"] for one in waiting()["forwarded"]))
                _, told = await http(centre, "/api/forwards")
            return server.brigade, told

    brigade, told = run(scenario())
    (one,) = told["forwarded"]
    assert (one["receipt"], one["why"], one["tries"] > 1) == ("stub-1", "", True)
    assert list(brigade.taken) == [one["id"]]
    lines = [json.loads(line) for line in observed.read_text().splitlines()]
    assert [line["receipt"] for line in lines if line.get("finding") == "fire.forwarded"] == ["stub-1"]


def test_a_centre_that_is_killed_meanwhile_forwards_it_when_it_is_back(tmp_path):
    path, (bound, receiver) = str(tmp_path / "centre.db"), nobody_there()

    async def scenario():
        async with EmbeddedBroker() as broker:
            async with centre_on(broker, path, receiver=receiver) as centre:
                await centre.ingest.connected.wait()
                await burns(broker, SMOKE, SMOKE_2)
                await until(lambda: any(one["why"] for one in centre.core.forwarding.shown_as()["forwarded"]))
            with BrigadeServer(bound=bound) as server:
                for _ in range(2):  # and again, when it has its receipt
                    async with centre_on(broker, path, receiver=receiver) as centre:
                        await until(
                            lambda: all(one["received_at"] for one in centre.core.forwarding.shown_as()["forwarded"])
                        )
                        await centre.ingest.durable(10)
                return server.brigade

    brigade = run(scenario())
    assert (brigade.came, len(brigade.taken)) == (1, 1)


def test_a_person_confirms_by_the_api():
    async def scenario():
        with BrigadeServer() as server:
            async with EmbeddedBroker() as broker, centre_on(broker, receiver=Receiver(server.url)) as centre:
                await centre.ingest.connected.wait()
                await burns(broker, SMOKE)
                await until(centre.core.alarms.open)
                name = centre.core.alarms.open()[0].id
                answers = [
                    (await http(centre, f"/api/alarm/{alarm}/confirm", {"operator": "Wang"}))[0]
                    for alarm in (name, "none-1-1")
                ]
                await until(lambda: server.brigade.taken)
                return answers, server.brigade

    answers, brigade = run(scenario())
    assert answers == [202, 404]
    assert brigade.came == 1

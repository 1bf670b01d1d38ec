"""What the centre gives a conformance run: an acknowledgement over HTTP, and a feed that tells more than alarms."""

import json

import pytest
from centre_service import centre_on, console_of, http
from centre_world import DOOR, ESTATE, KEY, NOW, SMOKE, birth, event, raised
from lilong_simulator.feed import FeedReader
from lilong_tools.broker.embedded import EmbeddedBroker
from lilong_tools.centre.core import Core
from lilong_tools.centre.observed import ObservedFeed
from mqtt_peer import run

ALARM = f"{SMOKE}-1-1"


def acknowledging(alarm, body, content_type="application/json"):
    async def story():
        async with EmbeddedBroker() as broker, centre_on(broker) as centre:
            centre.ingest.decide(lambda now: centre.core.receive(now, *raised(SMOKE), False))
            answer = await http(centre, f"/api/alarm/{alarm}/acknowledge", body, content_type)
            async with console_of(centre) as console:
                return answer, (await console.next("alarm"))["alarm"]

    return run(story())


@pytest.mark.spec("LIL-ALARM-018")
def test_a_person_acknowledges_over_http():
    (status, answer), alarm = acknowledging(ALARM, {"operator": "Wang"})
    assert (status, answer) == (202, {"alarm": ALARM})
    assert (alarm["acknowledged"], alarm["operator"]) == (True, "Wang")


@pytest.mark.parametrize(
    ("alarm", "body", "content_type", "status", "said"),
    [
        (f"{SMOKE}-9-9", {"operator": "Wang"}, "application/json", 404, "not in the list of this centre"),
        (ALARM, {}, "application/json", 400, '"operator" is missing'),
        (ALARM, b"[]", "application/json", 400, "not a JSON object"),
        (ALARM, b'{"operator": "Wang"}', "text/plain", 415, "not application/json"),
    ],
)
def test_what_is_no_acknowledgement_is_refused_and_acknowledges_nothing(alarm, body, content_type, status, said):
    (code, answer), shown = acknowledging(alarm, body, content_type)
    assert (code, shown["acknowledged"]) == (status, False)
    assert said in answer["error"]


def told(path, detailed, *messages):
    """The rows of a feed after these messages."""
    core = Core(ESTATE, KEY, NOW)
    feed = ObservedFeed(str(path), detailed)
    for message in messages:
        core.receive(NOW, *message, False)
    feed.tell(NOW, core.take())
    feed.close()
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_detailed_feed_tells_the_turns_of_events_dates_and_incidents(tmp_path):
    topic, good = raised(SMOKE)
    forged = topic, good[:-1] + bytes([good[-1] ^ 1])
    rows = told(tmp_path / "feed", True, birth(DOOR), event(DOOR, 2), event(DOOR, 1), raised(DOOR, uptime=500), forged)
    assert [row["seq"] for row in rows if row["event"] == "event"] == [1, 2]
    dated = [row for row in rows if row["event"] == "dated"]
    assert [(row["device"], row["boot"], row["seq"]) for row in dated] == [(DOOR, 1, 1)]
    assert dated[0]["sealed_at"] == dated[0]["sealed_since"] == NOW
    assert [(row["device"], row["reason"]) for row in rows if row["event"] == "incident"] == [(SMOKE, "forged")]


def test_a_feed_that_was_not_asked_for_details_is_what_a_run_is_scored_by(tmp_path):
    path = tmp_path / "feed"
    rows = told(path, False, birth(DOOR), event(DOOR, 1), raised(DOOR))
    assert [row["event"] for row in rows] == ["stored"]
    assert [one.event for one in FeedReader(path).poll()] == ["stored"]

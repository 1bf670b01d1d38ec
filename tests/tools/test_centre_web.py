"""The centre's web side as a console and as a stranger see it, over real HTTP and WebSockets."""

import asyncio
import json

import pytest
from centre_service import centre_on, console_of, fleet_on, http, until
from centre_world import BAND, DOOR, ESTATE, LAMP, SMOKE, SMOKE_2, TENANT, birth, event, raised
from lilong_protocol import codes
from lilong_tools.broker.embedded import EmbeddedBroker
from lilong_tools.centre import hub as hub_module
from lilong_tools.centre.hosts import OnlyHost
from lilong_tools.centre.hub import Client
from mqtt_peer import aio, run
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus


def with_centre(scenario, *messages):
    """Run `scenario(centre)` on a centre that has taken `messages`."""

    async def story():
        async with EmbeddedBroker() as broker, centre_on(broker) as centre:
            for message in messages:
                centre.ingest.decide(lambda now, message=message: centre.core.receive(now, *message, False))
            return await scenario(centre)

    return run(story())


class TestApi:
    def test_the_estate_and_the_registry(self):
        async def scenario(centre):
            return await http(centre, "/api/estate"), await http(centre, "/api/registry")

        (status, estate), (_, registry) = with_centre(scenario)
        assert (status, estate) == (200, json.loads(json.dumps(ESTATE.plan())))
        assert registry["kinds"]["smoke"]["label"] == {"en": "smoke detector", "zh": "烟感"}
        assert registry["quantities"]["1"]["exponent"] == -3
        assert registry["alarms"]["1"]["level"] == 1
        assert registry["events"]["4"]["name"] == "door.opened"
        level = registry["commands"]["set_level"]
        assert level["kinds"] == ["streetlight"]
        assert level["args"] == [{"name": "level", "unit": "%", "low": 0, "high": 100}]

    def test_a_device_with_its_values_and_its_history(self):
        async def scenario(centre):
            await until(lambda: centre.ingest.batches >= 1)
            return await http(centre, f"/api/device/{DOOR}")

        status, report = with_centre(scenario, birth(DOOR), event(DOOR, 1, values={19: 1}))
        assert status == 200
        assert (report["id"], report["kind"], report["state"], report["session"]) == (DOOR, "door", "online", "online")
        assert (report["boot"], report["firmware"], report["values"]) == (1, "0.1.0", {"19": 1})
        assert report["values_at"] <= report["last_seen_ms"]
        assert [(row["what"], row["code"], row["values"]) for row in report["history"]] in (
            [("event", 4, {"19": 1}), ("birth", None, {})],
            [("birth", None, {}), ("event", 4, {"19": 1})],  # within one millisecond
        )

    def test_a_command_is_accepted_carried_out_and_answered_in_the_history(self):
        async def scenario():
            async with EmbeddedBroker() as broker, centre_on(broker) as centre, fleet_on(broker, centre, LAMP) as fleet:
                await until(lambda: (LAMP, "accepted", 0) in fleet.observer.came)
                wish = {"command": "set_level", "args": {"level": 40}, "operator": "Wang"}
                status, answer = await http(centre, f"/api/device/{LAMP}/command", wish)
                await until(lambda: (LAMP, "lamp", 40) in fleet.observer.came)
                history = []
                while not any(row["what"] == "response" for row in history):
                    history = (await http(centre, f"/api/device/{LAMP}"))[1]["history"]
                return status, answer, history

        status, answer, history = run(scenario())
        assert status == 202
        told = {row["what"]: (row["code"], row["counter"]) for row in history if row["counter"] is not None}
        assert told == {"command": (4, answer["counter"]), "response": (200, answer["counter"])}

    @pytest.mark.parametrize(
        ("device", "body", "status", "complaint"),
        [
            ("ffffffffffffffff", {"command": "test", "operator": "Wang"}, 404, "use an id of GET /api/estate"),
            (DOOR, b"not json", 400, "not a JSON object"),
            (DOOR, b"[1]", 400, "not a JSON object"),
            (DOOR, b"\xff\xfe", 400, "not a JSON object"),
            (DOOR, {"operator": "Wang"}, 400, '"command" is missing'),
            (DOOR, {"command": "unlock"}, 400, '"operator" is missing'),
            (DOOR, {"command": "unlock", "operator": "x" * 65}, 400, "1 to 64 characters"),
            (DOOR, {"command": "explode", "operator": "Wang"}, 400, "unknown; use one of"),
            (DOOR, {"command": "unlock", "args": {"a": 1}, "operator": "Wang"}, 400, "argument 'a': unknown"),
            (LAMP, {"command": "test", "operator": "Wang"}, 400, "the device is never"),
            (DOOR, b"x" * 5_000, 400, "longer than 4096 bytes"),
        ],
    )
    def test_a_command_that_makes_no_sense_is_refused_with_a_remedy(self, device, body, status, complaint):
        async def scenario(centre):
            return await http(centre, f"/api/device/{device}/command", body)

        got, answer = with_centre(scenario, birth(DOOR))
        assert got == status
        assert complaint in answer["error"]

    def test_a_form_of_another_site_cannot_command(self):
        async def scenario(centre):
            wish = {"command": "unlock", "args": {}, "operator": "Wang"}
            return await http(centre, f"/api/device/{DOOR}/command", wish, "text/plain")

        status, answer = with_centre(scenario, birth(DOOR))
        assert status == 415
        assert "send the command as JSON" in answer["error"]

    def test_the_weather_service_tells_of_rain(self):
        async def scenario(centre):
            right = await http(centre, "/api/weather", {"rain_mm_h": 81.5})
            wrong = await http(centre, "/api/weather", {"rain_mm_h": "much"})
            foreign = await http(centre, "/api/weather", {"rain_mm_h": 0}, "text/plain")
            return right, wrong, foreign, await http(centre, "/api/findings")

        right, wrong, foreign, (_, listed) = with_centre(scenario)
        assert (right[0], wrong[0], foreign[0]) == (202, 400, 415)
        assert wrong[1]["error"] == "\"rain_mm_h\" 'much': not the rain of an hour; give 0 to 500 mm"
        (rain,) = listed["findings"]
        assert (rain["finding"], rain["level"], rain["rain_mm_h"]) == ("weather.rain_level", 2, 81.5)

    def test_a_device_that_nobody_knows(self):
        async def scenario(centre):
            return await http(centre, "/api/device/nothing"), await http(centre, "/api/nothing")

        (status, answer), (other, _) = with_centre(scenario)
        assert (status, other) == (404, 404)
        assert "not in estate small" in answer["error"]

    def test_the_page_and_its_files(self):
        async def scenario(centre):
            return await http(centre, "/"), await http(centre, "/static/app.js")

        (status, page), (other, script) = with_centre(scenario)
        assert (status, other) == (200, 200)
        assert page.startswith("<!doctype html>")
        assert "import" in script

    def test_no_file_outside_the_console_is_served(self):
        async def scenario(centre):
            return [(await http(centre, path))[0] for path in ("/static/../core.py", "/static/%2e%2e/core.py")]

        assert with_centre(scenario) == [404, 404]


class TestLive:
    def test_a_console_is_told_where_it_is_then_all_states_then_the_alarms(self):
        async def scenario(centre):
            await until(lambda: centre.ingest.batches >= 1)
            async with console_of(centre) as console:
                return [await console.next(kind) for kind in ("hello", "states", "alarm")], console.seen

        (hello, states, alarm), seen = with_centre(scenario, birth(DOOR), raised(SMOKE))
        assert seen[:3] == [hello, states, alarm]
        assert hello["run"]["estate"] == TENANT
        assert set(states["states"]) == {device.id for device in ESTATE.devices}
        assert (states["states"][DOOR], states["states"][SMOKE], states["states"][LAMP]) == (
            "online",
            "alarm1",
            "never",
        )
        assert alarm["alarm"]["device"] == SMOKE

    def test_changes_follow_and_counts_come_every_second(self):
        async def scenario():
            async with (
                EmbeddedBroker() as broker,
                centre_on(broker) as centre,
                console_of(centre) as console,
                aio(broker) as client,
            ):
                await centre.ingest.connected.wait()
                for message in (birth(DOOR), event(DOOR, 1, values={19: 1}), raised(SMOKE)):
                    await client.publish(*message, 1)
                told = {kind: await console.next(kind) for kind in ("event", "alarm")}
                told["states"] = await console.next("states", lambda one: SMOKE in one["states"])
                told["counts"] = await console.next("counts", lambda one: one["messages"] == 3)
                return told

        told = run(scenario())
        assert {key: told["event"][key] for key in ("device", "name", "kind", "code", "values")} == {
            "device": DOOR, "name": "core1/ground/door", "kind": "door", "code": 4, "values": {"19": 1},
        }  # fmt: skip
        assert told["alarm"]["alarm"]["stored_at"] >= told["alarm"]["alarm"]["raised_at"]
        assert told["states"]["states"][SMOKE] == "alarm1"
        assert (told["counts"]["connected"], told["counts"]["devices"], told["counts"]["refused"]) == (2, 10, 0)

    def test_shown_and_acknowledged_reach_every_console(self):
        async def scenario(centre):
            async with console_of(centre) as one, console_of(centre) as other:
                alarm = (await one.next("alarm"))["alarm"]["id"]
                await one.send({"type": "shown", "alarm": alarm})
                await other.next("alarm", lambda message: message["alarm"]["shown_at"])
                await one.send({"type": "acknowledge", "alarm": alarm, "operator": "Wang"})
                return (await other.next("alarm", lambda message: message["alarm"]["acknowledged"]))["alarm"]

        alarm = with_centre(scenario, raised(SMOKE))
        assert (alarm["state"], alarm["operator"]) == ("acknowledged", "Wang")
        assert alarm["raised_at"] <= alarm["shown_at"] <= alarm["acknowledged_at"]

    @pytest.mark.parametrize(
        ("message", "complaint"),
        [
            ("not json", "not a JSON object"),
            ("[]", "not a JSON object"),
            ({"type": "explode"}, "unknown"),
            ({"type": "acknowledge"}, '"alarm" is missing'),
            ({"type": "acknowledge", "alarm": "x"}, '"operator" is missing'),
            ({"type": "acknowledge", "alarm": "x", "operator": "Wang"}, "not in the list"),
            ({"type": "acknowledge", "alarm": {}, "operator": "Wang"}, '"alarm" is missing'),
        ],
    )
    def test_a_message_that_makes_no_sense_is_answered_and_the_connection_lives(self, message, complaint):
        async def scenario(centre):
            async with console_of(centre) as console:
                await console.send(message)
                error = await console.next("error")
                await console.send(message)
                return error["error"], (await console.next("error"))["error"]

        first, second = with_centre(scenario)
        assert complaint in first
        assert first == second

    def test_a_page_of_another_site_is_not_let_in(self):
        async def scenario(centre):
            with pytest.raises(InvalidStatus):
                async with console_of(centre, origin="http://evil.example"):
                    pass
            async with console_of(centre, origin=centre.url) as console:
                return await console.next("hello")

        assert with_centre(scenario)["type"] == "hello"

    def test_a_console_that_reads_nothing_is_let_go_and_nobody_waits_for_it(self, monkeypatch):
        monkeypatch.setattr(hub_module, "QUEUE_MAX", 20)

        async def scenario(centre):
            async with console_of(centre, close_timeout=0.1) as slow, console_of(centre) as quick:
                await until(lambda: len(centre.hub.clients) == 2)
                slow.socket.transport.pause_reading()
                text = "x" * 100_000
                count = 0
                while len(centre.hub.clients) == 2:
                    centre.hub.broadcast([{"type": "event", "n": count, "text": text}])
                    await quick.next("event", lambda message, n=count: message["n"] == n)
                    count += 1
                await until(lambda: centre.hub.let_go)
                return centre.hub.let_go

        assert with_centre(scenario) == 1

    def test_states_are_told_at_most_five_times_a_second_and_as_they_ended_up(self):
        async def scenario(centre):
            async with console_of(centre) as console:
                await console.next("states")
                for number in range(100):
                    centre.hub.broadcast([{"type": "states", "states": {DOOR: str(number), BAND: "asleep"}}])
                return await console.next("states")

        assert with_centre(scenario)["states"] == {DOOR: "99", BAND: "asleep"}

    def test_alarms_that_have_ended_are_told_to_a_new_console_with_those_that_are_open(self):
        async def scenario(centre):
            async with console_of(centre) as console:
                return {(await console.next("alarm"))["alarm"]["device"] for _ in range(2)}

        assert with_centre(scenario, raised(SMOKE), raised(SMOKE_2)) == {SMOKE, SMOKE_2}


def test_a_full_queue_marks_a_client_as_slow_and_costs_no_more():
    async def scenario():
        client = Client(None, [])
        for _ in range(hub_module.QUEUE_MAX + 5):
            client.send("x")
        return client.too_slow.is_set(), client.queue.qsize()

    assert asyncio.run(scenario()) == (True, hub_module.QUEUE_MAX)


class TestNames:
    """A page whose name was made to point here (DNS rebinding) gets nothing."""

    @pytest.mark.parametrize(
        "name", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "192.0.2.1", "", "["]
    )
    def test_a_foreign_name_is_refused(self, name):
        async def scenario(centre):
            return await http(centre, "/api/estate", headers={"host": name})

        status, answer = with_centre(scenario)
        assert status in (400, 421)
        assert "estate" not in answer
        if status == 421:
            assert "open it as 127.0.0.1 or localhost" in answer["error"]

    def test_a_foreign_name_gets_no_websocket_though_the_origin_fits(self):
        async def scenario(centre):
            port = int(centre.url.rpartition(":")[2])
            rebound = {"host": "127.0.0.1", "port": port, "origin": "http://evil.example", "proxy": None}
            with pytest.raises(InvalidStatus) as refusal:
                await connect("ws://evil.example/api/live", **rebound)
            return refusal.value.response.status_code, len(centre.hub.clients)

        assert with_centre(scenario) == (421, 0)

    @pytest.mark.parametrize("name", ["localhost", "LOCALHOST:8765", "127.0.0.1:1"])
    def test_its_own_names_are_welcome(self, name):
        async def scenario(centre):
            return (await http(centre, "/api/registry", headers={"host": name}))[0]

        assert with_centre(scenario) == 200

    @pytest.mark.parametrize(("name", "known"), [("192.0.2.7:80", True), ("[::1]", True), ("evil.example", False)])
    def test_a_console_that_listens_everywhere_is_addressed_by_number(self, name, known):
        assert OnlyHost(None, "0.0.0.0")._known(name) is known


def test_findings_are_answered_and_may_be_acknowledged_and_reached():
    async def scenario(centre):
        core = centre.core
        centre.ingest.decide(lambda now: core.receive(now, *birth(BAND, kind=6), False))
        centre.ingest.decide(lambda now: core.receive(now, *raised(BAND, codes.ALARM_BAND_SOS), False))
        await centre.ingest.durable(10)
        _, answer = await http(centre, "/api/findings")
        (found,) = answer["findings"]
        path = f"/api/finding/{found['id']}"
        asked = [
            await http(centre, f"{path}/acknowledge", {"operator": "Zhou"}),
            await http(centre, f"{path}/on_site", {"operator": "Zhou"}),
            await http(centre, "/api/finding/none/on_site", {"operator": "Zhou"}),
            await http(centre, f"{path}/on_site", {"operator": ""}),
            await http(centre, f"{path}/on_site", b"operator=Zhou", "text/plain"),
        ]
        return found, [status for status, _ in asked], (await http(centre, "/api/findings"))[1]["findings"][0]

    found, statuses, after = with_centre(scenario)
    assert (found["finding"], found["officer"], found["acknowledged"]) == ("care.dispatch", "on duty", False)
    assert statuses == [202, 202, 404, 400, 415]
    assert (after["operator"], after["acknowledged"]) == ("Zhou", True)
    assert after["on_site_at"] >= after["acknowledged_at"]

"""A load that speaks JSON or SenML: against mosquitto and a backend that knows nothing but a template's messages."""

import asyncio
import contextlib
import json
import time
from datetime import datetime
from pathlib import Path

import aiomqtt
import pytest
from backends import KEY
from board_case import in_loop
from fleet_case import until
from lilong_simulator.estate import load_estate
from lilong_simulator.fleet.live import Target
from lilong_simulator.load.observed import Account, observed, probe
from lilong_simulator.load.payload import read_template
from lilong_simulator.load.payload.template import Template
from lilong_simulator.load.places import Place, parts_of
from lilong_simulator.load.run import LiveRun
from lilong_simulator.load.scenario import Copies, Scenario
from lilong_simulator.load.settings import Settings
from lilong_simulator.retained import remove_retained
from lilong_tools.broker import open_broker
from lilong_tools.broker.embedded import EmbeddedBroker
from test_load_run import BreakIn

FILE = str(Path(__file__).with_name("small_estate.toml"))
ESTATE = load_estate(FILE)
PATIENCE_S = 60
JSON, SENML = read_template("json_flat"), read_template("senml")
FEED = "backend/observed"


def made(port, template, accept="puback", **options):
    scenario = Scenario(
        (Copies(FILE),), start=datetime(2026, 3, 4, 12), duration_s=0.5, accept=accept,
        template=(template.name, template.text), **options,
    )  # fmt: skip
    place = Place(ESTATE, 1, 7, ESTATE.devices, (BreakIn(100),))
    return LiveRun(Settings(scenario, parts_of([place]), {ESTATE.id: KEY}, Target("127.0.0.1", port)), settle_s=0.1)


def account(port):
    return Account("127.0.0.1", port, None, None, None, None)


async def played(run, feed=None):
    """The events of a feed, which end retries too."""
    events = []

    async def follow():
        while True:
            for event in feed.poll():
                events.append(event)
                run.accepter.observed(event)
            await asyncio.sleep(0.005)

    async with asyncio.timeout(PATIENCE_S):
        following = None if feed is None else asyncio.create_task(follow())
        try:
            await run.bring_up()
            await run.play()
            if feed is not None:
                await until(lambda: events)
        finally:
            if following is not None:
                following.cancel()
            await run.close()
    return events


class JsonBackend:
    """Keeps all that comes on a topic, and tells its feed of each alarm that it has stored."""

    def __init__(self, port, topic, alarm_of):
        self.got = []
        self._client = aiomqtt.Client("127.0.0.1", port)
        self._topic = topic
        self._alarm_of = alarm_of

    async def __aenter__(self):
        await self._client.__aenter__()
        await self._client.subscribe(self._topic, qos=1)
        self._task = asyncio.create_task(self._work())
        return self

    async def __aexit__(self, *_):
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self._client.__aexit__(None, None, None)

    async def _work(self):
        async for message in self._client.messages:
            content = json.loads(message.payload)
            self.got.append((message.topic.value, content))
            alarm = self._alarm_of(content)
            if alarm is not None:
                device, boot, seq = alarm.split("-")
                line = {
                    "at": time.time() * 1000, "event": "stored", "alarm": alarm, "device": device, "code": 4,
                    "boot": int(boot), "seq": int(seq),
                }  # fmt: skip
                await self._client.publish(FEED, json.dumps(line), qos=1)


def flat_alarm(content):
    values = content.get("values", {}) if isinstance(content, dict) else {}
    return values.get("alarm") if values.get("state") == "raised" else None


@in_loop
async def test_a_json_backend_ends_the_retries_by_its_feed_and_is_told_everything_from_the_devices_own_connections():
    async with (
        open_broker(None) as broker,
        JsonBackend(broker.port, "v1/devices/me/#", flat_alarm) as backend,
        observed(f"mqtt:{FEED}", account(broker.port)) as feed,
    ):
        run = made(broker.port, JSON, "observed")
        events = await played(run, feed)
    (alarm,) = run.recorder.alarms.values()
    assert [event.alarm for event in events] == [alarm.id]
    assert alarm.stored >= alarm.puback >= alarm.decided
    assert all(not len(member.device.outbox) for member in run.fleets[0].members.values()), "nothing is repeated"
    births = [content for topic, content in backend.got if topic.endswith("attributes")]
    assert sorted(birth["device"] for birth in births) == sorted(device.id for device in ESTATE.devices)
    assert {birth["estate"] for birth in births} == {ESTATE.id}
    (raised,) = [content["values"] for _, content in backend.got if flat_alarm(content) is not None]
    assert raised == {"alarm": alarm.id, "code": "door.forced", "level": 2, "state": "raised"} | {
        "reading": raised["reading"]
    }
    counts = run.recorder.measures.counts
    assert counts["st"].acknowledged == counts["st"].sent == len(ESTATE.devices)
    assert "cf" not in counts, "what has no counterpart is neither sent nor skipped"
    assert all(not one.unexplained for one in counts.values())
    assert run.recorder.measures.puback["al"].count == counts["al"].acknowledged >= 1


@in_loop
async def test_a_probe_measures_when_an_alarm_in_senml_is_delivered():
    async with EmbeddedBroker() as broker, probe([ESTATE.id], account(broker.port), SENML) as feed:
        run = made(broker.port, SENML)
        events = await played(run, feed)
    (alarm,) = run.recorder.alarms.values()
    (event,) = events
    assert (event.alarm, event.device, event.boot, event.seq) == (alarm.id, alarm.device, alarm.boot, alarm.seq)
    assert event.at - run.epoch_zero >= alarm.sent


@in_loop
async def test_devices_without_a_birth_in_their_template_say_what_it_has():
    only = Template.parse("mine", '[alarm_raise]\ntopic = "alarms/{device}"\nbody = \'{"id": "{alarm}"}\'\n')
    async with EmbeddedBroker() as broker:
        broker.record(100)
        run = made(broker.port, only)
        await played(run)
        topics = {message.topic for message in broker.log}
    (alarm,) = run.recorder.alarms.values()
    assert topics == {f"alarms/{alarm.device}"}
    assert run.recorder.measures.counts.keys() == {"al"}
    assert all(not len(member.device.outbox) for member in run.fleets[0].members.values()), "updates are over too"


@in_loop
async def test_the_will_is_the_death_of_the_template_and_what_is_retained_is_taken_away():
    text = """
[birth]
topic = "homes/{estate}/{device}/state"
body = '{"state": "online"}'
retain = true

[death]
topic = "homes/{estate}/{device}/state"
body = '{"state": "offline", "connection": "{connection}"}'
retain = true
"""
    device = ESTATE.of_kind("smoke")[0].id
    async with EmbeddedBroker() as broker:
        run = made(broker.port, Template.parse("mine", text))
        await run.bring_up()
        speech = run.fleets[0].speech
        topic = f"homes/{ESTATE.id}/{device}/state"
        assert set(speech.retained(device)) == {topic}
        door = ESTATE.of_kind("door")[0].id
        async with aiomqtt.Client("127.0.0.1", broker.port) as client:
            await client.subscribe(f"homes/{ESTATE.id}/{door}/state", qos=1)
            states = []
            run.fleets[0].destroy(door)  # its connection breaks without a word
            async for message in client.messages:
                states.append(json.loads(message.payload))
                if states[-1]["state"] == "offline":
                    break
        assert states == [{"state": "online"}, {"state": "offline", "connection": 1}]
        await run.close()
        known = [(ESTATE.id, one.id) for one in ESTATE.devices]
        assert await remove_retained(account(broker.port), known, lambda _, one: speech.retained(one))
        async with aiomqtt.Client("127.0.0.1", broker.port) as client:
            await client.subscribe("homes/#", qos=1)
            await client.publish("homes/end", b"{}", qos=1)
            first = await anext(aiter(client.messages))
        assert first.topic.value == "homes/end"


def test_a_scenario_takes_its_template_to_another_process():
    scenario = Scenario((Copies(FILE),), template=(JSON.name, JSON.text))
    assert Scenario.from_json(json.loads(json.dumps(scenario.to_json()))) == scenario
    assert Scenario.from_json(Scenario((Copies(FILE),)).to_json()).template is None


@pytest.mark.parametrize("name", ["json_flat", "senml"])
def test_the_templates_of_the_package_retain_nothing(name):
    assert not read_template(name).retains

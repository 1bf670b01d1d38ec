"""The backend library on real brokers: nothing is acknowledged before the caller's commit, nothing comes twice."""

import ast
import asyncio
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import aiomqtt
import pytest
from backend_world import backend_at, device_at, next_with, run, url_of
from engine_world import DOOR, KEY, NOW, SMOKE, SMOKE_KIND, TENANT, Scripted
from lilong_protocol import frame, topics
from lilong_protocol.pc.backend import Backend, BackendError, KeyStore, RequestError, StateFile, StateRow, worker_of
from lilong_protocol.pc.backend.address import address_of
from lilong_protocol.pc.backend.link import Arrival
from lilong_protocol.pc.backend.pump import BESIDE_ALARMS, TAKE_MAX, Pump
from lilong_protocol.pc.backend.workers import own_tenants
from lilong_protocol.pc.simulation import simulation_key
from lilong_tools.broker.embedded import EmbeddedBroker
from lilong_tools.broker.mosquitto import Mosquitto, find_mosquitto

LINKS = ("lilong-backend", "lilong-backend-alarms")  # sessions at the broker
README = Path(__file__).parents[2] / "protocol" / "README.md"


@pytest.fixture(params=["embedded", "mosquitto"])
def broker_type(request):
    if request.param == "mosquitto" and find_mosquitto() is None:
        pytest.skip("mosquitto is not installed: `apt install mosquitto`")
    return {"embedded": EmbeddedBroker, "mosquitto": Mosquitto}[request.param]


@pytest.mark.spec("LIL-ALARM-011", "LIL-BACK-002")
def test_an_alarm_is_acknowledged_once_the_caller_has_stored_it_and_never_before(broker_type, tmp_path):
    async def scenario():
        async with broker_type() as broker, backend_at(broker, tmp_path / "state.db") as backend:
            await backend.connected()
            async with device_at(broker) as wire:
                wire.device.alarm(NOW)
                await wire.say()
                batch = await next_with(aiter(backend), frame.RAISE)
                (message,) = batch.messages
                before = await wire.probe()
                await batch.stored()
                ack = await wire.hear()
                return message, before, ack

    message, before, ack = run(scenario())
    assert (message.name, message.code_name, message.level) == ("alarm raise", "smoke.alarm", 1)
    assert before == []
    assert (ack.kind, ack.ref, ack.body[0]) == (frame.STORED_ACK, [1, 1], message.data[-8:])


@pytest.mark.spec("LIL-BACK-002")
def test_what_was_not_stored_comes_again_after_a_crash_and_what_was_does_not(broker_type, tmp_path):
    async def scenario():
        seen = []
        async with broker_type() as broker, device_at(broker, Scripted(DOOR)) as wire:
            async with backend_at(broker, tmp_path / "state.db") as backend:
                await backend.connected()
                first = wire.device.event(NOW)
                await wire.say()
                batches = aiter(backend)
                await (await next_with(batches, frame.EVENT)).stored()
                wire.device.event(NOW)
                await wire.say()
                batch = await next_with(batches, frame.EVENT)
                seen.append([message.seq for message in batch.messages])
            async with backend_at(broker, tmp_path / "state.db") as backend:
                await wire.say(first)  # the broker repeats it too
                batch = await next_with(aiter(backend), frame.EVENT)
                seen.append([message.seq for message in batch.messages])
                await batch.stored()
            await backend.forget()
        return seen

    assert run(scenario()) == [[2], [2]]


def test_the_callers_own_transaction_holds_state_and_effects_together(tmp_path):
    database = sqlite3.connect(tmp_path / "own.db")
    database.executescript(
        "CREATE TABLE effect (device, boot, seq);"
        "CREATE TABLE state (tenant, device, name, value, PRIMARY KEY (tenant, device, name));"
    )

    def rows():
        return [StateRow(*row) for row in database.execute("SELECT tenant, device, name, value FROM state")]

    def save(batch):
        with database:
            for message in batch.messages:
                if message.cls == "ev":
                    database.execute("INSERT INTO effect VALUES (?, ?, ?)", (message.device, message.boot, message.seq))
            for row in batch.state:
                if row.value is None:
                    database.execute("DELETE FROM state WHERE (tenant, device, name) = (?, ?, ?)", row[:3])
                else:
                    database.execute("INSERT OR REPLACE INTO state VALUES (?, ?, ?, ?)", row)

    async def scenario():
        async with EmbeddedBroker() as broker, device_at(broker, Scripted(DOOR)) as wire:
            for crash in (True, False):
                async with backend_at(broker, rows()) as backend:
                    await backend.connected()
                    if crash:
                        wire.device.event(NOW)
                        await wire.say()
                        save(await next_with(aiter(backend), frame.EVENT))  # and dies before its stored()
                    else:
                        wire.device.event(NOW)
                        await wire.say()
                        batch = await next_with(aiter(backend), frame.EVENT)
                        save(batch)
                        await batch.stored()
        return list(database.execute("SELECT seq FROM effect"))

    assert run(scenario()) == [(1,), (2,)]
    database.close()


@pytest.mark.spec("LIL-BACK-001", "LIL-BACK-003")
def test_two_workers_share_two_tenants_and_each_device_keeps_its_order(broker_type, tmp_path):
    tenants = ["acme", next(name for name in ("east", "west", "north") if worker_of(name, 2) != worker_of("acme", 2))]
    keys = {tenant: simulation_key(tenant) for tenant in tenants}

    async def work(broker, number, came, enough):
        options = {"tenants": tenants, "keys": keys, "worker": (number, 2)}
        async with backend_at(broker, tmp_path / f"state{number}.db", **options) as backend:
            came[number] = (backend.tenants, [])
            async for batch in backend:
                came[number][1].extend(message for message in batch.messages if message.cls == "ev")
                await batch.stored()
                if len(came[number][1]) == 40:
                    enough[number].set()

    async def scenario():
        came, enough = {}, [asyncio.Event(), asyncio.Event()]
        async with broker_type() as broker:
            workers = [asyncio.create_task(work(broker, number, came, enough)) for number in (0, 1)]
            devices = [Scripted(DOOR, tenant=tenant, key=keys[tenant]) for tenant in tenants]
            async with aiomqtt.Client(broker.host, broker.port) as client:
                for _ in range(40):
                    for device in devices:
                        topic, data, _ = device.event(NOW)
                        await client.publish(topic, data, 1)
                        await asyncio.sleep(0)
                for number, event in enumerate(enough):
                    while not event.is_set():
                        for device in devices:  # those that spoke before the workers had subscribed
                            for topic, data, _ in device.events.values():
                                await client.publish(topic, data, 1)
                        with_luck = asyncio.wait_for(event.wait(), 1)
                        try:
                            await with_luck
                        except TimeoutError:
                            assert not workers[number].done(), workers[number].result()
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
        return came

    came = run(scenario())
    assert sorted(own[0] for own, _ in came.values()) == sorted(tenants)
    for own, events in came.values():
        assert {message.tenant for message in events} == set(own)
        assert [message.seq for message in events] == list(range(1, 41))


@pytest.mark.spec("LIL-BACK-001")
def test_a_shared_subscription_is_refused_where_the_broker_gives_messages_in_turn(broker_type, tmp_path):
    async def scenario():
        async with broker_type() as broker:
            with pytest.raises(BackendError, match=r"to all workers in turn.*give worker=\(i, n\) instead"):
                async with backend_at(broker, tmp_path / "state.db", shared="centre"):
                    pass

    run(scenario())


def test_a_command_leaves_with_the_batch_at_hand_and_its_answer_names_it(tmp_path):
    async def scenario():
        async with EmbeddedBroker() as broker, backend_at(broker, tmp_path / "state.db") as backend:
            await backend.connected()
            async with device_at(broker, Scripted(DOOR)) as wire:
                batches = aiter(backend)
                wire.device.birth(NOW)
                await wire.say()
                batch = await next_with(batches, frame.BIRTH)
                order = backend.command(TENANT, DOOR, "test", operator="Wang")
                before = await wire.probe()
                await batch.stored()
                told = await wire.hear(frame.COMMAND)
                wire.device.response(NOW + 10, told.counter)
                await wire.say()
                (answer,) = (await next_with(batches, frame.RESPONSE)).messages
                with pytest.raises(RequestError, match="not one of this worker; it has acme"):
                    backend.command("elsewhere", DOOR, "test")
                return before, order, told, answer

    before, order, told, answer = run(scenario())
    assert before == []
    assert (order.counter, order.code) == (told.counter, 200)
    assert answer.order is order


def test_batches_are_stored_once_each_and_in_their_order(tmp_path):
    async def scenario():
        async with EmbeddedBroker() as broker, backend_at(broker, tmp_path / "state.db") as backend:
            await backend.connected()
            async with device_at(broker, Scripted(DOOR)) as wire:
                batches = aiter(backend)
                held = []
                for _ in range(2):
                    wire.device.event(NOW)
                    await wire.say()
                    held.append(await anext(batches))
                with pytest.raises(BackendError, match="an earlier one was not"):
                    await held[1].stored()
                await held[0].stored()
                await held[1].stored()
                with pytest.raises(BackendError, match="it was already"):
                    await held[1].stored()

    run(scenario())


def test_a_batch_that_is_being_stored_is_not_stored_beside_that(tmp_path):
    async def scenario():
        async with EmbeddedBroker() as broker, backend_at(broker, tmp_path / "state.db") as backend:
            await backend.connected()
            async with device_at(broker, Scripted(DOOR)) as wire:
                batches = aiter(backend)
                held = []
                for _ in range(2):
                    wire.device.event(NOW)
                    await wire.say()
                    held.append(await anext(batches))
                first, again = await asyncio.gather(held[0].stored(), held[0].stored(), return_exceptions=True)
                await held[1].stored()
                return first, again

    first, again = run(scenario())
    assert first is None
    assert isinstance(again, BackendError)
    assert "it is being stored" in str(again)


def test_what_was_asked_for_before_the_stop_is_durable_at_the_end(tmp_path):
    async def scenario():
        async with EmbeddedBroker() as broker, backend_at(broker, tmp_path / "state.db") as backend:
            await backend.connected()
            async with device_at(broker, Scripted(DOOR)) as wire:
                wire.device.birth(NOW)
                await wire.say()
                async for batch in backend:
                    await batch.stored()
                    if batch.messages:
                        backend.configure(TENANT, DOOR, {"beat_s": 120})
                        backend.stop()
                return await wire.hear(frame.DESIRED_CONFIG)

    assert run(scenario()).body == {0: 1, 1: {1: 120}}
    file = StateFile(tmp_path / "state.db")
    assert "config" in [row.name for row in file.load()]
    file.close()


def test_a_start_that_fails_leaves_the_state_file_to_the_next(tmp_path):
    file = StateFile(tmp_path / "state.db")
    file.commit([StateRow(TENANT, DOOR, "device", b"{")])
    file.close()

    async def scenario():
        async with EmbeddedBroker() as broker:
            backends = [backend_at(broker, tmp_path / "state.db") for _ in range(2)]
            for backend in backends:
                with pytest.raises(BackendError, match="row 'device' of d000000000000001"):
                    await backend.__aenter__()

    run(scenario())


def test_outside_of_async_with_it_says_so():
    backend = Backend("mqtt://localhost", KEY, tenants=[TENANT], state=())
    for use in (backend.wake, lambda: backend.engine(TENANT), lambda: backend.progress(TENANT, DOOR)):
        with pytest.raises(BackendError, match="use it inside `async with"):
            use()


class Fixed:
    """Decides nothing, and says what it was given."""

    deadline = None

    def __init__(self):
        self.given = []

    def receive(self, now, topic, payload, retained):
        self.given.append(payload)

    def step(self, now):
        raise AssertionError("nothing is due")

    def take(self):
        return ()


def test_no_backlog_stands_before_an_alarm():
    decider = Fixed()
    pump = Pump(decider, lambda: NOW)
    pump.connect(address_of("mqtt://localhost"), "backend", [TENANT])
    alarms, others = pump._links
    assert [topics.parse(one.replace("+", DOOR))[3] for one in alarms._filters] == ["al"]
    others.inbox.extend(Arrival(None, 0, "t", b"other", False) for _ in range(1_000))
    assert len(pump.decide().arrivals) == TAKE_MAX
    alarms.inbox.append(Arrival(None, 0, "t", b"alarm", False))
    decider.given.clear()
    assert len(pump.decide().arrivals) == 1 + BESIDE_ALARMS
    assert decider.given == [b"alarm"] + [b"other"] * BESIDE_ALARMS


def test_the_ten_lines_of_the_readme_work_as_they_stand_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = README.read_text(encoding="utf-8")
    (code,) = re.findall(r"^## A backend in ten lines\n.*?^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert len([line for line in code.splitlines() if line]) <= 10
    names = {}
    exec(compile(ast.parse(code), "README", "exec"), names)
    tenant = "music_plaza"
    keys = KeyStore()
    simulated = simulation_key(tenant)
    keys.new_estate(tenant, lambda _: simulated)
    device = Scripted(SMOKE, SMOKE_KIND, tenant=tenant, key=simulated)
    saved = []

    async def scenario():
        async with EmbeddedBroker() as broker:
            backend = asyncio.create_task(names["main"](url_of(broker), keys, saved.extend))
            async with device_at(broker, device) as wire:
                sessions = broker.sessions
                while not all(name in sessions and sessions[name].filters for name in LINKS):
                    await asyncio.sleep(0.005)
                    assert not backend.done(), backend.result()
                wire.device.birth(NOW)
                wire.device.alarm(NOW + 100)
                await wire.say()
                ack = await wire.hear(frame.STORED_ACK)
            backend.cancel()
            await asyncio.gather(backend, return_exceptions=True)
            return ack

    assert run(scenario()).ref == [1, 1]
    (alarm,) = [row for row in saved if row[2] == "alarm raise"]
    assert alarm[0] == (SMOKE, 1, "al", 1)
    assert alarm[3:5] == ("smoke.alarm", {"obscuration": 300})


def test_without_aiomqtt_it_says_what_to_install():
    code = (
        "import sys, asyncio; sys.modules['aiomqtt'] = None\n"
        "from lilong_protocol.pc.backend import Backend, BackendError\n"
        "async def main():\n"
        "    try:\n"
        "        async with Backend('mqtt://localhost', bytes(32), tenants=['a'], state=()): pass\n"
        "    except BackendError as error: print(error)\n"
        "asyncio.run(main())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'lilong[backend]'" in done.stdout


@pytest.mark.parametrize(
    ("url", "options", "complaint"),
    [
        ("http://localhost", {}, "given as mqtts://"),
        ("mqtt://localhost:0", {}, "given as mqtts://"),
        ("mqtt://localhost:99999", {}, "broker URL"),
        ("mqtt://localhost/a", {}, "behind host and port"),
        ("mqtts://u:secret@broker.example?pa=ca.pem", {}, "behind host and port"),
        ("mqtts://u:secret@broker.example?ca", {}, "broker URL"),
        ("mqtts://broker.example?ca=/nowhere/ca.pem", {}, "give PEM files"),
        ("mqtt://u:secret@localhost", {"ca": "ca.pem"}, "for mqtts://"),
        ("mqtt://broker.example", {}, "another machine"),
        ("mqtts://broker.example", {"ca": "/nowhere/ca.pem"}, "give PEM files"),
        ("mqtts://broker.example", {"key": "/nowhere/key.pem"}, "give cert too"),
    ],
)
@pytest.mark.spec("LIL-SEC-001")
def test_an_address_that_cannot_be_used_is_refused_without_its_password(url, options, complaint):
    with pytest.raises(BackendError, match=complaint) as refused:
        address_of(url, **options)
    assert "secret" not in str(refused.value)


def test_addresses():
    address = address_of("mqtt://u%40:p%3A@localhost")
    assert (address.host, address.port, address.username, address.password, address.tls) == (
        "localhost", 1883, "u@", "p:", None,
    )  # fmt: skip
    secure = address_of("mqtts://broker.example")
    assert secure.port == 8883
    assert secure.tls.check_hostname
    assert "p:" not in repr(address)


@pytest.mark.spec("LIL-SEC-010")
def test_the_public_key_of_simulations_is_refused_at_the_broker_of_another_machine():
    options = {"tenants": [TENANT], "state": ()}
    with pytest.raises(BackendError, match=r"public one of simulations.*simulation=True"):
        Backend("mqtts://broker.example", KEY, **options)
    Backend("mqtts://broker.example", KEY, simulation=True, **options)
    Backend("mqtts://broker.example", bytes(range(32)), **options)


class TestWorkers:
    def test_each_tenant_has_one_worker_for_ever(self):
        tenants = [f"estate{number}" for number in range(100)]
        shares = [own_tenants(tenants, (number, 4)) for number in range(4)]
        assert sorted(tenant for share in shares for tenant in share) == sorted(tenants)
        assert min(map(len, shares)) >= 10
        assert [worker_of(name, 1000) for name in ("music_plaza", "acme")] == [69, 872]

    @pytest.mark.parametrize("worker", [(2, 2), (-1, 2), (0, 0)])
    def test_a_worker_that_is_none(self, worker):
        with pytest.raises(BackendError, match="i from 0 to n - 1"):
            own_tenants(["acme"], worker)

    @pytest.mark.parametrize("options", [{"tenants": "acme"}, {"shared": "a/b"}, {"shared": "a", "worker": (0, 2)}])
    def test_what_fits_together_badly_is_told(self, options):
        with pytest.raises(BackendError, match="give"):
            Backend("mqtt://localhost", KEY, **({"tenants": ["acme"], "state": ()} | options))


class TestStateFile:
    def test_the_last_row_of_a_name_counts_and_none_takes_it_away(self, tmp_path):
        file = StateFile(tmp_path / "state.db")
        file.commit([StateRow("a", "d", "x", b"1"), StateRow("a", "d", "y", b"1"), StateRow("a", "d", "x", b"2")])
        file.commit([StateRow("a", "d", "y", b"2"), StateRow("a", "d", "y", None)])
        file.close()
        file = StateFile(tmp_path / "state.db")
        assert file.load() == [("a", "d", "x", b"2")]
        file.close()

    @pytest.mark.spec("LIL-SEC-009")
    def test_nobody_else_may_read_it(self, tmp_path):
        StateFile(tmp_path / "state.db").close()
        assert (tmp_path / "state.db").stat().st_mode & 0o077 == 0

    def test_a_second_backend_on_it_is_refused(self, tmp_path):
        file = StateFile(tmp_path / "state.db")
        with pytest.raises(BackendError, match="another backend is running on it"):
            StateFile(tmp_path / "state.db")
        file.close()

    def test_the_database_of_another_program_is_left_as_it_is(self, tmp_path):
        other = sqlite3.connect(tmp_path / "other.db")
        other.executescript("CREATE TABLE theirs (x)")
        other.close()
        with pytest.raises(BackendError, match="left as it is"):
            StateFile(tmp_path / "other.db")

    def test_a_folder_that_is_not_there(self, tmp_path):
        with pytest.raises(BackendError, match="give a file in a folder"):
            StateFile(tmp_path / "nowhere" / "state.db")

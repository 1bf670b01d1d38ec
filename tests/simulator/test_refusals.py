"""Devices that are not let in: it is told at once, with why and what to do, and nobody waits for what will not come."""

import ssl

import pytest
from backends import KEY
from board_case import in_loop
from fleet_case import Peer, Secured
from lilong_protocol.pc.mqtt_server import connack_packet
from lilong_simulator.fleet.live import Login, Refusal, Target
from lilong_simulator.fleet.live.refusal import NO_SUBSCRIPTION, instead_of_connack, no_tls, of_a_board, refused
from lilong_simulator.load import refusals
from lilong_simulator.load.errors import NotOnline
from lilong_simulator.load.places import Place, parts_of
from lilong_simulator.load.plain import Plain, PlainRun
from lilong_simulator.load.refusals import Refusals, all_online, let_in
from lilong_simulator.load.result import ShardResult, merge
from lilong_simulator.load.run import LiveRun
from lilong_simulator.load.scenario import Copies, Scenario
from lilong_simulator.load.settings import Settings
from lilong_tools.broker.embedded import EmbeddedBroker
from lilong_tools.broker.embedded_client import Connection
from test_load_run import ESTATE, FILE, BrokerAndBackend

NAMES = [device.id for device in ESTATE.devices]
UNAVAILABLE = "the broker refuses the connection: the broker is unavailable (CONNACK code 3)"


@pytest.fixture
def shuts_out(monkeypatch):
    """Sets what embedded brokers say to a client id in place of letting it in; None: it is let in."""
    let_it_in = Connection._connect

    def shut_out(answers):
        def connect(connection, asked):
            answer = answers(asked.client_id)
            if answer is None:
                let_it_in(connection, asked)
            else:
                connection.transport.write(answer)
                connection.transport.close()

        monkeypatch.setattr(Connection, "_connect", connect)

    return shut_out


@pytest.fixture
def impatient(monkeypatch):
    for name in ("TELL_S", "LASTING_S", "PASSING_S", "LOOK_MS"):
        monkeypatch.setattr(refusals, name, 0.0)


def made(target):
    scenario = Scenario((Copies(FILE),), duration_s=0.1, accept="puback")
    parts = parts_of([Place(ESTATE, 1, 7, ESTATE.devices, ())])
    return LiveRun(Settings(scenario, parts, {ESTATE.id: KEY}, target), settle_s=0.0)


async def told_of(run):
    """What a run says that lets nobody in."""
    try:
        with pytest.raises(NotOnline) as wrong:
            await run.bring_up()
    finally:
        await run.close()
    assert not let_in(run.recorder), "there is nothing to be taken away"
    return str(wrong.value)


CONNACKS = {
    connack_packet(False, 1): "the broker does not speak MQTT 3.1.1 (CONNACK code 1)",
    connack_packet(False, 2): "the broker refuses this client id (CONNACK code 2)",
    connack_packet(False, 3): "the broker is unavailable (CONNACK code 3)",
    connack_packet(False, 4): "wrong user name or password (CONNACK code 4)",
    connack_packet(False, 5): "not authorized (CONNACK code 5)",
    b"\x20\x03\x00\x84\x00": "unsupported protocol version (CONNACK code 0x84)",
    b"\x20\x03\x00\x86\x00": "bad user name or password (CONNACK code 0x86)",
    b"\x20\x02\x00\x87": "not authorized (CONNACK code 0x87)",
    b"\x20\x03\x00\x9f\x00": "connection rate exceeded (CONNACK code 0x9f)",
    b"\x20\x03\x00\xee\x00": "a reason that MQTT does not know (CONNACK code 0xee)",
}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("answer", [*CONNACKS, b""], ids=[*CONNACKS.values(), "no word"])
@in_loop
async def test_a_broker_that_lets_nobody_in_ends_the_run_at_once(answer, shuts_out):
    why = f"the broker refuses the connection: {CONNACKS[answer]}" if answer else (
        "the broker closes the connection in place of a CONNACK"
    )  # fmt: skip
    async with EmbeddedBroker() as broker:
        shuts_out(lambda client_id: answer)
        said = await told_of(made(Target("127.0.0.1", broker.port)))
        plain = await told_of(PlainRun(Plain(3, 3.0), Target("127.0.0.1", broker.port)))
    many, _, rest = said.partition(" devices are not let in at ")
    assert int(many.removeprefix("all ").partition(" of ")[0]) >= refusals.ENOUGH
    assert rest.startswith(f"127.0.0.1:{broker.port}: {why}, as "), rest
    assert plain.startswith(f"all 3 clients are not let in at 127.0.0.1:{broker.port}: {why}, as lilong-plain-")
    assert rest.partition("; ")[2], "what to do"


@pytest.mark.usefixtures("impatient")
@in_loop
async def test_who_is_not_let_in_is_told_and_the_others_go_on_to_a_report_that_cannot_pass(shuts_out):
    said = []
    out = NAMES[1:3]
    async with BrokerAndBackend() as broker:
        shuts_out(lambda client_id: connack_packet(False, 4) if client_id in out else None)
        run = made(Target("127.0.0.1", broker.port))
        run.refusals.tell = said.append
        await run.bring_up()
        await run.play()
        await run.close()
    assert set(run.refusals.shut_out) == set(out)
    why = "the broker refuses the connection: wrong user name or password (CONNACK code 4)"
    assert [text for text in said if why in text and "; check the user names and passwords" in text]
    assert said[-1] == "going on without the 2 devices that are not let in: the run cannot pass"
    assert all_online(40, run.refusals.given_up, 1.25) == "38 of 40 devices online after 1.2 s"
    result = ShardResult.of(run, 1.0, run.lost)
    assert merge([ShardResult.from_json(result.to_json())]).refused == {why: 2}


@in_loop
async def test_what_may_pass_is_waited_for(monkeypatch, shuts_out):
    """A broker that is unavailable to some: they are told, and let in later."""
    for name in ("TELL_S", "LASTING_S", "LOOK_MS"):
        monkeypatch.setattr(refusals, name, 0.0)
    said, tries = [], []
    async with BrokerAndBackend() as broker:

        def full(client_id):
            tries.append(client_id)
            return connack_packet(False, 3) if tries.count(client_id) == 1 and client_id == NAMES[0] else None

        shuts_out(full)
        run = made(Target("127.0.0.1", broker.port))
        run.refusals.tell = said.append
        await run.bring_up()
        await run.close()
    assert said
    assert all(UNAVAILABLE in text for text in said)
    assert (run.refusals.given_up, run.refusals.counted) == (0, {})


class Clock:
    now = 0.0


class Stub:
    """As a crowd of which so many were refused."""

    target = Target("broker.example", 1883)

    def __init__(self, **refused):
        self.refused = refused


def looked(crowd, *at_s, linked=(), tried=3, wanted=3):
    """What is told, and how many are given up, after looks at such times."""
    clock, said = Clock(), []
    watch = Refusals(lambda: [crowd], linked, lambda: clock.now)
    watch.tell = said.append
    for at in at_s:
        clock.now = at * 1000
        watch.look(tried, wanted)
    return said, watch.given_up


def test_a_refusal_has_three_seconds_and_one_that_may_pass_fifteen():
    lasting, passing = refused(5), refused(3)
    assert looked(Stub(a=lasting, b=lasting, c=lasting), 1, 3.9) == ([], 0)
    with pytest.raises(NotOnline, match=r"^all 3 devices are not let in at broker\.example:1883: "):
        looked(Stub(a=lasting, b=lasting, c=lasting), 1, 4.1)
    assert looked(Stub(a=passing, b=passing, c=passing), 1, 15.9) == ([], 0)
    with pytest.raises(NotOnline):
        looked(Stub(a=passing, b=passing, c=passing), 1, 16.1)


def test_nobody_is_given_up_while_others_may_still_come():
    said, given_up = looked(Stub(a=refused(5)), 1, 2.5, 30, linked={"b"})
    assert given_up == 0
    (text,) = said
    assert text.startswith("1 of 3 devices are not let in at broker.example:1883: the broker refuses the connection: ")
    said, given_up = looked(Stub(a=refused(5)), 1, 2.5, 30, linked={"b", "c"})
    assert given_up == 1
    assert looked(Stub(a=refused(5)), 1, 30, linked={"a", "b"}) == ([], 0), "it was let in later"


def test_several_reasons_are_told_the_most_frequent_first():
    with pytest.raises(NotOnline) as told:
        looked(Stub(a=refused(4), b=refused(2), c=refused(4)), 1, 5)
    assert "(CONNACK code 4), as a; 1 more: the broker refuses the connection: the broker" in str(told.value)


def test_what_a_board_tells_is_said_in_the_same_words():
    assert of_a_board("the broker refused: CONNACK 5") == refused(5)
    assert isinstance(of_a_board("the broker refused: CONNACK 5"), Refusal)
    assert not isinstance(of_a_board("closed by the broker"), Refusal)


def test_only_what_is_no_chance_is_a_refusal():
    assert not isinstance(no_tls("there", ssl.SSLEOFError(8, "[SSL: UNEXPECTED_EOF] eof")), Refusal)
    assert isinstance(no_tls("there", ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number")), Refusal)
    assert instead_of_connack(b"\xd0\x00", "no CONNACK") == "no CONNACK"
    assert NO_SUBSCRIPTION.will, "the broker keeps the death of a device whose subscription it refuses"


@pytest.mark.usefixtures("impatient")
@in_loop
async def test_a_subscription_that_is_refused_is_one(monkeypatch):
    async with Peer() as broker:
        monkeypatch.setattr(broker, "data_received", lambda data: broker.transports[-1].write(
            connack_packet(False) if data[0] == 0x10 else b"\x90\x03\x00\x01\x80"
        ))  # fmt: skip
        run = made(Target("127.0.0.1", broker.port, opening=1))
        try:
            with pytest.raises(NotOnline, match="the broker refuses the subscription to d/#, as "):
                await run.bring_up()
        finally:
            await run.close()
    assert let_in(run.recorder)


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    return Secured(tmp_path_factory.mktemp("secured"))


@pytest.mark.usefixtures("impatient")
@in_loop
async def test_a_mosquitto_refuses_wrong_passwords_and_it_is_told(secured, tmp_path):
    (tmp_path / "passwords").write_text("")
    lines = ("allow_anonymous false", f"password_file {tmp_path}/passwords")
    async with secured.mosquitto(*lines) as port:
        login = Login("device", b"wrong")
        said = await told_of(made(Target("127.0.0.1", port, secured.context(), login=lambda _: login)))
    assert f" devices are not let in at 127.0.0.1:{port}: the broker refuses the connection: not auth" in said
    assert "; check the user names and passwords (--credentials, or those in the URL)" in said


@pytest.mark.usefixtures("impatient")
@in_loop
async def test_a_mosquitto_that_wants_a_certificate_and_one_that_is_another_are_told(secured, tmp_path_factory):
    async with secured.mosquitto("require_certificate true") as port:
        said = await told_of(made(Target("127.0.0.1", port, secured.context())))
        assert f"no TLS with 127.0.0.1:{port}: " in said
        assert said.endswith(
            "; check host, port, --ca, and the certificates of the devices; the broker's log should say why"
        )
        other = Secured(tmp_path_factory.mktemp("other"))
        said = await told_of(made(Target("127.0.0.1", port, other.context())))
        assert f"no TLS with 127.0.0.1:{port}: " in said
        assert "certificate" in said

"""The simulated operator at a console: what `policy` calls for is done over the centre's own interfaces."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import small_estate
from fake_centre import PATIENCE_S, FakeCentre
from lilong_protocol import codes
from lilong_tools import policy
from lilong_tools.operator import Operator

SEED = 7
NEVER_MS = 3_600_000


@pytest.fixture
def centre() -> Iterator[FakeCentre]:
    with FakeCentre(small_estate.estate(), small_estate.REGISTRY) as fake:
        yield fake


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who answers within some milliseconds."""
    monkeypatch.setattr(policy, "QUICKEST_MS", 1)
    monkeypatch.setattr(policy, "SLOWEST_MS", 10)
    monkeypatch.setattr(policy, "SPANS_MS", dict.fromkeys(policy.SPANS_MS, (1, 10)))


@contextmanager
def at_work(centre: FakeCentre) -> Iterator[None]:
    """An operator in a loop of its own, until the block ends; an error of the operator is the test's."""
    loop = asyncio.new_event_loop()
    complaints: list[dict[str, object]] = []
    loop.set_exception_handler(lambda _, context: complaints.append(context))
    task = loop.create_task(Operator(centre.url, SEED, "Ms Lin").run())

    def work() -> None:
        with pytest.raises(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.run_until_complete(loop.shutdown_asyncgens())

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(PATIENCE_S)
        stuck = thread.is_alive()
        loop.close()
    assert not stuck
    assert complaints == []


def until_acknowledged(centre: FakeCentre, alarm: str) -> list[tuple[str, str]]:
    """(type, alarm) of all that the operator sends, the acknowledgement of an alarm the last."""
    sent = []
    while True:
        message = centre.received.get(timeout=PATIENCE_S)
        sent.append((message["type"], message["alarm"]))
        if sent[-1] == ("acknowledge", alarm):
            assert message["operator"] == "Ms Lin"
            return sent


def raised(number: int, **changes: object) -> dict[str, object]:
    """An alarm that the fake centre pushes, not yet shown."""
    return small_estate.alarm(number, **{"shown_at": None, **changes})


def name_of(number: int) -> str:
    return raised(number)["alarm"]["id"]  # type: ignore[index,no-any-return]


@pytest.mark.usefixtures("quick")
def test_each_alarm_is_shown_and_acknowledged_once_however_often_it_changes(centre: FakeCentre) -> None:
    seen = small_estate.NOW_MS
    centre.at_connect = [small_estate.hello(), small_estate.states(), raised(1)]
    with at_work(centre):
        assert until_acknowledged(centre, name_of(1)) == [("shown", name_of(1)), ("acknowledge", name_of(1))]
        centre.push(raised(1, shown_at=seen), small_estate.counts(11), raised(1, shown_at=seen), raised(2))
        assert until_acknowledged(centre, name_of(2)) == [("shown", name_of(2)), ("acknowledge", name_of(2))]


@pytest.mark.usefixtures("quick")
def test_what_is_acknowledged_or_cleared_is_left_alone(centre: FakeCentre) -> None:
    seen = {"shown_at": small_estate.NOW_MS}
    centre.at_connect = [raised(1, acknowledged=True, **seen), raised(2, cleared=True, **seen), raised(3, **seen)]
    with at_work(centre):
        assert until_acknowledged(centre, name_of(3)) == [("acknowledge", name_of(3))]
        centre.push(raised(4, **seen))
        assert until_acknowledged(centre, name_of(4)) == [("acknowledge", name_of(4))]


def once_never_then_soon() -> Callable[[int, str], int]:
    """A reaction that never comes the first time, and at once from then on."""
    times = iter([NEVER_MS])
    return lambda seed, alarm: next(times, 1)


def test_an_answer_that_was_due_when_the_console_was_cut_off_is_given_on_the_next_one(
    centre: FakeCentre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "reaction_ms", once_never_then_soon())
    centre.at_connect = [raised(1)]
    with at_work(centre):
        assert centre.next_received("shown")["alarm"] == name_of(1)
        centre.drop_consoles()
        assert until_acknowledged(centre, name_of(1)) == [("shown", name_of(1)), ("acknowledge", name_of(1))]


def command(centre: FakeCentre) -> tuple[str, str]:
    """(device, command) of the next order that comes to the centre."""
    order = centre.commands.get(timeout=PATIENCE_S)
    assert (order["args"], order["operator"]) == ({}, "Ms Lin")
    return order["device"], order["command"]


@pytest.mark.usefixtures("quick")
def test_what_is_over_is_reset_by_a_command(centre: FakeCentre) -> None:
    centre.at_connect = [raised(1, acknowledged=True)]
    with at_work(centre):
        assert centre.next_received("shown")["alarm"] == name_of(1)
        centre.push(raised(1, acknowledged=True, restored=True))
        assert command(centre) == (small_estate.SMOKE, "reset")
        centre.push(raised(1, acknowledged=True, restored=True, cleared=True), raised(2))
        until_acknowledged(centre, name_of(2))
    assert centre.commands.empty()


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("status", [400, 503])
def test_a_refused_command_is_given_again_and_not_for_ever(
    centre: FakeCentre, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(policy, "RETRY_MS", 1)
    centre.refusal = (
        status,
        "command 'reset' for core1/01F/0101/smoke: the device is offline; send it when it is back",
    )
    centre.at_connect = [raised(1, acknowledged=True, restored=True)]
    with at_work(centre):
        assert [command(centre) for _ in range(policy.TRIES)] == [(small_estate.SMOKE, "reset")] * policy.TRIES
        centre.push(raised(2))
        until_acknowledged(centre, name_of(2))
    assert centre.commands.empty()


@pytest.mark.usefixtures("quick")
def test_a_door_that_a_fire_released_is_locked_when_the_fire_is_cleared(centre: FakeCentre) -> None:
    centre.at_connect = [raised(1, acknowledged=True)]
    with at_work(centre):
        centre.next_received("shown")
        centre.push(small_estate.event(code=codes.EVENT_DOOR_RELEASED), raised(2, acknowledged=True, cleared=True))
        centre.next_received("shown")
        assert centre.commands.empty(), "the first still burns"
        centre.push(raised(1, acknowledged=True, cleared=True))
        assert command(centre) == (small_estate.DOOR, "reset")


@pytest.mark.usefixtures("quick")
def test_a_valve_is_opened_again_when_the_leak_is_cleared(centre: FakeCentre) -> None:
    gas = {"device": small_estate.GAS, "code": codes.ALARM_GAS_LEAK}
    centre.at_connect = [raised(1, acknowledged=True, restored=True, **gas)]
    with at_work(centre):
        assert command(centre) == (small_estate.GAS, "reset")
        centre.push(raised(1, acknowledged=True, cleared=True, **gas))
        assert command(centre) == (small_estate.GAS, "open_valve")


@pytest.mark.usefixtures("quick")
def test_a_door_that_was_released_while_the_console_was_away_is_found_and_locked(centre: FakeCentre) -> None:
    lines = [{"what": "event", "code": code, "values": {}, "at": small_estate.NOW_MS} for code in (
        codes.EVENT_DOOR_GRANTED, codes.EVENT_DOOR_RELEASED, codes.EVENT_DOOR_LOCKED,
    )]  # fmt: skip
    centre.at_connect = [raised(1, acknowledged=True)]
    with at_work(centre):
        centre.next_received("shown")
        centre.devices[small_estate.DOOR] = small_estate.answer(small_estate.DOOR, history=lines)
        centre.at_connect = [raised(1, acknowledged=True, cleared=True)]
        centre.drop_consoles()
        assert command(centre) == (small_estate.DOOR, "reset")


@pytest.mark.usefixtures("quick")
def test_a_proxy_of_the_environment_is_not_for_the_centre(centre: FakeCentre, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    centre.at_connect = [raised(1)]
    with at_work(centre):
        until_acknowledged(centre, name_of(1))


@pytest.mark.usefixtures("quick")
def test_a_card_that_is_copied_is_revoked(centre: FakeCentre) -> None:
    found = {"id": "p-1", "device": "d", "code": 1005, "cleared": False, "credential": 77, "acknowledged": False}
    centre.at_connect = [{"type": "findings", "findings": [found]}]
    with at_work(centre):
        wish = centre.revocations.get(timeout=PATIENCE_S)
    assert (wish["credential"], wish["operator"]) == (77, "Ms Lin")

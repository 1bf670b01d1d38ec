"""The simulated operator answers every alarm once, after a human's while, however often its console is cut off."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import small_estate
from fake_centre import PATIENCE_S, FakeCentre
from hypothesis import given
from hypothesis import strategies as st
from lilong_tools import operator
from lilong_tools.operator import QUICKEST_MS, SLOWEST_MS, Operator, reaction_ms

SEED = 7
ALARMS = st.from_regex(r"[0-9a-f]{16}-[0-9]{1,10}-[0-9]{1,6}", fullmatch=True)
NEVER_MS = 3_600_000


# ---- how long a person takes


@given(st.integers(), ALARMS)
def test_a_reaction_takes_from_two_to_nine_seconds(seed: int, alarm: str) -> None:
    assert QUICKEST_MS == 2_000 <= reaction_ms(seed, alarm) < 9_000 == SLOWEST_MS


@given(st.integers(), ALARMS, st.integers(0, 2**32), st.integers(0, 2**32))
def test_it_depends_on_seed_and_device_alone(seed: int, alarm: str, boot: int, seq: int) -> None:
    device = alarm.partition("-")[0]
    assert reaction_ms(seed, alarm) == reaction_ms(seed, f"{device}-{boot}-{seq}")


def test_reactions_are_spread_around_the_middle() -> None:
    times = sorted(reaction_ms(SEED, f"{device:016x}-1-1") for device in range(1_000))
    assert 5_300 < sum(times) / len(times) < 5_700
    assert times[100] < 4_000
    assert times[900] > 7_000
    assert times != sorted(reaction_ms(SEED + 1, f"{device:016x}-1-1") for device in range(1_000))


# ---- at a console


@pytest.fixture
def centre() -> Iterator[FakeCentre]:
    with FakeCentre(small_estate.estate(), small_estate.REGISTRY) as fake:
        yield fake


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who answers within some milliseconds."""
    monkeypatch.setattr(operator, "QUICKEST_MS", 1)
    monkeypatch.setattr(operator, "SLOWEST_MS", 10)


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
    monkeypatch.setattr(operator, "reaction_ms", once_never_then_soon())
    centre.at_connect = [raised(1)]
    with at_work(centre):
        assert centre.next_received("shown")["alarm"] == name_of(1)
        centre.drop_consoles()
        assert until_acknowledged(centre, name_of(1)) == [("shown", name_of(1)), ("acknowledge", name_of(1))]


@pytest.mark.usefixtures("quick")
def test_a_proxy_of_the_environment_is_not_for_the_centre(centre: FakeCentre, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    centre.at_connect = [raised(1)]
    with at_work(centre):
        until_acknowledged(centre, name_of(1))

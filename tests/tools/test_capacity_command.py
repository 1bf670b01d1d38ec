"""`lilong capacity`: a table that a person reads, figures in place of the usual ones, and a broker measured."""

import asyncio
import re
from pathlib import Path

import pytest
from board_case import in_loop
from commands import SMALL_ESTATE, run_lilong
from lilong_simulator.load import plain
from lilong_simulator.load.scenario import STREETS
from lilong_tools.broker.embedded import EmbeddedBroker
from lilong_tools.capacity import measure
from lilong_tools.capacity.measure import FIRST, climb
from lilong_tools.inputs import InputError
from rich.console import Console


def said(*arguments: object) -> str:
    ended = run_lilong("capacity", *arguments)
    assert (ended.code, ended.err) == (0, "")
    return ended.out


def row(text: str, part: str, limit: str) -> list[str]:
    found = re.search(rf"^{part} +{limit} +(.*\S) *$", text, re.MULTILINE)
    assert found, text
    return re.split(r" {2,}", found[1])


def test_the_table_says_what_is_asked_what_one_takes_and_what_decides() -> None:
    told = said("--estate", SMALL_ESTATE)
    assert told.startswith("small_estate: 40 devices: 18 smoke, ")
    asked, takes, used, needed, decides = row(told, "broker", "connections")
    assert (asked, takes, used, needed, decides) == ("14", "32,500", "0.04%", "1", "decides")
    assert "brokers: 1, by connections; one takes " in told
    assert max(map(len, told.splitlines()[2:])) <= 140


def test_figures_of_one_s_own_take_the_place_of_the_usual_ones() -> None:
    told = said("--estate", SMALL_ESTATE, "--broker-connections", 10, "--share", 1, "--gateway-children", 5)
    assert row(told, "broker", "connections")[:4] == ["14", "10", "140%", "2"]
    assert "brokers: 2, by connections" in told
    assert row(told, "gateway", "children")[1] == "5"


def test_tls_costs_connects_and_memory() -> None:
    plain, secured = said("--estate", SMALL_ESTATE), said("--estate", SMALL_ESTATE, "--tls")
    assert row(plain, "broker", "connects, storm")[1] == "4,400 /s"
    assert row(secured, "broker", "connects, storm")[1] == "280 /s"


def test_a_street_of_one_s_own_is_reckoned(tmp_path: Path) -> None:
    street = tmp_path / "lanes.toml"
    street.write_text(f'[[estates]]\nestate = "{SMALL_ESTATE}"\ncopies = 5000\n')
    assert said("--street", street).startswith("lanes: 5,000 estates, 200,000 devices: ")


@in_loop
async def test_a_broker_is_measured_by_clients_that_publish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "DRAIN_S", 0.05)
    monkeypatch.setattr(measure, "EACH_S", 0.3)
    monkeypatch.setattr(measure, "CLIENTS", 20)
    monkeypatch.setattr(measure, "FIRST", 100.0)
    monkeypatch.setattr(measure, "MOST", 200.0)
    console = Console(record=True, width=200)
    async with EmbeddedBroker() as broker:
        found = await measure.measure(f"mqtt://127.0.0.1:{broker.port}", console)
    assert 50 < found.messages < 400
    assert found.connects > 20
    told = console.export_text()
    assert "20 clients, 100 bytes, QoS 1" in told
    assert f"measured: {found.messages:,.0f} messages and {found.connects:,.0f} connects a second" in told


def test_the_rate_is_doubled_until_the_broker_no_longer_follows() -> None:
    tried = []

    async def step(asked):  # type: ignore[no-untyped-def]
        tried.append(asked.rate)
        took = min(asked.rate, 3_000.0)
        return {"acknowledged_per_s": took, "connects_per_s": 700.0, "broke": None, "lag_ms": 1.0}

    found = asyncio.run(climb(step, lambda text: None))
    assert tried == [FIRST, 2 * FIRST, 4 * FIRST]
    assert (found.messages, found.connects) == (3_000.0, 700.0)
    assert found.ended == "at 4,000 it did not follow"


def test_clients_that_are_late_themselves_end_it_and_say_so() -> None:
    async def step(asked):  # type: ignore[no-untyped-def]
        return {"acknowledged_per_s": asked.rate, "connects_per_s": 9.0, "broke": None, "lag_ms": asked.rate / 10}

    found = asyncio.run(climb(step, lambda text: None))
    assert found.messages == 4 * FIRST
    assert "it may take more" in found.ended


def test_a_broker_that_acknowledges_nothing_is_no_measure() -> None:
    async def step(_):  # type: ignore[no-untyped-def]
        return {"acknowledged_per_s": 0.0, "connects_per_s": 9.0, "broke": "lost", "lag_ms": None}

    with pytest.raises(InputError, match=r"--measure: the broker acknowledged nothing \(lost\); "):
        asyncio.run(climb(step, lambda text: None))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--estate", "a", "--street", "b"), "--estate and --street: only one can be reckoned at a time; leave the"),
        (("--street", "music_plaza"), "--street music_plaza: is no street; known: "),
        (("--estate", "jianguo_road"), "--estate jianguo_road: is a street or a city; give it by that option"),
        (("--estate", "music_plazza"), 'no estate is called "music_plazza"; did you mean "music_plaza"?'),
        (("--broker", "mqtt://127.0.0.1"), "--broker mqtt://127.0.0.1: is measured with --measure alone; give that"),
        (("--bus-ms", "0"), "--bus-ms 0: is no amount; give a number above 0"),
        (("--share", "2"), "--share 2: out of bounds; give a share above 0 and at most 1"),
        (("--measure", "--broker", "mqtt://127.0.0.1:1"), "no broker at 127.0.0.1:1 (Connection refused): "),
    ],
)
def test_what_cannot_be_reckoned_is_told(arguments: tuple[str, ...], told: str) -> None:
    ended = run_lilong("capacity", *arguments)
    assert ended.code == 2, ended
    assert ended.err.startswith(f"lilong: {told}"), ended.err


@pytest.mark.parametrize("street", sorted(STREETS.glob("*.toml")), ids=lambda file: file.stem)
def test_each_built_in_street_and_city_is_reckoned(street: Path) -> None:
    assert "decides" in said("--street", street.stem)

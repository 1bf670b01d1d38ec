"""An incident whose places another estate has not: what is told can be asked for, and plays there."""

import re

import pytest
from lilong_simulator.estate import Estate, load_estate
from lilong_simulator.incidents import INCIDENTS, IncidentError, find
from lilong_simulator.incidents.here import touched
from lilong_simulator.random_streams import Streams

NOWHERE = {
    "old_estate": {"cloudburst", "cloudburst_cut", "intruder"},  # it has no fence
    "fire_first": {"cloudburst", "cloudburst_cut", "intruder"},
    "commodity_estate": set(),
    "urban_fringe": set(),
}


@pytest.fixture(scope="module", params=NOWHERE)
def estate(request: pytest.FixtureRequest) -> Estate:
    return load_estate(request.param)


def instead(text: str, estate: Estate) -> str | None:
    """What is told to ask for instead; None: it has all its places as it is."""
    try:
        assert touched(text, find(text), estate) == find(text).device_names(estate)
    except IncidentError as error:
        said = str(error)
    else:
        return None
    *others, none = re.findall(r"--incident (\S+)", said)
    assert none == "none"
    return others[0] if others else none


def test_what_is_told_instead_has_all_its_places(estate: Estate) -> None:
    told = {name: instead(f"{name}@21:10", estate) for name in INCIDENTS}
    assert {name for name, other in told.items() if other == "none"} == NOWHERE[estate.id]
    others = [other for other in told.values() if other not in (None, "none")]
    assert len(others) > 5
    for other in others:
        assert other.endswith("@21:10")
        incident = find(other)
        assert incident.story(estate, 0, Streams(1)).truth
        flats = re.findall(r"=(\d+/\d+)", other)
        assert len(set(flats)) == len(flats)  # nothing burns in the flat where something else is cooked


def test_places_that_were_asked_for_stay(estate: Estate) -> None:
    flat = estate.flats[-1].key
    other = instead(f"rogue_reader:home={flat},gate=nowhere/door", estate)
    assert other is not None
    assert f"home={flat}," in other
    assert "gate=nowhere" not in other


def test_an_alarm_alone_is_told_as_it_is() -> None:
    estate = load_estate("old_estate")
    with pytest.raises(IncidentError) as told:
        touched("fence.climb", find("fence.climb"), estate)
    assert str(told.value).count("--incident") == 1

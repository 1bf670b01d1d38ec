"""An incident whose places another estate has not: what is told can be asked for, and plays there."""

import re
from math import hypot
from pathlib import Path

import pytest
from lilong_simulator.estate import Estate, load_estate
from lilong_simulator.estate.new import Asked, text_of
from lilong_simulator.incidents import INCIDENTS, IncidentError, WrittenIncident, find
from lilong_simulator.incidents.here import touched
from lilong_simulator.random_streams import Streams
from lilong_simulator.truth import CARD_ELSEWHERE, CARD_REVOKED

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


def test_a_copy_is_used_where_nobody_can_have_come_in_the_time() -> None:
    """70 m in 8 s; else it would be nobody's fault that it is not found."""
    estate = load_estate("fire_first")
    with pytest.raises(IncidentError, match=r"gate is west_gate/leaf1/door, 35 m from core9/ground/door, and must be"):
        find("rogue_reader:home=9/0704,basement=core1/ground/door").device_names(estate)
    incident = find(instead("rogue_reader", estate) or "")
    assert isinstance(incident, WrittenIncident)
    door, gate = (incident.story(estate, 0, Streams(1)).scene.places.devices(name)[0] for name in ("door", "gate"))
    assert hypot(door.x - gate.x, door.y - gate.y) >= 70


def test_a_camera_stays_beside_its_fence_zone(tmp_path: Path) -> None:
    """It is that one which turns."""
    file = tmp_path / "court.toml"
    asked = Asked("court", "Court", "苑", "full", households=120, cores=4, storeys=8)
    file.write_text(text_of(asked), encoding="utf-8")
    other = instead("intruder", load_estate(file)) or ""
    assert "zone=fence/zone01/fence_zone," in other
    assert ",camera=fence/zone01/camera," in other


def test_no_door_that_asks_nobody_has_to_know_of_a_copy() -> None:
    for name in ("fire_first", "commodity_estate"):
        estate = load_estate(name)
        incident = find(instead("rogue_reader", estate) or "")
        assert isinstance(incident, WrittenIncident)
        asked = [one.action for _, them in incident.story(estate, 0, Streams(1)).expectations for one in them]
        assert (CARD_ELSEWHERE in asked) == estate.doors_ask
        assert CARD_REVOKED in asked


def test_whose_card_no_door_tells_of_is_not_copied() -> None:
    estate = load_estate("music_plaza")
    secret = next(one.flat.key for one in estate.households if one.confidential and one.flat.core >= 9)
    incident = find(f"rogue_reader:home={secret}")
    assert isinstance(incident, WrittenIncident)
    with pytest.raises(IncidentError, match=f"household in {secret} no card is told, it is confidential; choose"):
        incident.story(estate, 0, Streams(1))

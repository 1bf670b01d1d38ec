"""The drawing of an estate: everything is on it once, nothing off the sheet, and the fence closes round the site."""

import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lilong_simulator.estate import load_estate
from lilong_simulator.estate.geometry import length_m
from lilong_simulator.estate.parts import Device
from lilong_simulator.estate.plan import drawn
from lilong_simulator.estate.plan.fence import zones

SVG = "{http://www.w3.org/2000/svg}"
COLUMNS = ("218", "300.0")  # of the legend: on the plan, in the cores
SMALL = Path(__file__).with_name("small_estate.toml")


@pytest.fixture(scope="module", params=["music_plaza", SMALL], ids=["music_plaza", "small"])
def estate(request):
    return load_estate(request.param)


def test_every_device_is_on_the_plan_by_its_name_or_counted_in_its_core(estate):
    root = ElementTree.fromstring(drawn(estate))
    named = Counter(title.text for title in root.iter(f"{SVG}title"))
    del named[estate.name["en"]]
    outdoors = {one.name for one in estate.devices if one.core is None and one.kind != "fence_zone"}
    assert outdoors <= set(named)
    assert set(named.values()) <= {1}
    legend = [text for text in root.iter(f"{SVG}text") if text.get("font-size") == "11" and text.get("x") in COLUMNS]
    counted = [int(text.text.replace(",", "")) for text in legend if re.fullmatch(r"[\d,]+", text.text)]
    assert sum(counted) == len(estate.devices)


def test_a_name_that_is_the_same_in_both_languages_stands_there_once(tmp_path):
    file = tmp_path / "willow_court.toml"
    file.write_text('extends = "music_plaza"\nid = "willow_court"\nname = { en = "Willow", zh = "Willow" }\n')
    written = re.findall(r">([^<]+)</text>", drawn(load_estate(file)))
    assert written.count("Willow") == 1
    assert ">音乐广场小区</text>" in drawn(load_estate("music_plaza"))


def test_nothing_is_drawn_off_the_sheet(estate):
    root = ElementTree.fromstring(drawn(estate))
    width, height = float(root.get("width")), float(root.get("height"))
    for text in root.iter(f"{SVG}text"):
        assert float(text.get("x", 0)) <= width
        assert float(text.get("y", 0)) <= height
    for circle in root.iter(f"{SVG}circle"):
        assert -1 <= float(circle.get("cx")) <= width


def test_the_same_estate_gives_the_same_drawing(estate):
    assert drawn(estate) == drawn(estate)


def test_names_with_angle_brackets_stay_names(tmp_path):
    file = tmp_path / "odd.toml"
    file.write_text(SMALL.read_text("utf-8").replace('en = "Lane House"', 'en = "A <b> & B"'))
    root = ElementTree.fromstring(drawn(load_estate(file)))
    assert "A <b> & B" in [text.text for text in root.iter(f"{SVG}text")]


# ---- the fence


def zone(number, x, y):
    return Device(f"{number:016x}", "fence_zone", f"fence/zone{number:02d}/fence_zone", x, y, 0, None, None, None, ())


def boundary(metres, width, height):
    """A point of the boundary, clockwise from the north-west corner."""
    if metres < width:
        return metres, 0.0
    if metres < width + height:
        return width, metres - width
    if metres < 2 * width + height:
        return 2 * width + height - metres, height
    return 0.0, 2 * (width + height) - metres


@given(st.floats(20, 400), st.floats(20, 400), st.integers(1, 40), st.floats(0, 0.99))
def test_zones_cover_the_whole_boundary_whatever_the_site(width, height, count, phase):
    whole = 2 * (width + height)
    placed = [zone(n + 1, *boundary((n + phase) * whole / count, width, height)) for n in range(count)]
    found = zones(placed, width, height)
    assert [one.label for one in found] == [f"{n + 1:02d}" for n in range(count)]
    assert sum(length_m(one.line) for one in found) == pytest.approx(whole)
    for one, after in zip(found, [*found[1:], found[0]], strict=True):
        assert one.line[-1] == pytest.approx(after.line[0], abs=1e-6)


def test_an_estate_without_a_fence_has_none():
    assert zones([], 10, 10) == []

"""Gateways and brokers that are needed: never too few, never more for less, decided by the fullest limit."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lilong_protocol.codes import link
from lilong_protocol.registry import KIND
from lilong_simulator.capacity import Broker, Demand, Gateway, answer, demand_of
from lilong_simulator.capacity.demand import Riser
from lilong_simulator.capacity.frames import TCP_IP, sizes_of
from lilong_simulator.load.places import places_of
from lilong_simulator.load.scenario import Copies, Scenario


def demand(*estates):
    return demand_of("here", places_of(Scenario(estates), alike=True))


@pytest.fixture(scope="module")
def plaza():
    return demand(Copies("music_plaza"))


def test_the_reference_estate_needs_its_twelve_gateways_and_one_broker(plaza):
    found = answer(plaza, Gateway(), Broker())
    assert (found.brokers, found.gateways, plaza.placed) == (1, 12, 12)
    assert plaza.devices == 3_444
    assert plaza.mean == pytest.approx(11.9, abs=1.2), "of the documents' inventory; each waking is 4 messages"


def test_copies_ask_for_as_much_as_the_estates_themselves(plaza):
    many = demand(Copies("music_plaza", 3))
    assert (many.devices, many.connections, many.placed) == (3 * plaza.devices, 3 * plaza.connections, 3 * plaza.placed)
    assert many.mean == pytest.approx(3 * plaza.mean)
    assert many.bytes_peak == pytest.approx(3 * plaza.bytes_peak)
    assert answer(many, Gateway(), Broker()).gateways == 3 * answer(plaza, Gateway(), Broker()).gateways


def test_what_is_most_used_decides(plaza):
    for change, binds in (
        ({"connections": 1.0}, "connections"), ({"messages": 0.01}, "messages, storm"),
        ({"connects": 0.001}, "connects, storm"), ({"memory_mb": 0.001}, "memory"),
    ):  # fmt: skip
        assert answer(plaza, Gateway(), replace(Broker(), **change)).broker_binds.what == binds
    for change, binds in (
        ({"children": 3.0}, "children"), ({"round_s": 0.1}, "round of its bus"), ({"release_s": 0.01}, "fire release"),
    ):  # fmt: skip
        assert answer(plaza, replace(Gateway(), **change), Broker()).gateway_binds.what == binds


risers = st.builds(Riser, st.just("core1"), st.integers(1, 3_000), st.integers(0, 200))
demands = st.builds(
    Demand, st.just("x"), devices=st.integers(1, 10**7), connections=st.integers(1, 10**7),
    heartbeats=st.floats(0, 1e6), events_peak=st.floats(0, 1e6),
    gateways=st.lists(st.tuples(risers, st.integers(1, 1_000)), max_size=5),
)  # fmt: skip


@given(demands)
def test_as_many_as_are_needed_bear_it_and_one_less_does_not(asked):
    found = answer(asked, Gateway(), Broker())
    for row in found.rows:
        assert row.asked <= row.has * row.needs * (1 + 1e-9)
        assert row.needs == max(1, math.ceil(row.used)) or row.asked == 0
    assert found.brokers == max(1, *(row.needs for row in found.rows if row.part == "broker"))
    assert found.broker_binds.needs == found.brokers or found.broker_binds.asked == 0


@given(demands, st.floats(1, 10))
def test_a_stronger_broker_is_never_needed_more_often(asked, stronger):
    weak = Broker()
    strong = replace(weak, messages=weak.messages * stronger, connections=weak.connections * stronger)
    assert answer(asked, Gateway(), strong).brokers <= answer(asked, Gateway(), weak).brokers


def test_without_anything_on_wires_no_gateway_is_needed():
    found = answer(Demand("x", devices=1, connections=1), Gateway(), Broker())
    assert (found.gateways, found.gateway_binds, found.fullest) == (0, None, None)


def test_every_kind_says_what_its_link_promises_in_as_many_bytes_as_a_frame_has():
    (place,) = places_of(Scenario((Copies("music_plaza"),)))
    for kind in place.estate.counts:
        size = sizes_of(place.estate, place.estate.of_kind(kind)[0])
        always_on, _, _, _, telemetry_s = link(KIND[kind].number)
        assert TCP_IP + 50 < size.birth < 400
        assert bool(size.telemetry) == bool(telemetry_s)
        assert bool(size.heartbeat) >= always_on
        assert TCP_IP + 50 < size.event < 300

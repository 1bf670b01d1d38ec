"""The public strategies: what they call right is right on both interpreters, what they call wrong is refused."""

import dataclasses
import importlib
import re
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import find as find_least
from hypothesis import strategies as st
from lilong_protocol import cbor, frame, registry, topics
from lilong_protocol.pc import strategies
from lilong_protocol.pc.bodies import well_formed
from lilong_protocol.pc.receiver import FRESH, MALFORMED, REPEAT, Receiver
from lilong_protocol.pc.strategies import Broken, Place, Said, Sample, Story
from lilong_protocol.registry.tables import U32, Field
from lilong_protocol.seal import SealError
from micropython import ROOT

from tests.protocol.conftest import Ask

HOME = Place()
BIG = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def find(strategy: st.SearchStrategy[Any], wanted: Callable[[Any], bool]) -> Any:
    """The first that turns up: the least would take long."""
    quick = settings(
        phases=[Phase.generate], max_examples=3000, derandomize=True, database=None, suppress_health_check=BIG
    )
    return find_least(strategy, wanted, settings=quick)


def direction(topic: str) -> str:
    parts = topics.parse(topic)
    assert parts is not None
    return parts[2]


# ---- frames


@pytest.mark.parametrize("kind", sorted(registry.MESSAGE))
@given(data=st.data())
@settings(deadline=None, max_examples=25, suppress_health_check=BIG)
@pytest.mark.spec("LIL-CBOR-006", "LIL-FRAME-001", "LIL-FRAME-002", "LIL-FRAME-004")
def test_a_frame_of_any_kind_opens_is_understood_and_is_written_back_alike_on_both(
    kind: int, data: st.DataObject, board: Ask
) -> None:
    sample: Sample = data.draw(strategies.frames(kind))
    assert len(sample.data) <= cbor.MAX_FRAME
    payload = sample.place.seal(sample.direction).open(sample.message.cls, sample.data)
    assert cbor.encode(cbor.decode(payload)) == payload == cbor.encode(sample.payload)
    message = frame.unpack(payload)
    assert message.kind == kind
    assert well_formed(kind, message.body)
    assert board("unpack", payload) == cbor.encode(
        [message.kind, message.boot, message.seq, message.uptime, message.body, message.ref]
    ).hex()


@given(strategies.frames(uplink=True, place=HOME, unknown=True))
@settings(deadline=None, max_examples=150, suppress_health_check=BIG)
@pytest.mark.spec("LIL-FRAME-004", "LIL-TOPIC-001")
def test_a_backend_lets_every_uplink_through(sample: Sample) -> None:
    receiver = Receiver(HOME.tenant, HOME.estate_key)
    received = receiver.receive(1_800_000_000_000, sample.topic, sample.data, False)
    if sample.message.cls == topics.RESPONSE and sample.message.number == frame.ERROR:
        return  # an error needs neither a boot nor a number: a backend may have no use for it
    assert received is not None, receiver.refused
    assert received.fate == FRESH


def test_every_optional_field_and_extensions_turn_up() -> None:
    for message in registry.MESSAGES:
        for field in message.body:
            find(strategies.bodies(message), lambda body, key=field.key: key in body)
            if not field.required:
                find(strategies.bodies(message), lambda body, key=field.key: key not in body)
    find(strategies.frames(frame.BIRTH), lambda sample: any(key > 23 for key in sample.payload))
    find(strategies.frames(frame.BIRTH), lambda sample: any(key < 0 for key in sample.payload))
    find(strategies.frames(), lambda sample: sample.place.epoch > 1)


def test_a_new_field_of_the_registry_appears_by_itself() -> None:
    new = Field(200, "humidity", "number", "a field of tomorrow", low=5, high=7)
    heartbeat = registry.MESSAGE[frame.HEARTBEAT]
    message = dataclasses.replace(heartbeat, body=(*heartbeat.body, new))
    for edge in (5, 7):
        assert find(strategies.bodies(message), lambda body, edge=edge: body[200] == edge)[200] == edge
    assert find(strategies.almost_valid_bodies(message), lambda body: 200 not in body) is not None
    assert find(strategies.almost_valid_bodies(message), lambda body: body.get(200) == 8)[200] == 8


def test_a_type_without_a_strategy_says_where_to_add_it() -> None:
    with pytest.raises(ValueError, match="add it here"):
        strategies.fields(Field(0, "colour", "colour", "of no type known"))


# ---- almost frames


@given(strategies.almost_valid_payloads())
@settings(deadline=None, max_examples=300, suppress_health_check=BIG)
@pytest.mark.spec("LIL-CBOR-002", "LIL-CBOR-003", "LIL-FRAME-001", "LIL-FRAME-002", "LIL-FRAME-003")
def test_a_payload_with_one_fault_is_refused_with_its_code_on_both(board: Ask, broken: Broken) -> None:
    with pytest.raises(frame.FrameError) as refused:
        frame.unpack(broken.data)
    assert refused.value.code == broken.code, broken.why
    assert board("unpack", broken.data) == f"!{refused.value}"


@given(strategies.almost_valid_frames())
@settings(deadline=None, max_examples=300, suppress_health_check=BIG)
@pytest.mark.spec("LIL-SEAL-003", "LIL-SEAL-005", "LIL-SEC-005")
def test_a_frame_with_one_fault_is_refused_by_the_layer_that_is_told(broken: Broken) -> None:
    seal, cls = broken.place.seal(direction(broken.topic)), broken.message.cls
    if broken.layer == "seal":
        with pytest.raises(SealError):
            seal.open(cls, broken.data)
        return
    payload = seal.open(cls, broken.data)
    if broken.layer == "payload":
        with pytest.raises(frame.FrameError) as refused:
            frame.unpack(payload)
        assert refused.value.code == broken.code
    else:
        message = frame.unpack(payload)
        assert not well_formed(message.kind, message.body)


@given(strategies.almost_valid_frames(place=HOME, uplink=True))
@settings(deadline=None, max_examples=300, suppress_health_check=BIG)
@pytest.mark.spec("LIL-FRAME-007", "LIL-SEAL-005")
def test_a_backend_keeps_a_malformed_alarm_or_event_and_nothing_else_that_is_wrong(broken: Broken) -> None:
    receiver = Receiver(HOME.tenant, HOME.estate_key)
    received = receiver.receive(1_800_000_000_000, broken.topic, broken.data, False)
    kept = broken.layer == "body" and broken.message.cls in (topics.ALARM, topics.EVENT)
    assert (None if received is None else received.fate) == (MALFORMED if kept else None), broken.why
    assert sum(receiver.refused.values()) == 1


@pytest.mark.parametrize(
    "why",
    [
        "overlong key", "a key twice", "critical key", "another version", "an unknown kind", "reserved key",
        "nonce missing", "ref of a wrong type", "keys out of order",
    ],
)  # fmt: skip
def test_every_sort_of_fault_turns_up(why: str) -> None:
    assert find(strategies.almost_valid_payloads(), lambda broken: broken.why == why).why == why


# ---- sessions


def heard(story: Story) -> tuple[Receiver, list[tuple[Said, Any]], list[Any]]:
    """A backend that has heard it all: what became of each arrival, and the events in the order of their effect."""
    receiver = Receiver(story.place.tenant, story.place.estate_key)
    fates: list[tuple[Said, Any]] = []
    released: list[Any] = []
    for one in story.deliveries:
        while receiver.deadline is not None and receiver.deadline <= one.at_ms:
            receiver.step(receiver.deadline)
            released += receiver.take_released()[0]
        fates.append((one.said, receiver.receive(one.at_ms, one.topic, one.data, one.retained)))
        released += receiver.take_released()[0]
    for _ in range(1000):
        if receiver.deadline is None:
            break
        receiver.step(receiver.deadline)
        released += receiver.take_released()[0]
    return receiver, fates, released


@given(strategies.sessions())
@settings(deadline=None, max_examples=150, suppress_health_check=BIG)
@pytest.mark.spec("LIL-ALARM-012", "LIL-ALARM-014", "LIL-SEC-006")
def test_whatever_the_network_does_an_alarm_takes_effect_once_and_at_once(story: Story) -> None:
    _, fates, _ = heard(story)
    alarms = [(said, received) for said, received in fates if said.cls == topics.ALARM]
    assert all(received is not None for _, received in alarms)
    fresh = [said for said, received in alarms if received.fate == FRESH]
    assert fresh == story.arrived(topics.ALARM)
    assert sum(received.fate == REPEAT for _, received in alarms) == len(alarms) - len(fresh)


@given(strategies.sessions())
@settings(deadline=None, max_examples=150, suppress_health_check=BIG)
@pytest.mark.spec("LIL-EVENT-004", "LIL-EVENT-005", "LIL-EVENT-007")
def test_whatever_the_network_does_each_event_comes_out_once_and_those_not_late_in_order(story: Story) -> None:
    _, _, released = heard(story)
    numbers = [(one.frame.boot, one.frame.seq) for one in released]
    assert sorted(numbers) == sorted((said.boot, said.seq) for said in story.arrived(topics.EVENT))
    in_time = [(one.frame.boot, one.frame.seq) for one in released if not one.late]
    assert in_time == sorted(in_time)


@given(strategies.sessions(losses=False, duplicates=False, reordering=False))
@settings(deadline=None, max_examples=60, suppress_health_check=BIG)
def test_a_good_network_delivers_everything_in_order(story: Story) -> None:
    assert [one.said for one in story.deliveries] == list(story.said)
    receiver, fates, released = heard(story)
    assert all(received is not None and received.fate == FRESH for _, received in fates), receiver.refused
    assert not any(one.late for one in released)


def test_stories_hold_losses_repeats_other_orders_reboots_and_wrong_clocks() -> None:
    def lost(story: Story) -> bool:
        return len({one.said for one in story.deliveries}) < len(story.said)

    def repeated(story: Story) -> bool:
        return len({one.said for one in story.deliveries}) < len(story.deliveries)

    def reordered(story: Story) -> bool:
        return any(a.said.at_ms > b.said.at_ms for a, b in pairwise(story.deliveries))

    def rebooted(story: Story) -> bool:
        return len({said.boot for said in story.said}) == 3

    def wrong(story: Story) -> bool:
        return any(said.epoch_ms is not None and abs(said.epoch_ms - said.at_ms) > 1000 for said in story.said)

    def jumps_back(story: Story) -> bool:
        told = [said for said in story.said if said.epoch_ms is not None]
        return any(a.boot == b.boot and a.epoch_ms > b.epoch_ms for a, b in pairwise(told))  # type: ignore[operator]

    for happens in (lost, repeated, reordered, rebooted, wrong, jumps_back):
        assert happens(find(strategies.sessions(), happens))


def test_the_epoch_of_a_place_goes_into_key_and_seal() -> None:
    data = Place(epoch=U32).seal("u").seal("al", b"")
    with pytest.raises(SealError):
        HOME.seal("u").open("al", data)


def test_a_story_tells_itself_in_few_words() -> None:
    story = find(strategies.sessions(), lambda story: len(story.deliveries) > 20)
    assert len(repr(story)) < 30_000
    assert f"<{story.deliveries[0].said.name} arrives at {story.deliveries[0].at_ms}>" in repr(story)


def test_without_hypothesis_the_import_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("lilong_protocol.pc.strategies")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(ImportError, match=r"pip install 'lilong\[strategies\]'"):
        importlib.import_module("lilong_protocol.pc.strategies")


def test_the_example_of_the_readme_works() -> None:
    class MyBackend(Receiver):
        alarms = 0

        def receive(self, *arrived: Any) -> Any:
            received = super().receive(*arrived)
            self.alarms += received is not None and received.cls == topics.ALARM and received.fate == FRESH
            return received

    readme = (ROOT / "protocol" / "README.md").read_text()
    example = next(block for block in re.findall(r"```python\n(.*?)```", readme, re.DOTALL) if "strategies" in block)
    names: dict[str, Any] = {"MyBackend": MyBackend}
    exec(example, names)
    settings(deadline=None, suppress_health_check=BIG)(names["test_my_backend_counts_every_alarm_once"])()

"""A device with a valid key may say anything: the centre neither falls over nor stores what it cannot."""

from centre_world import DOOR, ESTATE, KEY, NOW, SMOKE, TENANT, up_seal
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_protocol import cbor, topics
from lilong_protocol.pc.bodies import KINDS_OF_CLASS
from lilong_tools.centre.core import Core
from lilong_tools.centre.store import Store

numbers = st.integers(0, 30) | st.integers(0, 2**53 - 1)
values = st.none() | st.dictionaries(st.integers(-2, 30), st.none() | st.integers(-(2**53) + 1, 2**53 - 1), max_size=3)
items = numbers | values | st.booleans() | st.text(max_size=5) | st.lists(numbers, max_size=3)
pair = st.lists(numbers, max_size=2)
columns = st.fixed_dictionaries({0: pair, 1: pair, 2: st.lists(pair, max_size=2)})
bodies = st.dictionaries(st.integers(0, 8), items, max_size=8) | columns
messages = st.tuples(
    st.sampled_from((SMOKE, DOOR)),
    st.sampled_from([(cls, kind) for cls, kinds in sorted(KINDS_OF_CLASS.items()) for kind in kinds]),
    st.integers(0, 3),
    st.integers(0, 6),
    st.integers(0, 2**53 - 1) | st.integers(0, 100_000),
    bodies,
    st.booleans(),
    st.integers(0, 20_000),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(messages, max_size=25))
def test_whatever_authentic_devices_say_is_decided_stored_and_taken_back_after_a_restart(story):
    core, store, now = Core(ESTATE, KEY, NOW), Store(":memory:", TENANT), NOW
    for device, (cls, kind), boot, seq, uptime, body, retained, pause in story:
        now += pause
        fields = {0: 1, 1: kind, 2: boot, 3: seq, 4: uptime, 7: body, 8: seq, 9: [boot, seq], 11: b"8 bytes."}
        data = up_seal(device).seal(cls, cbor.encode(fields))
        core.receive(now, topics.up(TENANT, device, cls), data, retained)
        if core.deadline <= now:
            core.step(now)
        store.commit(core.take().rows)
    again = Core(ESTATE, KEY, now, saved=store.load())
    assert [alarm["id"] for alarm in again.alarm_list() if not alarm["cleared"]] == [
        alarm["id"] for alarm in core.alarm_list() if not alarm["cleared"]
    ]
    for device in (SMOKE, DOOR):
        assert again.receiver.save(device) == core.receiver.save(device)
        assert again.device(device)["values"] == core.device(device)["values"]
    store.close()

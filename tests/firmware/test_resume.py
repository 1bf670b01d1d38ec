"""A power cut between any two writes: one effect of each alarm, never a second raise while one is open, none lost."""

import pytest

from bell import (  # isort: skip  more than one a line
    ACKNOWLEDGE, ANSWERS, CUT, HEAL, LATCHING, MOMENT, OFF, ON, PLAIN, PLAIN_OFF, PLAIN_ON, POWER, RESET, SILENT, WAIT,
    Bell, agree, as_the_device_sees_it, at_the_end,
)  # fmt: skip
from harness import MINUTE, SECOND, CutStore, FullStore, Host, PowerCut
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware.store import RamStore
from lilong_protocol import cbor, frame
from waiting_frames import waiting

STORIES = {
    "a backend that answers": [ON, WAIT, ACKNOWLEDGE, WAIT, OFF, WAIT, ON, WAIT, OFF, RESET, WAIT, ON, WAIT],
    "a backend that stores nothing": [SILENT, WAIT, ON, WAIT, OFF, WAIT, ON, WAIT, OFF, RESET, WAIT, ON, WAIT],
    "no link": [CUT, PLAIN_ON, ON, PLAIN_OFF, OFF, PLAIN_ON, ON, PLAIN_OFF, OFF, PLAIN_ON],
    "an alarm that ends by itself": [PLAIN_ON, WAIT, PLAIN_OFF, WAIT, PLAIN_ON, CUT, WAIT, PLAIN_OFF, PLAIN_ON],
    "two at once": [ON, PLAIN_ON, OFF, PLAIN_OFF, ON, PLAIN_ON, WAIT, OFF, RESET, PLAIN_OFF, ON, PLAIN_ON, WAIT],
    "the clear is stored before the raise": [
        WAIT, SILENT, PLAIN_ON, MOMENT, ANSWERS, PLAIN_OFF, MOMENT, POWER, WAIT, PLAIN_ON, WAIT,
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(STORIES))
@pytest.mark.parametrize("second", [None, 0, 1, 2])
@pytest.mark.parametrize("meanwhile", ["", "latching", "plain"])
def test_at_every_point_where_the_power_may_go(name, second, meanwhile):
    """`second`: it goes once more, so many writes after it has come back. `meanwhile`: what changes without power."""
    story = STORIES[name]
    writes = 0
    while True:
        writes += 1
        store = CutStore()
        host = Host(Bell, store=store)
        store.left = writes - 1
        cuts = 0
        for step in story:
            try:
                step[0](host, *step[1:])
            except PowerCut:
                cuts += 1
                if meanwhile:
                    host.values[meanwhile] ^= 1
                store.left = second
                try:
                    host.power_cut()
                except PowerCut:
                    pass
                store.left = None
                if second is not None:
                    host.power_cut()
            agree(host)
        store.left = None
        at_the_end(host)
        if not cuts:
            break
    assert writes > 8


STEPS = st.sampled_from([
    ON, OFF, PLAIN_ON, PLAIN_OFF, ON, OFF, PLAIN_ON, PLAIN_OFF, WAIT, RESET, ACKNOWLEDGE, CUT, HEAL, SILENT, ANSWERS,
    MOMENT, MOMENT, POWER,
])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    story=st.lists(
        st.tuples(STEPS, st.one_of(st.none(), st.integers(0, 4)), st.sampled_from(("", "latching", "plain"))),
        max_size=30,
    )
)
def test_any_story_with_any_power_cuts(story):
    host = Host(Bell, store=CutStore())
    for step, left, meanwhile in story:
        host.store.left = left
        try:
            step[0](host, *step[1:])
        except PowerCut:
            host.store.left = None
            if meanwhile:
                host.values[meanwhile] ^= 1
            host.power_cut()
        host.store.left = None
        agree(host)
    at_the_end(host)


def test_a_raise_whose_episode_was_not_written_is_taken_up_under_its_own_name():
    store = CutStore()
    host = Host(Bell, store=store, link=False)
    store.left = 1  # the frame; not the record
    with pytest.raises(PowerCut):
        host.set("latching", 1)
    assert [name for name, _ in store.items()] == ["boot", "o0000000100000001"]
    store.left = None
    host.power_cut()
    host.heal()
    host.run(5 * MINUTE)
    assert [s.frame.boot for s in host.raised(LATCHING)] == [1]


def test_a_clear_that_was_cut_short_opens_nothing_once_the_backend_has_it():
    host = Host(Bell, store=CutStore(), acks=0)
    host.run(SECOND)
    host.set("plain", 1)
    host.store.left = 1  # the clear; the raise keeps its mark
    with pytest.raises(PowerCut):
        host.set("plain", 0)
    host.store.left = None
    host.power_cut()
    host.run(MINUTE)
    raised, cleared = [entry.frame for entry in waiting(host.device.outbox)]
    host.stored(cleared)
    host.run(SECOND)
    host.power_cut()
    assert [entry.frame for entry in waiting(host.device.outbox)] == [raised]
    assert as_the_device_sees_it(host) == {}


def test_a_raise_that_only_ram_had_is_raised_anew_after_a_restart():
    store = FullStore(room=1)
    host = Host(Bell, store=store, link=False)
    host.set("latching", 1)
    store.room = -1
    host.set("latching", 0)
    host.set("latching", 1)
    host.power_cut()
    host.heal()
    host.run(MINUTE)
    assert [(s.frame.boot, s.frame.seq) for s in host.raised(LATCHING)] == [(2, 1)]


def test_an_update_that_is_older_than_what_the_record_knows_changes_nothing():
    host = Host(Bell, acks=0)
    host.run(SECOND)
    host.set("latching", 1)
    host.set("latching", 0)
    host.set("latching", 1)
    host.run(SECOND)
    raised, _, again = [entry.frame for entry in waiting(host.device.outbox)]
    host.stored(raised)
    host.stored(again)
    host.run(SECOND)
    for _ in range(3):
        assert len(host.device.outbox) == 1
        assert host.device.active(LATCHING)
        host.power_cut()
        host.run(MINUTE)
        host.acknowledge_all()  # writes the record anew
        host.run(SECOND)


# ---- records that are torn, or of something else

NAME = "o0000000100000001"


def stored_raise():
    """A raise that waits, as its record is."""
    host = Host(Bell, link=False)
    host.set("latching", 1)
    return dict(host.store.items())[NAME]


def records():
    good = stored_raise()
    other = Host(Bell, link=False)
    other.set("plain", 1)
    return {
        "empty": (NAME, b""),
        "one byte": (NAME, good[:1]),
        "half": (NAME, good[: len(good) // 2]),
        "its last byte is missing": (NAME, good[:-1]),
        "more than a frame": (NAME, good + b"\0"),
        "no CBOR": (NAME, bytes([LATCHING]) + b"\xff" * 40),
        "another code": (NAME, bytes([PLAIN]) + good[1:]),
        "an alarm of other firmware": (NAME, b"\x7f" + good[1:]),
        "another number": ("o0000000100000002", good),
        "no number": ("o00000001", good),
        "a name of something else": ("other", good),
        "no frame": (NAME, bytes([LATCHING]) + cbor.encode([b"", {}, b"", b""])),
        "half an episode": ("a01", cbor.encode([1, 1, False, False, 1, 1])[:-1]),
        "an empty episode": ("a01", b""),
    }


@pytest.mark.parametrize("what", sorted(records()))
def test_a_damaged_record_stops_nothing_and_is_dropped_and_counted(what):
    name, data = records()[what]
    store = RamStore()
    store.put("boot", b"\0\0\0\x07")
    store.put(name, data)
    host = Host(Bell, store=store)
    host.run(2 * MINUTE)
    assert [name for name, _ in store.items()] == ["boot"]
    assert host.of(frame.BIRTH)[0].frame.boot == 8
    assert host.of(frame.HEARTBEAT)[0].body[2] == 1
    assert not host.of(frame.RAISE)
    host.set("latching", 1)
    host.run(SECOND)
    assert host.raised(LATCHING)


@pytest.mark.parametrize("boot", [b"", b"\0\0\x01", b"\0\0\0\x01\0"])
def test_a_boot_number_that_is_torn_starts_the_device_under_one_that_is_hardly_used(boot):
    boots = set()
    for seed in range(10):
        store = RamStore()
        store.put("boot", boot)
        boots.add(Host(Bell, store=store, seed=b"%d" % seed).device.uplink.boot)
        assert dict(store.items())["boot"] != boot
    assert len(boots) > 7

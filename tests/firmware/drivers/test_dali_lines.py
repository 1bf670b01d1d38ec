"""DALI's decoder on arbitrary edges, and the driver in random lives of its bus."""

from chips.clock import Clock
from chips.dali import Bus, Gear, manchester
from chips.pins import Pin
from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_firmware.drivers.dali import LEVELS, Dali
from lilong_firmware.drivers.dali_frame import VIOLATION, decode, encode, frame_end

ticks = st.integers(0, (1 << 30) - 1)


def edges(durations, begin):
    times = [begin]
    for us in durations:
        times.append((times[-1] + us) % (1 << 30))
    return times


@given(st.lists(ticks, max_size=64), st.integers(0, 64), st.sampled_from((8, 16, 24)))
def test_no_edges_make_the_decoder_raise(times, begin, bits):
    begin = min(begin, len(times))
    end = frame_end(times, begin, len(times))
    assert begin <= end <= len(times)
    assert VIOLATION <= decode(times, begin, end, bits) < 1 << bits


@given(st.integers(0, 0xFFFF), ticks, st.lists(st.integers(-80, 80), min_size=40, max_size=40))
def test_what_is_encoded_is_decoded_with_edges_up_to_a_fifth_off(word, begin, off):
    durations = [us + off[at] for at, us in enumerate(encode(word, 16))]
    times = edges(durations, begin)
    assert decode(times, 0, len(times), 16) == word


@given(st.integers(0, 255), ticks, st.data())
def test_an_answer_with_an_edge_missing_is_no_answer(byte, begin, data):
    times = edges([int(us) for us in manchester(byte, 8)], begin)
    del times[data.draw(st.integers(0, len(times) - 1))]
    assert decode(times, 0, len(times), 8) < 0


happenings = st.one_of(
    st.tuples(st.just("lamp"), st.integers(0, 100)),
    st.tuples(st.just("failure_level"), st.integers(0, 100)),
    st.tuples(st.just("wait"), st.integers(1, 3_000)),
    st.tuples(st.just("stall"), st.integers(1, 5_000)),
    st.tuples(st.just("mute"), st.booleans()),
    st.tuples(st.just("deaf"), st.booleans()),
    st.tuples(st.just("bus"), st.booleans()),
    st.tuples(st.just("mains"), st.integers(1, 2_000)),
    st.tuples(st.just("noise"), st.integers(1, 2_000)),
    st.tuples(st.just("master"), st.integers(0, 0x7FFF)),
)


@settings(max_examples=60, deadline=None)
@given(st.booleans(), st.lists(happenings, max_size=25), st.integers(0, (1 << 30) // 1000))
def test_after_any_life_the_gear_is_where_it_should_be_and_answers(fed_by_relay, life, begin_ms):
    clock = Clock(begin_ms * 1000)
    bus = Bus(clock, Pin(clock))
    gear = Gear(bus)
    relay = None
    if fed_by_relay:
        relay = Pin(clock, Pin.OUT)
        gear.mains(False)
        relay.watch(lambda level: gear.mains(bool(level)))
    dali = Dali(bus, bus.rx, relay, ticks_us=clock.ticks_us)

    def run(ms):
        until = clock.us + ms * 1000
        while clock.us < until:
            dali.poll(clock.us // 1000)
            clock.pass_ms(10)

    level = failure_level = None
    for what, value in life:
        if what == "lamp":
            level = value
            dali.drive(what, value)
        elif what == "failure_level":
            failure_level = value
            dali.drive(what, value)
        elif what == "wait":
            run(value)
        elif what == "stall":
            clock.pass_ms(value)
        elif what == "mute":
            gear.mute = value
        elif what == "deaf":
            bus.deaf = value
        elif what == "bus":
            bus.power(value)
        elif what == "mains":
            if gear.fed:
                gear.mains(False)
                clock.pass_ms(value)
                gear.mains(True)
        elif what == "noise":
            bus.play("noise", [value])
        else:
            bus.play("other master", manchester(value, 16))
        assert dali.read("gear") in (0, 1)
    gear.mute = bus.deaf = False
    bus.power(True)
    run(40_000)
    assert dali.read("gear") == 1
    if relay is not None:
        assert bool(relay.level) == gear.fed == bool(level)
    if level is not None and gear.fed:
        assert gear.level == LEVELS[level]
    if failure_level is not None and gear.fed:
        assert (gear.failure_level, gear.power_on_level) == (LEVELS[failure_level], LEVELS[failure_level])

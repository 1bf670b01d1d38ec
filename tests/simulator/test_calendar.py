"""The calendar of a fleet: items by due time, of one time in the order they went in."""

from hypothesis import given, settings
from hypothesis import strategies as st
from lilong_simulator.fleet.calendar import Calendar


def test_an_empty_calendar_has_no_next_time():
    assert Calendar().next() is None


@settings(deadline=None)
@given(st.lists(st.one_of(st.integers(0, 9), st.just("pop")), max_size=60))
def test_the_earliest_time_comes_first_and_its_items_as_they_were_put(script):
    calendar = Calendar()
    model = []
    for number, what in enumerate(script):
        if what != "pop":
            calendar.add(what, number)
            model.append((what, number))
        elif model:
            earliest = min(model)[0]
            assert calendar.next() == earliest
            assert calendar.pop() == [item for at, item in model if at == earliest]
            model = [entry for entry in model if entry[0] != earliest]
        assert calendar.next() == min((at for at, _ in model), default=None)


def test_what_is_put_for_a_time_that_has_just_been_taken_comes_after_it():
    calendar = Calendar()
    calendar.add(5, "first")
    assert calendar.pop() == ["first"]
    calendar.add(5, "second")
    assert calendar.next() == 5
    assert calendar.pop() == ["second"]

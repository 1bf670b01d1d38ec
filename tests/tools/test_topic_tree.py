"""The broker's lookup of subscriptions and retained messages, against paho's matching of one filter with one topic."""

from hypothesis import given
from hypothesis import strategies as st
from lilong_tools.broker.topic_tree import TopicTree
from paho.mqtt.client import topic_matches_sub

levels = st.sampled_from(["a", "b", "", "$SYS", "里"])
topics = st.lists(levels, min_size=1, max_size=5).map("/".join).filter(bool)
filters = st.builds(
    lambda start, end: "/".join([*start, *end]),
    st.lists(levels | st.just("+"), max_size=5),
    st.sampled_from([["#"], [], ["+"]]),
).filter(bool)


@given(st.lists(filters, max_size=12), st.lists(filters, max_size=6), topics)
def test_the_filters_found_for_a_topic_are_those_that_match_it(put, removed, topic):
    tree = TopicTree()
    for topic_filter in put:
        tree.put(topic_filter, topic_filter)
    for topic_filter in removed:
        tree.remove(topic_filter)
    there = set(put) - set(removed)
    assert sorted(tree.matching_filters(topic)) == sorted(f for f in there if topic_matches_sub(f, topic))


@given(st.lists(topics, max_size=12), st.lists(topics, max_size=6), filters)
def test_the_topics_found_for_a_filter_are_those_it_matches(put, removed, topic_filter):
    tree = TopicTree()
    for topic in put:
        tree.put(topic, topic)
    for topic in removed:
        tree.remove(topic)
    there = set(put) - set(removed)
    assert sorted(tree.matching_topics(topic_filter)) == sorted(t for t in there if topic_matches_sub(topic_filter, t))


def test_a_path_holds_a_value_of_each_owner_until_that_owner_takes_it_back():
    tree = TopicTree()
    tree.put("a/+", 1, "one")
    tree.put("a/+", 2, "two")
    tree.put("a/+", 3, "one")
    assert tree.matching_filters("a/b") == [3, 2]
    tree.remove("a/+", "one")
    tree.remove("a/+", "nobody")
    assert tree.matching_filters("a/b") == [2]


@given(st.lists(filters, max_size=12))
def test_a_tree_that_lost_all_its_values_holds_no_node(put):
    tree = TopicTree()
    for topic_filter in put:
        tree.put(topic_filter, 1)
    for topic_filter in put:
        tree.remove(topic_filter)
    assert not tree.children

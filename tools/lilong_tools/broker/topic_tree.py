"""Values by topic or filter, one node a level: a lookup costs the levels of a topic, not the number of subscribers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

V = TypeVar("V")


class _Node(Generic[V]):
    __slots__ = ("children", "value")

    def __init__(self) -> None:
        self.children: dict[str, _Node[V]] = {}
        self.value: V | None = None


class TopicTree(Generic[V]):
    """A dict with two more questions: which filters match a topic, and which topics match a filter (4.7)."""

    def __init__(self) -> None:
        self._root: _Node[V] = _Node()

    def get(self, path: str) -> V | None:
        node: _Node[V] | None = self._root
        for level in path.split("/"):
            node = node.children.get(level) if node else None
        return node.value if node else None

    def put(self, path: str, value: V) -> None:
        node = self._root
        for level in path.split("/"):
            child = node.children.get(level)
            if child is None:
                child = node.children[level] = _Node()
            node = child
        node.value = value

    def remove(self, path: str) -> None:
        """Forget `path`, and the nodes that led nowhere else."""
        way: list[tuple[_Node[V], str]] = []
        node = self._root
        for level in path.split("/"):
            way.append((node, level))
            child = node.children.get(level)
            if child is None:
                return
            node = child
        node.value = None
        for parent, level in reversed(way):
            child = parent.children[level]
            if child.children or child.value is not None:
                return
            del parent.children[level]

    def matching_filters(self, topic: str) -> list[V]:
        """The values put under filters that match `topic`."""
        found: list[V] = []
        nodes = [self._root]
        wild = not topic.startswith("$")  # 4.7.2: a leading wildcard does not see $SYS
        for level in topic.split("/"):
            below: list[_Node[V]] = []
            for node in nodes:
                children = node.children
                if wild:
                    if (rest := children.get("#")) is not None and rest.value is not None:
                        found.append(rest.value)
                    if (one := children.get("+")) is not None:
                        below.append(one)
                if (same := children.get(level)) is not None:
                    below.append(same)
            nodes = below
            wild = True
        for node in nodes:
            if node.value is not None:
                found.append(node.value)
            if (rest := node.children.get("#")) is not None and rest.value is not None:
                found.append(rest.value)  # 4.7.1.2: "sport/#" matches "sport" too
        return found

    def matching_topics(self, topic_filter: str) -> list[V]:
        """The values put under topics that `topic_filter` matches."""
        nodes = [self._root]
        for depth, level in enumerate(topic_filter.split("/")):
            if level == "#":
                return [node.value for node in _with_all_below(nodes, depth) if node.value is not None]
            if level == "+":
                nodes = [child for node in nodes for child in _children(node, depth)]
            else:
                nodes = [node.children[level] for node in nodes if level in node.children]
        return [node.value for node in nodes if node.value is not None]


def _children(node: _Node[V], depth: int) -> Iterator[_Node[V]]:
    for level, child in node.children.items():
        if depth or not level.startswith("$"):
            yield child


def _with_all_below(nodes: list[_Node[V]], depth: int) -> Iterator[_Node[V]]:
    while nodes:
        yield from nodes
        nodes = [child for node in nodes for child in _children(node, depth)]
        depth += 1

"""Values by topic or filter, one node a level: a lookup costs the levels of a topic, not the number of subscribers."""

from __future__ import annotations

from typing import Generic, TypeVar

V = TypeVar("V")


class TopicTree(Generic[V]):
    """A node and all below it. At each topic, or each filter, there is one value of each owner."""

    def __init__(self) -> None:
        self.children: dict[str, TopicTree[V]] = {}
        self.values: dict[object, V] = {}

    def put(self, path: str, value: V, owner: object = None) -> None:
        node = self
        for level in path.split("/"):
            node = node.children.setdefault(level, TopicTree())
        node.values[owner] = value

    def remove(self, path: str, owner: object = None) -> None:
        """Forget a value if there is one, and the nodes that led to nothing else."""
        way = [self]
        for level in path.split("/"):
            if level not in way[-1].children:
                return
            way.append(way[-1].children[level])
        way[-1].values.pop(owner, None)
        for level in reversed(path.split("/")):
            node = way.pop()
            if not node.children and not node.values:
                del way[-1].children[level]

    def matching_filters(self, topic: str) -> list[V]:
        """The values put under filters that match `topic` (4.7)."""
        nodes, ends = [self], []
        for depth, level in enumerate(topic.split("/")):
            seen = nodes if depth or not level.startswith("$") else []  # 4.7.2: a leading wildcard sees no $SYS
            ends += _named(seen, "#")
            nodes = _named(nodes, level) + _named(seen, "+")
        ends += nodes + _named(nodes, "#")  # 4.7.1.2: "sport/#" matches "sport" too
        return [value for node in ends for value in node.values.values()]

    def matching_topics(self, topic_filter: str) -> list[V]:
        """The values put under topics that `topic_filter` matches."""
        nodes, ends = [self], []
        for level in topic_filter.split("/"):
            if level == "#":
                while nodes:
                    ends += nodes
                    nodes = self._seen(nodes)
            else:
                nodes = self._seen(nodes) if level == "+" else _named(nodes, level)
        return [value for node in ends + nodes for value in node.values.values()]

    def _seen(self, nodes: list[TopicTree[V]]) -> list[TopicTree[V]]:
        """The children that a wildcard sees."""
        return [n.children[level] for n in nodes for level in n.children if n is not self or not level.startswith("$")]


def _named(nodes: list[TopicTree[V]], level: str) -> list[TopicTree[V]]:
    return [node.children[level] for node in nodes if level in node.children]

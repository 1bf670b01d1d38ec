"""The registry: one set of tables, consistent in itself, and what is generated from it is fresh."""

import itertools
from pathlib import Path

import pytest
from lilong_protocol import registry
from lilong_protocol.registry import generate
from lilong_protocol.registry.frozen import grown, meanings
from lilong_protocol.registry.tables import Kind


@pytest.mark.parametrize(
    "table", [registry.KINDS, registry.QUANTITIES, registry.ALARMS, registry.EVENTS, registry.COMMANDS]
)
def test_numbers_and_names_are_unique(table: tuple[Kind, ...]) -> None:
    assert len({row.number for row in table}) == len(table)
    assert len({row.name for row in table}) == len(table)


def test_everything_has_an_english_and_a_chinese_label() -> None:
    for row in itertools.chain(
        registry.KINDS, registry.QUANTITIES, registry.ALARMS, registry.EVENTS, registry.COMMANDS
    ):
        assert row.label.en
        assert row.label.zh
        assert row.label.zh != row.label.en or row.label.en.isascii()


@pytest.mark.parametrize("kind", registry.KINDS, ids=lambda kind: kind.name)
def test_a_kind_names_only_what_the_tables_hold(kind: Kind) -> None:
    assert set(kind.quantities) <= {row.name for row in registry.QUANTITIES}
    assert set(kind.alarms) <= {row.name for row in registry.ALARMS}
    assert set(kind.events) <= {row.name for row in registry.EVENTS}
    assert set(kind.commands) <= set(registry.COMMAND)
    assert kind.category in {
        "vehicle_management", "perimeter_alarm", "access_control", "video_intercom", "video_surveillance",
        "smart_home", "infrastructure",
    }  # fmt: skip
    assert kind.link.offline_s > kind.link.beat_s


def test_what_follows_from_the_registry_is_fresh() -> None:
    assert generate.stale() == []


@pytest.mark.spec("LIL-FRAME-005")
def test_no_number_is_reused_or_given_another_type_or_unit() -> None:
    """`make codes` adds a new one to the file; a line of it is never changed or taken out."""
    frozen = Path(generate.__file__).parents[2] / "frozen.txt"
    assert set(frozen.read_text(encoding="utf-8").splitlines()) == set(meanings())
    assert grown("kind 1 smoke\nkind 6 ring\n").startswith("kind 1 smoke\nkind 6 ring\npayload key 0 ")

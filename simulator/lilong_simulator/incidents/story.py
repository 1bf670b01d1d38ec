"""What an incident comes to in an estate: what sensors see, what is true of it, what must follow; before it happens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from lilong_protocol.pc.findings import DISPATCH, IMPOSSIBLE_PASSAGE

from ..estate import Device
from ..truth import (
    CARD_ELSEWHERE,
    CARD_REVOKED,
    DECIDED,
    NO_LIMITS,
    TELL_EACH,
    Expectation,
    Limits,
    TruthRow,
    finding_row,
    limits,
    truth_row,
)
from ..wiring import watchers
from .base import IncidentError
from .levels import span
from .model import Finding, Follow, IncidentFile, Local, Read, Row, Told, Truth, several
from .physics import Curve, Element, Scene
from .physics.card import Card

Seen = Mapping[Device, Sequence[Curve]]
CARD, EXIT = "credential", "exit_button"  # channels of a door that ask its lock
Span = tuple[int, int | None]


@dataclass
class Story:
    """Everything in ms of world time. `seen`: by the name of the element; `expectations`: with when they begin; `dead`:
    when devices are destroyed, by their ids."""

    scene: Scene
    content: IncidentFile
    seen: dict[str, Seen] = field(default_factory=dict)
    dead: dict[str, int] = field(default_factory=dict)
    truth: list[TruthRow] = field(default_factory=list)
    expectations: list[tuple[int, list[Expectation]]] = field(default_factory=list)
    raised: dict[str, list[TruthRow]] = field(default_factory=dict)  # what must be raised, by the element

    @cached_property
    def watchers(self) -> dict[str, str]:
        """Of each device on a building bus its gateway."""
        return watchers(self.scene.places.estate)


def tell(content: IncidentFile, scene: Scene) -> Story:
    """IncidentError where the estate has no place for it, or where what must be raised has no cause."""
    story = Story(scene, content)
    for element in content.physics:
        devices = scene.places.devices(element.at)
        story.seen[element.name] = {device: element.curves(scene, device) for device in devices}
        if (dead := element.dead(scene)) is not None:
            story.dead.update((device.id, min(dead, story.dead.get(device.id, dead))) for device in devices)
    _named(story)
    _end(story)
    rows = story.raised
    late: list[Row] = []
    for row in (*content.truth, *content.finding):
        if row.of is None or (isinstance(row, Finding) and row.confirmed_by is not None):
            late.append(row)
            continue
        found = list(_of_element(story, row, row.of))
        story.truth += found
        if row.expect == "must":
            rows.setdefault(row.of, []).extend(found)
        if isinstance(row, Truth) and row.stays:
            lost = [one for one in found if one.device in story.dead]
            story.expectations += [(one.crossing_ms, [_stays(scene, one)]) for one in lost]
        if isinstance(row, Truth) and row.latched:
            story.expectations += [(one.crossing_ms, [_stays(scene, one, "latched")]) for one in found]
        if isinstance(row, Truth) and (row.delivered_s is not None or row.repeated_s is not None):
            story.expectations += [(one.crossing_ms, list(_by_network(scene, row, one))) for one in found]
    for row in late:
        story.truth += _of_place(story, row, rows) if row.of is None else _of_element(story, row, row.of)
    for follow in content.follow:
        story.expectations += _followed(story, follow, rows)
    for told in content.told:
        story.expectations.append((scene.at(told.from_s), list(_said(scene, told))))
    for local in content.local:
        story.expectations += _locally(story, local)
    for read in content.read:
        story.expectations += _read(story, read)
    return story


def _named(story: Story) -> None:
    """Nobody can find the copy of a card of which no door tells."""
    if not any(row.name == IMPOSSIBLE_PASSAGE.name and row.expect == "must" for row in story.content.finding):
        return
    places = story.scene.places
    for holder in [one.holder for one in story.content.physics if isinstance(one, Card) and one.holder is not None]:
        flat = places.flat(holder)
        if places.estate.household(flat).confidential:
            what = f"{holder}: of the household in {flat.key} no card is told, it is confidential"
            raise IncidentError(f"{story.scene.name}: {what}; choose another flat")


def _end(story: Story) -> None:
    """A device that is destroyed sees nothing any more."""
    for seen in story.seen.values():
        for device, curves in seen.items():
            if (dead := story.dead.get(device.id)) is not None:
                for curve in curves:
                    curve.steps[:] = [step for step in curve.steps if step[0] < dead]


# ---- the truth


def _of_element(story: Story, row: Row, name: str) -> Iterator[TruthRow]:
    attack = next((one for one in story.content.attacks if one.name == name), None)
    if attack is not None:
        at = story.scene.at(attack.after_s)
        yield from _rows(story, row, _there(story, row), (at, at), attack.told())
        return
    element = next(one for one in story.content.physics if one.name == name)
    there = None if row.at is None else _there(story, row)
    for device, curves in story.seen[name].items():
        if (there is not None and device not in there) or not _heard(story, row, device):
            continue
        for alarm in row.alarms if isinstance(row, Truth) else [""]:
            dead = element.dead(story.scene)
            found = span(alarm, curves) if dead is None else (dead, None)
            if (unseen := element.unseen(story.scene, device)) is not None:
                found = unseen, None
            if found is None:
                what = f"{alarm} has no cause at {device.name}: its level is never crossed"
                raise IncidentError(f"{story.scene.name}: {name}: {what}; make it stronger, or last longer")
            told = _row(story, row, device, alarm, _ended(story, element, device, found), element.told())
            yield replace(told, recall=element.recall()) if told.by == "device" and row.expect == "must" else told


def _of_place(story: Story, row: Row, rows: Mapping[str, list[TruthRow]]) -> Iterator[TruthRow]:
    scene = story.scene
    if row.since is not None:
        begin = min((one.crossing_ms for one in rows.get(row.since, ())), default=_first(story, row.since))
    elif row.over is not None:
        begin = max(_last(story, name) for name in several(row.over))
    else:
        begin = scene.at(row.after_s or 0.0)
    end = None if row.until_s is None else scene.at(row.until_s)
    if row.until is not None:
        end = max(_last(story, name) for name in several(row.until))
    yield from _rows(story, row, _there(story, row), (begin, end), ", ".join(several(row.since) or several(row.over)))


def _rows(story: Story, row: Row, devices: Sequence[Device | None], when: Span, cause: str) -> Iterator[TruthRow]:
    for device in devices:
        if _heard(story, row, device):
            for alarm in row.alarms if isinstance(row, Truth) else [""]:
                yield _row(story, row, device, alarm, when, cause)


def _row(story: Story, row: Row, device: Device | None, alarm: str, when: Span, cause: str) -> TruthRow:
    begin, end = when
    name, cause = story.scene.name, row.cause or cause
    if isinstance(row, Finding):
        members = [one.id for place in several(row.members) for one in story.scene.places.devices(place)]
        bounds = _bounds(row) or NO_LIMITS
        causes = [
            one for name in several(row.confirmed_by) for one in story.raised.get(name, ())
            if row.of is None or device is None or one.device == device.id
        ]  # fmt: skip
        if row.confirmed_by is not None and len({one.device for one in causes}) < row.quorum:
            what = f"{row.name} follows from {row.quorum} alarms, and {len(causes)} are raised"
            raise IncidentError(f"{name}: {what}; lower quorum")
        more = {"on_site_ms": row.on_site_s, "ended_ms": row.ended_s}
        return finding_row(
            row.name, begin, cause, device, row.expect, name, end, _with(bounds, more), members,
            _sent(story, row, device), story.watchers[device.id] if row.by_gateway and device is not None else "",
            [one.id for one in causes], row.quorum if row.confirmed_by is not None else 0,
        )  # fmt: skip
    assert device is not None
    found = truth_row(device, alarm, begin, cause, row.expect, name, end, _bounds(row), _told(row))
    assert isinstance(row, Truth)
    more = {"not_before_ms": row.not_before_s, "transfer_ms": row.transfer_s}
    return replace(found, limits=_with(found.limits, more))


def _with(bounds: Limits, more: Mapping[str, float | None]) -> Limits:
    return bounds | {key: round(limit * 1000) for key, limit in more.items() if limit is not None}


def _told(row: Row) -> dict[str, Any]:
    """What a backend tells of an alarm is so."""
    assert isinstance(row, Truth)
    return {**row.tells, **({"raised_at": DECIDED} if row.dated else {})}


def _sent(story: Story, row: Finding, device: Device | None) -> dict[str, Any]:
    """Who is sent has that grid cell."""
    if row.name != DISPATCH.name or row.expect != "must" or device is None:
        return {}
    cell = story.scene.places.estate.cell_of(device)
    return {} if cell is None or not cell.officer else {"officer": cell.officer}


def _heard(story: Story, row: Row, device: Device | None) -> bool:
    """Whether a gateway hears it, of a row that wants one."""
    if not isinstance(row, Finding) or not row.by_gateway:
        return True
    return device is not None and device.id in story.watchers


def _bounds(row: Row) -> Limits | None:
    """None: those that its alarm has."""
    if row.expect != "must" or all(limit is None for limit in row.bounds):
        return None
    return limits(*(None if limit is None else round(limit * 1000) for limit in row.bounds))


def _there(story: Story, row: Row) -> Sequence[Device | None]:
    return [None] if row.at is None else story.scene.places.devices(row.at)


def _ended(story: Story, element: Element, device: Device, found: Span) -> Span:
    """A device that is destroyed sees no end; where devices act on it, nobody knows the end."""
    if element.felt:
        return found[0], None
    dead = story.dead.get(device.id)
    return found if dead is None or dead <= found[0] or (found[1] or dead) < dead else (found[0], dead)


def _times(story: Story, name: str) -> list[int]:
    seen = story.seen.get(name)
    if seen is None:
        attack = next(one for one in story.content.attacks if one.name == name)
        return [story.scene.at(attack.after_s), story.scene.at(attack.after_s + attack.every_s * (attack.times - 1))]
    element = next(one for one in story.content.physics if one.name == name)
    steps = [at for curves in seen.values() for curve in curves for at, _ in curve.steps]
    return steps or [story.scene.at(element.after_s), story.scene.at(element.ends_s)]


def _first(story: Story, name: str) -> int:
    return min(_times(story, name))


def _last(story: Story, name: str) -> int:
    return max(_times(story, name))


# ---- what must follow


def _followed(
    story: Story, follow: Follow, rows: Mapping[str, list[TruthRow]]
) -> Iterator[tuple[int, list[Expectation]]]:
    scene = story.scene
    causes = [row for name in follow.elements for row in rows.get(name, ())]
    if len(causes) < follow.quorum:
        what = f"{follow.action} follows from {follow.quorum} alarms, and {len(causes)} are raised"
        raise IncidentError(f"{scene.name}: {what}; lower quorum")
    begins = sorted(row.crossing_ms for row in causes)[follow.quorum - 1]
    after = tuple(row.id for row in causes)
    others = {one.id for _, known in story.expectations for one in known}
    expected = []
    for device in scene.places.devices(follow.at):
        for what, within_s in _due(follow):
            if within_s is not None:
                row_id = f"{scene.name}:{device.name}:{follow.action}:{what}"
                if row_id in others:  # after another alarm
                    row_id += f":{'+'.join(follow.elements)}"
                expected.append(
                    Expectation(
                        row_id, scene.name, what, follow.action, device.id, device.name, after, follow.quorum,
                        None if what == "kept" else round(within_s * 1000),
                    )
                )  # fmt: skip
    yield begins, expected


def _due(follow: Follow) -> Iterator[tuple[Literal["command", "report", "kept"], float | None]]:
    yield "command", follow.within_s
    yield "report", follow.reported_s
    yield "kept", follow.within_s if follow.kept else None


def _said(scene: Scene, told: Told) -> Iterator[Expectation]:
    begin, end = scene.at(told.from_s), scene.at(told.until_s)
    for device in scene.places.devices(told.at):
        yield Expectation(
            f"{scene.name}:{device.name}:{told.what}:{begin}", scene.name, told.what,
            TELL_EACH if told.each else f"tell_{told.what}", device.id,
            device.name, (), 0, round(told.within_s * 1000), begin, end, told.most,
        )  # fmt: skip


def _locally(story: Story, local: Local) -> Iterator[tuple[int, list[Expectation]]]:
    """From when its alarm crosses; a device that by design does not see it does nothing."""
    scene, within = story.scene, round(local.within_s * 1000)
    what: Literal["done", "noted"] = "noted" if local.event is not None else "done"
    action = local.event or local.action or ""
    element = next(one for one in story.content.physics if one.name == local.of)
    for row in story.raised.get(local.of, ()):
        device = scene.places.estate.by_id[row.device]
        if row.by == "device" and element.unseen(scene, device) is None:
            yield row.crossing_ms, [Expectation(
                f"{scene.name}:{row.name}:{action}:{row.crossing_ms}", scene.name, what, action, row.device, row.name,
                (), 0, within, row.crossing_ms,
            )]  # fmt: skip


def _read(story: Story, read: Read) -> Iterator[tuple[int, list[Expectation]]]:
    """Each time that a card comes into the field, or that somebody inside presses the button."""
    scene, within = story.scene, round(read.within_s * 1000)
    what: Literal["granted", "denied"] = "granted" if read.granted else "denied"
    action = CARD_REVOKED if read.revoked else CARD_ELSEWHERE if read.elsewhere else f"card_{what}"
    if read.elsewhere and not scene.places.estate.doors_ask:
        return  # its doors decide by themselves: the copy opens, and is found afterwards
    for device, curves in story.seen[read.of].items():
        for channel, at, value in [(one.channel, *step) for one in curves for step in one.steps]:
            if value and channel in (CARD, EXIT):
                until = None if read.granted else at + round(read.for_s * 1000)
                yield at, [Expectation(
                    f"{scene.name}:{device.name}:{what}:{at}", scene.name, what,
                    "door_left" if channel == EXIT else action, device.id, device.name, (), 0, within, at, until,
                )]  # fmt: skip


def _by_network(scene: Scene, row: Truth, one: TruthRow) -> Iterator[Expectation]:
    """What becomes of an alarm that a network delivers, or does not."""
    wanted: tuple[tuple[Literal["delivered", "repeated"], float | None], ...] = (
        ("delivered", row.delivered_s), ("repeated", row.repeated_s),
    )  # fmt: skip
    for what, within_s in wanted:
        if within_s is not None:
            yield Expectation(
                f"{scene.name}:{one.id}:{what}", scene.name, what, f"alarm_{what}", one.device, one.name, (one.id,), 1,
                round(within_s * 1000),
            )  # fmt: skip


def _stays(scene: Scene, row: TruthRow, what: Literal["not_cleared", "latched"] = "not_cleared") -> Expectation:
    return Expectation(
        f"{scene.name}:{row.id}:{what}", scene.name, what, row.alarm, row.device, row.name, (row.id,), 1, None,
    )  # fmt: skip

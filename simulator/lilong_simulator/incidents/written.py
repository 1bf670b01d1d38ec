"""An incident from a file: asked for at other places or at another time, put into a world."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, time
from typing import TYPE_CHECKING

from ..estate import Device, Estate
from ..random_streams import Streams
from ..toml_files.errors import nearest
from ..truth import PASSES
from ..world.claims import FOREVER_MS, PASSAGE_MS, PASSED, calm_ms
from ..world.local_time import LocalTime
from ..world.watched import Watch
from .base import Incident, IncidentError, Step
from .model import IncidentFile
from .physics import Scene
from .physics.card import Card
from .place import Places
from .story import Story, tell

if TYPE_CHECKING:
    from ..load.faults import FaultAsked
    from ..world import World

HABITS = {"door.forced": "forced", "door.held": "held"}  # what the residents ask before they cause such an alarm


class WrittenIncident(Incident):
    """`name`: as it was asked for. `when`: a local time, seconds after the world began, or None: as the file says."""

    def __init__(self, name: str, content: IncidentFile, when: time | float | None = None) -> None:
        self.name = name
        self.content = content
        self.has_faults = bool(content.faults)
        self._when = when if when is not None else 0.0 if content.at == "start" else content.at

    def elsewhere(
        self, name: str, places: Sequence[tuple[str, str]] = (), when: time | float | None = None
    ) -> WrittenIncident:
        """The same at other places, or at another time."""
        moved = dict(self.content.places)
        for key, value in places:
            if key not in moved:
                raise IncidentError(f'"{name}": it has no place {key!r}; {nearest(key, moved)}')
            try:
                moved[key] = moved[key].moved(value)
            except ValueError:  # as pydantic's are
                follows = moved[key].follows
                remedy = f"comes of {follows}; choose that one" if follows else "has another form; give another one"
                raise IncidentError(f'"{name}": {key} cannot be {value!r}: it {remedy}') from None
        return WrittenIncident(name, self.content.model_copy(update={"places": moved}), when)

    @property
    def timeline(self) -> tuple[Step, ...]:  # type: ignore[override]
        """What happens, whatever the estate."""
        steps = [Step(round(one.after_s * 1000), one.told()) for one in (*self.content.physics, *self.content.attacks)]
        for fault in self.content.faults:
            lasts = f" for {fault['for_s']:g} s" if "for_s" in fault else ""
            steps.append(Step(round(fault["at_s"] * 1000), f"{fault['name']}{lasts}"))
        return tuple(sorted(steps, key=lambda step: step.after_ms))

    @property
    def lasts_ms(self) -> int:
        """From its beginning to the last that is known of it."""
        ends_s = [one.ends_s for one in self.content.physics]
        ends_s += [fault["at_s"] + fault.get("for_s", 0) for fault in self.content.faults]
        return max([round(end * 1000) for end in ends_s] + [super().lasts_ms])

    @property
    def when(self) -> time | float:
        """A local time, or seconds after the world began."""
        return self._when

    @property
    def when_words(self) -> str:
        """When it begins, in words."""
        if isinstance(self._when, time):
            return f"at {self._when.isoformat()}, local time"
        return f"{self._when:g} s after the world" if self._when else "with the world"

    def begins(self, local: LocalTime) -> int:
        """World time of its beginning, ms."""
        if isinstance(self._when, time):
            return local.next(self._when)
        return round(self._when * 1000)

    def device_names(self, estate: Estate) -> list[str]:
        """What is driven, then what must follow, then what must not be raised."""
        places = Places(self.name, estate, self.content.places)
        order = [one.at for one in self.content.physics]
        order += [one.of for one in self.content.attacks if one.of is not None]
        order += [one.at for one in self.content.follow]
        order += [one.at for one in self.content.told]
        order += [one.at for one in self.content.passages]
        order += [one.at for one in (*self.content.truth, *self.content.finding) if one.at is not None]
        return list(dict.fromkeys(device.name for place in order for device in places.devices(place)))

    def faults(self, estate: Estate, start: datetime) -> Iterator[FaultAsked]:
        """Those of the run that belong to it, in a world that begins at `start`."""
        from ..load.faults import from_table  # noqa: PLC0415  which has incidents

        places = Places(self.name, estate, self.content.places)
        begin_s = self.begins(LocalTime(start)) / 1000
        for table in self.content.faults:
            given = {**table, "at_s": table["at_s"] + begin_s}
            place = given.pop("at", None)
            if place is None:
                yield replace(from_table(given), incident=self.name)
            else:
                for device in places.devices(place):
                    yield replace(from_table({**given, "device": device.name}), incident=self.name)

    def story(self, estate: Estate, begin: int, streams: Streams) -> Story:
        """What it comes to; IncidentError where the estate has no place for it."""
        return tell(self.content, Scene(self.name, begin, Places(self.name, estate, self.content.places), streams))

    def install(self, world: World) -> None:
        """Claims what it drives and puts it on the agenda, with truth and expectations."""
        story = self.story(world.estate, self.begins(world.local), world.streams)
        scene = story.scene
        spans = list(_spans(story))
        for device, channel, first, last in spans:
            if not world.claims.free(device.id, channel, first, last):
                what = f"{channel} of {device.name} is driven by another incident at that time"
                raise IncidentError(f"{self.name}: {what}; choose another place or time for one of them")
        for device, channel, first, last in spans:
            after = PASSAGE_MS if channel in PASSED else 0
            world.claims.add(device.id, channel, first - calm_ms(channel), last + after)
        for _, expected in story.expectations:
            for one in expected:
                if one.what in ("granted", "denied") and one.from_ms is not None:  # nobody else is in the way
                    ends = one.until_ms or one.from_ms
                    world.claims.add(one.device, "contact", one.from_ms - PASSAGE_MS, ends)
        for read in self.content.read:
            if read.revoked:
                card = next(one for one in self.content.physics if isinstance(one, Card) and one.name == read.of)
                world.withdrawn[card.told_number(scene)] = scene.begin
        for row in story.truth:
            if (habit := HABITS.get(row.alarm)) is not None:
                sure = " for sure" if row.expect == "may" else ""
                end = FOREVER_MS if row.until_ms is None else row.until_ms
                world.claims.add(row.device, f"{habit}{sure}", row.crossing_ms - 1, end)
            world.expect(row)
        for element in self.content.physics:
            element.install(scene, world, story.seen[element.name])
        for attack in self.content.attacks:
            attack.install(scene, world)
        world.watches += _watches(scene, self.content)
        for at, expectations in story.expectations:
            world.follow(at, expectations)


def _watches(scene: Scene, content: IncidentFile) -> Iterator[Watch]:
    for one in content.passages:
        devices = scene.places.devices(one.at)
        if other := next((device for device in devices if device.kind not in PASSES), None):
            raise IncidentError(f"{scene.name}: {one.at}: nobody is let in at {other.name}; give doors or lanes")
        yield Watch(
            scene.name, frozenset(device.id for device in devices), scene.at(one.from_s), scene.at(one.until_s),
            {
                "within_ms": one.within_s * 1000, "share": one.share,
                "share_ms": None if one.share_s is None else one.share_s * 1000,
            },
        )  # fmt: skip


def _spans(story: Story) -> Iterator[tuple[Device, str, int, int]]:
    """Who drives which channel from when to when."""
    for element in story.content.physics:
        for device, curves in story.seen[element.name].items():
            for channel, steps in curves:
                if steps:
                    yield device, channel, steps[0][0], FOREVER_MS if device.id in story.dead else steps[-1][0]

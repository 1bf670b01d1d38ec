"""Incident files: the example of the README is played as it stands, and what is wrong in one is told with its line."""

import re
from datetime import datetime, time
from pathlib import Path

import pytest
from lilong_simulator import incidents
from lilong_simulator.estate import Estate, load_estate
from lilong_simulator.incidents import IncidentError, WrittenIncident
from lilong_simulator.incidents.asked import parse
from lilong_simulator.incidents.model import IncidentFile
from lilong_simulator.incidents.physics import MODELS
from lilong_simulator.random_streams import Streams
from lilong_simulator.world import World
from lilong_simulator.world.local_time import LocalTime
from world_log import run

SMALL = Path(__file__).with_name("small_estate.toml")
README = Path(__file__).parents[2] / "simulator/README.md"
EVENING = datetime(2026, 3, 4, 20)
MINUTE = 60_000
EXAMPLE = re.search(r"```toml\n(title.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
assert EXAMPLE is not None
ELEVENTH = EXAMPLE[1]


@pytest.fixture(scope="module")
def small() -> Estate:
    return load_estate(SMALL)


def written(folder: Path, text: str = ELEVENTH) -> str:
    file = folder / "lift_hall.toml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def story(text: str, estate: Estate, folder: Path):
    incident = incidents.find(written(folder, text))
    assert isinstance(incident, WrittenIncident)
    return incident.story(estate, 0, Streams(7))


def test_the_eleventh_of_the_readme_needs_no_code(small: Estate, tmp_path: Path) -> None:
    log = run(small, EVENING, 30 * MINUTE, [incidents.find(written(tmp_path))])
    rows = [row for row in log.world.truth if row.incident == "lift_hall"]
    begin = 15 * MINUTE
    assert [(row.expect, row.alarm, row.crossing_ms - begin) for row in rows] == [
        ("must_not", "door.forced", 0), ("must", "smoke.alarm", 60_000), ("must", "door.held", 151_000),
    ]  # fmt: skip
    smoke = log.of("obscuration", small.device("core1/02F/corridor/smoke").id)
    assert next(at for at, _, _, value in smoke if value > 230) - begin == 60_000


def test_the_readme_names_every_model_and_every_key() -> None:
    text = README.read_text(encoding="utf-8")
    text = text[text.index("## Incidents are files") : text.index("## Against a backend")]
    named = set(re.findall(r"[a-z_0-9]+", text))
    assert set(MODELS) <= named
    for model in MODELS.values():
        assert set(model.model_fields) <= named, model
    assert set(IncidentFile.model_fields) <= named


WRONG = {
    "a key that is none": ("crosses_s = 60", "crosess_s = 60", r":13: .*crosess_s: is not a key here; did you mean"),
    "a model that is none": (
        '"smoke"\nat', '"smok"\nat', r':11: physics\[0\].model: "smok" is no model; did you mean "smoke"',
    ),
    "a place that is none": (
        'at = "hall"', 'at = "hal"', r':12: physics\[0\].at: .hal. is none of the places; did you mean "hall"',
    ),
    "an element that is none": ('of = "smoke"', 'of = "smoek"', r"of: .smoek. is none of the elements; did you mean"),
    "an alarm that is none": ('"smoke.alarm"', '"smoke.alrm"', r'is no alarm; did you mean "smoke.alarm"'),
    "an alarm without limits": ('"door.held"', '"tamper"', r"tamper has no limits of its own; give local_s"),
    "a number in quotes": ("for_s = 90", 'for_s = "90"', r'must be a number, but is "90"; write it without quotes'),
    "an order that cannot be": ("out_s = 300", "out_s = 30", r"crosses_s and out_s are not in this order"),
    "values that are none": (
        'alarm = "smoke.alarm"', 'alarm = "smoke.alarm"\ntells = { storei = [1, 2] }', r"storei is no quantity; did",
    ),
    "values the wrong way round": (
        'alarm = "smoke.alarm"', 'alarm = "smoke.alarm"\ntells = { storey = [2, 1] }', r"storey is from 2 to 1; turn",
    ),
    "a limit below its other end": (
        'alarm = "smoke.alarm"', 'alarm = "smoke.alarm"\nlocal_s = 5\nnot_before_s = 6', r"not_before_s is not below",
    ),
    "what must not be, and not before": (
        'alarm = "door.forced"', 'alarm = "door.forced"\ndated = true', r"says how it is raised, and must_not be",
    ),
    "somebody on site of what sends nobody": (
        '[[truth]]\nof = "smoke"',
        '[[finding]]\nof = "smoke"\nname = "comms.offline"\non_site_s = 9\n[[truth]]\nof = "smoke"',
        r"has on_site_s, and nobody is sent",
    ),
    "delivery of what must not be": (
        'alarm = "door.forced"', 'alarm = "door.forced"\ndelivered_s = 30', r"has delivered_s or repeated_s, and is",
    ),
    "what is told of no place": (
        "[[truth]]\nof", '[[told]]\nwhat = "events"\nat = "hal"\nuntil_s = 9\nwithin_s = 1\n[[truth]]\nof',
        r":24: told\[0\].at: .hal. is none of the places",
    ),
    "a place that is away from none": (
        "hall = { device", 'hall = { apart_from = "hal", apart_m = 9, device',
        r"places.hall.apart_from: .hal. is none of the places",
    ),
    "a place that is away by nothing": (
        "hall = { device", 'hall = { apart_from = "hall", device',
        r"has apart_from or apart_m alone; give both of them or none",
    ),
    "what is told of no time": (
        "[[truth]]\nof", '[[told]]\nwhat = "events"\nat = "hall"\nuntil_s = 0\nwithin_s = 1\n[[truth]]\nof',
        r"until_s is not after from_s; raise it",
    ),
    "each of what is thinned": (
        "[[truth]]\nof",
        '[[told]]\nwhat = "telemetry"\nat = "hall"\nuntil_s = 9\nwithin_s = 1\neach = true\n[[truth]]\nof',
        r"says each, which is of events, not telemetry; leave it out",
    ),
    "passages of no place": (
        "[[truth]]\nof", '[[passages]]\nat = "hal"\nuntil_s = 9\n[[truth]]\nof',
        r":23: passages\[0\].at: .hal. is none of the places",
    ),
    "passages of no time": (
        "[[truth]]\nof", '[[passages]]\nat = "hall"\nuntil_s = 0\n[[truth]]\nof',
        r"until_s is not after from_s; raise it",
    ),
    "a share of passages without a limit": (
        "[[truth]]\nof", '[[passages]]\nat = "hall"\nuntil_s = 9\nshare = 0.9\n[[truth]]\nof',
        r"has share or share_s alone; give both of them or none",
    ),
    "a share of passages with a wider limit": (
        "[[truth]]\nof", '[[passages]]\nat = "hall"\nuntil_s = 9\nshare = 0.9\nshare_s = 2\n[[truth]]\nof',
        r"share_s is not below within_s; lower it",
    ),
    "a latch of what must not be": (
        'alarm = "door.forced"', 'alarm = "door.forced"\nlatched = true',
        r"is latched, and is not a must of an element; leave latched out",
    ),
    "a card that is none": (
        "[[truth]]\nof", '[[read]]\nof = "smoke"\ngranted = true\n[[truth]]\nof', r"of: .smoke. is none of the cards",
    ),
    "a card that opens and is revoked": (
        "[[truth]]\nof", '[[read]]\nof = "smoke"\ngranted = true\nrevoked = true\n[[truth]]\nof',
        r"is more than one of granted, revoked and elsewhere; choose one",
    ),
    "a card that opens and is elsewhere": (
        "[[truth]]\nof", '[[read]]\nof = "smoke"\ngranted = true\nelsewhere = true\n[[truth]]\nof',
        r"is more than one of granted, revoked and elsewhere; choose one",
    ),
    "no title": ("title = {", "tile = {", r"tile: is not a key here; did you mean"),
    "two places in one": ("hall = { device", "hall = { core = 1, device", r"has device and core; choose one"),
    "a limit of a must_not": ("until_s = 400", "until_s = 400\nlocal_s = 3", r"has a limit, and must_not be raised"),
    "nothing when": ("after_s = 0\n", "", r"says not once when it begins; give of, or at with"),
    "no TOML": ("[places]", "[places", r":6: \(TOML\): expected"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_told_with_file_line_and_remedy(tmp_path: Path, what: str) -> None:
    right, wrong, told = WRONG[what]
    assert right in ELEVENTH
    with pytest.raises(IncidentError, match=told) as error:
        incidents.find(written(tmp_path, ELEVENTH.replace(right, wrong, 1)))
    assert re.match(rf"{re.escape(str(tmp_path))}/lift_hall\.toml:\d+: ", str(error.value))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(IncidentError, match=r"none\.toml: cannot be read \(No such file"):
        incidents.find(str(tmp_path / "none.toml"))


def test_nobody_is_let_in_where_there_is_no_door(tmp_path: Path) -> None:
    file = written(tmp_path, ELEVENTH + '\n[[passages]]\nat = "hall"\nuntil_s = 9\n')
    with pytest.raises(IncidentError, match=r"nobody is let in at .*smoke; give doors or lanes"):
        World(load_estate("music_plaza"), 7, datetime(2026, 3, 2, 6), [incidents.find(file)])


FOLLOW = '\n[[follow]]\naction = "fire_release"\nat = "lobby"\nafter = "smoke"\nwithin_s = 3\n'
FAULT = '\n[[faults]]\nname = "partition"\nat = "lobby"\nat_s = 10\nfor_s = 20\n'
LOCAL = '\n[[local]]\nof = "smoke"\nevent = "muted"\nwithin_s = 5\n'
FORWARDED = '\n[[finding]]\nname = "fire.forwarded"\nsince = "smoke"\nconfirmed_by = "smoke"\ningest_s = 3\n'
FINDING = '\n[[finding]]\nname = "comms.offline"\nat = "lobby"\nafter_s = 5\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (FOLLOW.replace("fire_release", "open_sesame"), r"open_sesame cannot be seen; .*known: .*fire_release"),
        (FOLLOW.replace('"smoke"', '"hall"'), r"no alarm must be raised of 'hall'; known: door_held, smoke"),
        (FAULT.replace("partition", "partitoin"), r'partitoin.*did you mean "partition"'),
        (FAULT.replace("for_s = 20\n", ""), r"partition has no for_s; say how long"),
        (
            FINDING.replace('at = "lobby"', "by_gateway = true"),
            r"has by_gateway, and is about the estate; say of which devices",
        ),
        (LOCAL.replace("muted", "mutde"), r'mutde. is none of the events; did you mean "muted"'),
        (LOCAL.replace('event = "muted"', 'action = "sing"'), r"'sing' is none of the outputs that can be seen"),
        (LOCAL.replace('event = "muted"\n', ""), r"does not say what it does; give one of action and event"),
        (LOCAL.replace('of = "smoke"', 'of = "smok"'), r"'smok' is none of the elements"),
        (FORWARDED.replace('confirmed_by = "smoke"', 'confirmed_by = "door"'), r"no alarm must be raised of 'door'"),
        (FORWARDED.replace('confirmed_by = "smoke"', "quorum = 2"), r"has quorum, and not of what; give confirmed_by"),
        (FINDING.replace("offline", "ofline"), r'comms.ofline is no finding; did you mean "comms.offline"'),
    ],
)
def test_what_follows_faults_and_findings_are_checked_too(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(IncidentError, match=told):
        incidents.find(written(tmp_path, ELEVENTH + text))


def test_a_finding_that_alarms_confirm_needs_as_many_devices_as_its_quorum(small: Estate, tmp_path: Path) -> None:
    (found,) = [row for row in story(ELEVENTH + FORWARDED, small, tmp_path).truth if row.by == "backend"]
    (cause,) = found.after
    assert (found.quorum, found.crossing_ms, cause.split(":")[1]) == (1, 60_000, "smoke.alarm")
    with pytest.raises(IncidentError, match="follows from 2 alarms, and 1 are raised; lower quorum"):
        story(ELEVENTH + FORWARDED + "quorum = 2\n", small, tmp_path)


def test_what_a_device_does_by_itself_counts_from_its_crossing(small: Estate, tmp_path: Path) -> None:
    ((begins, (expected,)),) = story(ELEVENTH + LOCAL, small, tmp_path).expectations
    assert (begins, expected.what, expected.action, expected.from_ms) == (60_000, "noted", "muted", 60_000)


def test_follow_faults_and_findings(small: Estate, tmp_path: Path) -> None:
    whole = story(ELEVENTH + FOLLOW + FAULT + FINDING, small, tmp_path)
    ((begins, expected),) = whole.expectations
    assert begins == 60_000
    assert [(one.what, one.name, one.within_ms) for one in expected] == [("command", "core1/ground/door", 3_000)]
    (found,) = [row for row in whole.truth if row.by == "backend"]
    assert (found.alarm, found.name, found.crossing_ms) == ("comms.offline", "core1/ground/door", 5_000)
    incident = incidents.find(f"{tmp_path}/lift_hall.toml@20:30")
    (fault,) = incident.faults(small, EVENING)
    assert (fault.at_s, fault.for_s, dict(fault.arguments)) == (1_810.0, 20.0, {"device": "core1/ground/door"})


def test_what_a_gateway_has_to_tell_is_expected_where_there_is_one(small: Estate, tmp_path: Path) -> None:
    text = ELEVENTH + FINDING + "by_gateway = true\n"
    assert not small.of_kind("gateway")
    assert [row for row in story(text, small, tmp_path).truth if row.by == "backend"] == []
    plaza = load_estate("music_plaza")
    (found,) = [row for row in story(text, plaza, tmp_path).truth if row.by == "backend"]
    assert (found.name, found.through) == ("core1/ground/door", plaza.device("core1/gateway").id)


def test_what_never_crosses_cannot_be_a_must(small: Estate, tmp_path: Path) -> None:
    with pytest.raises(IncidentError, match=r"door.held has no cause at core1/ground/door.*last longer"):
        story(ELEVENTH.replace("for_s = 90", "for_s = 20"), small, tmp_path)


def test_two_incidents_do_not_drive_one_sensor(small: Estate, tmp_path: Path) -> None:
    file = written(tmp_path)
    with pytest.raises(IncidentError, match="obscuration of core1/02F/corridor/smoke is driven by another incident"):
        World(small, 7, EVENING, [incidents.find(file), incidents.find(f"{file}@20:16")])
    World(small, 7, EVENING, [incidents.find(file), incidents.find(f"{file}:hall=core2/02F/corridor/smoke@23:00")])


def test_how_an_incident_is_asked_for() -> None:
    assert parse("x:flat=5/0903,band=a*@21:10").places == (("flat", "5/0903"), ("band", "a*"))
    assert parse("x@21:10").when == time(21, 10)
    assert parse("x@now").when == 70.0
    assert parse("x@+300").when == 300.0
    local = LocalTime(EVENING)
    begins = {text: incidents.find(text).begins(local) for text in ("intruder", "intruder@+300", "kitchen_fire_cut")}
    assert begins == {"intruder": 22_800_000, "intruder@+300": 300_000, "kitchen_fire_cut": 0}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("kitchen_fire@", "write NAME, NAME@21:10"),
        ("kitchen_fire@24:10", "'24:10' is no time of day"),
        ("kitchen_fire:flat", "'flat' is no place"),
        ("kitchen_fire:flat=1/0101,flat=1/0102", "flat is given twice"),
        ("kitchen_fire:flta=1/0101", 'it has no place \'flta\'; did you mean "flat"'),
        ("kitchen_fire:flat=first", "flat cannot be 'first'"),
        ("kitchen_fire:doors=x", "comes of flat; choose that one"),
        ("smoke.alarm:flat=1/0101", "it has no place 'flat'; give device=NAME"),
    ],
)
def test_what_cannot_be_asked_for_is_told(text: str, told: str) -> None:
    with pytest.raises(IncidentError, match=re.escape(told)):
        incidents.find(text)


def test_every_built_in_file_says_where_its_figures_are_from() -> None:
    for name in incidents.INCIDENTS:
        content = incidents.read(name).content
        assert content.sources
        assert content.about.strip()
        assert [row for row in (*content.truth, *content.finding)], name


def test_a_fall_that_is_not_seen_is_missed_for_twelve_hours() -> None:
    plaza = load_estate("music_plaza")
    whole = incidents.read("elder_inactive").story(plaza, 0, Streams(7))
    (row,) = [row for row in whole.truth if row.alarm == "band.inactive"]
    assert row.crossing_ms == 1_100 + 12 * 60 * MINUTE
    assert [row.alarm for row in whole.truth if row.expect == "must_not"] == ["band.fall"]


def test_every_built_in_incident_has_its_place_in_music_plaza() -> None:
    plaza = load_estate("music_plaza")
    for name in incidents.INCIDENTS:
        assert incidents.read(name).story(plaza, 0, Streams(7)).truth
        assert incidents.find(name).device_names(plaza)

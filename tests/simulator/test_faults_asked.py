"""Faults as people ask for them: what they take, what is refused in which words, which devices they touch."""

import json
from pathlib import Path

import pytest
from lilong_simulator.estate import load_estate
from lilong_simulator.fleet.radio import Conditions, Radio, Tally
from lilong_simulator.load.faults import FAULTS, FaultAsked, FaultError, made, parse
from lilong_simulator.load.faults.given import with_faults
from lilong_simulator.load.faults.timeline import plan
from lilong_simulator.load.places import places_of
from lilong_simulator.load.scenario import START, Copies, Scenario, ScenarioError, dumps, read_scenario
from lilong_simulator.score.incidents import steps_of
from lilong_simulator.wiring import place_of

FILE = str(Path(__file__).with_name("small_estate.toml"))
ESTATE = load_estate(FILE)
DEVICES = {ESTATE.id: ESTATE.devices}


def touched(text, seed=7, devices=DEVICES, number=0):
    asked = [parse("partition at=1 for=1")] * number + [parse(text)]
    return [device.name for device in plan(asked, devices, seed)[number].devices[ESTATE.id]]


def test_a_fault_is_a_name_and_arguments():
    asked = parse("blackout at=20 for=30.5 feeder=core1")
    assert asked == FaultAsked("blackout", 20.0, 30.5, (("feeder", "core1"),))
    assert parse(str(asked)) == asked


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "names no fault; write one like"),
        ("at=3", "names no fault"),
        ("blckout at=1 for=2", 'no fault is called \'blckout\'; did you mean "blackout"?'),
        ("blackout for=2", "blackout has no at_s; say when it begins"),
        ("blackout at=1", "blackout has no for_s; say how long it lasts"),
        ("blackout at=-1 for=2", "at_s is -1.0; give seconds, 0 to"),
        ("blackout at=x for=2", "at_s is 'x'; give seconds"),
        ("blackout at=nan for=2", "at_s is nan; give seconds"),
        ("blackout at=1 at=2 for=2", "at is given twice"),
        ("blackout at=1 for=2 now", "'now' is no argument"),
        ("blackout at=1 for=2 feder=core1", 'no argument of blackout is called \'feder\'; did you mean "feeder"?'),
        ("partition at=1 for=2 share=1.5", "share is 1.5; give a part of the devices, above 0 and at most 1"),
        ("bad_radio at=1 for=2 loss=0.95", "loss is 0.95; give 0 to 0.9: the share of frames that are lost"),
        ("wrong_clock at=1 for=2 ppm=fast", "ppm is 'fast'; give -100000 to 100000 ppm"),
        ("low_battery at=1 for=2 level=40", "level is 40.0; give 0 to 9 %"),
        ("nuisance_flood at=1 for=2 alarm=smok.alarm", 'did you mean "smoke.alarm"?'),
        ("stuck_sensor at=1 for=2 channel=obscurity", "no channel is called 'obscurity'"),
        ("broker_restart at=1 for=2 kind=door", "no argument of broker_restart is called 'kind'; known: none"),
    ],
)
def test_what_is_none_is_told_with_what_to_do(text, told):
    with pytest.raises(FaultError) as error:
        parse(text)
    assert str(error.value).startswith(f"--fault {text!r}: ")
    assert told in str(error.value)


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_says_what_it_models(name):
    assert "What models it:" in __import__(FAULTS[name].__module__, fromlist=["x"]).__doc__


def test_a_feeder_is_the_riser_of_a_core_or_what_stands_outside():
    feeders = {place_of(device) for device in ESTATE.devices}
    assert {"core1", "core2"} < feeders
    assert all(name.startswith("core1/") for name in touched("partition at=1 for=1 feeder=core1"))


def test_a_blackout_spares_what_has_a_battery():
    kinds = {device.name: device.kind for device in ESTATE.devices}
    dark = {kinds[name] for name in touched("blackout at=1 for=1")}
    assert "door" in dark
    assert not dark & {"smoke", "manhole", "wristband"}


def test_a_place_that_no_estate_has_is_told_with_the_nearest():
    for text, told in (
        ("blackout at=1 for=1 feeder=cor1", 'no feeder is called \'cor1\'; did you mean "core1"?'),
        ("partition at=1 for=1 kind=dor", 'no kind is called \'dor\'; did you mean "door"?'),
        ("partition at=1 for=1 estate=lane", "no estate is called 'lane'"),
        ("blackout at=1 for=1 kind=smoke", "touches no device"),
    ):
        with pytest.raises(FaultError) as error:
            touched(text)
        assert str(error.value).startswith(f"fault {text}: ")
        assert told in str(error.value)


def test_a_share_is_drawn_by_the_seed_and_the_place_among_the_faults():
    some = touched("partition at=1 for=1 share=0.4")
    assert len(some) == round(0.4 * len(ESTATE.devices))
    assert some == touched("partition at=1 for=1 share=0.4")
    assert some != touched("partition at=1 for=1 share=0.4", seed=8)
    assert some != touched("partition at=1 for=1 share=0.4", number=1)


def test_a_shard_chooses_what_the_whole_run_does():
    asked = [parse("partition at=1 for=1 share=0.4 gateway=core1")]
    other = {"other": [device for device in ESTATE.devices if device.core == 2]}
    whole = plan(asked, {**DEVICES, **other}, 7)[0].devices[ESTATE.id]
    assert plan(asked, DEVICES, 7, whole=False)[0].devices[ESTATE.id] == whole
    assert plan(asked, other, 7, whole=False)[0].devices["other"] == []


def test_a_nuisance_is_a_must_at_each_device_once_at_a_time_drawn_by_the_seed():
    flood = made(parse("nuisance_flood at=10 for=60 per_min=6"), 0, 7)
    smoke = [device for device in ESTATE.devices if device.kind == "smoke"]
    moments = list(flood.moments(smoke))
    assert len(moments) == 6
    assert len({device for _, device in moments}) == 6
    assert [10_000 + n * 10_000 <= at < 20_000 + n * 10_000 for n, (at, _) in enumerate(moments)] == [True] * 6
    assert moments == list(made(flood.asked, 0, 7).moments(smoke))
    assert moments != list(made(flood.asked, 0, 8).moments(smoke))


def test_a_radio_without_faults_passes_all_at_once_and_in_order():
    radio = Radio(Conditions(), (7, "x"), Tally())
    assert [radio.fates(now, 0) for now in range(5)] == [[0], [1], [2], [3], [4]]


def test_a_radio_loses_delays_doubles_and_reorders_the_shares_it_was_told():
    tally = Tally()
    radio = Radio(Conditions(0.2, 100, 50, 0.1, 0.3, 500), (7, "x"), tally)
    fates = [radio.fates(now * 1000, 0) for now in range(5_000)]
    assert tally.frames == 5_000
    assert tally.lost == sum(1 for out in fates if not out) == pytest.approx(1_000, rel=0.1)
    assert tally.duplicated == sum(1 for out in fates if len(out) == 2) == pytest.approx(400, rel=0.15)
    assert tally.reordered == sum(1 for n, out in enumerate(fates) if out and out[0] >= n * 1000 + 600)
    assert tally.reordered == pytest.approx(1_200, rel=0.1)
    assert all(100 <= out[0] - n * 1000 <= 650 for n, out in enumerate(fates) if out)
    again = Radio(Conditions(0.2, 100, 50, 0.1, 0.3, 500), (7, "x"), Tally())
    assert fates == [again.fates(now * 1000, 0) for now in range(5_000)]


def test_jitter_changes_no_order():
    radio = Radio(Conditions(delay_ms=10, jitter_ms=400), (7, "x"), Tally())
    out = [radio.fates(now, 0)[0] for now in range(200)]
    assert out == sorted(out)


# ---- in a scenario

STREET = """
[[estates]]
estate = "{file}"

[[faults]]
name = "blackout"
at_s = 20
for_s = 30
feeder = "core1"

[[faults]]
name = "{name}"
at_s = 5
for_s = 1
"""


def street(tmp_path, name="partition"):
    file = tmp_path / "street.toml"
    file.write_text(STREET.format(file=FILE, name=name))
    return file


def test_a_scenario_has_its_faults_in_its_file(tmp_path):
    scenario = read_scenario(str(street(tmp_path)))
    assert scenario.faults == (parse("blackout at=20 for=30 feeder=core1"), parse("partition at=5 for=1"))
    assert Scenario.from_json(json.loads(dumps(scenario))) == scenario


def test_a_wrong_fault_in_a_file_is_told_with_its_line(tmp_path):
    file = street(tmp_path, "partitoin")
    with pytest.raises(ScenarioError) as error:
        read_scenario(str(file))
    assert str(error.value).startswith(f"{file}:12: faults.1.name: no fault is called 'partitoin'; did you mean")


def test_the_command_line_adds_faults_that_begin_within_the_run():
    scenario = Scenario((Copies(FILE),), duration_s=30)
    assert [one.name for one in with_faults(scenario, ["partition at=5 for=1"]).faults] == ["partition"]
    with pytest.raises(FaultError, match="the run is over after 30 s; begin earlier"):
        with_faults(scenario, ["partition at=30 for=1"])


def test_places_have_what_faults_do_to_their_worlds():
    scenario = Scenario((Copies(FILE),), faults=(parse("nuisance_flood at=1 for=60"), parse("partition at=1 for=9")))
    (place,) = places_of(scenario)
    assert [incident.name for incident in place.incidents] == ["nuisance_flood"]


@pytest.mark.parametrize(
    "text", ["blackout at=40 for=60 device=core1/gateway", "low_battery at=40 for=60 level=5 kind=smoke",
             "nuisance_flood at=40 for=60 per_min=2"],
)  # fmt: skip
def test_what_a_fault_does_to_a_world_is_drawn_where_it_was(text):
    plaza = load_estate("music_plaza")
    (planned,) = plan([parse(text)], {plaza.id: plaza.devices}, 7)
    incident = planned.fault.incident(planned.devices[plaza.id])
    assert [step.at_ms for step in steps_of(incident, START, 1_000.0)] == [41_000.0, 101_000.0]

"""The score names each planted bad backend by its word, and passes the right one in the same runs."""

from datetime import datetime, timedelta
from pathlib import Path

import planted_centres
import pytest
from incident_world import played, plaza
from lilong_firmware import fall
from lilong_protocol.pc.simulation import simulation_key
from lilong_simulator.estate import load_estate
from lilong_simulator.feed import FeedEvent
from lilong_simulator.incidents import Incident, Step, find
from lilong_simulator.recorder import Recorder
from lilong_simulator.score import linkage, score
from lilong_simulator.score.incidents import incidents_of
from lilong_simulator.truth import Expectation, limits, truth_row
from lilong_simulator.virtual_run import VirtualRun, epoch_ms
from planted_centres import (
    PLANTED,
    AcknowledgesLate,
    AcknowledgesWithoutStoring,
    AllIsMild,
    AnswersNobody,
    AnswersSlowly,
    ArrivesSlowly,
    ClearsOnDeviceDeath,
    CountsFromTheRoof,
    DatesByArrival,
    EndsWithTheTouch,
    FindsNothing,
    ForgetsAfterRestart,
    ForgetsOnceAnswered,
    ForwardsAtOnce,
    ForwardsLate,
    ForwardsTwice,
    KeepsNoClip,
    LetsCopiesIn,
    LocksAgain,
    LosesOneInEight,
    MergesSimultaneousAlarms,
    NeverForwards,
    NeverShows,
    NobodyArrives,
    RaisesBirds,
    Reorders,
    ResetsUnasked,
    RevokesOnPaper,
    RevokesSlowly,
    Right,
    SendsAnyone,
    StoresTwice,
    TakesTwelveSeconds,
    TellsReturnersLate,
)

ESTATE = load_estate(Path(__file__).parents[1] / "simulator/small_estate.toml")
START = datetime(2026, 3, 4, 3)
MINUTE = 60_000
TAMPERED = limits(None, 10_000, 20_000, 60_000)
HOUSES = ("smoke", "gas", "door")


class Log(Recorder):
    def down(self, at, device, cls, data):
        pass


class Storm(Incident):
    """Each detector and door is opened `times` over, one after the other by `apart_ms`, and closed 20 s later."""

    name = "storm"
    timeline = (Step(0, "somebody opens every case"),)

    def __init__(self, times, apart_ms=100, round_ms=3 * MINUTE):
        self.begins = [2 * MINUTE + round_ms * number for number in range(times)]
        self.apart_ms = apart_ms

    def device_names(self, estate):
        return [device.name for device in self._devices(estate)]

    def install(self, world):
        for begin in self.begins:
            for number, device in enumerate(self._devices(world.estate)):
                at = begin + number * self.apart_ms
                world.change(at, device, "tamper", 1)
                world.change(at + 20_000, device, "tamper", 0)
                world.expect(truth_row(device, "tamper", at, "opened", "must", self.name, at + 20_000, TAMPERED))

    def _devices(self, estate):
        return [device for device in estate.devices if device.kind in HOUSES]


class Burnt(Storm):
    """A detector raises and burns a second later; its alarm must stay."""

    def install(self, world):
        detector = world.estate.of_kind("smoke")[0]
        at = self.begins[0]
        bounds = limits(None, 10_000, 20_000, None)
        row = truth_row(detector, "tamper", at, "opened", "must", self.name, at + MINUTE, bounds)
        world.change(at, detector, "tamper", 1)
        world.expect(row)
        world.destroy(at + 1_000, detector)
        world.follow(at, [
            Expectation("stays", self.name, "not_cleared", "tamper", detector.id, detector.name, (row.id,), 1, None)
        ])  # fmt: skip


def story(backend, incident, until_ms=9 * MINUTE):
    key, log, zero = simulation_key(ESTATE.id), Log(), epoch_ms(ESTATE, START)
    centre = backend(ESTATE, key, zero, 7, log)
    run = VirtualRun(ESTATE, key, 7, START, [incident], centre, log)
    run.run(until_ms)
    feed = [FeedEvent.of(row) for row in centre.feed]
    judged = score(run.world.truth, log.alarms.values(), feed, 0, zero, shown_expected=True)
    linked = linkage.judge(run.world.expectations, judged.alarm_of_row, log, feed, zero, until_ms)
    (found,) = incidents_of(judged, linked, (), {})
    return judged, found


OF_INCIDENTS = {  # minutes that it takes, and the word that each bad backend gets there
    "kitchen_fire": (7, {
        MergesSimultaneousAlarms: "missed", AcknowledgesWithoutStoring: "missed", AcknowledgesLate: "late",
        ClearsOnDeviceDeath: "cleared", StoresTwice: "duplicate", NeverShows: "missing",
        ForgetsOnceAnswered: "forgotten", LocksAgain: "undone", ForwardsLate: "late", NeverForwards: "missed",
        ForwardsTwice: "duplicate", ForwardsAtOnce: "early", TakesTwelveSeconds: "late",
    }),
    "gas_leak": (15, {
        AcknowledgesWithoutStoring: "missed", NeverShows: "missing", ForgetsAfterRestart: "missing",
        TakesTwelveSeconds: "late",
    }),
    "elder_fall": (50, {
        AcknowledgesLate: "late", ForgetsAfterRestart: "missing", FindsNothing: "missed", NobodyArrives: "missing",
        SendsAnyone: "untrue", TakesTwelveSeconds: "late",
    }),
    "elder_fall_many": (95, {AnswersSlowly: "too few", ArrivesSlowly: "too few"}),
    "elder_fall_dead_zone": (54, {DatesByArrival: "untrue"}),
    "intruder": (26, {
        MergesSimultaneousAlarms: "missed", Reorders: "out of order", AcknowledgesLate: "late",
        ResetsUnasked: "unlatched", EndsWithTheTouch: "unlatched",
    }),
    "falling_object": (6, {
        AcknowledgesWithoutStoring: "missed", StoresTwice: "duplicate", CountsFromTheRoof: "untrue",
        KeepsNoClip: "untrue", AllIsMild: "untrue", RaisesBirds: "false",
    }),
    "falling_object_many": (24, {LosesOneInEight: "missed"}),
    "rogue_reader": (15, {
        AcknowledgesWithoutStoring: "missed", FindsNothing: "missed", RevokesOnPaper: "granted",
        LetsCopiesIn: "granted", AnswersNobody: "granted",
        TellsReturnersLate: "granted", RevokesSlowly: "granted", AcknowledgesLate: "late",
    }),
}  # fmt: skip
OF_A_RUN = {"too few"}  # said of all its alarms, of no incident alone
IN_INCIDENTS = [(name, bad) for name, (_, words) in OF_INCIDENTS.items() for bad in (Right, *words)]


@pytest.mark.parametrize(("name", "bad"), IN_INCIDENTS, ids=[f"{name}-{bad.__name__}" for name, bad in IN_INCIDENTS])
def test_in_each_incident_the_right_centre_passes_and_bad_ones_are_named(name, bad):
    minutes, words = OF_INCIDENTS[name]
    begin = datetime.combine(START.date(), find(name).content.at) - timedelta(minutes=2)
    told = played([name], begin, minutes + 2, centre_of=bad)
    (found,) = (one for one in incidents_of(told.score, told.linked, (name,), {}) if one["name"] == name)
    if bad is Right:
        assert (told.failures, found["verdict"]) == ([], "pass"), found["told"]
    else:
        failures = told.failures if words[bad] in OF_A_RUN else found["failures"]
        assert words[bad] in {text.split(":")[0] for text in failures}, found["told"]


def test_a_band_that_suspects_or_asks_too_late_is_named(monkeypatch):
    begin = datetime(2026, 3, 4, 3, 3)
    lie, still_ms = fall.Fall._lie, fall.STILL_MS
    monkeypatch.setattr(fall, "STILL_MS", still_ms + 6_000)  # (ours) of a maker who wants to be sure
    late = {text.partition(", limit")[0] for text in played(["elder_fall"], begin, 5).failures}
    name = next(one.name for one in plaza().of_kind("wristband"))
    assert f"late: warn_wearer at {name}: done after 16100 ms" in late
    monkeypatch.setattr(fall, "STILL_MS", still_ms)
    monkeypatch.setattr(fall.Fall, "_lie", lambda self, now: lie(self, now) * 0)
    assert f"missing: band.fall_candidate at {name}: noted" in played(["elder_fall"], begin, 5).failures


@pytest.mark.parametrize(("bad", "wrong"), [(Right, []), (ForwardsAtOnce, ["false"])], ids=["right", "at once"])
def test_one_detectors_nuisance_goes_to_no_brigade(bad, wrong):
    told = played(["smoke.alarm:device=core3/12F/1203/smoke@19:02"], datetime(2026, 3, 4, 19), 6, centre_of=bad)
    assert [text.split(":")[0] for text in told.failures] == wrong, told.failures
    assert told.score.findings.false == len(wrong)


@pytest.mark.parametrize("bad", PLANTED, ids=[bad.__name__ for bad in PLANTED])
def test_a_bad_backend_is_named_by_its_word(bad):
    incident = Burnt(1) if bad is ClearsOnDeviceDeath else Storm(2)
    judged, found = story(bad, incident)
    words = {text.split(":")[0] for text in found["failures"]}
    told = {text.split(":")[0] for text in judged.failures} - OF_A_RUN
    assert words == told | (words & {"cleared"})
    assert words == PLANTED[bad], found["told"]
    assert found["told"].endswith(": fail")


@pytest.mark.parametrize("incident", [Storm(2), Burnt(1)], ids=["storm", "burnt"])
def test_the_right_centre_passes(incident):
    judged, found = story(Right, incident)
    assert judged.failures == []
    assert found["verdict"] == "pass", found["told"]


def test_one_alarm_in_a_thousand_that_is_lost_is_found():
    """35 rounds of 29 alarms: the thousandth is in the last."""
    judged, found = story(planted_centres.DropsOneInAThousand, Storm(35, round_ms=90_000), 60 * MINUTE)
    assert (judged.true, judged.raised, judged.missed, judged.stored) == (1_015, 1_015, 1, 1_014)
    assert found["told"] == "storm: 1014 of 1015 alarms in time, 1 missed, nothing false: fail"
    (failure,) = judged.failures
    assert failure.startswith("missed: tamper at ")
    assert failure.endswith(" was raised and never stored")


def test_what_was_acknowledged_and_not_stored_is_told_apart_from_what_was_never_taken():
    judged, _ = story(AcknowledgesWithoutStoring, Storm(1))
    assert all(
        failure.endswith("was raised and never stored though its stored-ack said so") for failure in judged.failures
    )

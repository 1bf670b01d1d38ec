"""What a run leaves behind: the documented keys and no other, a verdict with its reasons, a page that needs nobody."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import get_args

import pytest
from lilong_firmware.effects import ACCEPTED
from lilong_simulator import report
from lilong_simulator.latency import Latency
from lilong_simulator.recorder import Recorder
from lilong_simulator.report import BREACHED, FAIL, PARTIAL, PASS, SATURATED
from lilong_simulator.report.html import ASKED_FOR
from lilong_simulator.score import score
from lilong_simulator.score.linkage import Linked
from lilong_simulator.truth import Expectation, What, limits
from score_runs import A, B, alarm_of, events, row

HOSTILE = '</svg><script src="https://evil.example/x.js">alert(1)</script><img src=x onerror="y">&amp;\'"'
FIRE = row(100_000)
RAISED = alarm_of(FIRE, 1)
CONDITIONS = report.Conditions(
    estate="lane_house", mode="live", seed=7, started="2026-03-04 18:38:45", duration_s=60.0, broker="mosquitto",
    measures_latency=True,
    incidents=("kitchen_fire",), devices=2, real_micropython={"smoke": "core1/01F/0101/smoke"}, lost=0, connect_s=1.5,
    troubles={"closed by the broker": 2}, machine=report.this_machine(),
)  # fmt: skip
EXPECTATION = Expectation("e", "kitchen_fire", "report", "fire_release", B, "core1/ground/door", (FIRE.id,), 1, 5_000)


def test_a_broker_that_measures_nothing_is_named_as_one_in_both_reports():
    recorder = recorded()
    for measures, told in ((True, False), (False, True)):
        conditions = replace(CONDITIONS, measures_latency=measures)
        content = report.build(conditions, recorder, score([], [], None))
        assert content["measures_latency"] is measures
        assert ("no latency claim" in report.render(content, recorder)) is told


def recorded(accepted=(A, B), lag_ms=0.5):
    recorder = Recorder()
    for device in accepted:
        recorder.note(0.0, device, ACCEPTED, 0, 7, 0)
    for cls in ("st", "st", "al", "hb"):
        recorder.sent(0.0, A, cls, b"", 0.0)
    if lag_ms is not None:
        recorder.lag(lag_ms)
    return recorder


FEED = tuple(events(RAISED))


def judged(truth=(FIRE,), alarms=(RAISED,), feed=FEED, **options):
    return score(truth, alarms, feed, **options)


def built(conditions=CONDITIONS, recorder=None, judgement=None, linkage=()):
    return report.build(conditions, recorder or recorded(), judgement or judged(), linkage)


# ---- the keys


def documented(repository):
    """{key: all that its row says} from the table of simulator/README.md."""
    text = (repository / "simulator" / "README.md").read_text("utf-8")
    table = text.partition("## report.json")[2].partition("|---|---|")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| (`[^|]*?) \| (.*) \|$", table, re.MULTILINE)
    return {key: told for keys, told in rows for key in re.findall(r"`(\w+)`", keys)}


def test_every_key_is_documented_and_every_documented_key_is_there(repository):
    assert set(documented(repository)) == set(built())


@pytest.mark.parametrize(("key", "found"), [
    ("alarms", lambda content: content["alarms"]),
    ("latency_ms", lambda content: content["latency_ms"]),
    ("messages", lambda content: content["messages"]),
])  # fmt: skip
def test_the_keys_inside_are_documented_too(repository, key, found):
    named = re.findall(r"`(\w+)`", documented(repository)[key])
    assert set(named) == set(found(built()))


def test_each_latency_has_the_documented_figures(repository):
    figures = re.search(r"`\{([\w, ]+)\}`", documented(repository)["latency_ms"])[1].split(", ")
    for summary in built()["latency_ms"].values():
        assert list(summary) == figures


def test_a_row_of_linkage_has_the_documented_figures(repository):
    (row,) = built(linkage=[Linked(EXPECTATION, 106_000.0, 800.0)])["linkage"]
    assert set(re.findall(r"`(\w+)`", documented(repository)["linkage"])) <= set(row)
    assert (row["after_ms"], row["limit_ms"]) == (800.0, 5_000)


@pytest.mark.parametrize("what", get_args(What))
def test_the_page_says_whatever_may_have_to_follow(what):
    content = built(linkage=[Linked(replace(EXPECTATION, what=what), 100_000.0, 1_000.0)])
    assert f"<td>{ASKED_FOR[what]}</td>" in report.render(content, recorded())


def test_what_was_measured_is_what_is_told():
    content = built()
    by_class = {"alarm": 1, "heartbeat": 1, "birth": 2}
    assert content["messages"] == {"total": 4, "by_class": by_class, "fates": None}, "nothing told what became of them"
    assert content["connected"] == content["devices"] == 2
    assert content["latency_ms"]["local"]["max"] == 6_000.0, "from the crossing"
    assert content["latency_ms"]["ingest"]["max"] == 200.0, "from the decision"
    (told,) = content["alarm_rows"]
    nobody = {"on_site": None, "ended": None}
    after = {"local": 6_000, "ingest": 6_200, "shown": 6_500, "acknowledged": 15_000}
    assert told["after_crossing_ms"] == after | nobody
    limits = {"local": 10_000, "ingest": 20_000, "shown": 25_000, "acknowledged": 60_000}
    assert told["limits_ms"] == limits | nobody
    assert (told["alarm_id"], told["level"]) == (RAISED.id, 1)


def test_what_was_not_observed_is_null_and_not_zero():
    judgement = judged(feed=None, alarms=[replace(RAISED, acknowledged=None)], acknowledgement_expected=False)
    content = built(replace(CONDITIONS, connect_s=None), recorded(accepted=(), lag_ms=None), judgement)
    for key in ("connected", "connect_s"):
        assert content[key] is None
    for key in ("acknowledged", "duplicate", "out_of_order"):
        assert content["alarms"][key] is None
    for name in ("shown", "acknowledged"):
        assert content["latency_ms"][name] == Latency().summary()
    assert content["generator_lag_ms"]["p99"] is None
    assert json.loads(json.dumps(content))["alarm_rows"][0]["after_crossing_ms"]["shown"] is None


# ---- the verdict


def test_a_run_in_which_all_is_well_passes():
    content = built()
    assert (content["verdict"], content["failures"]) == (PASS, [])


@pytest.mark.parametrize(("lag_ms", "verdict"), [(1_000.0, PASS), (1_001.0, SATURATED)])
def test_a_lag_above_a_tenth_of_the_tightest_judged_limit_makes_the_run_void(lag_ms, verdict):
    assert report.tightest_limit_ms(judged()) == 10_000
    content = built(recorder=recorded(lag_ms=lag_ms))
    assert content["verdict"] == verdict
    assert bool(content["failures"]) == (verdict != PASS)


def test_the_tightest_limit_is_one_that_was_judged():
    tight = {"bounds": limits(2_000, 5_000, None, None)}
    later = row(900_000, **tight)
    allowed = row(100_000, device=B, expect="may", **tight)
    assert report.tightest_limit_ms(judged([FIRE, later, allowed], horizon=800_000)) == 10_000
    assert report.tightest_limit_ms(judged([], [], [])) is None


def test_a_slow_generator_excuses_nothing_and_accuses_nobody():
    content = built(recorder=recorded(lag_ms=5_000.0), judgement=judged(alarms=[], feed=[]))
    assert content["verdict"] == SATURATED
    assert [failure.split(":")[0] for failure in content["failures"]] == ["generator saturated", "undetected"]


def test_every_device_must_have_been_accepted():
    content = built(recorder=recorded(accepted=(A,)))
    assert content["verdict"] == FAIL
    assert content["failures"] == ["not connected: the backend has accepted 1 of 2 devices"]


def test_a_backend_that_speaks_of_no_time_may_pass_by_what_it_stores():
    assert built(recorder=recorded(accepted=()))["verdict"] == PASS


def test_a_run_in_which_no_backend_was_seen_is_no_pass():
    content = built(recorder=recorded(accepted=()), judgement=judged([], [], []))
    assert content["verdict"] == FAIL
    assert content["failures"] == ["not observed: no backend answered a birth or stored an alarm"]


def test_a_link_that_was_not_made_fails_the_run():
    content = built(linkage=[Linked(EXPECTATION, 106_000.0, None)])
    assert content["verdict"] == FAIL
    assert content["failures"] == ["missing: fire_release at core1/ground/door: report"]


@pytest.mark.parametrize(
    ("recorder", "judgement"),
    [
        (recorded(lag_ms=9_999.0), judged()),
        (recorded(accepted=(A,)), judged()),
        (recorded(accepted=()), judged([], [], [])),
        (recorded(), judged(alarms=[], feed=[])),
    ],
)
def test_no_verdict_but_a_pass_is_without_a_reason(recorder, judgement):
    content = built(recorder=recorder, judgement=judgement)
    assert content["verdict"] != PASS
    assert content["failures"]


def test_each_verdict_has_its_exit_code():
    assert report.EXIT_CODES == {PASS: 0, FAIL: 1, SATURATED: 3, PARTIAL: 4, BREACHED: 99}


# ---- the files


class Page(HTMLParser):
    """Every tag, every address, and all that is read."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.addresses, self.read = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href", "action", "data", "srcset")]
        self.addresses += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data):
        if self.tags[-1:] != ["style"]:
            self.read.append(data)


def hostile():
    """A run all of whose names are hostile."""
    truth = replace(FIRE, name=HOSTILE, cause=HOSTILE, alarm="smoke.alarm")
    conditions = replace(
        CONDITIONS, estate=HOSTILE, broker=HOSTILE, incidents=(HOSTILE,), real_micropython={HOSTILE: HOSTILE},
        troubles={HOSTILE: 1}, started=HOSTILE,
    )  # fmt: skip
    linkage = [Linked(replace(EXPECTATION, name=HOSTILE, action=HOSTILE), 106_000.0, None)]
    return built(conditions, judgement=judged([truth], [], []), linkage=linkage)


def test_both_files_are_written_into_a_folder_that_need_not_be_there(tmp_path):
    content = built(replace(CONDITIONS, estate="里弄"))
    report.write(tmp_path / "a" / "b", content, recorded())
    assert json.loads((tmp_path / "a" / "b" / "report.json").read_text("utf-8")) == content
    assert "里弄" in (tmp_path / "a" / "b" / "report.json").read_text("utf-8")
    assert "里弄" in (tmp_path / "a" / "b" / "report.html").read_text("utf-8")


@pytest.mark.parametrize("content", [built(), hostile()], ids=["plain", "hostile"])
def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing(content):
    text = report.render(content, recorded())
    page = Page(text)
    assert page.addresses == []
    assert not {"script", "iframe", "link", "object", "embed", "img"} & set(page.tags)
    assert "url(" not in text
    assert "@import" not in text


def test_hostile_names_are_shown_and_not_obeyed():
    page = Page(report.render(hostile(), recorded()))
    assert sum(HOSTILE in data for data in page.read) >= 6


def test_what_was_not_observed_is_shown_as_such():
    nothing = judged([], [], None, acknowledgement_expected=False)
    text = report.render(built(recorder=recorded(accepted=(), lag_ms=None), judgement=nothing), recorded(lag_ms=None))
    assert text.count("not observed") >= 3
    assert "The world raised none" in text


@pytest.mark.parametrize("mode", ["live", "virtual"])
def test_a_page_comes_of_every_kind_of_run(mode):
    conditions = replace(CONDITIONS, mode=mode, machine=None, real_micropython={}, troubles={}, connect_s=None)
    for judgement in (judged(), judged([], [], []), judged(alarms=[], feed=[]), judged(feed=None)):
        for recorder in (recorded(), recorded(accepted=(), lag_ms=None)):
            content = built(conditions, recorder, judgement, [Linked(EXPECTATION, None), Linked(EXPECTATION, 1.0, 2.0)])
            assert "</html>" in report.render(content, recorder)


def test_more_alarms_than_a_page_can_show_are_counted():
    truth = [row(at * 1_000_000) for at in range(60)]
    text = report.render(built(judgement=judged(truth, [], [])), recorded())
    assert "and 20 more in report.json" in text


def test_what_is_about_no_single_device_is_about_the_estate():
    for name, told in (("door1", False), ("", True)):
        truth = [replace(row(1_000), name=name)]
        text = report.render(built(judgement=judged(truth, [], [])), recorded())
        assert ("<td>the estate</td>" in text) is told
        assert (">the estate</text>" in text) is told


def test_a_run_that_lost_its_devices_does_not_pass():
    content = report.build(replace(CONDITIONS, lost=3), recorded(), score([], [], None))
    assert content["verdict"] == FAIL
    assert "lost: 3 always-on devices were not connected at the end" in content["failures"]


def test_a_lagging_run_is_saturated_even_when_no_limit_was_judged():
    assert report.build(CONDITIONS, recorded(lag_ms=29_000), score([], [], None))["verdict"] == SATURATED


# ---- the verdict in a sentence


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (built(), "The one true alarm was raised and acknowledged as stored, the slowest 200 ms after the decision."),
        (built(replace(CONDITIONS, ingest_by=report.BY_FEED)), "The one true alarm was raised and stored, the "),
        (
            built(replace(CONDITIONS, troubles={}), judgement=judged([], [], [])),
            "The world raised no alarm; every device stayed connected.",
        ),
        (
            built(replace(CONDITIONS, troubles={"closed by the broker": 1}), judgement=judged([], [], [])),
            "The world raised no alarm; every device was connected at the end.",
        ),
        (built(replace(CONDITIONS, ingest_by=report.BY_PUBACK)), " No backend was observed: what the broker took is "),
        (built(judgement=judged(alarms=[], feed=[])), "undetected: smoke.alarm at aa/smoke: the device did not raise "),
        (built(replace(CONDITIONS, lost=2), judgement=judged(alarms=[], feed=[])), " (and 1 more)"),
    ],
)
def test_the_page_says_first_what_came_of_it(content, told):
    assert any(told in text for text in Page(report.render(content, recorded())).read)


def test_a_page_of_plain_clients_speaks_of_them_and_of_no_world():
    told = {"clients": 20, "rate": 100.0, "size": 50, "qos": 1, "connects_per_s": 400.0, "sent_per_s": 100.0,
            "acknowledged_per_s": None}  # fmt: skip
    none = {"incidents": (), "real_micropython": {}, "troubles": {}}
    conditions = replace(CONDITIONS, mode="plain", estate="none", plain=told, accept="puback", **none)
    page = Page(report.render(built(conditions, judgement=judged([], [], [])), recorded()))
    text = " ".join(page.read)
    assert "plain clients" in text
    assert "20 clients without a world, 100 messages a second of 50 bytes, QoS 1, for " in text
    assert "not observed acknowledged a second" in text
    told_of = [word for word in ("true alarm", "estate time", "incidents", "device", "shown") if word in text]
    assert told_of == []


def test_a_page_of_a_replay_tells_of_what_and_at_which_speed():
    conditions = replace(CONDITIONS, mode="replay", rate=10.0, seed=0, incidents=())
    text = " ".join(Page(report.render(built(conditions), recorded())).read)
    assert f"A recording of {CONDITIONS.started} UTC, replayed at speed 10 in {CONDITIONS.duration_s:g} s." in text
    assert "Each recorded alarm, from when it was due" in text
    assert not any(word in text for word in ("seed", "estate time", "incidents", "trip level"))


def test_the_knee_stands_on_the_page_with_what_broke():
    steps = [
        {"rate": 1.0, "offered": 12.0, "sent": 12.0, "lag_p99_ms": 1.0, "puback_p99_ms": 2.0, "broke": None},
        {"rate": 2.0, "offered": 24.0, "sent": 3.0, "lag_p99_ms": None, "puback_p99_ms": None, "broke": "<it broke>"},
    ]
    text = report.render(built(replace(CONDITIONS, knee={"rate": 1.0, "sent": 12.0, "steps": steps})), recorded())
    assert "All held up to rate 1: 12 messages a second." in text
    assert "&lt;it broke&gt;" in text

"""The JSON Schema of report.json: what is published is what is written, and every kind of report keeps it."""

import json
from dataclasses import replace

import jsonschema
import pytest
from lilong_simulator.load.thresholds import parse
from lilong_simulator.report import BY_PUBACK, build
from lilong_simulator.report import model as report_model
from lilong_simulator.score.linkage import Linked
from test_load_measures import Script
from test_report import CONDITIONS, EXPECTATION, FIRE, RAISED, built, hostile, judged, recorded

SCHEMA = json.loads(report_model.FILE.read_text("utf-8"))
STEP = {"rate": 2.0, "offered": 24.0, "sent": 23.5, "lag_p99_ms": 1.0, "puback_p99_ms": None, "broke": "lag"}


def live():
    """A recorder of a live run in which something of everything has happened."""
    script = Script()
    recorder = script.recorder
    recorder.sent(10.0, RAISED.device, "st", b"", 9.0)
    recorder.puback(11.0, RAISED.device, "st", 9.0)
    recorder.sent(12.0, RAISED.device, "hb", b"", 12.0)
    recorder.lag(0.4)
    recorder.connect(8.0, RAISED.device, "connack", 1.0)
    recorder.connect(9.0, RAISED.device, "online", 1.0)
    recorder.link(9.0, RAISED.device, True)
    recorder.skipped(2_500.0, RAISED.device, "hb")
    return recorder


@pytest.mark.parametrize(
    "content",
    [
        built(),
        hostile(),
        built(recorder=live()),
        built(linkage=[Linked(EXPECTATION, 106_000.0, 800.0)]),
        built(recorder=recorded(accepted=(), lag_ms=None), judgement=judged([], [], None)),
        build(
            replace(
                CONDITIONS, accept="puback", ingest_by=BY_PUBACK, shards=4, shards_missing=1, rate=12.5, machine=None,
                thresholds=(parse("ingest.p99<=1ms"), parse("shown.p50<1s"), parse("missed==0")),
                knee={"rate": 1.0, "sent": 12.0, "steps": [STEP]}, warnings=("a word",),
            ),
            live(), judged([FIRE], [RAISED], None),
        ),
    ],
    ids=["plain", "hostile", "live", "linkage", "nothing observed", "everything"],
)  # fmt: skip
def test_every_report_keeps_the_published_schema(content):
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(content)))
    assert report_model.Report.model_validate(content).schema_version == content["schema"] == 2


def test_the_published_schema_is_that_of_the_model():
    assert report_model.FILE.read_text("utf-8") == report_model.schema_text(), (
        "run python -m lilong_simulator.report.model"
    )
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("change", [{"verdict": "splendid"}, {"devices": -1}, {"surprise": 1}, {"schema": 1}])
def test_what_is_no_report_is_refused(change):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate({**built(), **change})


def test_a_key_that_is_missing_is_refused():
    content = built()
    del content["alarms"]
    with pytest.raises(jsonschema.ValidationError, match="'alarms' is a required property"):
        jsonschema.Draft202012Validator(SCHEMA).validate(content)

"""`lilong load --clients N`: a quick check of a broker, and what goes with it; `--template` on the command line."""

from pathlib import Path

import pytest
from commands import SMALL_ESTATE, Ended, embedded_broker, run_lilong
from lilong_simulator.report.model import Report
from lilong_tools.cli import app
from lilong_tools.inputs import InputError
from load_case import AWAY, NOWHERE, WELL, loaded, refusal


def refusal_here(*arguments: object) -> str:
    """The same without a process of its own, where nothing is to be run."""
    with pytest.raises(InputError) as wrong:
        app(["load", *map(str, arguments)], standalone_mode=False)
    return str(wrong.value)


def check(broker: str, folder: Path, *options: object) -> tuple[Ended, dict]:
    ended, report = loaded(broker, folder, "--duration", 1, *options)
    Report.model_validate(report)
    return ended, report


def test_a_broker_is_checked_with_plain_clients_and_everything_adds_up(tmp_path: Path) -> None:
    with embedded_broker() as (_, broker):
        ended, report = check(broker, tmp_path, "--clients", 20, "--rate", 100, "--size", 50)
    assert (report["verdict"], ended.err) in (("pass", ""), ("generator saturated", ""))
    assert report["mode"] == "plain"
    plain = report["plain"]
    assert {name: plain[name] for name in ("clients", "rate", "size", "qos")} == {
        "clients": 20, "rate": 100.0, "size": 50, "qos": 1,
    }  # fmt: skip
    (fates,) = report["messages"]["fates"].values()
    assert fates["sent"] == fates["acknowledged"] == report["broker_ms"]["puback"]["count"]
    assert plain["sent_per_s"] == pytest.approx(100, rel=0.2)
    assert report["broker_ms"]["connack"]["count"] == 20
    assert plain["sent_per_s"] == plain["acknowledged_per_s"]
    assert report["generator_lag_ms"]["count"] == fates["sent"]
    assert report["tightest_limit_ms"] == 500
    assert "all 20 clients connected after" in ended.out
    assert f"a second: {plain['connects_per_s']:,.1f} connects, {plain['sent_per_s']:,.1f} sent" in ended.out
    assert "plain clients" in (tmp_path / "report.html").read_text()


def test_qos_0_is_answered_by_nobody_and_thresholds_are_held(tmp_path: Path) -> None:
    with embedded_broker() as (_, broker):
        ended, report = check(
            broker, tmp_path, "--clients", 5, "--qos", 0, "--require", "sent_per_s>=1", "--require", "puback.p99<=90ms",
            "--require", "acknowledged_per_s>=1", "--junit", tmp_path / "junit.xml",
        )  # fmt: skip
    assert (ended.code, report["verdict"]) in ((99, "threshold breached"), (3, "generator saturated"))
    assert [one["kept"] for one in report["thresholds"]] == [True, False, False], "what was not observed keeps none"
    assert report["plain"]["acknowledged_per_s"] is None
    assert report["plain"]["rate"] == 5, "a message a second of each client"
    assert report["tightest_limit_ms"] == 90
    (fates,) = report["messages"]["fates"].values()
    assert fates["unconfirmed"] == fates["sent"] > 0
    assert "the generator kept its time" in (tmp_path / "junit.xml").read_text()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "lilong load: nothing to play; name an estate or a street, or give --clients N"),
        ((SMALL_ESTATE, "--clients", 5), "--clients: plain clients play no estate; leave the estate or --clients out"),
        (("--clients", 5, "--incident", "none"), "--incident and --clients: plain clients have nothing of the kind; "),
        (("--clients", 5, "--template", "senml"), "--template and --clients: plain clients have nothing of the kind; "),
        ((SMALL_ESTATE, "--size", 5), "--size: goes with --clients alone; leave it out, or give --clients N"),
        ((SMALL_ESTATE, "--qos", 1), "--qos: goes with --clients alone; leave it out, or give --clients N"),
        (("--clients", 2, "--workers", 3), "--workers 3: more than there are clients; give 2 at most"),
        (("--clients", 0), "--clients 0: out of bounds; give 1 to 1,000,000"),
        (("--clients", 1, "--size", 0), "--size 0: out of bounds; give 1 to 16,000"),
        (("--clients", 1, "--rate", 0), "--rate 0: out of bounds; give 0.01 to 1,000,000"),
    ],
)
def test_what_does_not_go_together_or_cannot_be_is_bad_input(options: tuple, told: str) -> None:
    assert refusal_here("--broker", NOWHERE, *options).startswith(told)


def test_a_broker_that_is_not_there_is_told() -> None:
    assert refusal("--broker", NOWHERE, "--clients", 1).startswith("no broker at 127.0.0.1:1")


def test_a_broker_on_another_machine_is_not_loaded_without_a_word_for_it() -> None:
    ended = run_lilong("load", "--broker", AWAY, "--clients", 7)
    assert ended.code == 2
    assert ended.out == "7 clients at 192.0.2.1:1883: 7 messages a second of 64 bytes, QoS 1, for 10 s\n"
    assert ended.err.startswith("lilong: broker 192.0.2.1: another machine, and nobody is there to be asked; ")


# ---- templates


def test_a_load_by_a_template_says_so_and_asks_for_no_stored_ack(tmp_path: Path) -> None:
    with embedded_broker() as (_, broker):
        ended, report = check(
            broker, tmp_path, SMALL_ESTATE, "--incident", "none", "--template", "json_flat", "--rate", 100, "--probe"
        )
    assert report["verdict"] in WELL
    assert (report["payload"], report["accept"], report["ingest_by"]) == ("json_flat", "puback", "probe subscriber")
    assert "no real MicroPython among the devices: they speak in sealed frames alone" in ended.out
    assert " messages by the template json_flat, " in ended.out
    assert report["messages"]["by_class"].keys() <= {"birth", "heartbeat", "telemetry", "event", "alarm"}


def test_a_template_of_ones_own_is_read_and_its_errors_are_told_before_anything_starts(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("[event]\ntopic = 't'\nbody = '{\"a\": \"{devise}\"}'\n")
    told = refusal(SMALL_ESTATE, "--broker", NOWHERE, "--template", own)
    assert told.startswith(f'{own}:3: event.body: {{devise}} says nothing here; did you mean "device"? known: ')


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--accept", "stored"), "--accept stored: a template has no stored-ack; give puback, or observed with"),
        (("--accept", "observed"), "--accept observed: nothing tells what was stored; give --observed too"),
        (("--linkage",), "--linkage: nobody commands devices that speak by senml; leave it out"),
    ],
)
def test_what_does_not_go_with_a_template_is_bad_input(options: tuple, told: str) -> None:
    arguments = (SMALL_ESTATE, "--broker", NOWHERE, "--template", "senml", "--incident", "none")
    assert refusal_here(*arguments, *options).startswith(told)


def test_a_template_that_does_not_say_where_alarms_have_their_id_cannot_be_probed(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("[event]\ntopic = 't'\nbody = 'senml'\n")
    told = refusal_here(SMALL_ESTATE, "--broker", NOWHERE, "--template", own, "--probe")
    assert told == "--probe: own does not say where an alarm has its id; add [probe] to it"

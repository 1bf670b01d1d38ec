"""A dry run of `lilong load` names everything that the run would use, and asks nobody."""

import re
from pathlib import Path

from commands import SMALL_ESTATE, run_lilong

AWAY = "mqtts://bob:secret@192.0.2.1"  # TEST-NET-1: nobody's


def told(*arguments: object) -> dict[str, list[str]]:
    """What it says, by name."""
    ended = run_lilong("load", *arguments, "--broker", AWAY, "--incident", "none", "--dry-run")
    assert (ended.code, ended.err) == (0, "")
    assert "secret" not in ended.out
    rows: dict[str, list[str]] = {}
    for name, text in re.findall(r"^(\S[\w ]*?)  +(.*)$", ended.out, re.MULTILINE):
        rows.setdefault(name, []).append(text)
    return rows


def test_a_dry_run_says_what_would_be_sent_and_what_that_needs() -> None:
    said = told("music_plaza", "--copies", 2, "--rate", 10)
    assert said["broker"] == ["192.0.2.1:8883, which was not asked"]
    assert said["devices"][0].startswith("6,888 of music_plaza x 2: 2,366 smoke, 1,806 indoor_station, ")
    assert re.match(r"about \d[\d,.]* as a mean of the day", said["messages a second"][0])
    assert said["at the start"] == ["27,552 messages: connect, subscription, birth, configuration"]
    assert said["files"][0].startswith("7,016 needed, ")
    assert said["world"] == ["from 2026-03-04 18:38:45, seed 7, periods / 10"]
    assert {"connections", "CPU", "memory", "duration", "incidents"} <= set(said)


def test_without_options_it_says_what_is_taken_then() -> None:
    said = told(SMALL_ESTATE)
    usual = {
        "payload": ["sealed frames"], "sources": ["whichever address the system takes"],
        "keys": ["the public keys of simulations"], "faults": ["none"],
        "required": ["nothing beside the limits of the world"], "written": ["nothing"], "processes": ["this one"],
    }  # fmt: skip
    assert {name: said[name] for name in usual} == usual
    assert said["retries"] == ["an alarm is said again until the backend's stored-ack"]
    assert said["real MicroPython"] == ["a process of every kind, where it is installed"]


def test_it_names_template_sources_faults_thresholds_files_and_processes(tmp_path: Path) -> None:
    blackout, radio = "blackout at=20 for=30 share=0.5", "bad_radio at=5 for=9 loss=0.1"
    said = told(
        SMALL_ESTATE, "--template", "senml", "--source", "127.0.0.1-127.0.0.4", "--fault", blackout, "--fault", radio,
        "--require", "missed==0", "--require", "ingest.p99<=1s", "--probe", "--workers", 3, "--ca", "/ca.pem",
        "--report", tmp_path, "--junit", tmp_path / "a.xml", "--metrics", "127.0.0.1:9464", "--telemetry-qos", 1,
        "--data-faults", "gap=0.5,rate=2", "--app", "http://127.0.0.1:8765",
    )  # fmt: skip
    assert said["payload"][0].startswith("template senml: birth, ")
    assert said["connections by"] == ["TLS, as bob, the broker's certificate by /ca.pem"]
    assert said["sources"] == ["4 addresses, 127.0.0.1 to 127.0.0.4"]
    assert said["fault"] == [blackout, radio]
    assert said["data faults"] == ["per device and hour: rate 2, gap 0.5"]
    assert said["app"] == ["residents ask for things at http://127.0.0.1:8765"]
    assert said["required"] == ["missed==0", "ingest.p99<=1s"]
    assert said["ingest by"] == ["a subscriber of ours"]
    assert said["processes"] == ["3 workers here"]
    assert said["files"][0].startswith("142 needed in each process, ")
    assert said["written"] == [f"report {tmp_path}, JUnit {tmp_path / 'a.xml'}, Prometheus at 127.0.0.1:9464"]
    assert said["retries"] == ["an alarm is said again until the PUBACK; samples with QoS 1"]
    assert said["at the start"] == ["80 messages: connect, birth"]
    assert "keys" not in said


def test_a_template_may_stand_in_the_street_file_and_the_command_line_overrides_it(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text('[alarm_raise]\ntopic = "a/{device}"\nbody = \'{"id": "{alarm}"}\'\n')
    street = tmp_path / "street.toml"
    street.write_text(f'template = "./ours.toml"\n[[estates]]\nestate = "{SMALL_ESTATE}"\n')
    said = told(street)
    assert said["payload"] == ["template ours: alarm_raise"]
    assert said["retries"] == ["an alarm is said again until the PUBACK"]
    assert said["messages a second"][0].endswith(": 0.0 heartbeats, 0.0 telemetry, 0.0 events, 0.01 wakings")
    assert told(street, "--template", "json_flat")["payload"][0].startswith("template json_flat: birth, ")


def test_a_template_of_a_street_that_cannot_be_is_told_with_its_line(tmp_path: Path) -> None:
    street = tmp_path / "street.toml"
    for head, said in (
        ('template = "sennml"', f'{street}:2: template sennml: no such template; did you mean "senml"?'),
        ('template = "./none.toml"', f"{street}:2: template {tmp_path / 'none.toml'}: No such file or directory; give"),
        ('accept = "stored"\ntemplate = "senml"', f"{street}:2: accept: a template has no stored-ack; say puback"),
    ):
        street.write_text(f'seed = 3\n{head}\n[[estates]]\nestate = "{SMALL_ESTATE}"\n')
        ended = run_lilong("load", street, "--broker", AWAY, "--dry-run")
        assert ended.code == 2
        assert ended.err.startswith(f"lilong: {said}"), ended.err


def test_a_city_is_reckoned_without_making_each_of_its_estates(tmp_path: Path) -> None:
    street = tmp_path / "city.toml"
    street.write_text(f'[[estates]]\nestate = "{SMALL_ESTATE}"\ncopies = 10000\n')
    said = told(street)
    assert said["devices"][0].startswith("400,000 of small_estate x 10000: ")

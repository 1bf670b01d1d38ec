"""Bad input: one line on stderr that says what, where and what to do, exit code 2, and nothing else happens."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import PATIENCE_S, SMALL_ESTATE, embedded_broker, run_lilong
from lilong_simulator.estate.source import ESTATES
from lilong_simulator.incidents import INCIDENTS

CLOSED_PORT = 1  # tcpmux, reserved: nobody listens there
NO_BROKER = f"mqtt://127.0.0.1:{CLOSED_PORT}"


def refusal(*arguments: object) -> str:
    """What a command says that cannot be carried out."""
    ended = run_lilong(*arguments)
    assert ended.code == 2, ended
    assert len(ended.err.splitlines()) == 1, ended.err
    assert ended.err.startswith("lilong: ")
    return ended.err.removeprefix("lilong: ").removesuffix("\n")


@pytest.fixture
def in_the_way(tmp_path: Path) -> Path:
    """A file where a folder is wanted."""
    file = tmp_path / "file"
    file.write_text("in the way")
    return file


@pytest.fixture
def taken() -> Iterator[str]:
    """An address that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    "command",
    [("demo", "--estate"), ("load", "--broker", NO_BROKER), ("simulate", "--out", "never")],
    ids=lambda c: c[0],
)
def test_an_unknown_estate_is_answered_with_the_known_ones(command: tuple[str, ...]) -> None:
    said = refusal(*command, "music_plazza")
    near = f'did you mean "music_plaza"? known: {", ".join(sorted(file.stem for file in ESTATES.glob("*.toml")))}'
    assert said == f'no estate is called "music_plazza"; {near}; or give the path of a .toml file'


def test_a_wrong_estate_file_is_told_with_file_line_and_key(tmp_path: Path) -> None:
    text = SMALL_ESTATE.read_text()
    file = tmp_path / "wrong.toml"
    file.write_text(text.replace("storeys = 3", 'storeys = "three"'))
    line = text[: text.index("storeys = 3")].count("\n") + 1
    said = refusal("demo", "--estate", file)
    assert (
        said == f'{file}:{line}: buildings[0].storeys: must be a whole number, but is "three"; write it without quotes'
    )


def test_every_problem_of_an_estate_file_has_its_line(tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(
        SMALL_ESTATE.read_text().replace("storeys = 3", "storeys = 0").replace("persons = 30", "persons = -1")
    )
    ended = run_lilong("simulate", file, "--out", tmp_path / "never")
    assert ended.code == 2
    assert len(ended.err.splitlines()) == 2
    assert "population.persons" in ended.err
    assert "buildings[0].storeys" in ended.err


def test_an_unknown_incident_is_answered_with_the_known_ones() -> None:
    said = refusal("simulate", "music_plaza", "--out", "never", "--incident", "kitchen_fier")
    near = f'did you mean "kitchen_fire"? known: {", ".join(sorted(INCIDENTS))}'
    assert said.startswith(f'no incident is called "kitchen_fier"; {near}, and alarms: band.sos, ')


@pytest.mark.parametrize(
    "command",
    [("demo", "--estate"), ("load", "--broker", NO_BROKER), ("simulate", "--out", "never")],
    ids=lambda c: c[0],
)
def test_an_incident_that_the_estate_has_no_place_for_is_told_before_anything_starts(command: tuple[str, ...]) -> None:
    said = refusal(*command, SMALL_ESTATE, "--incident", "kitchen_fire")
    assert said.startswith("kitchen_fire: lane_house has no flat '3/1203'; ")
    assert said.endswith(
        "; --incident kitchen_fire:flat=1/0202 has all that it needs here, --incident none goes without"
    )


def test_a_broker_that_is_not_there() -> None:
    said = refusal("load", "music_plaza", "--broker", NO_BROKER)
    assert said == f"no broker at 127.0.0.1:{CLOSED_PORT} (Connection refused): start it, or correct host and port"


@pytest.mark.parametrize(
    ("command", "url"),
    [
        (("demo",), "127.0.0.1:1883"),
        (("load", "music_plaza"), "http://127.0.0.1"),
        (("load", "music_plaza"), "mqtt://"),
        (("load", "music_plaza"), "mqtt://127.0.0.1:port"),
    ],
)
def test_a_malformed_broker_url_is_answered_with_the_form(command: tuple[str, ...], url: str) -> None:
    said = refusal(*command, "--broker", url)
    assert said.startswith("broker URL")
    assert "; a broker is given as mqtt" in said
    assert said.endswith("host[:port]/path" if "http" in url else "host[:port]")


def test_a_password_in_a_broken_url_is_not_repeated() -> None:
    assert "secret" not in refusal("load", "music_plaza", "--broker", "http://user:secret@127.0.0.1")


def test_two_brokers_are_one_too_many() -> None:
    said = refusal("demo", "--broker", NO_BROKER, "--own-broker")
    assert said == "--broker and --own-broker: only one broker can be used; leave one of them out"


@pytest.mark.parametrize(
    ("http", "problem"),
    [("nowhere", "not an address; give one like 127.0.0.1:8080"), (None, "Address already in use; stop what holds")],
    ids=["malformed", "in use"],
)
def test_a_console_address_that_cannot_be_had(taken: str, http: str | None, problem: str) -> None:
    with embedded_broker() as (_, broker):
        said = refusal(
            "demo", "--estate", SMALL_ESTATE, "--incident", "none", "--broker", broker, "--http", http or taken
        )  # fmt: skip
    assert f"--http {http!r}: {problem}" in said or f"--http {taken}: {problem}" in said


@pytest.mark.parametrize("days", ["0", "3661", "nan"])
def test_days_out_of_bounds(tmp_path: Path, days: str) -> None:
    said = refusal("simulate", "music_plaza", "--out", tmp_path / "never", "--days", days)
    assert said == f"--days {days}: out of bounds; give days, above 0 and at most 3660"
    assert not (tmp_path / "never").exists()


@pytest.mark.parametrize("duration", ["0.5", "inf"])
def test_a_duration_that_is_none(duration: str) -> None:
    said = refusal("demo", "--headless", "--duration", duration)
    assert said == f"--duration {duration}: too short or no number; give seconds, at least 1"


def test_a_start_with_a_time_zone(tmp_path: Path) -> None:
    said = refusal("simulate", SMALL_ESTATE, "--incident", "none", "--out", tmp_path, "--start", "2026-03-04T18:00:00Z")
    assert said == "--start 2026-03-04T18:00:00+00:00: has a time zone; give the estate's local time without one"


def test_a_report_folder_with_a_file_in_the_way_is_told_before_the_run(in_the_way: Path) -> None:
    problem = "cannot be written to (File exists); name a folder that is there or can be made"
    assert refusal("demo", "--report", in_the_way) == f"--report {in_the_way}: {problem}"
    assert refusal("load", "music_plaza", "--broker", NO_BROKER, "--report", in_the_way).startswith("--report ")
    assert refusal("simulate", "music_plaza", "--out", in_the_way) == f"--out {in_the_way}: {problem}"
    assert in_the_way.read_text() == "in the way"


def test_an_observed_feed_that_is_a_folder(tmp_path: Path) -> None:
    with embedded_broker() as (_, broker):
        said = refusal("load", SMALL_ESTATE, "--incident", "none", "--broker", broker, "--observed", tmp_path)
    assert said == f"{tmp_path}: Is a directory; name the file that the backend appends to"


def test_what_typer_itself_refuses_ends_the_same_way() -> None:
    for arguments in (["bogus"], ["simulate", "music_plaza"], ["demo", "--seed", "seven"], ["demo", "--start", "now"]):
        ended = run_lilong(*arguments, seconds=PATIENCE_S)
        assert ended.code == 2
        assert ended.out == ""
        assert "--help" in ended.err
        assert "Traceback" not in ended.err

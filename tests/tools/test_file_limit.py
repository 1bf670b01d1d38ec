"""Too few open files for so many connections: one line says how many are needed, and what raises the limit."""

import re

import pytest
from commands import LILONG, SMALL_ESTATE, Ended, Process
from load_case import NOWHERE


def under(files: int, *arguments: object) -> Ended:
    """The command where a process may have so many."""
    command = " ".join(map(str, (LILONG, *arguments)))
    with Process("bash", "-c", f"ulimit -Sn {files}; ulimit -Hn {files}; exec {command}") as process:
        return process.end()


@pytest.mark.parametrize(
    ("arguments", "connections"),
    [
        (("demo", "--headless", "--duration", 5), "3,444"),
        (("load", "music_plaza", "--broker", NOWHERE, "--workers", 4), "861"),
        (("load", "music_plaza", "--broker", NOWHERE, "--workers", 4, "--dry-run"), None),
        (("load", "--clients", 1000, "--broker", NOWHERE, "--workers", 2), "500"),
    ],
)
def test_the_number_needed_the_limit_and_what_raises_it_are_told(arguments: tuple, connections: str | None) -> None:
    ended = under(256, *arguments)
    if connections is None:
        assert "989 needed in each process, 256 allowed — too few" in ended.out
        return
    assert (ended.code, ended.out) == (2, "")
    found = re.fullmatch(
        r"lilong: (\S+) connections need (\S+) open files, and this process may have 256 \(.*\): raise the hard limit "
        r"by `ulimit -Hn (\d+)` as root, by LimitNOFILE=\3 in a systemd unit or by --ulimit nofile=\3 for a container; "
        r"or use more processes\n",
        ended.err,
    )
    assert found is not None, ended.err
    assert found[1] == connections
    assert found[2] == f"{int(found[3]):,}"
    assert int(found[3]) > int(connections.replace(",", ""))


def test_what_a_dry_run_says_is_enough_is_enough() -> None:
    said = under(256, "load", SMALL_ESTATE, "--broker", NOWHERE, "--incident", "none", "--dry-run").out
    needed = re.search(r"^files +(\d+) needed, ", said, re.MULTILINE)
    assert needed is not None
    ended = under(int(needed[1]), "load", SMALL_ESTATE, "--broker", NOWHERE, "--incident", "none")
    assert ended.err.startswith("lilong: no broker at 127.0.0.1:1"), "it has come as far as the broker"

"""What the runners judge is told truly: by the README's table, and for every sentence by a command."""

import re
from pathlib import Path

from commands import run_lilong
from lilong_tools.conform import coverage
from lilong_tools.conform.backend.book import BOOK as BACKENDS
from lilong_tools.conform.device.book import BOOK as DEVICES
from lilong_tools.conform.sentences import sentence, sentences
from test_conform_backend import FAULTS as BACKEND_FAULTS
from test_conform_device import FAULTS as DEVICE_FAULTS
from test_conform_device import PATCHED

ID = re.compile(r"LIL-[A-Z]+-\d+")
README = Path(coverage.__file__).with_name("README.md")


def test_the_table_of_the_readme_is_what_the_runners_judge():
    text = README.read_text(encoding="utf-8")
    judged = coverage.judged()
    for runner in ("codec", "device", "backend"):
        names = judged[runner]
        assert f"| `{runner}` | {len(names)} | {coverage.in_short(names)} |" in text


def test_the_readme_says_of_every_other_sentence_why_none_judges_it():
    text = README.read_text(encoding="utf-8")
    told = {name for line in text.splitlines() if line.startswith("| LIL-") for name in ID.findall(line.split("|")[1])}
    assert told == set(sentences()) - set().union(*coverage.judged().values())


def test_the_counts_of_the_readme_are_true():
    words = " ".join(README.read_text(encoding="utf-8").split())
    whole, judged = len(sentences()), len(set().union(*coverage.judged().values()))
    devices, backends = len(DEVICES.all), len(BACKENDS.all)
    wrong = [*DEVICE_FAULTS.values(), *PATCHED.values()]
    right = sum(not ids for *_, ids in (*wrong, *BACKEND_FAULTS.values()))
    assert f"Of the {whole} sentences of the specification {judged} are judged by a runner" in words
    assert f"with {devices} scenarios for devices and {backends} for backends" in words
    assert f"{len(wrong)} wrong devices and {len(BACKEND_FAULTS)} wrong backends are planted" in words
    assert right == 2


def test_every_id_that_a_runner_judges_is_in_the_specification():
    assert set().union(*coverage.judged().values()) <= set(sentences())


def test_a_sentence_is_whole_and_has_no_links():
    told = sentence("LIL-TOPIC-001")
    assert told.text.startswith("A topic is `lilong/1/{tenant}")
    assert told.text.endswith("are those of REFERENCE.md; telemetry that comes late has QoS 1 (LIL-TELE-004).")
    assert (told.whose, told.file) == ("both", "frames.md")


def test_the_command_lists_every_sentence_with_its_runners():
    ended = run_lilong("conform", "sentences")
    assert ended.code == 0, ended
    assert all(name in ended.out for name in sentences())


def test_ids_in_short_are_families_of_runs():
    assert coverage.in_short({"LIL-CMD-004", "LIL-CMD-001", "LIL-CMD-002", "LIL-ALARM-010"}) == "ALARM 10, CMD 1-2 4"

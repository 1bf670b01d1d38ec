"""The command line starts without what only some of its commands need, and refuses as if it had been there."""

import subprocess
import sys
from importlib import import_module

import pytest
from lilong_tools import cli
from lilong_tools.commands import COMMANDS, Commands

HEAVY = ("pydantic", "simpy", "aiomqtt", "jinja2", "starlette", "cryptography", "lilong_simulator", "lilong_firmware")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_all_says_of_each_command_what_it_says_of_itself(name):
    group = Commands()
    command = group.commands[name]
    assert command.name == name
    assert command.help.partition("\n\n")[0].replace("\n", " ") == group.get_command(None, name).help


def test_the_help_of_all_imports_no_command():
    program = "import sys, lilong_tools.cli as cli; cli.app(['--help'], standalone_mode=False); print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    modules = said.splitlines()[-1].split()
    assert "lilong_tools.commands" in modules
    assert not set(modules) & set(HEAVY)
    assert all(f" {name} " in said for name in COMMANDS)


@pytest.mark.parametrize("refusal", cli.REFUSALS)
def test_each_refusal_is_where_it_is_said_to_be_and_ends_a_command_with_its_words(refusal, monkeypatch, capsys):
    module, _, name = refusal.partition(":")
    error = Exception.__new__(type("Ours", (getattr(import_module(module), name),), {"__str__": lambda _: "do so"}))

    def refuses():
        raise error

    monkeypatch.setattr(cli, "app", refuses)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert (ended.value.code, *capsys.readouterr()) == (cli.BAD_INPUT, "", "lilong: do so\n")


def test_an_error_that_is_no_refusal_stays_one(monkeypatch):
    def fails():
        raise KeyError("a fault of ours")

    monkeypatch.setattr(cli, "app", fails)
    with pytest.raises(KeyError):
        cli.main()

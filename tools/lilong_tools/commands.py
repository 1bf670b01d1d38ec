"""Commands that are imported when they are called: a program of many parts starts as fast as one of few."""

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Any

import typer
from typer import main
from typer.core import TyperCommand, TyperGroup

COMMANDS = {
    "demo": (".demo_command:demo", "An estate alive: broker, devices, management centre and console."),
    "load": (".load.command:load", "The live fleet against any broker and backend, with honest latency."),
    "replay": (
        ".load.replay_command:replay",
        "A recorded run again, with fresh seals, against any broker and backend, at any speed.",
    ),
    "simulate": (
        ".simulate_command:simulate",
        "A day of an estate in virtual time, the management centre answering in the loop.",
    ),
    "estate": (".estate_command:estate", "Estates as files: listed, checked, drawn, and made."),
    "capacity": (
        ".capacity.command:capacity",
        "How many gateways and brokers are needed: messages, bytes, connections and memory against what one can take.",
    ),
    "score": (
        ".score_command:score",
        "A recorded run of anybody's backend, judged from its observed feed: missed, late, false, by incident.",
    ),
    "incidents": (
        ".incidents_command:incidents",
        "What can go wrong: incidents listed, and each explained: its timeline, what must be raised and by when.",
    ),
    "compare": (
        ".load.compare_command:compare",
        "What changed between two runs; a latency that moved by less than 5 % is the same.",
    ),
    "watch": (".watch.cli:watch_command", "What flows through a broker, decoded and verified; or one pasted frame."),
    "dissector": (
        ".dissector_command:dissector_command",
        "The Wireshark dissector of lilong frames in MQTT, with the registry's names.",
    ),
    "broker-config": (
        ".broker_config.command:broker_config",
        "A hardened broker for an estate: mosquitto and EMQX with TLS, a login for each device, and access lists.",
    ),
    "boards": (".boards.command:boards", "Boards: their chips, pins and wiring, and what is wrong with them."),
    "provision": (
        ".provision.command:provision",
        "What devices are given: identity, keys, configuration, a login at the broker, labels. Never shows a secret.",
    ),
    "battery": (
        ".battery_command:battery",
        "Battery life of a sleeping device, computed from measured times awake and currents of data sheets.",
    ),
    "sbom": (".sbom_command:sbom", "The bill of materials (CycloneDX 1.6): the same input gives the same bytes."),
    "flash": (".flash.command:flash", "Build a device's firmware, put it onto a board, and see it come online."),
    "bundle": (".flash.command:bundle", "The firmware of a kind on a board as one file, for `lilong update sign`."),
    "selftest": (
        ".selftest.command:selftest", "Try every pin and driver of a board, and what it promises; sign what was seen.",
    ),
    "conform": (".conform.cli:app", "Hold another implementation to the specification."),
    "keys": (".keys_command:keys", "Keys of an estate, in a file for its owner only."),
    "update": (".update.command:update", "Signed firmware: made, shown, and rolled out in waves."),
}  # fmt: skip
"""Where each command is, and what it says of itself: the help of them all is told without importing any."""


class Commands(TyperGroup):
    """The group of COMMANDS."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "commands": _ByNeed()})

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Its name and help alone, for the help of the group; the command itself comes from `resolve_command`."""
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name][1]) if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, _, left = super().resolve_command(ctx, args)
        return name, None if name is None else self.commands[name], left


class _ByNeed(MutableMapping[str, Any]):
    """The commands by name; each is imported when it is asked for."""

    def __getitem__(self, name: str) -> Any:
        module, _, attribute = COMMANDS[name][0].partition(":")
        found = getattr(import_module(module, __package__), attribute)
        if isinstance(found, typer.Typer):
            command: Any = main.get_group(found)
        else:
            alone = typer.Typer(add_completion=False)
            alone.command(name)(found)
            command = main.get_command(alone)
        command.name = name
        return command

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)

    def __setitem__(self, name: str, command: Any) -> None:
        raise TypeError(f"{name}: commands are listed in COMMANDS")

    def __delitem__(self, name: str) -> None:
        raise TypeError(f"{name}: commands are listed in COMMANDS")

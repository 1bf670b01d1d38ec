"""The command line: `lilong demo`, `load`, `simulate`, `watch` ..."""

import sys
from typing import Annotated

import typer

from .commands import Commands

BAD_INPUT = 2
REFUSALS = (
    "lilong_protocol.pc.keystore:KeyStoreError",
    "lilong_protocol.pc.simulation:PublicKeyError",
    "lilong_simulator.data_faults.asked:DataFaultError",
    "lilong_simulator.data_faults.label:LabelError",
    "lilong_simulator.toml_files.errors:EstateError",
    "lilong_simulator.estate.new.asked:NewEstateError",
    "lilong_simulator.feed:FeedError",
    "lilong_simulator.fleet.live.credentials:CredentialsError",
    "lilong_simulator.fleet.live.limits:FileLimitError",
    "lilong_simulator.incidents.base:IncidentError",
    "lilong_simulator.load.compare:CompareError",
    "lilong_simulator.load.errors:RunError",
    "lilong_simulator.load.faults.asked:FaultError",
    "lilong_simulator.load.lines:RecordingError",
    "lilong_simulator.load.payload.template:TemplateError",
    "lilong_simulator.load.prometheus:MetricsError",
    "lilong_simulator.load.record:RecordError",
    "lilong_simulator.load.scenario:ScenarioError",
    "lilong_simulator.load.thresholds:ThresholdError",
    "lilong_simulator.truth:TruthError",
    "lilong_simulator.score.witness:WitnessError",
    "lilong_tools.boards.complaints:BoardError",
    "lilong_tools.broker.errors:BrokerError",
    "lilong_tools.broker_config.errors:BrokerConfigError",
    "lilong_tools.centre_process:CentreProcessError",
    "lilong_tools.flash.errors:FlashError",
    "lilong_tools.inputs:InputError",
    "lilong_tools.provision.errors:ProvisionError",
    "lilong_tools.sbom:SbomError",
    "lilong_tools.update.errors:UpdateError",
)
"""Errors that say to the user what, where and what to do. Only one whose module was imported can have been raised."""

app = typer.Typer(cls=Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def _version(asked: bool) -> None:
    """The release, and whether it is machine code (compiled/README.md)."""
    if asked:
        from importlib import metadata, util  # noqa: PLC0415  # for this alone

        codec = util.find_spec("lilong_protocol.cbor")
        compiled = codec is not None and not str(codec.origin).endswith(".py")
        print(f"lilong {metadata.version('lilong')}{', compiled' if compiled else ''}")
        raise typer.Exit


@app.callback(help=__doc__)
def lilong(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="and end")] = False,
) -> None:
    """All its commands are in `Commands`."""


def refusals() -> tuple[type[Exception], ...]:
    places = [refusal.partition(":") for refusal in REFUSALS]
    return tuple(getattr(sys.modules[module], name) for module, _, name in places if module in sys.modules)


def main() -> None:
    """The console script: bad input ends with one clear message and exit code 2."""
    try:
        app()
    except refusals() as error:
        from rich.console import Console  # noqa: PLC0415  # a tenth of a second, of which a command that ends well has no use

        Console(stderr=True, highlight=False, soft_wrap=True).print(f"lilong: {error}", style="red", markup=False)
        sys.exit(BAD_INPUT)

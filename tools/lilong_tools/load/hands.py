"""Who can restart or freeze the broker of a run: we, where it is a mosquitto of our own, else the user's commands."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from typing import IO

from lilong_simulator.load.faults import FAULTS, FaultAsked, FaultError
from lilong_simulator.load.faults.live import BrokerHands
from lilong_simulator.load.scenario import Scenario

from ..broker import Broker, BrokerError, Mosquitto

LONGEST_S = 120.0  # (ours) in which a command must have ended
SHOWN = 300  # characters of what a command that failed has said


@dataclass(frozen=True)
class Commands:
    """Shell commands that do it to a broker that is not ours."""

    restart: str | None = None
    freeze: str | None = None
    thaw: str | None = None


NO_COMMANDS = Commands()


def hands_for(scenario: Scenario, broker: Broker, commands: Commands = NO_COMMANDS) -> BrokerHands | None:
    """For the faults of a scenario; FaultError where one needs what nobody has. None: no fault needs any."""
    if needs_hands(scenario) is None:
        return None
    if broker.process is not None:
        return MosquittoHands(broker.process)
    for one in scenario.faults:
        if FAULTS[one.name].BROKER is None:
            continue
        freezes = FAULTS[one.name].BROKER == "freeze"
        given = commands.freeze and commands.thaw if freezes else commands.restart
        if not given:
            options = "--broker-freeze and --broker-thaw" if freezes else "--broker-restart"
            whose = "our own embedded one, which cannot" if broker.kind == "embedded" else "not ours"
            raise FaultError(
                f"fault {one}: the broker at {broker.host}:{broker.port} is {whose}; give {options} 'a shell command'"
            )
    return CommandHands(commands)


def needs_hands(scenario: Scenario) -> FaultAsked | None:
    """The first fault that is done to the broker itself."""
    return next((one for one in scenario.faults if FAULTS[one.name].BROKER is not None), None)


class MosquittoHands:
    """A mosquitto of the run's own: ended with SIGTERM, started again on its port; SIGSTOP and SIGCONT."""

    def __init__(self, mosquitto: Mosquitto) -> None:
        self._mosquitto = mosquitto

    async def stop(self) -> None:
        await self._mosquitto.stop()

    async def start(self) -> None:
        await self._mosquitto.start()

    async def freeze(self) -> None:
        os.kill(self._mosquitto.pid, signal.SIGSTOP)

    async def thaw(self) -> None:
        os.kill(self._mosquitto.pid, signal.SIGCONT)


class CommandHands:
    """A restart is one command, begun when the broker is to go; the fault ends when it has ended, at the earliest."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._restarting: _Begun | None = None

    async def stop(self) -> None:
        assert self._commands.restart is not None
        self._restarting = _begin(self._commands.restart)

    async def start(self) -> None:
        begun, self._restarting = self._restarting, None
        if begun is not None:
            await _end(begun)

    async def freeze(self) -> None:
        await self._run(self._commands.freeze)

    async def thaw(self) -> None:
        await self._run(self._commands.thaw)

    async def _run(self, command: str | None) -> None:
        assert command is not None
        await _end(_begin(command))


@dataclass
class _Begun:
    """What a command said goes to a file: a pipe would stay open in what it leaves behind, as a broker."""

    command: str
    process: subprocess.Popen[bytes]
    said: IO[bytes]


def _begin(command: str) -> _Begun:
    said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  it lives as long as the command
    process = subprocess.Popen(command, shell=True, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    return _Begun(command, process, said)


async def _end(begun: _Begun) -> None:
    with begun.said as said:
        try:
            code = await asyncio.to_thread(begun.process.wait, LONGEST_S)
        except subprocess.TimeoutExpired:
            raise BrokerError(f"the command {begun.command!r} has not ended after {LONGEST_S:g} s") from None
        said.seek(0)
        told = said.read().decode(errors="replace").strip()[-SHOWN:]
    if code:
        raise BrokerError(f"the command {begun.command!r} ended with code {code}: {told or 'it said nothing'}")

"""Who can restart or freeze the broker of a run: we, where it is a mosquitto of our own, else the user's commands."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import dataclass

from lilong_simulator.load.faults import FAULTS, FaultAsked, FaultError
from lilong_simulator.load.faults.live import BrokerHands
from lilong_simulator.load.scenario import Scenario

from ..broker import Broker, BrokerError, Mosquitto

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
        self._restarting: asyncio.subprocess.Process | None = None

    async def stop(self) -> None:
        assert self._commands.restart is not None
        self._restarting = await _begin(self._commands.restart)

    async def start(self) -> None:
        process, self._restarting = self._restarting, None
        if process is not None:
            assert self._commands.restart is not None
            await _end(self._commands.restart, process)

    async def freeze(self) -> None:
        await self._run(self._commands.freeze)

    async def thaw(self) -> None:
        await self._run(self._commands.thaw)

    async def _run(self, command: str | None) -> None:
        assert command is not None
        await _end(command, await _begin(command))


async def _begin(command: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_shell(
        command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )


async def _end(command: str, process: asyncio.subprocess.Process) -> None:
    said, _ = await process.communicate()
    if process.returncode:
        told = said.decode(errors="replace").strip()[-SHOWN:]
        raise BrokerError(f"the command {command!r} ended with code {process.returncode}: {told or 'it said nothing'}")

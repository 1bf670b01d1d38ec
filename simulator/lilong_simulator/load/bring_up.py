"""Devices get their power over the ramp, real MicroPython among them, and the backend comes to know all of them."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lilong_firmware.device import Device as Simulated

from ..fleet.live import LiveFleet
from ..fleet.live_board import LiveBoard
from ..fleet.process import BoardError
from ..fleet.provision import Provisioner
from ..fleet.uplinks import speak
from ..virtual_run import epoch_ms
from .accept import Accepter
from .answered import Answered
from .errors import NotOnline, RunError
from .payload import Payload

if TYPE_CHECKING:
    from .run import LiveRun

POWER_ON_PER_S = 1_000  # devices whose power comes on in a second: a feeder, not a thundering herd


class BringUp:
    """Of one run, whose fleets, boards and accepter it makes."""

    def __init__(self, run: LiveRun, online_timeout_s: float, settle_s: float) -> None:
        self._run = run
        self._online_timeout_s = online_timeout_s
        self._settle_s = settle_s

    async def all(self) -> None:
        """Until all are online; RunError when that does not come."""
        gc.disable()  # each look at all these objects would stop every device for a third of a second
        try:
            makers = self._fleets()
            await self._start_boards()
            await self._power_on(makers)
            await self._online()
        finally:
            gc.freeze()  # they are here to stay
            gc.enable()

    # ---- inside

    def _fleets(self) -> list[Provisioner]:
        """A fleet and a maker of devices for each play."""
        run, settings = self._run, self._run.settings
        if settings.scenario.accept != "stored":
            accepter = run.accepter = Accepter(settings.keys)
            at_once = settings.scenario.accept == "puback"
            run.recorder.on_puback = accepter.at_puback if at_once else accepter.arrived
        real = {device.id for device in settings.boards}
        made = Answered if settings.scenario.telemetry_qos == 1 else Simulated
        makers: list[Provisioner] = []
        now_ms = run.epoch_zero + run.clock()
        for play, part in zip(run.plays, settings.parts, strict=True):
            place = part.place
            play.fleet = fleet = LiveFleet(place.tenant, settings.target, run.recorder, run.clock)
            run.fleets.append(fleet)
            if run.template is not None:
                fleet.speech = Payload(run.template, place.tenant, part.devices, run.epoch_zero)
            maker = Provisioner(
                place.estate, settings.keys[place.tenant], place.seed, settings.scenario.rate, made,
                accepts=run.accepter is not None, ahead_ms=epoch_ms(place.estate, settings.scenario.start) - now_ms,
            )  # fmt: skip
            makers.append(maker)
            for device in part.devices:
                if device.id in real:
                    board = LiveBoard(device, maker, fleet, settings.boot, play.initial.get(device.id, {}))
                    run.boards[device.id] = board
        return makers

    async def _start_boards(self) -> None:
        """All of them, whatever becomes of one: a board that is still starting cannot be stopped."""
        boards = self._run.boards.values()
        for told in await asyncio.gather(*(board.start() for board in boards), return_exceptions=True):
            if isinstance(told, BoardError):
                raise RunError(f"a real MicroPython device did not start: {told}") from told
            if isinstance(told, BaseException):
                raise told

    async def _power_on(self, makers: Sequence[Provisioner]) -> None:
        """One device after another, evenly over the ramp."""
        run, settings = self._run, self._run.settings
        ramp_s = settings.scenario.ramp_s
        per_ms = POWER_ON_PER_S / 1000 if ramp_s is None else len(run.devices) / max(ramp_s * 1000, 0.001)
        started = run.clock()
        count = 0
        for play, part, maker in zip(run.plays, settings.parts, makers, strict=True):
            assert play.fleet is not None
            for placed in part.devices:
                if placed.id in run.boards:
                    continue
                while count >= (run.clock() - started) * per_ms:
                    if run.stopped:
                        return
                    run.refusals.look(count + len(run.boards), len(run.devices))
                    await asyncio.sleep(0.01)
                count += 1
                base = play.fleet.now()
                run.recorder.bases[placed.id] = base
                if run.accepter is not None:
                    run.accepter.join(play.fleet, placed.id)
                device = maker.device(placed, settings.boot)
                if run.template is not None:
                    speak(device, seals=False)
                play.fleet.add(placed.id, device, base, play.initial.get(placed.id, {}))

    async def _online(self) -> None:
        """All that are let in have been accepted by the broker once, and by the backend if it answers births at all."""
        run = self._run
        devices, recorder = len(run.devices), run.recorder
        began = run.clock()
        linked_at: float | None = None
        while not run.stopped:
            now = run.clock()
            run.refusals.look(devices, devices)
            run.take_overs.look()
            wanted = devices - run.refusals.given_up
            if len(recorder.accepted) >= wanted:
                return
            if len(recorder.linked) >= wanted and linked_at is None:
                linked_at = now
            settled = linked_at is not None and now - linked_at > self._settle_s * 1000
            if settled and (not recorder.accepted or run.settings.scenario.accept == "puback"):
                return  # a backend that does not speak of time, or is not asked: what it accepts is not observed
            if now - began > self._online_timeout_s * 1000:
                raise NotOnline(
                    f"only {len(recorder.linked)} of {devices} devices connected and {len(recorder.accepted)} accepted "
                    f"by the backend after {self._online_timeout_s:g} s; {self._why()}"
                )
            await run.pause(0.05)

    def _why(self) -> str:
        troubles = sorted(self._run.troubles.items(), key=lambda item: -item[1])
        if not troubles:
            return "no link broke: is the backend running, and does it use the same estate key?"
        return "most often: " + "; ".join(f"{why} ({count} times)" for why, count in troubles[:3])

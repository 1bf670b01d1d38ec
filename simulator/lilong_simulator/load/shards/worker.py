"""A worker: one process that plays one shard of a run that somebody else conducts.

It ends with its connection or its standard input: whoever started it takes it along, whatever ends them.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from ...estate import EstateError
from ...feed import FeedEvent
from ...fleet.live import CredentialsError, FileLimitError, Target, need_files
from ...incidents import IncidentError
from ..errors import NotOnline, RunError
from ..places import Shard, parts_of, places_of
from ..plain import Plain, PlainRun
from ..record import Recording
from ..result import ShardResult
from ..run import LiveRun
from ..scenario import ScenarioError
from ..settings import Settings
from .clocks import now_ns, this_machine
from .cluster_tls import connection
from .glimpse import Glimpses
from .job import Job, Order
from .recorded_part import recording_of
from .wire import Wire

TELL_S = 1.0
GONE_S = 5.0  # how long the devices of a run without its conductor may take to leave
CANNOT = (EstateError, IncidentError, ScenarioError, FileLimitError, CredentialsError, RunError, OSError, ValueError)

Reach = Callable[[Mapping[str, Any], int], Target]
"""Makes the target of a job's `access` and `opening`; raises one of CANNOT."""


class Worker:
    """One worker, from its connection to its end. `done`: the exit code."""

    def __init__(self, order: Order, wire: Wire, reach: Reach) -> None:
        self._order = order
        self._wire = wire
        self._reach = reach
        loop = asyncio.get_running_loop()
        self._job: asyncio.Future[Job] = loop.create_future()
        self._go: asyncio.Future[None] = loop.create_future()
        self._begin: asyncio.Future[float] = loop.create_future()
        self._gone = asyncio.Event()
        self._run: LiveRun | PlainRun | None = None

    async def work(self) -> int:
        order, wire = self._order, self._wire
        wire.tell(
            "hello", token=order.token, index=order.index, host=platform.node(), pid=os.getpid(), machine=this_machine()
        )
        listening = asyncio.create_task(self._listen())
        played = asyncio.create_task(self._work())
        gone = asyncio.create_task(self._gone.wait())
        await asyncio.wait({played, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not played.done():
            if self._run is not None:
                self._run.stop()
            played.cancel()
            await asyncio.wait({played}, timeout=GONE_S)
        elif played.exception() is None:
            await self._gone.wait()  # the conductor closes when it has everything
        listening.cancel()
        gone.cancel()
        await wire.close()
        if played.cancelled() or not played.done():
            return 1
        played.result()  # an error of this program is its last word
        return 0

    async def _work(self) -> None:
        wire = self._wire
        try:
            job = await self._job
            run = self._run = self._prepared(job)
        except MemoryError:
            wire.tell("cannot", why="there is not enough memory for its devices; use more machines, or fewer copies")
            return
        except CANNOT as error:
            wire.tell("cannot", why=str(error))
            return
        wire.tell("ready", devices=len(run.devices))
        await self._go
        failure = None
        connect_s = None
        lost = 0
        recording: Recording | None = None
        if job.records and isinstance(run, LiveRun):
            recording = run.recorder.recording = recording_of(run, self._order.index, wire)
        run.refusals.tell = lambda text: wire.tell("word", text=f"shard {self._order.index}: {text}")
        telling = asyncio.create_task(self._tell(run))
        try:
            began = run.clock()
            await run.bring_up()
            if not run.stopped:
                connect_s = round((run.clock() - began) / 1000, 3)
                wire.tell("online", connect_s=connect_s, given_up=run.refusals.given_up)
                begin = await self._begin
                if not run.stopped:
                    await run.play(begin)
                    lost = run.lost
        except NotOnline as error:
            failure = str(error)
        except RunError as error:
            wire.tell("cannot", why=str(error))
            return
        finally:
            telling.cancel()
            await run.close()
            if recording is not None:
                await asyncio.to_thread(recording.close)
        place = (self._order.index, self._order.count)
        result = run.result(*place) if isinstance(run, PlainRun) else ShardResult.of(run, connect_s, lost, *place)
        wire.tell("result", result=result.to_json(), failure=failure)
        await wire.drained()

    def _prepared(self, job: Job) -> LiveRun | PlainRun:
        order = self._order
        if job.plain is not None:
            asked = Plain(**job.plain).part(Shard(order.index, order.count))
            need_files(asked.clients)
            return PlainRun(asked, self._reach(job.access, job.opening), job.online_timeout_s, job.zero_ns)
        parts = parts_of(places_of(job.scenario), Shard(order.index, order.count))
        devices = [device for part in parts for device in part.devices]
        need_files(len(devices))
        boards = [device for device in devices if device.id in job.boards]
        target = self._reach(job.access, job.opening)
        settings = Settings(
            job.scenario, parts, job.keys, target, boards, job.acknowledgement_expected, app=job.app, boot=job.boot,
        )
        return LiveRun(settings, job.online_timeout_s, job.settle_s, job.zero_ns)

    async def _tell(self, run: LiveRun | PlainRun) -> None:
        """Every second on the clock, however long the last took to tell."""
        glimpses = Glimpses(run)
        loop = asyncio.get_running_loop()
        due = loop.time() + TELL_S
        while True:
            await asyncio.sleep(max(0.0, due - loop.time()))
            self._wire.tell("seen", **await glimpses.take())
            due = max(due + TELL_S, loop.time())

    async def _listen(self) -> None:
        while (message := await self._wire.receive()) is not None:
            what = message["what"]
            if what == "ping":
                self._wire.tell("pong", asked=message["asked"], at=now_ns())
            elif what == "job":
                self._take(message["job"])
            elif what == "go":
                _set(self._go, None)
            elif what == "begin":
                _set(self._begin, message["at"])
            elif what == "stop":
                if self._run is not None:
                    self._run.stop()
                _set(self._go, None)
                _set(self._begin, 0.0)
            elif what == "observed" and isinstance(self._run, LiveRun) and self._run.accepter is not None:
                for event in message["events"]:
                    self._run.accepter.observed(FeedEvent(**event))
        self._gone.set()

    def _take(self, job: Mapping[str, Any]) -> None:
        try:
            _set(self._job, Job.from_json(job))
        except (ScenarioError, TypeError, KeyError, ValueError) as error:
            if not self._job.done():
                self._job.set_exception(ScenarioError(f"another version of lilong conducts this run: {error}"))


async def serve(order: Order, reach: Reach) -> int:
    """Play what the order says; the exit code."""
    try:
        reader, writer = await connection(order)
    except OSError as error:
        print(f"nobody conducts a run at {order.host}:{order.port} ({error.strerror or error})", file=sys.stderr)
        return 2
    return await Worker(order, Wire(reader, writer), reach).work()


def main(reach: Reach, run: Callable[[Any], int]) -> None:
    """The process: its order is the first line of standard input, whose end is its own too. `run` runs a coroutine."""
    order = Order(**json.loads(sys.stdin.buffer.readline()))
    threading.Thread(target=_until_nobody, daemon=True).start()
    sys.exit(run(serve(order, reach)))


def _until_nobody() -> None:
    """Whoever started this process has gone. Not by `sys.stdin`: its lock would hold up the interpreter's own end."""
    while os.read(0, 4096):
        pass
    os._exit(1)


def _set(future: asyncio.Future[Any], value: Any) -> None:
    if not future.done():
        future.set_result(value)

"""Conducts one run of several shards: one clock, one beginning, what all see together, one end.

A worker that is lost is told at once, and its shard is not played again, by us or by an engine: whoever comes for a
shard that was claimed before is sent away. The others go on; the run is partial.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

from ...feed import FeedEvent
from ..errors import RunError
from ..places import Place
from ..refusals import all_online
from ..result import ShardResult
from ..run import LONGEST_LIMIT_MS
from .clocks import ClockOf, now_ns, this_machine
from .cluster_tls import ClusterTls
from .job import Job, Order
from .last_words import after_it_went, before_it_came
from .recorded_part import Taken, data_of, nowhere
from .shard import ENDED, HELLO, LOST, ONLINE, READY, STARTED, Changes, Conducted, PlayedShard, Starter
from .together import Together
from .wire import Wire

START_S = 60.0  # in which a worker must have come and know its part
SILENCE_S = 20.0  # after which a worker that should tell every second counts as lost
LEAVE_S = 30.0  # in which a worker must have given its result once it was told to stop
QUESTIONS = 16  # about its clock, before the run
AHEAD_MS = 200.0  # from the beginning being told to it being there, beside the slowest answer


class Conductor:
    """`together` can be watched meanwhile; `told` is called with what a person should know at once.

    host: the address at which workers reach this machine. recorded: takes more of a shard's recording. tls:
    by which workers reach it, else by TCP alone.
    """

    def __init__(
        self, job: Job, places: Sequence[Place], count: int, starter: Starter, told: Callable[[str], None],
        host: str = "127.0.0.1", start_s: float = START_S, silence_s: float = SILENCE_S, recorded: Taken = nowhere,
        tls: ClusterTls | None = None,
    ) -> None:  # fmt: skip
        zero_ns = now_ns()
        devices = [device for place in places for device in place.devices]
        job = replace(job, zero_ns=zero_ns)
        if job.scenario.ramp_s is None:  # as fast as one process would
            job = replace(job, scenario=replace(job.scenario, ramp_s=len(devices) / 1000))
        self._job = job
        self._places = places
        self._starter = starter
        self._told = told
        self._host = host
        self._recorded = recorded
        self._tls = tls
        self._start_s = start_s
        self._silence_s = silence_s
        self._token = secrets.token_hex(16)
        self._changes = Changes()
        self._callers: set[asyncio.Task[None]] = set()
        self._refusal: str | None = None  # why a worker cannot start
        self._ending = False
        self.stopped = False  # by the user
        self._stop_at: float | None = None
        self.count = count
        self.shards = [PlayedShard(index) for index in range(count)]
        self.scenario = job.scenario
        waits = job.scenario.accept == "observed"
        self.together = Together(job.scenario, devices, zero_ns, self._observed if waits else None)

    # ---- what others call

    def stop(self) -> None:
        """End the run early, with all its results; see `LiveRun.stop`."""
        if not self.stopped:
            self.stopped = True
            self._stop_at = self.together.clock()
            self._end()

    async def begun(self) -> float:
        """When the worlds begin, on the run's clock."""
        await self._changes.until(lambda: self.together.world_zero is not None)
        return self.together.world_zero or 0.0

    async def conduct(self) -> Conducted:
        """Start all, play, end all; RunError when a worker cannot start. Whatever happens, none is left behind."""
        tls = self._tls
        server = await asyncio.start_server(self._came, self._host, 0, ssl=None if tls is None else tls.server())
        pin = "" if tls is None else tls.pin
        port = server.sockets[0].getsockname()[1]
        tasks = [asyncio.create_task(self._ticks())]
        try:
            for shard in self.shards:
                await self._starter.start(Order(self._host, port, self._token, shard.index, self.count, pin))
                tasks.append(asyncio.create_task(before_it_came(self._starter, shard, self._refuse)))
            await self._phases()
        finally:
            for task in tasks:
                task.cancel()
            server.close()
            for shard in self.shards:
                if shard.wire is not None:
                    await shard.wire.close()
            await asyncio.gather(*(self._starter.end(shard.index) for shard in self.shards))
            await asyncio.gather(*tasks, *self._callers, return_exceptions=True)
        return self._conducted()

    # ---- the phases

    async def _phases(self) -> None:
        try:
            async with asyncio.timeout(self._start_s):
                await self._until(lambda shard: shard.stage not in (STARTED, HELLO))
        except TimeoutError:
            late = ", ".join(str(one.index) for one in self.shards if one.stage in (STARTED, HELLO))
            raise RunError(
                f"shards {late} of {self.count} were not ready after {self._start_s:g} s: can their machines reach "
                f"this one at {self._host}?"
            ) from None
        if self._ending:
            return
        for shard in self.shards:
            clock = shard.clock.told()
            if clock is not None:
                self._told(f"the clock of shard {shard.index} on {shard.host} is ahead by {clock['offset_ms']:g} ms, "
                           f"known to {clock['error_ms']:g} ms")  # fmt: skip
        self._all("go")
        await self._until(lambda shard: shard.stage in (ONLINE, ENDED))
        if any(one.stage == ENDED for one in self.shards):
            self._end()  # the devices of one did not come online: the others leave
        elif not self._ending:
            self._begin()
            await self._until(lambda shard: shard.over)
        try:
            async with asyncio.timeout(LEAVE_S if self._ending else None):
                await self._changes.until(lambda: all(one.over for one in self.shards))
        except TimeoutError:
            for shard in self.shards:
                if not shard.over:
                    self._lose(shard, f"it gave no result within {LEAVE_S:g} s of being told to stop")

    def _begin(self) -> None:
        """The worlds of all shards begin at one instant, which none has passed when it hears of it."""
        here = [one for one in self.shards if one.stage != LOST]
        slowest = max((one.clock.first.error_ns for one in here if one.clock.first is not None), default=0.0)
        begin = self.together.clock() + AHEAD_MS + 4 * slowest / 1e6
        self._all("begin", at=begin)
        self.together.world_zero = begin
        self._changes.tell()
        devices, given_up = sum(one.devices or 0 for one in here), sum(one.given_up for one in here)
        self._told(all_online(devices, given_up, max((one.connect_s or 0.0 for one in here), default=0.0)))

    def _end(self) -> None:
        self._ending = True
        self._all("stop")
        self._changes.tell()

    async def _until(self, reached: Callable[[PlayedShard], bool]) -> None:
        """Until each shard has come so far, or is lost; or the run is ended. RunError where one cannot start."""
        await self._changes.until(
            lambda: self._ending or self._refusal is not None or all(s.stage == LOST or reached(s) for s in self.shards)
        )
        if self._refusal is not None:
            raise RunError(self._refusal)

    def _all(self, what: str, **more: Any) -> None:
        for shard in self.shards:
            shard.tell(what, **more)

    # ---- one worker

    async def _came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A worker, from its first word to its last."""
        task = asyncio.current_task()
        assert task is not None
        self._callers.add(task)
        task.add_done_callback(self._callers.discard)
        wire = Wire(reader, writer)
        try:
            shard = await self._claimed(wire)
            if shard is not None:
                await self._hear(shard, wire)
        finally:
            await wire.close()

    async def _claimed(self, wire: Wire) -> PlayedShard | None:
        hello = await wire.receive()
        if hello is None or hello["what"] != "hello" or not hmac.compare_digest(str(hello["token"]), self._token):
            return None
        shard: PlayedShard = self.shards[hello["index"]]
        if shard.stage != STARTED:
            self._told(f"shard {shard.index} was started a second time, on {hello['host']}: sent away, nothing is "
                       "played twice")  # fmt: skip
            return None
        shard.stage, shard.wire = HELLO, wire
        shard.host, shard.pid = hello["host"], hello["pid"]
        shard.clock = ClockOf(hello["machine"] != "" and hello["machine"] == this_machine())
        shard.heard = time.monotonic()
        return shard

    async def _hear(self, shard: PlayedShard, wire: Wire) -> None:
        asked = 0
        wire.tell("ping", asked=now_ns())
        while (message := await wire.receive()) is not None:
            shard.heard = time.monotonic()
            what = message["what"]
            if what == "pong":
                shard.clock.answered(message["asked"], message["at"], now_ns())
                asked += 1
                if asked < QUESTIONS:
                    wire.tell("ping", asked=now_ns())
                elif asked == QUESTIONS:
                    shard.clock.settle()
                    job = replace(self._job, zero_ns=self._job.zero_ns + shard.clock.offset_ns)
                    wire.tell("job", job=job.to_json())
            elif what == "seen":
                self.together.take(shard.index, message)
            elif what == "recorded":
                self._recorded(shard.index, data_of(message["data"]))
            elif what == "word":
                self._told(str(message["text"]))
            else:
                self._reached(shard, what, message)
            if shard.over:
                return
        if not shard.over:
            shard.at_ms = self.together.clock()
            self._lose(shard, await after_it_went(self._starter, shard.index))

    def _reached(self, shard: PlayedShard, what: str, message: dict[str, Any]) -> None:
        if what == "cannot":
            self._refuse(shard, str(message["why"]))
        elif what == "ready":
            shard.stage, shard.devices = READY, message["devices"]
        elif what == "online":
            shard.stage, shard.connect_s, shard.given_up = ONLINE, message["connect_s"], message["given_up"]
        elif what == "result":
            shard.result = ShardResult.from_json(message["result"])
            shard.why = message["failure"]
            shard.stage = ENDED
        self._changes.tell()

    def _refuse(self, shard: PlayedShard, why: str) -> None:
        """A worker cannot begin, which ends all before anything is judged."""
        if self._refusal is None:
            self._refusal = f"shard {shard.index} of {self.count} cannot start: {why}"
        shard.stage, shard.why = LOST, why
        self._changes.tell()

    def _lose(self, shard: PlayedShard, why: str) -> None:
        """A worker has gone: its shard is lost, and told at once."""
        if shard.stage in (STARTED, HELLO):
            self._refuse(shard, why)
            return
        shard.stage, shard.why = LOST, why
        if shard.at_ms is None:
            shard.at_ms = self.together.clock()
        self.together.gone(shard.index)
        if shard.wire is not None:
            shard.wire.abort()
        self._told(
            f"LOST at {shard.at_ms / 1000:.1f} s: shard {shard.index} of {self.count} with {shard.devices:,} devices, "
            f"{shard.where}: {why}. It is not played again; the run is partial"
        )
        self._changes.tell()

    async def _ticks(self) -> None:
        """Every second: one picture of all, a question about each clock, and who has fallen silent."""
        due = time.monotonic()
        while True:
            due += 1.0
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            self.together.merge()
            for shard in self.shards:
                if shard.stage in (READY, ONLINE):
                    shard.tell("ping", asked=now_ns())
                    silent = time.monotonic() - shard.heard
                    if silent > self._silence_s:
                        self._lose(shard, f"nothing was heard of it for {silent:.0f} s")

    def _observed(self, event: FeedEvent) -> None:
        self._all("observed", events=[asdict(event)])

    def _conducted(self) -> Conducted:
        self.together.merge()
        results = [shard.result for shard in self.shards if shard.result is not None]
        failures = [f"shard {one.index}: {one.why}" for one in self.shards if one.stage == ENDED and one.why]
        horizon = min((one.horizon for one in results), default=None)
        if horizon is None and self._stop_at is not None:
            horizon = self._stop_at - LONGEST_LIMIT_MS
        return Conducted(results, self.shards, failures, self.stopped, horizon)

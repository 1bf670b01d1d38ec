"""What a worker tells of its run every second: all that is new, in pieces so small that no device waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from itertools import islice
from typing import Any

from ...carried_out import LINKED_OUTPUTS
from ...latency import Latency
from ...recorder import AlarmClocks
from ..measures import Measures
from ..watched import Measured

PIECE = 500  # alarms or outputs that are looked at before the event loop gets its turn


class Glimpses:
    """Reads one run; each `take` gives what has come since the last."""

    def __init__(self, run: Measured) -> None:
        self._run = run
        self._truth = self._expectations = self._outputs = self._alarms = 0
        self._open: list[tuple[AlarmClocks, dict[str, Any] | None]] = []  # with what was told last
        self._width_s = 0
        self._from = -1  # the last stretch that was told: it may have grown

    async def take(self) -> dict[str, Any]:
        """Plain values. Counts are totals; truth, outputs, changed alarms and stretches are those since the last."""
        run = self._run
        recorder = run.recorder
        truth, expectations = run.truth[self._truth :], run.expectations[self._expectations :]
        self._truth += len(truth)
        self._expectations += len(expectations)
        return {
            "linked": len(recorder.linked), "online": len(recorder.online), "accepted": len(recorder.accepted),
            "messages": dict(recorder.messages), "troubles": run.troubles,
            "truth": [asdict(row) for row in truth], "expectations": [asdict(row) for row in expectations],
            "alarms": await self._changed(), "outputs": await self._new_outputs(),
            "measures": await self._measures(recorder.measures),
        }  # fmt: skip

    async def _changed(self) -> list[dict[str, Any]]:
        fresh = list(islice(self._run.recorder.alarms.values(), self._alarms, None))
        self._alarms += len(fresh)
        before = [*self._open, *((alarm, None) for alarm in fresh)]
        self._open, changed = [], []
        for number, (alarm, last) in enumerate(before):
            if number % PIECE == PIECE - 1:
                await asyncio.sleep(0)
            row = asdict(alarm)
            if row != last:
                changed.append(row)
            if alarm.stored is None or alarm.cleared is None or alarm.puback is None:
                self._open.append((alarm, row))
        return changed

    async def _new_outputs(self) -> list[list[Any]]:
        outputs, told = self._run.recorder.outputs, []
        while self._outputs < len(outputs):
            piece = outputs[self._outputs : self._outputs + PIECE]
            self._outputs += len(piece)
            told += [list(row) for row in piece if row[2] in LINKED_OUTPUTS]
            await asyncio.sleep(0)
        return told

    async def _measures(self, measures: Measures) -> dict[str, Any]:
        """As `Measures.to_json`, with the stretches that have changed; each histogram takes a third of a ms."""
        series = measures.series
        if series.width_s != self._width_s:
            self._width_s, self._from = series.width_s, -1
        told = series.to_json(self._from)
        self._from = max(series.stretches, default=-1)
        return {
            "lag": await _plain(measures.lag),
            "connect": {name: await _plain(one) for name, one in list(measures.connect.items())},
            "puback": {name: await _plain(one) for name, one in list(measures.puback.items())},
            "stored": {name: await _plain(one) for name, one in list(measures.stored.items())},
            "counts": {cls: asdict(counts) for cls, counts in list(measures.counts.items())},
            "series": told,
        }


async def _plain(latency: Latency) -> Mapping[str, Any]:
    plain = latency.to_json()
    await asyncio.sleep(0)
    return plain

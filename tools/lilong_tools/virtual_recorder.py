"""What a virtual run remembers of itself: no more after a year than after a day, but for its alarms."""

from collections.abc import Callable, Mapping
from typing import TextIO

from lilong_protocol.frame import Frame
from lilong_simulator.fleet.still import Told
from lilong_simulator.recorder import Recorder

NEVER = -1.0


class VirtualRecorder(Recorder):
    """A recorder that hands every frame on, and forgets what no judgement will ask for."""

    def __init__(self, up: Callable[[int, str, str, bytes], None], told: Told | None = None) -> None:
        """told: takes what is told later, out of order; None: nothing must be."""
        super().__init__()
        self._up = up
        self._told = told

    def sent(self, at: float, device: str, cls: str, frame: bytes, due: float | None) -> None:
        super().sent(at, device, cls, frame, due)
        self._up(int(at), device, cls, frame)

    def told(
        self, at: int, step: int, count: int, device: str, cls: str, said: Frame, data: bytes | list[bytes] | None
    ) -> None:
        """Messages were sent then: see `Told`."""
        self.count(at, device, cls, count)
        if self._told is not None:
            self._told(at, step, count, device, cls, said, data)

    def forget(self, before: float, asked: Mapping[str, float]) -> None:
        """Outputs and events from before a time which are not `asked` for: of some devices they are, until then. How
        each output stands is kept."""
        last = {(device, name): row for row in self.outputs for _, device, name, _ in (row,)}
        self.outputs = [
            row for row in self.outputs
            if row[0] >= before or row[0] <= asked.get(row[1], NEVER) or last[row[1], row[2]] is row
        ]  # fmt: skip
        for device, times in self.events_sent.items():
            until = asked.get(device, NEVER)
            if until < before and times[-1] > until:
                self.events_sent[device] = [at for at in times if at >= before or at <= until] or times[-1:]


class JsonLines:
    """messages.jsonl: {"t": virtual ms, "device", "class", "frame": hex}; classes begin with u/ or d/."""

    def __init__(self, file: TextIO) -> None:
        self._write = file.write
        self.count = 0

    def up(self, at: int, device: str, cls: str, frame: bytes) -> None:
        self.count += 1
        self._write(f'{{"t":{at},"device":"{device}","class":"u/{cls}","frame":"{frame.hex()}"}}\n')

    def down(self, at: int, device: str, cls: str, frame: bytes) -> None:
        self.count += 1
        self._write(f'{{"t":{at},"device":"{device}","class":"d/{cls}","frame":"{frame.hex()}"}}\n')

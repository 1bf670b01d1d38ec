"""Updates: what the centre offers to devices, and how far they are. Waves are the business of who asks for it."""

from collections.abc import Iterable, Sequence

from lilong_protocol.pc.engine import Engine
from lilong_protocol.pc.updates import Artifact

from lilong_tools.update.seen import seen_of

from .model import CentreError, Json, Row
from .outcome import Outcome
from .register import Register


class Updates:
    """CentreError for what cannot be offered; then nothing is."""

    def __init__(self, engine: Engine, register: Register, outcome: Outcome) -> None:
        self._engine = engine
        self._register = register
        self._outcome = outcome
        self._artifacts: dict[int, Artifact] = {}

    def provide(self, now_ms: int, artifact: Artifact, operator: str) -> None:
        """From now on it may be offered."""
        self._engine.provide(now_ms, artifact)
        if artifact.number in self._artifacts:
            return
        self._artifacts[artifact.number] = artifact
        row = (artifact.number, artifact.what, artifact.version, artifact.data, artifact.signature, operator, now_ms)
        self._outcome.row(Row("artifact", row))

    def offer(self, now_ms: int, number: int, devices: Sequence[str]) -> None:
        """To each of them, at once or when it is there again."""
        artifact = self.artifact(number)
        for device in devices:
            self._register.get(device)
        for device in devices:
            self._engine.offer(now_ms, device, artifact)
            self._outcome.record(device, now_ms, f"update {artifact.version}", None, {})

    def stop(self, now_ms: int, number: int, devices: Iterable[str]) -> None:
        """Those that were offered this one, and have not got all of it, get no more of it."""
        self.artifact(number)
        for device in devices:
            progress = self._engine.progress(device)
            if progress is not None and progress.artifact == number:
                self._engine.withdraw_offer(now_ms, device)

    def report(self, number: int) -> Json:
        """How far each device of the estate is: its session, and of who was offered it the rest."""
        artifact = self.artifact(number)
        seen = seen_of(self._engine, number, self._register.placed)
        devices = {}
        for device, one in seen.items():
            progress = self._engine.progress(device)
            offered = progress is not None and progress.artifact == number
            devices[device] = vars(one) if offered else {"session": one.session}
        return {"number": number, "version": artifact.version, "size": len(artifact.data), "devices": devices}

    def artifact(self, number: int) -> Artifact:
        found = self._artifacts.get(number)
        if found is None:
            raise CentreError(f"update {number}: nobody has brought it; send it with POST /api/update")
        return found

    def restore(self, now_ms: int, saved: Iterable[Json]) -> None:
        for row in saved:
            artifact = Artifact(row["number"], row["what"], row["version"], row["data"], row["signature"])
            self._artifacts[artifact.number] = artifact
            self._engine.provide(now_ms, artifact)

"""The engines of all tenants of one worker as one."""

from collections.abc import Callable, Container, Iterable
from dataclasses import fields

from ..decided import Decided, StateRow
from ..engine import Engine
from ..errors import RequestError
from ..message import Message
from ..roots import Keys

Known = Callable[[str], Container[str] | None]
_LISTS = tuple(field.name for field in fields(Decided) if field.name != "sessions")


class Tenants:
    """An engine for each tenant; what they decide makes one batch."""

    def __init__(
        self, tenants: Iterable[str], keys: Keys, start_ms: int, state: Iterable[StateRow], known: Known
    ) -> None:
        rows: dict[str, list[StateRow]] = {}
        for row in state:
            rows.setdefault(row.tenant, []).append(row)
        self.engines = {
            tenant: Engine(tenant, keys, start_ms, rows.get(tenant, ()), known(tenant)) for tenant in tenants
        }
        self.refused: dict[str, int] = {}  # messages that are no tenant's

    def engine(self, tenant: str) -> Engine:
        engine = self.engines.get(tenant)
        if engine is None:
            own = ", ".join(sorted(self.engines)) or "none"
            raise RequestError(f"tenant {tenant!r}: not one of this worker; it has {own}")
        return engine

    def receive(self, now_ms: int, topic: str, payload: bytes, retained: bool) -> list[Message]:
        parts = topic.split("/", 3)
        engine = self.engines.get(parts[2]) if len(parts) == 4 else None
        if engine is None:
            self.refused["tenant"] = self.refused.get("tenant", 0) + 1
            return []
        return engine.receive(now_ms, topic, payload, retained)

    def step(self, now_ms: int) -> None:
        for engine in self.engines.values():
            due = engine.deadline
            if due is not None and due <= now_ms:
                engine.step(now_ms)

    @property
    def deadline(self) -> int | None:
        due = [engine.deadline for engine in self.engines.values()]
        return min((at for at in due if at is not None), default=None)

    def take(self) -> Decided:
        whole = Decided()
        for engine in self.engines.values():
            add(whole, engine.take())
        return whole


def add(whole: Decided, more: Decided) -> None:
    """Append what has been decided later."""
    for name in _LISTS:
        getattr(whole, name).extend(getattr(more, name))
    whole.sessions.update(more.sessions)

"""The one state of each device that consoles show: whether it is there, and what it calls."""

from collections.abc import Iterable

from lilong_protocol.pc.engine import Engine
from lilong_protocol.pc.presence import NEVER, OFFLINE
from lilong_protocol.registry import ALARM

from .alarms import AlarmBook
from .outcome import Outcome

# Alarms that say that the device needs care, not that somebody is in danger.
FAULTS = frozenset(row.number for row in ALARM.values() if row.name in ("battery.low", "sensor.fault", "lamp.failure"))


class Presence:
    """An open alarm outweighs silence: a flooded cover that falls silent stays red."""

    def __init__(self, engine: Engine, devices: Iterable[str], alarms: AlarmBook, outcome: Outcome) -> None:
        self.states: dict[str, str] = dict.fromkeys(devices, NEVER)
        self._engine = engine
        self._alarms = alarms
        self._outcome = outcome

    def session(self, device: str) -> str:
        """never, online, asleep or offline."""
        return self._engine.session(device)

    def connected(self) -> int:
        """How many devices are online or asleep."""
        return sum(1 for device in self.states if self.session(device) not in (NEVER, OFFLINE))

    def restate(self, device: str) -> None:
        """Work out the state of a device anew."""
        state = self.session(device)
        alarms = list(self._alarms.open_of(device))
        urgent = [alarm.level for alarm in alarms if alarm.code not in FAULTS]
        if urgent:
            state = f"alarm{min(urgent)}"
        elif alarms and state != OFFLINE:
            state = "fault"
        if self.states[device] != state:
            self.states[device] = state
            self._outcome.state(device, state)

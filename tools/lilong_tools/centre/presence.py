"""Who is there: signs of life and silence, and the one state of each device that consoles show."""

from lilong_firmware.session import AWAKE_FOR_ALARM_MS
from lilong_protocol.pc.receiver import Received, Receiver
from lilong_protocol.registry import ALARM, KIND

from .alarms import AlarmBook
from .outcome import Outcome
from .register import Register
from .supervision import ASLEEP, NEVER, OFFLINE, ONLINE, Supervision

# Alarms that say that the device needs care, not that somebody is in danger.
FAULTS = frozenset(row.number for row in ALARM.values() if row.name in ("battery.low", "sensor.fault", "lamp.failure"))
LATCHING = frozenset(row.number for row in ALARM.values() if row.latches)


class Presence:
    """An open alarm outweighs silence: a flooded cover that falls silent stays red."""

    def __init__(self, receiver: Receiver, register: Register, alarms: AlarmBook, outcome: Outcome) -> None:
        self.supervision = Supervision()
        self.states: dict[str, str] = dict.fromkeys(register.placed, NEVER)
        self._receiver = receiver
        self._register = register
        self._alarms = alarms
        self._outcome = outcome

    def session(self, device: str) -> str:
        """never, online, asleep or offline."""
        return self.supervision.state(device)

    def connected(self) -> int:
        """How many devices are online or asleep."""
        return sum(1 for device in self.states if self.supervision.state(device) not in (NEVER, OFFLINE))

    def reachable(self, now_ms: int, device: str) -> bool:
        """Awake as far as anybody knows: a kind that sleeps stays awake while a latched alarm waits for its reset."""
        state = self.supervision.state(device)
        if state != ASLEEP:
            return state == ONLINE
        return any(
            alarm.code in LATCHING and now_ms - alarm.raised_at_ms < AWAKE_FOR_ALARM_MS
            for alarm in self._alarms.open_of(device)
        )

    def alive(self, now_ms: int, received: Received) -> None:
        """A fresh frame in person is a sign of life, unless it is of an earlier boot."""
        device = received.device
        self._outcome.device(device)
        if received.frame.boot != self._receiver.peer(device).session.boot:
            return
        if self.supervision.heard(now_ms, device, self._offline_ms(device), self._sleeps(device)):
            self.restate(device)

    def presumed(self, now_ms: int, device: str) -> None:
        """Known from a retained birth or from before a restart: its silence counts from now."""
        self._outcome.device(device)
        alive = self._receiver.peer(device).session.alive
        if self.supervision.presumed(now_ms, device, self._offline_ms(device), self._sleeps(device), alive):
            self.restate(device)

    def hinted(self, now_ms: int, device: str) -> None:
        """The broker says that its connection broke."""
        self._outcome.device(device)
        if self.supervision.state(device) == NEVER:
            self.presumed(now_ms, device)
        if self.supervision.hint(device):
            self.restate(device)

    def step(self, now_ms: int) -> None:
        """Silence that has lasted long enough."""
        for device in self.supervision.step(now_ms):
            self.restate(device)
            if self.supervision.lost(device):
                self._outcome.record(device, now_ms, "offline", None, {})

    def restate(self, device: str) -> None:
        """Work out the state of a device anew."""
        state = self.supervision.state(device)
        alarms = list(self._alarms.open_of(device))
        urgent = [alarm.level for alarm in alarms if alarm.code not in FAULTS]
        if urgent:
            state = f"alarm{min(urgent)}"
        elif alarms and state != OFFLINE:
            state = "fault"
        if self.states[device] != state:
            self.states[device] = state
            self._outcome.state(device, state)

    def _offline_ms(self, device: str) -> int:
        session = self._receiver.peer(device).session
        placed = self._register.get(device)
        return (session.offline_s or placed.offline_s or KIND[placed.kind].link.offline_s) * 1000

    def _sleeps(self, device: str) -> bool:
        session = self._receiver.peer(device).session
        if session.kind is None:
            return not KIND[self._register.get(device).kind].link.always_on
        return not session.always_on

"""Supervision: silence is what proves loss. A last will is a hint that can be wrong either way."""

from collections.abc import Callable

from .agenda import Agenda

NEVER, ONLINE, ASLEEP, OFFLINE = "never", "online", "asleep", "offline"
AWAKE_MS = 5_000  # a kind that sleeps counts as awake this long after it was heard


class Supervision:
    """When each device was last heard, and what its silence means. Times are epoch ms."""

    def __init__(self) -> None:
        self._agenda = Agenda()
        self._watched: dict[str, tuple[int, int, bool]] = {}  # last heard, offline after ms, sleeps
        self._state: dict[str, str] = {}  # by what was heard and by silence
        self._hinted: set[str] = set()  # by their last will

    def state(self, device: str) -> str:
        """As consoles show it."""
        return OFFLINE if device in self._hinted else self._state.get(device, NEVER)

    def lost(self, device: str) -> bool:
        """Its silence has proved it, whatever a last will said before."""
        return self._state.get(device) == OFFLINE

    def silence(self, device: str) -> tuple[int, bool] | None:
        """For `presumed` after a restart: epoch ms since which it is silent, and whether it is lost."""
        watched = self._watched.get(device)
        return None if watched is None else (watched[0], self._state[device] == OFFLINE)

    def heard(self, now_ms: int, device: str, offline_ms: int, sleeps: bool) -> bool:
        """A sign of life; True when the state of the device has changed by it."""
        self._watched[device] = (now_ms, offline_ms, sleeps)
        before = self.state(device)
        self._hinted.discard(device)
        self._state[device] = ONLINE
        self._plan(device)
        return before != ONLINE

    def presumed(
        self, now_ms: int, device: str, offline_ms: int, sleeps: bool, alive: bool, silent_ms: int, lost: bool
    ) -> bool:
        """Known from a retained message or a former run: it has been silent for `silent_ms`, or was lost by then."""
        self._watched[device] = (now_ms - silent_ms, offline_ms, sleeps)
        before = self.state(device)
        lost = lost or silent_ms >= offline_ms
        self._state[device] = OFFLINE if lost else ASLEEP if sleeps else ONLINE
        if alive:
            self._hinted.discard(device)
        else:
            self._hinted.add(device)
        if not lost:
            self._plan(device)
        return self.state(device) != before

    def hint(self, device: str) -> bool:
        """The broker lost its connection: shown as offline until it is heard again."""
        before = self.state(device)
        self._hinted.add(device)
        return before != OFFLINE

    @property
    def deadline(self) -> int | None:
        return self._agenda.deadline

    def step(self, now_ms: int) -> list[str]:
        """The devices whose state has changed by their silence; also those that a hint had shown as offline already."""
        changed = []
        for device in self._agenda.due(now_ms):
            last_ms, offline_ms, sleeps = self._watched[device]
            state = self._state[device]
            if now_ms >= last_ms + offline_ms:
                if state != OFFLINE:
                    self._state[device] = OFFLINE
                    changed.append(device)
                continue  # nothing more to expect until it is heard again
            if sleeps and state == ONLINE and now_ms >= last_ms + AWAKE_MS:
                self._state[device] = ASLEEP
                changed.append(device)
            self._plan(device)
        return changed

    def ask(self, until_ms: int, there: Callable[[str], bool]) -> int | None:
        """For who notes signs of life elsewhere: of each device that is due by then, `there` may bring them to `heard`.

        `there` True: nobody need look after it until it is `heard` again. Epoch ms at which the first of the others is
        lost, None when none is by `until_ms`.
        """
        first = self._agenda.deadline
        if first is None or first > until_ms:  # most of the time
            return None
        lost = []
        for device in list(self._agenda.due(until_ms)):
            if there(device):
                continue
            self._plan(device)
            last_ms, offline_ms, _ = self._watched[device]
            if self._state[device] != OFFLINE and last_ms + offline_ms <= until_ms:
                lost.append(last_ms + offline_ms)
        return min(lost, default=None)

    def _plan(self, device: str) -> None:
        last_ms, offline_ms, sleeps = self._watched[device]
        naps = sleeps and self._state[device] == ONLINE
        self._agenda.plan(device, last_ms + (min(AWAKE_MS, offline_ms) if naps else offline_ms))

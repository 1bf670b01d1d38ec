"""Supervision: silence is what proves loss. A last will is a hint that can be wrong either way."""

import heapq

NEVER, ONLINE, ASLEEP, OFFLINE = "never", "online", "asleep", "offline"
AWAKE_MS = 5_000  # a kind that sleeps counts as awake this long after it was heard


class Supervision:
    """When each device was last heard, and what its silence means. Times are epoch ms."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, str]] = []
        self._watched: dict[str, tuple[int, int, bool]] = {}  # last heard, offline after ms, sleeps
        self._planned: dict[str, int] = {}  # device: its earliest entry in the heap
        self._state: dict[str, str] = {}  # by what was heard and by silence
        self._hinted: set[str] = set()  # by their last will

    def state(self, device: str) -> str:
        """As consoles show it."""
        return OFFLINE if device in self._hinted else self._state.get(device, NEVER)

    def lost(self, device: str) -> bool:
        """Its silence has proved it, whatever a last will said before."""
        return self._state.get(device) == OFFLINE

    def heard(self, now_ms: int, device: str, offline_ms: int, sleeps: bool) -> bool:
        """A sign of life; True when the state of the device has changed by it."""
        self._watched[device] = (now_ms, offline_ms, sleeps)
        before = self.state(device)
        self._hinted.discard(device)
        self._state[device] = ONLINE
        self._plan(device)
        return before != ONLINE

    def presumed(self, now_ms: int, device: str, offline_ms: int, sleeps: bool, alive: bool) -> bool:
        """Known from a retained message or a former run: its silence counts from now."""
        self._watched[device] = (now_ms - AWAKE_MS, offline_ms + AWAKE_MS, sleeps)
        before = self.state(device)
        self._state[device] = ASLEEP if sleeps else ONLINE
        if alive:
            self._hinted.discard(device)
        else:
            self._hinted.add(device)
        self._plan(device)
        return self.state(device) != before

    def hint(self, device: str) -> bool:
        """The broker lost its connection: shown as offline until it is heard again."""
        before = self.state(device)
        self._hinted.add(device)
        return before != OFFLINE

    @property
    def deadline(self) -> int | None:
        return self._heap[0][0] if self._heap else None

    def step(self, now_ms: int) -> list[str]:
        """The devices whose state has changed by their silence; also those that a hint had shown as offline already."""
        changed = []
        heap = self._heap
        while heap and heap[0][0] <= now_ms:
            at_ms, device = heapq.heappop(heap)
            if self._planned.get(device) != at_ms:
                continue  # an earlier entry has taken its place
            del self._planned[device]
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

    def _plan(self, device: str) -> None:
        last_ms, offline_ms, sleeps = self._watched[device]
        naps = sleeps and self._state[device] == ONLINE
        at_ms = last_ms + (min(AWAKE_MS, offline_ms) if naps else offline_ms)
        planned = self._planned.get(device)
        if planned is None or at_ms < planned:
            self._planned[device] = at_ms
            heapq.heappush(self._heap, (at_ms, device))

"""Which Wi-Fi network a board joins: the preferred one while it is there, else another. Sans-io, and its radio.

    trying -- joined --> up -- lost --> trying the same -- in vain --> the next ... -- none --> resting --> trying
    up on a lesser one, for an hour, with nothing to say -- the preferred is tried once --> up on it, or back at once

Times are uptimes in ms. `Wifi` asks the radio once in LOOK_MS, and does what `Networks` says; it imports no `network`.
"""

import asyncio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

JOIN_MS = 20_000  # (ours) for association, WPA2 and DHCP
FAILED_MS = 5_000  # before that the radio's failure may be of the network before
REST_MS = 5_000  # after a round in vain, then twice as long each time
REST_MAX_MS = 60_000
RETURN_MS = 3_600_000  # (ours) on a lesser network before the preferred is tried, then twice as long each time
RETURN_MAX_MS = 86_400_000
LOOK_MS = 500

TRYING, UP, RESTING = 0, 1, 2


class Networks:
    """at: the network that is tried or joined, by its place in the list of `count`; the first is the preferred one."""

    __slots__ = ("_back", "_count", "_rest_ms", "_return_at", "_return_ms", "_since", "_tried", "at", "state")

    def __init__(self, count: int) -> None:
        self._count = count
        self._rest_ms = REST_MS
        self._return_ms = RETURN_MS
        self._return_at = 0
        self._since = 0
        self._tried = 0  # networks that were tried in vain in this round
        self._back = -1  # the one that was left for the preferred
        self.at = -1  # none yet
        self.state = RESTING

    def step(self, now: int, joined: bool, failed: bool, quiet: bool) -> bool:
        """Look at the radio; True when it shall join `at` now, and leave what it has.

        failed: the radio says that it cannot be joined. quiet: nothing waits to be told, so that a gap does no harm.
        """
        if not self._count:
            return False
        if self.state == RESTING:
            if self.at < 0:
                return self._try(now, 0)
            return now - self._since >= self._rest_ms and self._round(now)
        if self.state == UP:
            return self._up(now, joined, quiet)
        if joined:
            if self.at == 0:
                self._return_ms = RETURN_MS
            self.state = UP
            self._tried = 0
            self._back = -1
            self._rest_ms = REST_MS
            self._return_at = now + self._return_ms
            return False
        waited = now - self._since
        return (waited >= JOIN_MS or (failed and waited >= FAILED_MS)) and self._next(now)

    # ---- inside

    def _up(self, now: int, joined: bool, quiet: bool) -> bool:
        if not joined:
            return self._try(now, self.at)
        if self.at and quiet and now >= self._return_at:
            self._return_ms = min(2 * self._return_ms, RETURN_MAX_MS)
            self._back = self.at
            return self._try(now, 0)
        return False

    def _next(self, now: int) -> bool:
        """What is tried was tried in vain."""
        if self._back >= 0:
            at, self._back = self._back, -1
            return self._try(now, at)
        self._tried += 1
        if self._tried < self._count:
            return self._try(now, (self.at + 1) % self._count)
        self.state = RESTING
        self._since = now
        return False

    def _round(self, now: int) -> bool:
        self._tried = 0
        self._rest_ms = min(2 * self._rest_ms, REST_MAX_MS)
        return self._try(now, 0)

    def _try(self, now: int, at: int) -> bool:
        self.at = at
        self.state = TRYING
        self._since = now
        return True


class Wifi:
    """A `network.WLAN` of a station on a list of {"ssid", "password"}. clock: uptime. quiet: see `Networks.step`."""

    def __init__(
        self, radio: "Any", networks: "Sequence[dict[str, str]]", clock: "Callable[[], int]",
        quiet: "Callable[[], bool]",
    ) -> None:  # fmt: skip
        self._radio = radio
        self._clock = clock
        self._quiet = quiet
        self._begin(networks)

    def use(self, ways: "dict[str, Any]") -> None:
        """Another way to the backend (`access`): the first of its networks is tried at once."""
        self._begin(ways["networks"] or [])

    async def run(self) -> None:
        """For ever."""
        self._radio.active(True)
        while True:
            self.look()
            await asyncio.sleep_ms(LOOK_MS)  # type: ignore[attr-defined]  # MicroPython's

    def look(self) -> None:
        """One look at the radio. A radio that fails is asked again at the next look."""
        radio = self._radio
        try:
            joined = radio.isconnected()
            if self._choice.step(self._clock(), joined, self._failed(), self._quiet()):
                network = self._networks[self._choice.at]
                if joined:
                    radio.disconnect()
                radio.connect(network["ssid"], network.get("password"))
        except OSError:
            pass  # the step has counted it as a try

    def name_server(self) -> str:
        """As DHCP has told it."""
        return str(self._radio.ifconfig()[3])

    def awake(self) -> bool:
        """Whether a board that sleeps has to wait for it: a network is joined in seconds, or is not there."""
        return False

    def heard(self, good: bool) -> None:
        """A connection to the broker has come about, or not: Wi-Fi tells by itself when it is lost."""

    def _begin(self, networks: "Sequence[dict[str, str]]") -> None:
        self._networks = networks
        self._choice = Networks(len(networks))

    def _failed(self) -> bool:
        status: int = self._radio.status()
        return status < 0 or 200 <= status <= 212  # rp2: -1 to -3; esp32: STAT_BEACON_TIMEOUT and those after it

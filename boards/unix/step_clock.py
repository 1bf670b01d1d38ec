"""A clock for comparing hosts byte for byte: the uptime is what `at` lines say. Imported only when it is wanted."""

import asyncio

from stimuli import tell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lilong_firmware.link import Link
    from lilong_firmware.waiting import Bell

LOOK_MS = 3_600_000


class StepClock:
    """The uptime is what `at` lines say; between two deadlines the network has all the real time that it needs."""

    def __init__(self) -> None:
        self.now = 0
        self.target: int | None = None  # of the `at` line that is carried out
        self.held: list[tuple[str, int | None]] = []  # set before the next `at`, for its instant
        self._reached = False  # the target: its changes have been told, its deadlines come next
        self._begun = False

    async def wait(self, deadline: int, link: Link, wake: Bell) -> "list[tuple[str, int | None]]":
        """Until it is `deadline`, or the target, or `wake`; the changes of that instant."""
        while not self._begun:  # before the first `at` nothing is done, not even what is due at 0
            await wake.wait(LOOK_MS)
            wake.rings = False
            self._begun = self.target is not None
        while not wake.rings:
            if link.busy:
                await asyncio.sleep_ms(1)
            elif self.target is None:
                await wake.wait(LOOK_MS)
            elif deadline < self.target:
                self.now = max(self.now, deadline)
                await asyncio.sleep_ms(0)
                break
            elif not self._reached:
                self._reached = True
                self.now = self.target
                held = self.held
                self.held = []
                await asyncio.sleep_ms(0)
                return held
            else:
                self._reached = False
                self.target = None
                tell("idle", self.now)
        return []

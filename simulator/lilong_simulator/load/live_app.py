"""What a backend is told in a live run beside the broker, at its interface, as the management centre takes it.

What people who live there ask of a device by the estate's app: `POST URL/api/device/{id}/command` with
`{"command", "args", "operator"}`. What fell in the last hour, by the weather service: `POST URL/api/weather` with
`{"rain_mm_h"}`.
"""

from __future__ import annotations

import asyncio
import json
import urllib.request

ANSWER_S = 5.0
RESIDENT = "resident's app"  # as which they stand in the backend's records
URLS = ("http://", "https://")


class LiveApp:
    """At `url`. What is refused they do not get; `refused`: how often, or that nobody answered."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._tasks: set[asyncio.Task[None]] = set()
        self.asked = self.refused = 0

    def ask(self, device: str, command: str) -> None:
        """Somebody asks something of a device; the run goes on meanwhile."""
        self._begin(f"/api/device/{device}/command", {"command": command, "args": {}, "operator": RESIDENT})

    def weather(self, tenths: int) -> None:
        """So much has fallen in the last hour, in 0.1 mm."""
        self._begin("/api/weather", {"rain_mm_h": tenths / 10})

    async def close(self) -> None:
        """What is under way ends."""
        await asyncio.gather(*self._tasks)

    def _begin(self, path: str, body: dict[str, object]) -> None:
        self.asked += 1
        task = asyncio.ensure_future(self._ask(path, json.dumps(body).encode()))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, path: str, body: bytes) -> None:
        try:
            await asyncio.to_thread(_post, self._url + path, body)
        except OSError:  # an answer that is none of 200 to 299 is one, too
            self.refused += 1


def _post(url: str, body: bytes) -> None:
    request = urllib.request.Request(url, body, {"content-type": "application/json"}, method="POST")
    with _OPENER.open(request, timeout=ANSWER_S):
        pass


# A proxy of the environment is not for a backend under test.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

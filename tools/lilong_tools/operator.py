"""A simulated operator: a console client that does what `policy` says, over the centre's own interfaces."""

import asyncio
import contextlib
import json
import time
from typing import Any
from urllib.parse import quote, urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from .policy import COPIED, DOOR_EVENTS, Action, Policy

CLOSE_S = 1.0  # how long the centre may take to say goodbye
ANSWER_S = 10.0  # and how long to answer a request
DOORS = ("door", "cycle_gate", "vehicle_lane")


class Operator:
    """Works at the console of one centre. `name` stands in the centre's records."""

    def __init__(self, url: str, seed: int, name: str = "simulated operator") -> None:
        self._http = urlsplit(url)
        self._url = url.replace("http://", "ws://", 1).rstrip("/") + "/api/live"
        self._seed = seed
        self._name = name
        self._changed = asyncio.Event()
        self._doors: list[str] = []
        self._policy: Policy | None = None

    async def run(self) -> None:
        """Until cancelled; a console that the centre dropped comes back, and goes on with what is open then."""
        # A proxy of the environment is not for the centre, which is on this machine.
        async for socket in connect(self._url, max_queue=None, max_size=None, close_timeout=CLOSE_S, proxy=None):
            try:
                async with asyncio.TaskGroup() as work:
                    work.create_task(self._at_console(socket, work))
            except* (ConnectionClosed, OSError, TimeoutError, asyncio.IncompleteReadError):
                pass
            finally:
                await socket.close()

    async def _at_console(self, socket: ClientConnection, work: asyncio.TaskGroup) -> None:
        """One connection, until it closes."""
        again = self._policy is not None
        policy = self._policy = self._policy or await self._arrive()
        policy.connected(_now_ms())
        if again:
            work.create_task(self._catch_up(policy))
        work.create_task(self._act(socket, policy, work))
        while True:
            message = json.loads(await socket.recv())
            if message["type"] == "alarm":
                alarm = message["alarm"]
                if alarm["shown_at"] is None:
                    await socket.send(json.dumps({"type": "shown", "alarm": alarm["id"]}))
                policy.alarm(_now_ms(), alarm)
            elif message["type"] == "findings":
                for finding in message["findings"]:
                    policy.finding(_now_ms(), finding)
            elif message["type"] == "event":
                policy.event(_now_ms(), message["device"], message["code"])
            self._changed.set()

    async def _arrive(self) -> Policy:
        """Look at the plan of the estate."""
        _, estate = await self._request("GET", "/api/estate")
        self._doors = [device["id"] for device in estate["devices"] if device["kind"] in DOORS]
        return Policy(self._seed, {device["id"]: device["core"] for device in estate["devices"]})

    async def _catch_up(self, policy: Policy) -> None:
        """Which doors were released or locked while there was no console; alarms are told by themselves."""
        for door in self._doors:
            status, device = await self._request("GET", f"/api/device/{door}")
            if status == 200:
                told = (line["code"] for line in device["history"] if line["what"] == "event")
                code = next((code for code in told if code in DOOR_EVENTS), None)
                if code is not None:
                    policy.event(_now_ms(), door, code)
                    self._changed.set()

    async def _act(self, socket: ClientConnection, policy: Policy, work: asyncio.TaskGroup) -> None:
        while True:
            self._changed.clear()
            for action in policy.take(_now_ms()):
                if action.what == "revoke":
                    work.create_task(self._revoke(int(action.alarm)))
                elif action.what in ("accept", "arrive"):
                    work.create_task(self._go(action))
                elif action.what == "acknowledge":
                    answer = {"type": "acknowledge", "alarm": action.alarm, "operator": self._name}
                    await socket.send(json.dumps(answer))
                else:
                    work.create_task(self._command(action))
            due = policy.deadline
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if due is None else max(0, due - _now_ms()) / 1000):
                    await self._changed.wait()

    async def _go(self, action: Action) -> None:
        """An officer, who is sent, says so."""
        what = "acknowledge" if action.what == "accept" else "on_site"
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            await self._request("POST", f"/api/finding/{quote(action.alarm)}/{what}", {"operator": self._name})

    async def _revoke(self, credential: int) -> None:
        wish = {"credential": credential, "operator": self._name, "reason": COPIED}
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            await self._request("POST", "/api/cards/revoke", wish)

    async def _command(self, action: Action) -> None:
        """What comes of it is seen at the console; what nothing comes of is tried again by `policy`."""
        wish: dict[str, Any] = {"command": action.what, "args": {}, "operator": self._name}
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            await self._request("POST", f"/api/device/{action.device}/command", wish)

    async def _request(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """Status and JSON of an answer of the centre."""
        data = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self._http.netloc}\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        async with asyncio.timeout(ANSWER_S):
            reader, writer = await asyncio.open_connection(self._http.hostname, self._http.port)
            try:
                writer.write(head.encode() + data)
                status = int((await reader.readuntil(b"\r\n")).split()[1])
                await reader.readuntil(b"\r\n\r\n")
                return status, json.loads(await reader.read())
            finally:
                writer.close()


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000

"""Readiness of many sockets behind one file descriptor of the event loop, without a transport object for each.

A transport of asyncio or uvloop takes some 1.5 KB and a task to come about; a socket behind this takes a list item.
"""

import asyncio
import os
import select
from contextlib import suppress
from time import perf_counter
from typing import Protocol

READ, WRITE = 1, 4  # as epoll has them; an error or a hang-up of the peer comes as the one that is waited for
BATCH = 128  # sockets asked for at a time
SLICE_S = 0.002  # served before the event loop gets its turn: a TLS handshake alone takes 1 ms


class Handler(Protocol):
    """Who is told that a socket is ready: to be read (or that it has ended), to be written, or both."""

    def ready(self, mask: int) -> None: ...


class Hub(Protocol):
    def watch(self, fd: int, handler: Handler, mask: int) -> None:
        """Tell `handler` from now on when the socket is ready for `mask`."""

    def change(self, fd: int, handler: Handler, mask: int) -> None:
        """Wait for something else on a socket that is watched."""

    def drop(self, fd: int) -> None:
        """Watch no more, and close the socket."""

    def close(self) -> None:
        """Watch nothing any more. Its sockets are left as they are."""


class EpollHub:
    """On Linux: an epoll, itself ready when one of its sockets is."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._epoll = select.epoll()
        self._handlers: list[Handler | None] = []  # by file descriptor
        self._batch: list[tuple[int, int]] = []  # ready and not served yet, the first at the end
        self._dropped: list[int] = []  # closed after the batch: else a new one gets the number of an old one
        loop.add_reader(self._epoll.fileno(), self._serve)

    def watch(self, fd: int, handler: Handler, mask: int) -> None:
        handlers = self._handlers
        if fd >= len(handlers):
            handlers.extend([None] * (fd + 1 - len(handlers)))
        handlers[fd] = handler
        self._epoll.register(fd, mask)

    def change(self, fd: int, handler: Handler, mask: int) -> None:
        self._handlers[fd] = handler
        self._epoll.modify(fd, mask)

    def drop(self, fd: int) -> None:
        if fd < len(self._handlers):
            self._handlers[fd] = None
        with suppress(OSError):  # a TLS handshake that could not begin has closed it already
            self._epoll.unregister(fd)
        if self._batch:
            self._dropped.append(fd)
        else:
            _close(fd)

    def close(self) -> None:
        if not self._epoll.closed:
            self._loop.remove_reader(self._epoll.fileno())
            self._epoll.close()
            self._handlers.clear()
            for fd in self._dropped:
                _close(fd)

    def _serve(self) -> None:
        if self._epoll.closed:
            return
        batch = self._batch
        if not batch:
            batch.extend(self._epoll.poll(0, BATCH))
            batch.reverse()
        handlers = self._handlers
        until = perf_counter() + SLICE_S
        while batch:
            fd, mask = batch.pop()
            handler = handlers[fd]
            if handler is not None:
                handler.ready(mask)
            if perf_counter() > until and batch:
                self._loop.call_soon(self._serve)
                return
        for fd in self._dropped:
            _close(fd)
        self._dropped.clear()


class LoopHub:
    """Elsewhere: the event loop's own watching of sockets."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._watched: dict[int, int] = {}

    def watch(self, fd: int, handler: Handler, mask: int) -> None:
        self.change(fd, handler, mask)

    def change(self, fd: int, handler: Handler, mask: int) -> None:
        before, self._watched[fd] = self._watched.get(fd, 0), mask
        if mask & READ:
            self._loop.add_reader(fd, handler.ready, READ)
        elif before & READ:
            self._loop.remove_reader(fd)
        if mask & WRITE:
            self._loop.add_writer(fd, handler.ready, WRITE)
        elif before & WRITE:
            self._loop.remove_writer(fd)

    def drop(self, fd: int) -> None:
        self._forget(fd)
        _close(fd)

    def close(self) -> None:
        for fd in list(self._watched):
            self._forget(fd)

    def _forget(self, fd: int) -> None:
        before = self._watched.pop(fd, 0)
        if before & READ:
            self._loop.remove_reader(fd)
        if before & WRITE:
            self._loop.remove_writer(fd)


def _close(fd: int) -> None:
    with suppress(OSError):
        os.close(fd)


def hub(loop: asyncio.AbstractEventLoop) -> Hub:
    """What this system offers."""
    return EpollHub(loop) if hasattr(select, "epoll") else LoopHub(loop)

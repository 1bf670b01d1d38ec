"""What a board process tells, line by line (boards/unix/README.md). Times are CLOCK_MONOTONIC in microseconds."""

from typing import NamedTuple


class Ready(NamedTuple):
    """The device runs; its uptime was 0 at `power_on_us`."""

    power_on_us: int


class Output(NamedTuple):
    """A local output was driven."""

    name: str
    value: int
    at_us: int


class Note(NamedTuple):
    """Something happened to the alarm (boot, seq): `what` is one of `lilong_firmware.effects`."""

    what: str
    code: int
    boot: int
    seq: int
    at_us: int


class Online(NamedTuple):
    """The broker has accepted the session; `connection` counts from 1 in each boot."""

    connection: int


class Offline(NamedTuple):
    """The connection has ended, or could not be had; `why` is empty when the device left by itself."""

    why: str


class Sent(NamedTuple):
    """A frame of class `cls` was handed to the transport."""

    cls: str
    at_us: int


class Idle(NamedTuple):
    """Stepped clock: all that was due up to `uptime_ms` is done, and the broker has answered all of it."""

    uptime_ms: int


class Handled(NamedTuple):
    """A downlink of class `cls` was handled; a forged one too."""

    cls: str


class Memory(NamedTuple):
    """The MicroPython heap after a collection, bytes."""

    free: int
    allocated: int


class Refused(NamedTuple):
    """The board did not understand a line."""

    why: str


Line = Ready | Output | Note | Online | Offline | Sent | Idle | Handled | Memory | Refused


def parse(line: str) -> Line:
    """The report that a line carries; ValueError for a line that is none."""
    what, _, rest = line.partition(" ")
    words = rest.split()
    try:
        match what, words:
            case "ready", [at]:
                return Ready(int(at))
            case "out", [name, value, at]:
                return Output(name, int(value), int(at))
            case "note", [event, code, boot, seq, at]:
                return Note(event, int(code), int(boot), int(seq), int(at))
            case "online", [connection]:
                return Online(int(connection))
            case "offline", _:
                return Offline(rest.strip())
            case "idle", [uptime]:
                return Idle(int(uptime))
            case "tx", [cls, at]:
                return Sent(cls, int(at))
            case "rx", _:
                return Handled(rest)
            case "mem", [free, allocated]:
                return Memory(int(free), int(allocated))
            case "error", _:
                return Refused(rest)
    except ValueError:
        pass  # a word that is no number
    raise ValueError(f"not a line of a board: {line!r}")
